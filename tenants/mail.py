"""Notifications go out by e-mail as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select

from tenants.errors import Conflict
from tenants.events import Fact, Happened, reacts_to
from tenants.mail_room import mail_goes_out, mail_room
from tenants.members import Member
from tenants.notifications import SEND_LETTER as SEND
from tenants.notifications import Notification, find_notification
from tenants.tries import failed_among, try_again
from tenants.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class LetterSentAgain(Fact):
    """A member had a notice whose letter had not gone out sent again."""

    says: ClassVar[str] = "%(by)s had a failed e-mail sent again."
    link: ClassVar[str] = "/notifications"
    notification_id: UUID
    by: str


def send_letter_again(ws: Workspace, notification_id: UUID) -> Notification:
    """Have a notice whose letter failed go out by e-mail after all. Refuses one whose letter has gone out, one whose letter is on its way, and any where no mail is sent."""
    ws.may("read")
    notification = find_notification(ws, notification_id)
    if notification.mailed_at:
        raise Conflict("letter_delivered", "This notice has gone out by e-mail already.")
    if not mail_goes_out():
        raise Conflict("mail_unavailable", "This installation sends no e-mail.")
    if not try_again(ws, SEND, str(notification.id)):
        raise Conflict("letter_waiting", "The e-mail of this notice is on its way.")
    ws.record(LetterSentAgain(notification_id=notification.id, by=ws.member.name), on=ws.tenant_id)
    return notification


def failed_letters(ws: Workspace, rows: Sequence[Notification]) -> set[UUID]:
    """Those among these whose letter was tried and did not go out."""
    unsent = [str(one.id) for one in rows if one.mailed_at is None]
    return {UUID(key) for key in failed_among(ws, SEND, unsent)} if unsent else set()


@reacts_to(roles=set())
def send_letter(ws: Workspace, happened: Happened) -> None:
    """Carry one notification to the firm's members. The mark is committed after the letter went: at least once."""
    notification = ws.session.get(Notification, (ws.tenant_id, UUID(happened.facts["notification_id"])))
    if notification is None or notification.mailed_at:
        return
    to = list(
        ws.session.scalars(select(Member.email).where(Member.tenant_id == ws.tenant_id, Member.ended_at.is_(None)))
    )
    mail_room().send(
        key=str(notification.id), to=to, kind=notification.kind, facts=notification.facts, link=notification.link
    )
    notification.mailed_at = ws.now
