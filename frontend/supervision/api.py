"""Calls about devices, readings and alarms. Signed batches themselves come in by `POST /devices/{id}/batches` (the device door), without a token."""

import base64
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, TypeAdapter

from frontend.api import Api, Moment, Nothing, PageQuery, QuantityShape, Ratio, Shape
from frontend.pledges.api import Proposed, proposed
from frontend.supervision.showing import alarm_reason
from marketplace.quantity import Quantity
from marketplace.supervision import actions, queries
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Attachment
from marketplace.supervision.models.readings import LatestReading, ReadingSeries
from marketplace.supervision.rules_keys import fingerprint, public_key_from_text
from tenants.errors import Invalid
from tenants.workspace import Workspace

api = Api("supervision")
Word = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Metric = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["weight"])]
Figure = Annotated[Decimal, Field(ge=Decimal(-100000), le=Decimal(100000), max_digits=9, decimal_places=2)]
LONGEST_SPAN = timedelta(days=400)
Moments: TypeAdapter[Any] = TypeAdapter(Moment)


class Enrolment(Shape):
    """A device with its public key (64 hexadecimal digits, or base64)."""

    kind: Annotated[
        str, Field(pattern="^(weight|climate|door|position|tag_reader|camera|smoke|water|gateway|combined)$")
    ]
    name: Word
    public_key: Annotated[str, Field(min_length=1, max_length=200)]
    serial: Annotated[str, Field(max_length=80)] = ""
    interval_seconds: Annotated[int, Field(ge=1, le=86400)] = 300
    accuracy: Annotated[str, Field(max_length=40)] = ""
    deviation: Annotated[Decimal, Field(ge=0, lt=100000, max_digits=11, decimal_places=6)] = Decimal(0)
    calibrated_until: date | None = None
    certificate: Annotated[str, Field(max_length=80)] = ""


class Placing(Shape):
    """Where a device is to watch: one lot, or one bin. `because` is needed to move it."""

    lot_id: UUID | None = None
    bin_id: UUID | None = None
    tare_kg: Annotated[Decimal, Field(ge=0, lt=1_000_000_000, max_digits=12, decimal_places=3)] = Decimal(0)
    because: Annotated[str, Field(max_length=2000)] = ""


class Reason(Shape):
    """Why."""

    because: Text


class Calibration(Shape):
    """A certificate and its last day."""

    until: date
    certificate: Word


class AttachmentView(Shape):
    """Where a device watches or watched; half-open."""

    id: UUID
    device_id: UUID
    lot_id: UUID | None
    bin_id: UUID | None
    site_id: UUID
    since: Moment
    until: Moment | None
    tare_kg: Ratio


class DeviceView(Shape):
    """A device of the caller's and what it said of itself."""

    id: UUID
    name: str
    kind: str
    serial: str
    state: str
    public_key: str
    fingerprint: str
    interval_seconds: int
    calibrated_until: date | None
    certificate: str
    battery: Ratio | None
    firmware: str | None
    heard_at: Moment | None
    batches: int
    samples: int
    missing: int
    revoked_at: Moment | None
    attachment: AttachmentView | None


class DevicePage(Shape):
    """A page of devices, newest first."""

    items: list[DeviceView]
    next: UUID | None = None


class Latest(Shape):
    """The newest value of one sensor on a lot. `trusted`: its calibration is in force."""

    metric: str
    channel: str
    value: Ratio
    unit: str
    at: Moment
    received_at: Moment
    device_id: UUID
    device: str
    trusted: bool


class LatestList(Shape):
    """The newest value of each sensor that watches a lot."""

    items: list[Latest]


