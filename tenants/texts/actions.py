"""What members do with their own phones: give a number, prove it by a code, choose notices, have one sent again, have it forgotten."""

import secrets
from uuid import UUID

from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import KINDS
from tenants.texts import ports, rules
from tenants.texts.facts import PhoneConfirmed, PhoneForgotten, TextSentAgain
from tenants.texts.models import MemberPhone, TextMessage
from tenants.texts.queries import find_text, my_phone
from tenants.texts.writing import SEND, write
from tenants.tries import try_again
from tenants.workspace import Workspace


def ask_code(ws: Workspace, number: str) -> None:
    """Send a code of six digits to a number that is to be one's own. A number that was proven before counts until then no more.

    Refused where this installation sends no texts, where the number is none, and within a minute of the last code.
    """
    ws.may("read")
    if not ports.are_sent():
        raise Conflict("texts_unavailable", "This installation sends no text messages: its operator has named no gateway.")  # fmt: skip
    number, phone = rules.read_number(number), _phone(ws)
    rules.check_patience(phone.asked_at, ws.now)
    code = f"{secrets.randbelow(10**6):06d}"
    phone.number, phone.code_hash, phone.asked_at = number, rules.hash_of(ws.person_id, number, code), ws.now
    phone.tries, phone.verified_at = 0, None
    write(ws, ws.person_id, number, None, f"Bailee: your code is {code}. It counts for ten minutes.")


def confirm_phone(ws: Workspace, code: str) -> bool:
    """Prove the phone by its code. False where it is another, too old, or the sixth try: told, not raised, so that the try is counted."""
    ws.may("read")
    phone = _phone(ws)
    if phone.number is None:
        raise Conflict("phone_missing", "Give a number first.")
    phone.tries += 1
    given = rules.hash_of(ws.person_id, phone.number, code.strip())
    if not rules.is_right(phone.code_hash, given, asked_at=phone.asked_at, tries=phone.tries, now=ws.now):
        return False
    phone.verified_at, phone.code_hash = ws.now, None
    ws.record(PhoneConfirmed(person_id=ws.person_id), on=ws.tenant_id)
    return True


def choose_notices(ws: Workspace, kinds: list[str]) -> None:
    """Choose of which kinds of notice the phone is told; of none, where none is chosen."""
    ws.may("read")
    if any(kind not in KINDS or not KINDS[kind].tells for kind in kinds):
        raise Invalid("kind_unknown", "There is no notice of this kind.", field="kinds")
    _phone(ws).kinds = sorted(set(kinds))


def send_again(ws: Workspace, text_id: UUID) -> TextMessage:
    """Have a message to one's own phone that failed tried anew. Refuses one that was delivered, a code (it has run out: ask for another), one to a number
    that is no longer one's own, and one that is on its way.
    """
    ws.may("read")
    message, phone = find_text(ws, text_id), my_phone(ws)
    rules.require_failed(
        message.sent_at, is_code=message.kind is None, is_own=phone is not None and phone.number == message.number
    )
    if not try_again(ws, SEND, str(message.id)):
        raise Conflict("text_waiting", "This message is on its way.")
    ws.record(TextSentAgain(person_id=ws.person_id, text_id=message.id), on=ws.tenant_id)
    return message


def forget_phone(ws: Workspace) -> None:
    """Forget the number; nothing is sent there any more."""
    ws.may("read")
    phone = _phone(ws)
    if phone.number is None:
        raise NotFound("phone_unknown", "There is no phone to forget.")
    phone.number = phone.code_hash = phone.verified_at = None
    ws.record(PhoneForgotten(person_id=ws.person_id), on=ws.tenant_id)


def _phone(ws: Workspace) -> MemberPhone:
    """The member's own row, locked: codes and tries of one person go one after the other."""
    assert not ws.member.is_system, "a phone is a person's"
    phone = ws.session.get(MemberPhone, (ws.tenant_id, ws.person_id), with_for_update=True)
    if phone is None:
        phone = MemberPhone(tenant_id=ws.tenant_id, person_id=ws.person_id, tries=0)
        ws.session.add(phone)
    return phone
