"""Sign-in: proof of who somebody is, before there is a workspace. Everything here runs as the door's role, which can do nothing else.

The password never reaches the database, nor what it would take to sign in with a stolen copy of it: Argon2id makes a key of it here, the database
compares the key's hash and opens the session itself (OWASP ASVS 5.0, 6.2 and 7.1).
"""

import os
import secrets
import time
from typing import Any
from uuid import UUID

import pyotp
from argon2.low_level import Type, hash_secret_raw
from psycopg.errors import InsufficientPrivilege, InvalidAuthorizationSpecification
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tenants.database import engine, new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.facts import MemberJoined
from tenants.members import new_token
from tenants.workspace import Workspace, person_of

ACCEPT_INVITATION = text("select * from gate.accept_invitation(:token, :name, :salt, :derived, :locale)")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 256
# RFC 9106, second recommended option, with memory for 2-core installations.
MEMORY_KIB, PASSES = int(os.environ.get("BAILEE_ARGON2_KIB", "65536")), 3


def sign_in(email: str, password: str, *, address: str = "", agent: str = "") -> tuple[str, str]:
    """Open a session. Returns its token and `in` or `second_factor` (the session is then good for nothing until the code is given).

    Refuses a wrong pair with one and the same answer, and for fifteen minutes after ten failures.
    """
    token, token_hash = new_token("ses")
    with Session(engine("door")) as door, door.begin():
        salt = door.scalar(select(func.gate.salt_for(email)))
        outcome = door.scalar(
            select(func.gate.sign_in(email, _key(password, bytes(salt or _new_salt())), token_hash, address, agent))
        )
    if outcome == "locked":
        raise NotAllowed("locked", "Too many attempts. Wait fifteen minutes and try again.")
    if outcome == "refused" or outcome is None:
        raise NotAllowed("sign_in_refused", "E-mail and password do not match.")
    return token, str(outcome)


def sign_in_by_issuer(issuer: str, subject: str, *, address: str = "", agent: str = "") -> str:
    """Open a session for whom a trusted OpenID issuer vouches: identity is (issuer, subject), never an e-mail address."""
    token, token_hash = new_token("ses")
    (row,) = _door(
        "select gate.sign_in_by_issuer(:issuer, :subject, :hash, :address, :agent) as outcome",
        issuer=issuer,
        subject=subject,
        hash=token_hash,
        address=address,
        agent=agent,
    )
    if row.outcome != "in":
        raise NotAllowed(
            "sign_in_refused",
            "This account is not linked to a member yet. Sign in with your password and link it in your profile.",
        )
    return token


def give_second_factor(token: str, code: str) -> None:
    """Finish a sign-in with the code of the moment. A code is good once, for its own half minute and the one before."""
    with Session(engine("door")) as door, door.begin():
        secret = door.scalar(select(func.gate.second_factor_secret(token)))
        step = _step_of(secret, code) if secret else None
        if step is None or not door.scalar(select(func.gate.pass_second_factor(token, step))):
            raise NotAllowed("code_wrong", "This code is not right, or was used already.")


def sign_out(token: str) -> None:
    """End the session, everywhere it is held."""
    _door("select gate.sign_out(:token)", token=token)


def touch(token: str) -> None:
    """Note that the session is in use, at most every five minutes."""
    _door("select gate.touch(:token)", token=token)


def workspaces(token: str) -> list[tuple[UUID, str]]:
    """The firms that this session's person may work in."""
    return [(row.tenant_id, row.organisation) for row in _door("select * from gate.workspaces(:token)", token=token)]


def switch_workspace(token: str, tenant_id: UUID) -> None:
    """Stand in another of one's firms. Refuses a firm that one does not belong to."""
    (row,) = _door("select gate.switch_workspace(:token, :tenant_id) as moved", token=token, tenant_id=tenant_id)
    if not row.moved:
        raise NotFound("workspace_unknown", "There is no such workspace.")


def set_locale(token: str, locale: str) -> None:
    """Remember the language that a person reads."""
    _door("select gate.set_locale(:token, :locale)", token=token, locale=locale)


def read_invitation(token: str) -> Any:
    """What an invitation offers: organisation, email, jobs, and whether its reader is known already."""
    rows = _door("select * from gate.read_invitation(:token)", token=token)
    if not rows:
        raise NotFound("invitation_unknown", "This invitation is not valid any more.")
    return rows[0]