class SeriesQuery(Shape):
    """A metric in [start, end), 400 days at most; `cursor` is the `next` of the page before."""

    metric: Metric = "weight"
    start: Moment | None = None
    end: Moment | None = None
    cursor: Annotated[str, Field(max_length=1600, pattern=r"^[0-9a-zA-Z:.+|=_-]*$")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Points(Shape):
    """What one signed batch said of the metric: moments and exact values, in event time. `late`: it arrived as history."""

    device_id: UUID
    channel: str
    boot: int
    sequence: int
    unit: str
    at: list[Moment]
    values: list[Ratio]
    late: bool
    trusted: bool


class SeriesPage(Shape):
    """A page of a metric's history, batch by batch in event time."""

    items: list[Points]
    next: str | None = None


class ConditionView(Shape):
    """How far the house may rely on a lot: see the fields' names; reasons are sentences in English."""

    coverage: Ratio
    degree_hours: Ratio
    has_open_critical: bool
    measured_qty: Ratio | None
    reasons: list[str]


class AlarmView(Shape):
    """An alarm."""

    id: UUID
    number: str
    type: str
    severity: str
    status: str
    reason: str
    lot_id: UUID | None
    site_id: UUID | None
    device_id: UUID | None
    quantity: QuantityShape | None
    raised_at: Moment
    noticed_at: Moment
    repeats: int
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    cleared_at: Moment | None
    shelved_until: Moment | None
    froze_lot: bool
    disposition: str | None
    closing_note: str
    evidence: list[str]
    closed_at: Moment | None
    closed_by: str | None


class AlarmQuery(PageQuery):
    """Alarms by state."""

    state: Annotated[str, Field(pattern="^(open|unacknowledged|shelved|closed|all)$")] = "all"


class AlarmPage(Shape):
    """A page of alarms, newest first."""

    items: list[AlarmView]
    next: UUID | None = None


class Comment(Shape):
    """Something said of an alarm."""

    text: Text


class CommentView(Comment):
    """A comment and who made it."""

    id: UUID
    at: Moment
    by: str
    organisation: str


class CommentList(Shape):
    """What was said of an alarm, oldest first."""

    items: list[CommentView]


class Closing(Shape):
    """What the alarm turned out to be; a critical one needs a note and evidence."""

    disposition: Annotated[str, Field(pattern="^(TRUE|FALSE|TEST|MAINTENANCE)$")]
    note: Annotated[str, Field(max_length=2000)] = ""
    evidence: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)] = Field(
        default_factory=list
    )


class Shelving(Shape):
    """For how long, and why."""

    hours: Annotated[int, Field(ge=1, le=8)]
    because: Text


class GateExit(Shape):
    """Goods that went out through the gate."""

    quantity: QuantityShape
    vehicle: Annotated[str, Field(max_length=40)] = ""


class GateAnswer(Shape):
    """The alarm that the exit raised, where it had no release."""

    alarm: AlarmView | None


class Handling(Shape):
    """Work upon free goods that explains a changing weight."""

    hours: Annotated[int, Field(ge=1, le=12)]
    because: Text


class Maintenance(Shape):
    """A window in which alarms of these types are expected; four hours at most."""

    types: Annotated[list[Annotated[str, Field(pattern="^[a-z_]{1,40}$")]], Field(min_length=1, max_length=30)]
    starts_at: Moment
    ends_at: Moment
    because: Text


class Climate(Shape):
    """The climate that the goods ask for."""

    metric: Annotated[str, Field(pattern="^(temperature|humidity)$")]
    low: Figure | None = None
    high: Figure | None = None
    lasting_seconds: Annotated[int, Field(ge=0, le=86400)] = 600


class Done(Shape):
    """It is done."""

    id: UUID


@api.look("/devices", gives=DevicePage, takes=PageQuery)
def list_devices(ws: Workspace, body: PageQuery) -> Any:
    """The caller's devices."""
    rows = queries.list_devices(ws, cursor=body.cursor, limit=body.limit)
    return {
        "items": [_device(ws, row) for row in rows],
        "next": rows[-1].device.id if len(rows) == body.limit else None,
    }


@api.act("/devices", gives=DeviceView, takes=Enrolment, status=201)
def enrol_device(ws: Workspace, body: Enrolment) -> Any:
    """Enrol a device under its own Ed25519 key."""
    known = body.model_dump(exclude={"public_key"})
    device = actions.enrol_device(ws, public_key=public_key_from_text(body.public_key), **known)
    return DeviceView.model_validate(_device(ws, queries.watched_device(ws, device.id)))


@api.look("/devices/<uuid:device_id>", gives=DeviceView)
def show_device(ws: Workspace, device_id: UUID) -> Any:
    """One device."""
    return _device(ws, queries.watched_device(ws, device_id))


@api.act("/devices/<uuid:device_id>/attachments", gives=AttachmentView, takes=Placing, status=201)
def attach_device(ws: Workspace, device_id: UUID, body: Placing) -> Any:
    """Attach a device for the first time."""
    made = actions.attach_device(ws, device_id, lot_id=body.lot_id, bin_id=body.bin_id, tare_kg=body.tare_kg)
    return AttachmentView.model_validate(_attachment(made))


@api.act("/devices/<uuid:device_id>/moves", gives=Proposed, takes=Placing, status=201)
def propose_move(ws: Workspace, device_id: UUID, body: Placing) -> Any:
    """Propose to move a device that has watched before: a colleague decides."""
    return proposed(actions.propose_move(ws, device_id, **body.model_dump()))


@api.act("/devices/<uuid:device_id>/detachment", gives=AttachmentView, takes=Nothing)
def detach_device(ws: Workspace, device_id: UUID, body: Nothing) -> Any:
    """End a device's watch."""
    return AttachmentView.model_validate(_attachment(actions.detach_device(ws, device_id)))


