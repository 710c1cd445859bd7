"""Sign-in: a session opens for who knows the password, and says nothing to who does not."""

import time

import pyotp
import pytest
from sqlalchemy import func, select

from tenants import members, sign_in
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tenants.workspace import SessionKey, SignedOut, enter
from tests.factories import World

PASSWORD = "copper on the scale"


@pytest.fixture
def address(world: World) -> str:
    """Somebody who joined by invitation."""
    owner = world.firm("SME").owner
    with owner.ws() as ws:
        email = f"{ws.now.timestamp()!s}{time.monotonic_ns()}@example.test"
        token = members.invite_member(ws, email=email, jobs=["operator"])
    sign_in.accept_invitation(token, name="Li Na", password=PASSWORD)
    return email


def test_the_right_password_opens_a_session(world: World, address: str) -> None:
    token, outcome = sign_in.sign_in(address.upper(), PASSWORD)
    assert outcome == "in"
    with enter(SessionKey(token), read_only=True) as ws:
        assert ws.member.name == "Li Na"
        assert ws.member.jobs == {"operator"}


def test_who_joins_says_so_in_the_firms_record(world: World, address: str) -> None:
    with enter(SessionKey(sign_in.sign_in(address, PASSWORD)[0]), read_only=True) as ws:
        joined = ws.session.scalars(select(Event).where(Event.stream_id == ws.tenant_id, Event.kind == "MemberJoined"))
        assert [(one.person_id, one.actor) for one in joined] == [(ws.person_id, "person:operator")]


@pytest.mark.parametrize("wrong", ["copper on the scales", "", "x" * 200])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(world: World, address: str, wrong: str) -> None:
    with pytest.raises(NotAllowed) as known:
        sign_in.sign_in(address, wrong)
    with pytest.raises(NotAllowed) as unknown:
        sign_in.sign_in("nobody@example.test", wrong)
    assert (known.value.code, known.value.because) == (unknown.value.code, unknown.value.because)


def test_ten_failures_lock_the_door_for_a_while(world: World, address: str) -> None:
    for _ in range(10):
        with pytest.raises(NotAllowed):
            sign_in.sign_in(address, "wrong " + PASSWORD)
    with pytest.raises(NotAllowed, match="locked"):
        sign_in.sign_in(address, PASSWORD)


def test_a_session_ends_at_once(world: World, address: str) -> None:
    token, _ = sign_in.sign_in(address, PASSWORD)
    sign_in.sign_out(token)
    with pytest.raises(SignedOut), enter(SessionKey(token)):
        pass


def test_what_is_stored_does_not_open_a_session(world: World, address: str) -> None:
    """A stolen row holds sha256 of the key; offering that very value as the key is refused."""
    row = world.admin.execute("select verifier from gate.person where email = %s", (address,)).fetchone()
    assert row
    outcome = world.admin.execute("select gate.sign_in(%s, %s, %s, '', '')", (address, row[0], b"x" * 32)).fetchone()
    assert outcome == ("refused",)


def test_a_code_is_good_once(world: World, address: str) -> None:
    token, _ = sign_in.sign_in(address, PASSWORD)
    with enter(SessionKey(token)) as ws:
        sign_in.offer_totp(ws)
        secret = ws.session.scalar(select(func.gate.offered_totp()))
        assert secret
        with pytest.raises(Invalid, match="code_wrong"):
            sign_in.confirm_totp(ws, "000000" if pyotp.TOTP(secret).now() != "000000" else "000001")
        previous = pyotp.TOTP(secret).at(int(time.time()) - 30)
        sign_in.confirm_totp(ws, previous)
    pending, outcome = sign_in.sign_in(address, PASSWORD)
    assert outcome == "second_factor"
    with pytest.raises(SignedOut), enter(SessionKey(pending)):
        pass
    code = pyotp.TOTP(secret).now()
    sign_in.give_second_factor(pending, code)
    with enter(SessionKey(pending), read_only=True) as ws:
        assert ws.member.name == "Li Na"
    again, _ = sign_in.sign_in(address, PASSWORD)
    with pytest.raises(NotAllowed, match="code_wrong"):
        sign_in.give_second_factor(again, code)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa"])
def test_a_weak_password_is_refused(world: World, password: str) -> None:
    with world.firm("SME").owner.ws() as ws:
        token = members.invite_member(ws, email=f"{time.monotonic_ns()}@example.test", jobs=["operator"])
    with pytest.raises(Invalid) as refused:
        sign_in.accept_invitation(token, name="Li", password=password)
    assert refused.value.field == "password"


def test_an_invitation_works_once(world: World) -> None:
    with world.firm("SME").owner.ws() as ws:
        token = members.invite_member(ws, email=f"{time.monotonic_ns()}@example.test", jobs=["operator"])
    sign_in.accept_invitation(token, name="Li", password=PASSWORD)
    with pytest.raises(NotFound):
        sign_in.accept_invitation(token, name="Li", password=PASSWORD)


def test_an_invitation_to_somebody_known_takes_their_own_password(world: World, address: str) -> None:
    with world.firm("BANK").owner.ws() as ws:
        token = members.invite_member(ws, email=address, jobs=["auditor"])
    with pytest.raises(NotAllowed):
        sign_in.accept_invitation(token, name="", password="another password")
    sign_in.accept_invitation(token, name="", password=PASSWORD)
    session, _ = sign_in.sign_in(address, PASSWORD)
    assert len(sign_in.workspaces(session)) == 2


def test_nobody_moves_into_a_firm_that_is_not_theirs(world: World, address: str) -> None:
    session, _ = sign_in.sign_in(address, PASSWORD)
    with pytest.raises(NotFound):
        sign_in.switch_workspace(session, world.firm("BANK").tenant_id)


def test_a_token_does_what_it_is_for_and_nothing_else(world: World) -> None:
    owner = world.firm("SME").owner
    with owner.ws() as ws:
        token = members.issue_token(ws, label="ERP", scopes=["declare_lot", "read"])
    with enter(SessionKey(token), read_only=True) as ws:
        assert ws.can("declare_lot")
        assert not ws.can("administer_members")


def test_nobody_but_an_administrator_changes_a_member(world: World) -> None:
    firm = world.firm("SME")
    operator, owner = firm.operator, firm.owner
    with operator.ws() as ws, pytest.raises(NotAllowed):
        members.set_jobs(ws, owner.person_id, ["auditor"])
    with operator.ws() as ws:
        member = ws.session.get_one(members.Member, (ws.tenant_id, operator.person_id))
        member.jobs = ["owner"]
        with pytest.raises(Exception, match="only an administrator"):
            ws.session.flush()
        ws.session.rollback()


def test_an_installation_is_founded_once(world: World) -> None:
    world.firm("SME").owner  # noqa: B018 -- somebody is there
    with pytest.raises(Conflict):
        sign_in.found_platform("Second", "second@example.test")
