"""Work that explains a finding before it is made, and the climate that the goods ask for."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.queries import find_lot
from marketplace.supervision.events import ClimateSet, WorkExpected
from marketplace.supervision.models.alarms import ClimateLimit, ExpectedWork
from marketplace.supervision.rules.alarms import MAINTENANCE_AT_MOST, require_maintainable
from marketplace.supervision.words import TYPES, saying
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Invalid, NotAllowed
from tenants.events import sentence
from tenants.workspace import Workspace

HANDLING_AT_MOST = timedelta(hours=12)
HANDLING_EXPLAINS = ("weight_change", "door_open", "door_left_open", "image_change", "marks_missing")
KEEPERS = frozenset({"supervisor", "warehouse"})
RANGES = {"temperature": (Decimal(-80), Decimal(120)), "humidity": (Decimal(0), Decimal(100))}


def announce_handling(ws: Workspace, lot_id: UUID, *, hours: int, because: str) -> ExpectedWork:
    """The keeper announces that the lot will be handled (turned, restacked, sampled): its weight, its door and what a camera sees of it may move until then.

    Only for goods that nobody holds: what is pledged moves on the bank's order or in a maintenance window of four eyes.
    """
    ws.may("acknowledge_alarm")
    lot = find_lot(ws, lot_id)
    _refuse_strangers(ws, lot_id)
    if lot.held_qty:
        raise NotAllowed("goods_held", "These goods are pledged or promised: propose a maintenance window instead.")
    if not 1 <= hours <= HANDLING_AT_MOST // timedelta(hours=1):
        raise Invalid("handling_too_long", "Handling is announced for 1 to 12 hours.", field="hours")
    return _expect(
        ws, lot_id, "handling", HANDLING_EXPLAINS, ws.now, ws.now + timedelta(hours=hours), because, ws.member.name
    )


def propose_maintenance(
    ws: Workspace, lot_id: UUID, *, types: list[str], starts_at: datetime, ends_at: datetime, because: str
) -> Approval:
    """Propose a maintenance window for a lot: alarms of these types are expected in it, and not raised. Four eyes, four hours at most."""
    ws.may("shelve_alarm")
    find_lot(ws, lot_id)
    _refuse_strangers(ws, lot_id)
    require_maintainable(starts_at, ends_at)
    if starts_at < ws.now - MAINTENANCE_AT_MOST:
        raise Invalid("maintenance_past", "A maintenance window is announced before it ends.", field="starts_at")
    if not types or not set(types) <= set(TYPES):
        raise Invalid("types_wrong", "Choose the kinds of alarm that are expected.", field="types")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    return approvals.propose(
        ws,
        "approve_maintenance",
        subject_id=lot_id,
        summary=sentence(
            "Maintenance from %(start)s to %(end)s: %(because)s",
            start=starts_at,
            end=ends_at,
            because=because.strip()[:200],
        ),
        types=sorted(types),
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
        because=because.strip(),
    )


@upon_approval("approve_maintenance")
def _maintain(ws: Workspace, approval: Approval) -> None:
    asked = approval.payload
    start, end = datetime.fromisoformat(asked["starts_at"]), datetime.fromisoformat(asked["ends_at"])
    _expect(ws, approval.subject_id, "maintenance", asked["types"], start, end, asked["because"], approval.maker)


def set_climate(
    ws: Workspace, lot_id: UUID, *, metric: str, low: Decimal | None, high: Decimal | None, lasting_seconds: int = 600
) -> ClimateLimit:
    """Set the climate that the lot's goods ask for: `temperature` in degrees Celsius or `humidity` in per cent. At least one limit.

    `lasting_seconds`: how long a breach must last before it is an alarm (house default 10 minutes; shorter for goods that steam harms at once).
    """
    ws.may("set_alarm_rules")
    find_lot(ws, lot_id)
    _refuse_strangers(ws, lot_id)
    _check_climate(metric, low, high)
    if not 0 <= lasting_seconds <= 86400:
        raise Invalid("lasting_wrong", "A breach lasts 0 to 86400 seconds.", field="lasting_seconds")
    limit = ws.session.get(ClimateLimit, (ws.tenant_id, lot_id, metric, ws.now))
    if limit is None:
        limit = ClimateLimit(tenant_id=ws.tenant_id, lot_id=lot_id, metric=metric, set_at=ws.now)
        ws.session.add(limit)
    limit.low, limit.high, limit.lasting_seconds = low, high, lasting_seconds
    limit.set_by = ws.member.name
    ws.record(
        ClimateSet(
            lot_id=lot_id,
            metric=metric,
            metric_word=saying(metric),
            low="–" if low is None else str(low),
            high="–" if high is None else str(high),
        ),
        on=lot_id,
    )
    return limit


def _check_climate(metric: str, low: Decimal | None, high: Decimal | None) -> None:
    if metric not in RANGES:
        raise Invalid("metric_unknown", "A climate is a temperature or a humidity.", field="metric")
    least, most = RANGES[metric]
    given = [limit for limit in (low, high) if limit is not None]
    if not given:
        raise Invalid("limits_missing", "Give at least one limit.", field="low")
    if any(not least <= limit <= most for limit in given):
        raise Invalid(
            "limit_impossible",
            "A limit lies between %(least)s and %(most)s.",
            field="high",
            least=str(least),
            most=str(most),
        )
    margin = 2 if metric == "temperature" else 6
    if low is not None and high is not None and low + margin > high:
        raise Invalid("limits_cross", "The limits leave no room to clear an alarm.", field="high")


def _expect(
    ws: Workspace, lot_id: UUID, kind: str, types: tuple[str, ...] | list[str], start: datetime, end: datetime, because: str, by: str
) -> ExpectedWork:  # fmt: skip
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    work = ExpectedWork(
        tenant_id=ws.tenant_id,
        id=new_id(),
        about_id=lot_id,
        kind=kind,
        types=list(types),
        during=Range(start, end, bounds="[)"),
        because=because.strip(),
        opened_by=by,
    )
    ws.session.add(work)
    ws.record(WorkExpected(kind=kind, until=end, because=work.because), on=lot_id)
    return work


def _refuse_strangers(ws: Workspace, lot_id: UUID) -> None:
    mine = rooms.my_roles(ws, lot_id)
    if "owner" in mine or not mine & KEEPERS:
        raise NotAllowed("not_your_goods", "Only who keeps or supervises the goods may do this.")