@api.act("/devices/<uuid:device_id>/revocation", gives=DeviceView, takes=Reason)
def revoke_device(ws: Workspace, device_id: UUID, body: Reason) -> Any:
    """Revoke a device's key for good."""
    actions.revoke_device(ws, device_id, because=body.because)
    return DeviceView.model_validate(_device(ws, queries.watched_device(ws, device_id)))


@api.act("/devices/<uuid:device_id>/calibrations", gives=DeviceView, takes=Calibration)
def record_calibration(ws: Workspace, device_id: UUID, body: Calibration) -> Any:
    """Enter a calibration certificate."""
    actions.record_calibration(ws, device_id, until=body.until, certificate=body.certificate)
    return DeviceView.model_validate(_device(ws, queries.watched_device(ws, device_id)))


@api.look("/lots/<uuid:lot_id>/latest-readings", gives=LatestList)
def show_latest(ws: Workspace, lot_id: UUID) -> Any:
    """The newest value of each sensor that watches a lot."""
    queries.condition_of(ws, lot_id)
    return {"items": [_latest(row) for row in queries.latest_readings(ws, lot_id)]}


@api.look("/lots/<uuid:lot_id>/readings", gives=SeriesPage, takes=SeriesQuery)
def show_series(ws: Workspace, lot_id: UUID, body: SeriesQuery) -> Any:
    """A metric of a lot over time."""
    queries.condition_of(ws, lot_id)
    end = body.end or ws.now
    start = body.start or end - timedelta(days=1)
    if not timedelta(0) < end - start <= LONGEST_SPAN:
        raise Invalid("span_wrong", "The end lies after the start, by 400 days at most.", field="end")
    rows = queries.page_of_series(ws, lot_id, body.metric, start, end, after=_place(body.cursor), limit=body.limit)
    return {"items": [_points(row) for row in rows], "next": _cursor(rows[-1]) if len(rows) == body.limit else None}


@api.look("/lots/<uuid:lot_id>/condition", gives=ConditionView)
def show_condition(ws: Workspace, lot_id: UUID) -> Any:
    """How far the house may rely on a lot now."""
    return vars(queries.condition_of(ws, lot_id))


@api.look("/alarms", gives=AlarmPage, takes=AlarmQuery)
def list_alarms(ws: Workspace, body: AlarmQuery) -> Any:
    """Alarms that the caller sees."""
    rows = queries.page_of_alarms(ws, cursor=body.cursor, limit=body.limit, state=body.state)
    return {"items": [_alarm(row) for row in rows], "next": rows[-1].id if len(rows) == body.limit else None}


@api.look("/alarms/<uuid:alarm_id>", gives=AlarmView)
def show_alarm(ws: Workspace, alarm_id: UUID) -> Any:
    """One alarm."""
    return _alarm(queries.find_alarm(ws, alarm_id))


@api.act("/alarms/<uuid:alarm_id>/acknowledgement", gives=AlarmView, takes=Nothing)
def acknowledge_alarm(ws: Workspace, alarm_id: UUID, body: Nothing) -> Any:
    """Take note of an alarm."""
    return AlarmView.model_validate(_alarm(actions.acknowledge_alarm(ws, alarm_id)))


@api.look("/alarms/<uuid:alarm_id>/comments", gives=CommentList)
def list_comments(ws: Workspace, alarm_id: UUID) -> Any:
    """What was said of an alarm."""
    queries.find_alarm(ws, alarm_id)
    return {"items": queries.notes_of(ws, alarm_id)}


@api.act("/alarms/<uuid:alarm_id>/comments", gives=CommentView, takes=Comment, status=201)
def comment_alarm(ws: Workspace, alarm_id: UUID, body: Comment) -> Any:
    """Say something of an alarm."""
    return CommentView.model_validate(actions.comment_alarm(ws, alarm_id, body.text))


@api.act("/alarms/<uuid:alarm_id>/clearance", gives=AlarmView, takes=Nothing)
def clear_alarm(ws: Workspace, alarm_id: UUID, body: Nothing) -> Any:
    """Find that an alarm is over."""
    return AlarmView.model_validate(_alarm(actions.clear_alarm(ws, alarm_id)))


@api.act("/alarms/<uuid:alarm_id>/closing", gives=AlarmView, takes=Closing)
def close_alarm(ws: Workspace, alarm_id: UUID, body: Closing) -> Any:
    """Close an alarm with its disposition."""
    closed = actions.close_alarm(ws, alarm_id, disposition=body.disposition, note=body.note, evidence=body.evidence)
    return AlarmView.model_validate(_alarm(closed))


