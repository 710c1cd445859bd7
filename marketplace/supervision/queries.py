"""What supervision can be asked: alarms and devices here, readings in `charts`, reliance in `conditions`; all are offered here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, case, func, or_, select

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, Site, Zone
from marketplace.supervision.about import about_any, in_sight
from marketplace.supervision.conditions import Condition, condition_of, conditions_of, has_open_critical, latest_among
from marketplace.supervision.models.alarms import (
    Alarm,
    AlarmNote,
    ClimateLimit,
    ExpectedWork,
    IntakeCount,
)
from marketplace.supervision.models.devices import Attachment, Device, DeviceState
from marketplace.supervision.models.readings import BatchPlace, LatestReading
from marketplace.supervision.readings.charts import (
    chart,
    chart_of_device,
    first_heard,
    greatest_around,
    metrics_between,
    metrics_of,
    page_of_series,
    series,
    slowest_interval,
)
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

__all__ = [
    "Condition",
    "chart",
    "chart_of_device",
    "condition_of",
    "conditions_of",
    "first_heard",
    "greatest_around",
    "has_open_critical",
    "latest_among",
    "metrics_between",
    "metrics_of",
    "page_of_series",
    "series",
    "slowest_interval",
]

SEVERITY_RANK = {"CRITICAL": 0, "MAJOR": 1, "MINOR": 2, "WARNING": 3, "INDETERMINATE": 4}
STATES = ("open", "unacknowledged", "shelved", "closed", "all")


@dataclass(frozen=True)
class Watched:
    """A device of one's own with what it said of itself and where it sits."""

    device: Device
    state: DeviceState
    attachment: Attachment | None

    def standing(self, now: datetime) -> str:
        """REVOKED, ENROLLED (it has said nothing yet), IDLE (it watches nothing, and nobody waits for it), SILENT, LOW_BATTERY or ONLINE."""
        if self.device.revoked_at:
            return "REVOKED"
        if self.state.heard_at is None:
            return "ENROLLED"
        if self.attachment is None:
            return "IDLE"
        if now - self.state.heard_at > SILENT_AFTER_INTERVALS * timedelta(seconds=self.device.interval_seconds):
            return "SILENT"
        return "LOW_BATTERY" if self.state.battery is not None and self.state.battery < 20 else "ONLINE"


