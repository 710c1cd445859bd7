"""Text messages on their way: written in the transaction of what they tell, sent by the outbox."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from tenants.database import new_id
from tenants.members import Member
from tenants.texts import ports, rules
from tenants.texts.models import MemberPhone, TextMessage
from tenants.workspace import Workspace

SEND = "texts.send_text"


def tell_phones(ws: Workspace, kind: str, says: str, link: str) -> None:
    """Write what the firm was told to the phones of those members who chose this kind. Beyond twenty an hour a phone is told no more: the screen is."""
    if not ports.are_sent():
        return
    for phone in _who_chose(ws, kind):
        assert phone.number is not None
        if _in_the_last_hour(ws, phone) < rules.MOST_AN_HOUR:
            write(ws, phone.person_id, phone.number, kind, rules.text_of(says, f"{ports.public_url()}{link}"))


def _who_chose(ws: Workspace, kind: str) -> Iterator[MemberPhone]:
    stands = (
        (Member.tenant_id == MemberPhone.tenant_id)
        & (Member.person_id == MemberPhone.person_id)
        & Member.ended_at.is_(None)
    )
    proven = (
        select(MemberPhone)
        .join(Member, stands)
        .where(MemberPhone.tenant_id == ws.tenant_id, MemberPhone.verified_at.is_not(None))
    )
    return (
        one for one in ws.session.scalars(proven.order_by(MemberPhone.person_id)).all() if kind in (one.kinds or ())
    )


def _in_the_last_hour(ws: Workspace, phone: MemberPhone) -> int:
    sent = select(func.count()).select_from(TextMessage)
    lately = TextMessage.created_at > ws.now - timedelta(hours=1)
    mine = (TextMessage.tenant_id == ws.tenant_id) & (TextMessage.person_id == phone.person_id)
    return ws.session.scalar(sent.where(mine, lately, TextMessage.kind.is_not(None))) or 0


def write(ws: Workspace, person_id: UUID, number: str, kind: str | None, text: str) -> TextMessage:
    """One message, owed from now on."""
    message = TextMessage(
        tenant_id=ws.tenant_id, id=new_id(), person_id=person_id, number=number, kind=kind, text=text, created_at=ws.now
    )
    ws.session.add(message)
    ws.set_timer(SEND, key=str(message.id), due=ws.now, stream_id=ws.tenant_id, message_id=str(message.id))
    return message