@api.act("/alarms/<uuid:alarm_id>/shelvings", gives=Proposed, takes=Shelving, status=201)
def propose_shelving(ws: Workspace, alarm_id: UUID, body: Shelving) -> Any:
    """Propose to leave an alarm aside for some hours."""
    return proposed(actions.propose_shelving(ws, alarm_id, hours=body.hours, because=body.because))


@api.act("/lots/<uuid:lot_id>/gate-exits", gives=GateAnswer, takes=GateExit, status=201)
def record_gate_exit(ws: Workspace, lot_id: UUID, body: GateExit) -> Any:
    """Record that goods left through the gate."""
    left = Quantity.of(body.quantity.amount, body.quantity.unit)
    alarm = actions.record_gate_exit(ws, lot_id, quantity=left, vehicle=body.vehicle)
    return GateAnswer.model_validate({"alarm": _alarm(alarm) if alarm else None})


@api.act("/lots/<uuid:lot_id>/handlings", gives=Done, takes=Handling, status=201)
def announce_handling(ws: Workspace, lot_id: UUID, body: Handling) -> Any:
    """Announce work upon free goods."""
    return {"id": actions.announce_handling(ws, lot_id, hours=body.hours, because=body.because).id}


@api.act("/lots/<uuid:lot_id>/maintenances", gives=Proposed, takes=Maintenance, status=201)
def propose_maintenance(ws: Workspace, lot_id: UUID, body: Maintenance) -> Any:
    """Propose a maintenance window."""
    return proposed(actions.propose_maintenance(ws, lot_id, **body.model_dump()))


@api.act("/lots/<uuid:lot_id>/climate", gives=Climate, takes=Climate)
def set_climate(ws: Workspace, lot_id: UUID, body: Climate) -> Any:
    """Set the climate that the goods ask for."""
    actions.set_climate(
        ws, lot_id, metric=body.metric, low=body.low, high=body.high, lasting_seconds=body.lasting_seconds
    )
    return body


def _device(ws: Workspace, row: queries.Watched) -> dict[str, Any]:
    device, state = row.device, row.state
    names = ("id", "name", "kind", "serial", "interval_seconds", "calibrated_until", "certificate", "revoked_at")
    said = ("battery", "firmware", "heard_at", "batches", "samples", "missing")
    return {name: getattr(device, name) for name in names} | {name: getattr(state, name) for name in said} | {
        "state": row.standing(ws.now),
        "public_key": device.public_key.hex(),
        "fingerprint": fingerprint(device.public_key),
        "attachment": _attachment(row.attachment) if row.attachment else None,
    }  # fmt: skip


def _attachment(one: Attachment) -> dict[str, Any]:
    names = ("id", "device_id", "lot_id", "bin_id", "site_id", "since", "until", "tare_kg")
    return {name: getattr(one, name) for name in names}


def _latest(row: LatestReading) -> dict[str, Any]:
    names = ("metric", "channel", "value", "unit", "at", "received_at", "device_id", "trusted")
    return {name: getattr(row, name) for name in names} | {"device": row.device_name}


def _points(row: ReadingSeries) -> dict[str, Any]:
    names = ("device_id", "channel", "boot", "sequence", "unit", "values", "late", "trusted")
    moments = [row.first_at + timedelta(milliseconds=offset) for offset in row.offsets]
    return {name: getattr(row, name) for name in names} | {"at": moments}


def _cursor(row: ReadingSeries) -> str:
    channel = base64.urlsafe_b64encode(row.channel.encode()).decode()
    return f"{row.first_at.isoformat()}|{row.device_id}|{row.boot}|{row.sequence}|{channel}"


def _place(cursor: str) -> tuple[Any, UUID, int, int, str] | None:
    """The place that a cursor names. Refuses one that we did not make."""
    if not cursor:
        return None
    try:
        at, device_id, boot, sequence, channel = cursor.split("|")
        text = base64.urlsafe_b64decode(channel).decode()
        return Moments.validate_python(at), UUID(device_id), _number(boot), _number(sequence), text.replace("\0", "")
    except ValueError as wrong:
        raise Invalid("cursor_wrong", "This cursor is not one of ours.", field="cursor") from wrong


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


def _alarm(alarm: Alarm) -> dict[str, Any]:
    names = (
        "id", "number", "type", "severity", "status", "lot_id", "site_id", "device_id", "raised_at", "noticed_at", "repeats", "acknowledged_at",
        "acknowledged_by", "cleared_at", "shelved_until", "froze_lot", "disposition", "closing_note", "evidence", "closed_at", "closed_by",
    )  # fmt: skip
    amount = {"amount": f"{alarm.quantity:f}", "unit": alarm.unit} if alarm.quantity is not None else None
    return {name: getattr(alarm, name) for name in names} | {"quantity": amount, "reason": alarm_reason(alarm)}
