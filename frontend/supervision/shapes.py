"""What calls about devices, readings and alarms take and give."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, PageQuery, QuantityShape, Ratio, Shape

Word = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Metric = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["weight"])]
Figure = Annotated[Decimal, Field(ge=Decimal(-100000), le=Decimal(100000), max_digits=9, decimal_places=2)]


class Reason(Shape):
    """Why."""

    because: Text


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


class ClockView(Shape):
    """What the service level asks of the desk: to acknowledge, to look by video, to be on site; by when, and when it was done."""

    of: str
    due_at: Moment
    done_at: Moment | None


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
    seen_at: Moment | None
    seen_by: str | None
    on_site_at: Moment | None
    on_site_by: str | None
    clocks: list[ClockView]
    assigned_to: str | None
    rungs: int
    cleared_at: Moment | None
    shelved_until: Moment | None
    froze_lot: bool
    disposition: str | None
    superseded_by: UUID | None
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


class Assignment(Shape):
    """Who sees to an alarm: one of the firm's own people."""

    person_id: UUID


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