def find_alarm(ws: Workspace, alarm_id: UUID, *, lock: bool = False) -> Alarm:
    """One alarm. Refuses, as not found, what the viewer may not see."""
    wanted = select(Alarm).where(Alarm.id == alarm_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("alarm_unknown", "There is no such alarm.")
    return found


def notes_of(ws: Workspace, alarm_id: UUID) -> list[AlarmNote]:
    """What was said of an alarm, oldest first."""
    return list(ws.session.scalars(select(AlarmNote).where(AlarmNote.alarm_id == alarm_id).order_by(AlarmNote.at)))


def alarms_of_lot(ws: Workspace, lot_id: UUID, *, limit: int = 100) -> list[Alarm]:
    """A lot's alarms and those of halls that concern it, newest first."""
    rows = ws.session.scalars(
        select(Alarm).where(about_any([lot_id])).order_by(Alarm.raised_at.desc(), Alarm.id).limit(limit)
    )
    return list(rows)


def open_alarms(ws: Workspace, *, limit: int = 200) -> list[Alarm]:
    """All that the viewer sees and that has no disposition yet, worst first, then by the quantity it is about."""
    return list_alarms(ws, state="open", limit=limit)


def list_alarms(
    ws: Workspace, *, state: str = "open", severity: str | None = None, text: str | None = None, limit: int = 200
) -> list[Alarm]:
    """Alarms that the viewer sees: worst first, then by the quantity they are about, then newest."""
    rank = case(SEVERITY_RANK, value=Alarm.severity, else_=9)
    wanted = _in_state(ws, select(Alarm).where(in_sight(ws)), state)
    if severity:
        wanted = wanted.where(Alarm.severity == severity)
    if text:
        wanted = wanted.where(
            or_(Alarm.number.icontains(text, autoescape=True), Alarm.type.icontains(text, autoescape=True))
        )
    order = (Alarm.raised_at.desc(), Alarm.id) if state in ("closed", "all") else (rank, Alarm.quantity.desc().nulls_last(), Alarm.raised_at.desc(), Alarm.id)  # fmt: skip
    return list(ws.session.scalars(wanted.order_by(*order).limit(limit)))


def page_of_alarms(ws: Workspace, *, cursor: UUID | None, limit: int, state: str = "all") -> list[Alarm]:
    """Alarms for programs, newest first; ids sort by the time they were made."""
    wanted = _in_state(ws, select(Alarm).where(in_sight(ws)), state)
    if cursor:
        wanted = wanted.where(Alarm.id < cursor)
    return list(ws.session.scalars(wanted.order_by(Alarm.id.desc()).limit(limit)))


def count_open(ws: Workspace) -> dict[str, int]:
    """Open alarms by severity."""
    wanted = select(Alarm.severity, func.count()).where(in_sight(ws), Alarm.closed_at.is_(None))
    rows = ws.session.execute(wanted.group_by(Alarm.severity))
    return {severity: count for severity, count in rows}  # noqa: C416 (rows are no pairs to mypy)


def latest_readings(ws: Workspace, lot_id: UUID) -> list[LatestReading]:
    """The newest value of each sensor that watches the lot, or the hall in which it lies."""
    return latest_among(ws, [lot_id])[lot_id]


def latest_of_device(ws: Workspace, device_id: UUID) -> list[LatestReading]:
    """The newest value of each sensor in a device of one's own."""
    rows = ws.session.scalars(
        select(LatestReading)
        .where(LatestReading.tenant_id == ws.tenant_id, LatestReading.device_id == device_id)
        .order_by(LatestReading.metric, LatestReading.channel, LatestReading.at.desc())
    )
    return list(rows)


def list_devices(
    ws: Workspace, *, text: str | None = None, cursor: UUID | None = None, limit: int = 200
) -> list[Watched]:
    """The firm's own devices with what they said of themselves, newest first."""
    wanted = _watched(ws)
    if text:
        wanted = wanted.where(
            or_(Device.name.icontains(text, autoescape=True), Device.serial.icontains(text, autoescape=True))
        )
    if cursor:
        wanted = wanted.where(Device.id < cursor)
    return [Watched(*row) for row in ws.session.execute(wanted.order_by(Device.id.desc()).limit(limit))]


def watched_device(ws: Workspace, device_id: UUID) -> Watched:
    """One of the firm's devices; somebody else's is not found."""
    row = ws.session.execute(_watched(ws).where(Device.id == device_id)).one_or_none()
    if row is None:
        raise NotFound("device_unknown", "There is no such device.")
    return Watched(*row)


def devices_at(ws: Workspace, site_id: UUID) -> list[Watched]:
    """The firm's devices that sit at a site now."""
    rows = ws.session.execute(_watched(ws).where(Attachment.site_id == site_id).order_by(Device.name))
    return [Watched(*row) for row in rows]


def attachments_of(ws: Workspace, device_id: UUID) -> list[Attachment]:
    """Where a device sat, newest first."""
    rows = ws.session.scalars(
        select(Attachment)
        .where(Attachment.tenant_id == ws.tenant_id, Attachment.device_id == device_id)
        .order_by(func.lower(Attachment.during).desc())
    )
    return list(rows)


def batches_of(ws: Workspace, device_id: UUID, *, limit: int = 50) -> list[BatchPlace]:
    """The device's last batches in the order of its chain, newest first."""
    rows = ws.session.scalars(
        select(BatchPlace)
        .where(BatchPlace.tenant_id == ws.tenant_id, BatchPlace.device_id == device_id)
        .order_by(BatchPlace.boot.desc(), BatchPlace.sequence.desc())
        .limit(limit)
    )
    return list(rows)


def fates_of(ws: Workspace, device_id: UUID) -> dict[str, int]:
    """How many of a device's messages met which fate, over all days."""
    rows = ws.session.execute(
        select(IntakeCount.fate, func.sum(IntakeCount.messages))
        .where(IntakeCount.tenant_id == ws.tenant_id, IntakeCount.device_id == device_id)
        .group_by(IntakeCount.fate)
    )
    return {fate: int(messages) for fate, messages in rows}


def climates_of(ws: Workspace, lot_id: UUID) -> dict[str, ClimateLimit]:
    """The climate that a lot's goods ask for, by metric, as far as it was set."""
    rows = ws.session.scalars(select(ClimateLimit).where(ClimateLimit.lot_id == lot_id).order_by(ClimateLimit.set_at))
    return {limit.metric: limit for limit in rows}  # the latest of each stays


def expected_work(ws: Workspace, about_id: UUID) -> list[ExpectedWork]:
    """Work that is announced for now or later."""
    rows = ws.session.scalars(
        select(ExpectedWork).where(ExpectedWork.about_id == about_id, func.upper(ExpectedWork.during) > ws.now)
    )
    return list(rows)


def alarms_among(ws: Workspace, about_ids: Sequence[UUID]) -> list[Alarm]:
    """Open alarms about any of these lots, sites and devices, and those of halls that concern them."""
    if not about_ids:
        return []
    rows = ws.session.scalars(select(Alarm).where(about_any(about_ids), Alarm.closed_at.is_(None)))
    return list(rows)


def alarms_of_device(ws: Workspace, device_id: UUID) -> list[Alarm]:
    """Open alarms that one of the firm's own devices raised, or that are about it; newest first."""
    mine = (Alarm.tenant_id == ws.tenant_id, Alarm.device_id == device_id, Alarm.closed_at.is_(None))
    return list(ws.session.scalars(select(Alarm).where(*mine).order_by(Alarm.raised_at.desc(), Alarm.id)))


def lots_among(ws: Workspace, lot_ids: Sequence[UUID | None]) -> dict[UUID, Lot]:
    """Those of these lots that the viewer may see, by id."""
    wanted = {lot_id for lot_id in lot_ids if lot_id}
    return {lot.id: lot for lot in ws.session.scalars(select(Lot).where(Lot.id.in_(wanted)))} if wanted else {}


def place_names(ws: Workspace, attachments: Sequence[Attachment]) -> dict[UUID, str]:
    """The name of each place where a device sat, by attachment: a lot's number, the code of a bin or zone, or the site's name."""
    lots = lots_among(ws, [one.lot_id for one in attachments])
    named = {lot_id: lot.number for lot_id, lot in lots.items()}
    for model, column, ids in (
        (Bin, Bin.code, {one.bin_id for one in attachments if one.bin_id}),
        (Zone, Zone.code, {one.zone_id for one in attachments if one.zone_id}),
        (Site, Site.name, {one.site_id for one in attachments if one.is_hall and one.zone_id is None}),
    ):
        if ids:
            named |= {row[0]: row[1] for row in ws.session.execute(select(model.id, column).where(model.id.in_(ids)))}
    return {one.id: named.get(one.lot_id or one.bin_id or one.zone_id or one.site_id, "–") for one in attachments}


def may_watch_readings(ws: Workspace, subject_id: UUID) -> bool:
    """Whether the viewer may be told that a lot, a device or a site has new readings: by a grant on it, or on a lot that lies there."""
    if rooms.my_roles(ws, subject_id):
        return True
    here = rooms.granted(ws, Lot.id, Lot.id, kind="lot").where(Lot.site_id == subject_id).limit(1)
    return ws.session.scalars(here).first() is not None


def _in_state(ws: Workspace, wanted: Select[Alarm], state: str) -> Select[Alarm]:
    if state == "closed":
        return wanted.where(Alarm.closed_at.is_not(None))
    if state == "all":
        return wanted
    wanted = wanted.where(Alarm.closed_at.is_(None))
    if state == "unacknowledged":
        return wanted.where(Alarm.acknowledged_at.is_(None))
    return wanted.where(Alarm.shelved_until > ws.now) if state == "shelved" else wanted


def _watched(ws: Workspace) -> Select[Device, DeviceState, Attachment]:
    return (
        select(Device, DeviceState, Attachment)
        .join(DeviceState, (DeviceState.tenant_id == Device.tenant_id) & (DeviceState.device_id == Device.id))
        .outerjoin(
            Attachment,
            (Attachment.tenant_id == Device.tenant_id)
            & (Attachment.device_id == Device.id)
            & func.upper_inf(Attachment.during),
        )
        .where(Device.tenant_id == ws.tenant_id)
    )
