"""Notifications: what concerns a firm, told to its members in the product and, where mail is sent, handed to the mail room."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, new_id
from tenants.errors import NotFound
from tenants.events import KINDS, Happened, reacts_to
from tenants.mail_room import mail_goes_out
from tenants.policies import Access
from tenants.texts.writing import tell_phones
from tenants.webhooks.carrying import tell_webhooks
from tenants.workspace import Workspace

SEND_LETTER = "mail.send_letter"
SAME_MOMENT = timedelta(minutes=5)


class Notification(Base):
    """One thing that a firm's members should know: the event's kind and facts; the words are made in the reader's language."""

    __tablename__ = "notification"
    __access__ = Access()
    __table_args__ = (
        Index(None, "tenant_id", "created_at"),
        Index("ix_notification_unread", "tenant_id", postgresql_where="read_at is null"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    stream_id: Mapped[UUID]
    facts: Mapped[dict[str, Any]]
    link: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]


@reacts_to(roles=set())
def notify(ws: Workspace, happened: Happened) -> None:
    """Tell this firm's members of an event that names their role."""
    kind = KINDS[happened.kind]
    link = kind.link.format(stream=happened.stream_id, **happened.facts)
    if kind.tells_once and _was_told(ws, happened, link):
        return
    notification = Notification(
        tenant_id=ws.tenant_id,
        id=new_id(),
        kind=happened.kind,
        stream_id=happened.stream_id,
        facts=happened.facts,
        link=link,
        created_at=ws.now,
    )
    ws.session.add(notification)
    if mail_goes_out():
        letter = {"notification_id": str(notification.id)}
        ws.set_timer(SEND_LETTER, key=str(notification.id), due=ws.now, stream_id=happened.stream_id, **letter)
    told = {
        "notification_id": str(notification.id),
        "stream_id": str(happened.stream_id),
        "says": kind.says % happened.facts,
        "link": link,
    }
    tell_webhooks(ws, happened.kind, told, happened.facts)
    tell_phones(ws, happened.kind, told["says"], link)


def _was_told(ws: Workspace, happened: Happened, link: str) -> bool:
    """Whether the firm was told the same of another stream a moment ago: a fire in a hall is no more news for each lot that lies there."""
    same = (
        Notification.kind == happened.kind,
        Notification.link == link,
        Notification.created_at > ws.now - SAME_MOMENT,
    )
    facts = ws.session.scalars(select(Notification.facts).where(Notification.tenant_id == ws.tenant_id, *same))
    return any(told | {"lot_id": None} == happened.facts | {"lot_id": None} for told in facts)


def latest(ws: Workspace, most: int = 50) -> list[Notification]:
    """The firm's notifications, newest first."""
    rows = ws.session.scalars(
        select(Notification)
        .where(Notification.tenant_id == ws.tenant_id)
        .order_by(Notification.created_at.desc())
        .limit(most)
    )
    return list(rows)


def find_notification(ws: Workspace, notification_id: UUID) -> Notification:
    """One of the firm's notifications."""
    found = ws.session.get(Notification, (ws.tenant_id, notification_id))
    if found is None:
        raise NotFound("notification_unknown", "There is no such notification.")
    return found


def unread(ws: Workspace) -> int:
    """How many nobody has read yet."""
    count = (
        select(func.count())
        .select_from(Notification)
        .where(Notification.tenant_id == ws.tenant_id, Notification.read_at.is_(None))
    )
    return int(ws.session.scalar(count) or 0)


def mark_read(ws: Workspace) -> None:
    """Everything up to now is read."""
    ws.session.execute(
        update(Notification)
        .where(Notification.tenant_id == ws.tenant_id, Notification.read_at.is_(None))
        .values(read_at=ws.now)
    )


def sentence(notification: Notification) -> str:
    """The notification in English, for programs; pages say it in the reader's language."""
    return KINDS[notification.kind].says % notification.facts
