"""Phones whose keys sign captures: a key is made in the browser and never leaves it; here is its public half."""

from uuid import UUID

from sqlalchemy import select

from marketplace.stocktakes.events import PhoneEnrolled, PhoneRevoked
from marketplace.stocktakes.models import Phone
from marketplace.stocktakes.queries import find_phone
from marketplace.stocktakes.rules.statements import fingerprint, public_key_from_text
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

LONGEST_NAME = 60


def enrol_phone(ws: Workspace, *, name: str, public_key: str) -> Phone:
    """Take a phone's key into the firm's register, under the person who holds it. The same key of the same person again is the same phone."""
    ws.may("answer_challenge")
    raw = public_key_from_text(public_key)
    called = name.strip()[:LONGEST_NAME]
    if not called:
        raise Invalid("name_missing", "Give it a name.", field="name")
    known = ws.session.scalars(select(Phone).where(Phone.public_key == raw)).one_or_none()
    if known is not None:
        return _own(ws, known)
    phone = Phone(
        tenant_id=ws.tenant_id, id=new_id(), person_id=ws.person_id, person_name=ws.member.name, name=called, public_key=raw,
        fingerprint=fingerprint(raw), head="", sent=0, enrolled_at=ws.now,
    )  # fmt: skip
    ws.session.add(phone)
    fact = PhoneEnrolled(phone_id=phone.id, name=called, person=ws.member.name, fingerprint=phone.fingerprint)
    ws.record(fact, on=ws.tenant_id, evidence=[phone.fingerprint])
    return phone


def revoke_phone(ws: Workspace, phone_id: UUID) -> Phone:
    """From now on nothing that it signs is taken. What it signed before stands."""
    ws.may("answer_challenge")
    phone = find_phone(ws, phone_id, lock=True)
    if phone.revoked_at is None:
        phone.revoked_at = ws.now
        ws.record(PhoneRevoked(phone_id=phone.id, name=phone.name), on=ws.tenant_id)
    return phone


def phone_that_signs(ws: Workspace, phone_id: UUID) -> Phone:
    """The phone, held for one more statement. Refuses a colleague's phone and one that was revoked."""
    return _own(ws, find_phone(ws, phone_id, lock=True))


def _own(ws: Workspace, phone: Phone) -> Phone:
    if phone.person_id != ws.person_id:
        raise Conflict("phone_of_another", "This phone is enrolled for another person.", field="phone_id")
    if phone.revoked_at is not None:
        raise Conflict("phone_revoked", "This phone may not sign any more.", field="phone_id")
    return phone