def accept_invitation(token: str, *, name: str, password: str, locale: str = "en") -> None:
    """Join the firm. Somebody new chooses a name and password; somebody known proves it with the password they have."""
    invitation = read_invitation(token)
    if not invitation.known:
        _check_password(password, invitation.email)
        if not name.strip():
            raise Invalid("name_missing", "Give your name.", field="name")
    with Session(engine("door")) as door, door.begin():
        salt = (
            bytes(door.scalar(select(func.gate.salt_for(invitation.email))) or b"") if invitation.known else _new_salt()
        )
        given = {"token": token, "name": name.strip(), "salt": salt, "derived": _key(password, salt), "locale": locale}
        try:
            joined = door.execute(ACCEPT_INVITATION, given).one()
        except DBAPIError as refused:
            if not isinstance(refused.orig, InvalidAuthorizationSpecification):
                raise
            raise NotAllowed(
                "invitation_refused", "The invitation and the password do not match.", field="password"
            ) from refused
        ws = Workspace(door, person_of(joined), joined.moment)
        ws.record(MemberJoined(member_id=ws.person_id, jobs=sorted(ws.member.jobs)), on=ws.tenant_id)


def found_platform(name: str, email: str) -> str:
    """The one-time token for the first administrator of an empty installation. Refuses once there is one."""
    token, token_hash = new_token("inv")
    try:
        _door(
            "select gate.found_platform(:id, :name, :email, :hash)",
            id=new_id(),
            name=name,
            email=email,
            hash=token_hash,
        )
    except DBAPIError as refused:
        if not isinstance(refused.orig, InsufficientPrivilege):  # a database that does not answer has not said no
            raise
        raise Conflict("platform_founded", "This installation has its administrator already.") from refused
    return token


def offer_totp(ws: Workspace) -> str:
    """Begin setting up a second factor: the otpauth address to show as a QR code. Refuses where one is set up already."""
    if has_totp(ws):
        raise NotAllowed("totp_present", "A second factor is set up already.")
    secret = ws.session.scalar(select(func.gate.offered_totp())) or pyotp.random_base32()
    ws.session.execute(select(func.gate.offer_totp(secret)))
    return _totp_address(ws, secret)


def offered_totp(ws: Workspace) -> str | None:
    """The address that was offered and not confirmed yet, so that a mistyped code does not begin everything anew."""
    secret = None if has_totp(ws) else ws.session.scalar(select(func.gate.offered_totp()))
    return _totp_address(ws, secret) if secret else None


def _totp_address(ws: Workspace, secret: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=ws.member.email, issuer_name="Bailee")


def has_totp(ws: Workspace) -> bool:
    """Whether a second factor is set up."""
    return bool(ws.session.scalar(select(func.gate.has_totp())))


def confirm_totp(ws: Workspace, code: str) -> None:
    """Finish setting up: from the next sign-in on, the code is asked for."""
    secret = ws.session.scalar(select(func.gate.offered_totp()))
    step = _step_of(secret, code) if secret else None
    if step is None:
        raise Invalid("code_wrong", "This code is not right, or was used already.", field="code")
    ws.session.execute(select(func.gate.confirm_totp(step)))


def _step_of(secret: str, code: str) -> int | None:
    now = int(time.time()) // 30
    totp, given = (
        pyotp.TOTP(secret),
        code.strip().encode(),
    )  # bytes: letters beyond ASCII are a wrong code, not an error
    return next(
        (step for step in (now, now - 1) if secrets.compare_digest(totp.generate_otp(step).encode(), given)), None
    )


def _new_salt() -> bytes:
    """A salt that carries its own cost (4 bytes memory in KiB, 1 byte passes), so that raising the cost leaves old passwords good."""
    return MEMORY_KIB.to_bytes(4) + PASSES.to_bytes(1) + secrets.token_bytes(16)


def _key(password: str, salt: bytes) -> bytes:
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("password_long", "The password is too long.", field="password")
    memory_kib, passes = int.from_bytes(salt[:4]), salt[4]
    return hash_secret_raw(
        password.encode(),
        salt[5:],
        time_cost=passes,
        memory_cost=memory_kib,
        parallelism=4,
        hash_len=32,
        type=Type.ID,
    )


def _check_password(password: str, email: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            "password_short",
            "Choose a password of at least %(length)s characters.",
            field="password",
            length=SHORTEST_PASSWORD,
        )
    if email.split("@")[0] in password.lower() or len(set(password)) < 5:
        raise Invalid("password_weak", "This password is too easy to guess.", field="password")


def _door(statement: str, **arguments: Any) -> list[Any]:
    with Session(engine("door")) as door, door.begin():
        return list(door.execute(text(statement), arguments))
