"""The mail room: notifications go out by e-mail as well. What carries the letters is somebody else's (the port), chosen where the house is put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import select

from tenants.errors import Conflict
from tenants.events import Fact, Happened, reacts_to
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


class MailRoom(Protocol):
    """Carries letters. May carry one twice, never loses one silently: `key` lets the far side drop a second copy."""

    def send(self, *, key: str, to: list[str], kind: str, facts: dict[str, Any], link: str) -> None: ...


class NoMail:
    """Where no mail is configured, notifications stay in the product."""

    def send(self, **_letter: Any) -> None:
        return None


_room: list[MailRoom] = [NoMail()]


def use_mail_room(room: MailRoom) -> None:
    """Choose what carries letters."""
    _room[0] = room


def send_letter_again(ws: Workspace, notification_id: UUID) -> Notification:
    """Have a notice whose letter failed go out by e-mail after all. Refuses one whose letter has gone out, and one whose letter is on its way."""
    ws.may("read")
    notification = find_notification(ws, notification_id)
    if notification.mailed_at:
        raise Conflict("letter_delivered", "This notice has gone out by e-mail already.")
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
    _room[0].send(
        key=str(notification.id), to=to, kind=notification.kind, facts=notification.facts, link=notification.link
    )
    notification.mailed_at = ws.now
