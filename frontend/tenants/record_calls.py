"""Calls about the record: what happened, whether its chains hold, what the firm was told, and the demo's clock."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from frontend.api import Moment, Nothing, Shape
from frontend.language import translate
from frontend.tenants.calls import api
from tenants import clock, mail, notifications, record
from tenants.events import KINDS
from tenants.workspace import Workspace


class EventView(Shape):
    """One event in words, with its place in its chain."""

    at: Moment
    kind: str
    says: str
    facts: dict[str, Any]
    who: str
    organisation: str
    stream_id: UUID
    sequence: int


class EventQuery(Shape):
    """Cursor paging: `cursor` is the `next` of the page before."""

    cursor: Annotated[str, Field(max_length=90)] | None = None
    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(int)] = 50


class EventPage(Shape):
    """What happened, newest first; `next` leads to the page behind it."""

    items: list[EventView]
    next: str | None = None


class ChainView(Shape):
    """Whether a stream's chain holds: sequences at which it does not follow."""

    stream_id: UUID
    broken_at: list[int]


class NotificationView(Shape):
    """One notification. `mail_failed`: its e-mail was tried and did not go out yet."""

    id: UUID
    kind: str
    says: str
    link: str
    created_at: Moment
    read_at: Moment | None
    mailed_at: Moment | None
    mail_failed: bool


class NotificationPage(Shape):
    """Notifications, newest first."""

    items: list[NotificationView]


class ClockView(Shape):
    """The house's clock, and how many deliveries are due but not done."""

    now: Moment
    waiting: int


class ClockBody(Shape):
    """To when the clock of a demo is driven; never backwards."""

    to: Moment


@api.look("/events", takes=EventQuery, gives=EventPage)
def list_events(ws: Workspace, body: EventQuery) -> EventPage:
    """What concerns this firm, newest first."""
    place = record.Place.read(body.cursor) if body.cursor else None
    events = record.activity(ws, after=place, limit=body.limit + 1)
    shown, further = events[: body.limit], len(events) > body.limit
    last = str(record.Place(shown[-1].at, shown[-1].id)) if further else None
    return EventPage(items=[_event(one) for one in shown], next=last)


@api.look("/streams/<uuid:stream_id>/events", gives=EventPage)
def list_stream(ws: Workspace, stream_id: UUID) -> EventPage:
    """What happened in one stream, as far as the caller may know."""
    record.find_stream(ws, stream_id)
    return EventPage(items=[_event(one) for one in record.events_of(ws, stream_id)])


@api.look("/streams/<uuid:stream_id>/chain", gives=ChainView)
def check_chain(ws: Workspace, stream_id: UUID) -> ChainView:
    """Check a stream's hash chain."""
    record.find_stream(ws, stream_id)
    return ChainView(stream_id=stream_id, broken_at=record.broken_links(ws, stream_id))


@api.look("/notifications", gives=NotificationPage)
def list_notifications(ws: Workspace) -> NotificationPage:
    """What the firm was told."""
    rows = notifications.latest(ws)
    failed = mail.failed_letters(ws, rows)
    return NotificationPage(items=[_notification(one, failed=one.id in failed) for one in rows])


@api.act("/notifications/<uuid:notification_id>/repetition", gives=NotificationView)
def send_letter_again(ws: Workspace, notification_id: UUID, body: Nothing) -> NotificationView:
    """Have a notice whose e-mail failed sent again."""
    return _notification(mail.send_letter_again(ws, notification_id), failed=False)


@api.act("/notifications/readings", gives=Nothing)
def mark_notifications_read(ws: Workspace, body: Nothing) -> Nothing:
    """Everything up to now is read."""
    notifications.mark_read(ws)
    return body


@api.look("/clock", gives=ClockView)
def show_clock(ws: Workspace) -> ClockView:
    """The house's clock."""
    return ClockView(now=ws.now, waiting=clock.backlog(ws))


@api.act("/clock", takes=ClockBody, gives=ClockView)
def drive_clock(ws: Workspace, body: ClockBody) -> ClockView:
    """Drive the clock of a demo forward."""
    return ClockView(now=clock.advance(ws, body.to), waiting=clock.backlog(ws))


def _notification(one: notifications.Notification, *, failed: bool) -> NotificationView:
    return NotificationView(
        id=one.id,
        kind=one.kind,
        says=translate(KINDS[one.kind].says, **one.facts),
        link=one.link,
        created_at=one.created_at,
        read_at=one.read_at,
        mailed_at=one.mailed_at,
        mail_failed=failed,
    )


def _event(one: record.Told) -> EventView:
    return EventView(
        at=one.at,
        kind=one.kind,
        says=translate(one.says, **one.facts),
        facts=one.facts,
        who=one.who,
        organisation=one.organisation,
        stream_id=one.stream_id,
        sequence=one.sequence,
    )
