"""The mail room: notifications go out by e-mail as well. What carries the letters is somebody else's (the port), chosen where the house is put together."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from tenants.events import Happened, reacts_to
from tenants.members import Member
from tenants.notifications import Notification
from tenants.workspace import Workspace


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
