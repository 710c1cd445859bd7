"""Pages of alarms: the queue, worst and dearest first, and one alarm with its story and the readings around it."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend.language import translate
from frontend.pages import render
from frontend.supervision.alarm_words import alarm_reason, alarm_title, all_at_stake, story_of, worth_of_all
from frontend.supervision.blueprint import pages
from frontend.supervision.contest_views import contest_steps
from frontend.supervision.look_views import looks_open
from frontend.supervision.showing import METRICS, chart_of_lot
from marketplace.inventory.models import Lot
from marketplace.money import Money
from marketplace.supervision import actions, queries
from marketplace.supervision.about import goods_of
from marketplace.supervision.alarms.attending import clocks_of
from marketplace.supervision.alarms.contests import contested_among, contests_of, may_be_contested
from marketplace.supervision.alarms.raising import FREEZE_AFTER
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import SEVERITY_RANK
from marketplace.supervision.rules.contests import CONTESTABLE_FOR
from marketplace.supervision.words import DISPOSITIONS
from tenants.errors import Invalid
from tenants.members import list_members
from tenants.rooms import my_roles
from tenants.workspace import Workspace

AROUND = timedelta(hours=2)
LONGEST_CHART = timedelta(days=2)
INTERVALS_AROUND = 12
EXPORTED = (
    "number", "severity", "type", "status", "raised_at", "acknowledged_by", "cleared_at", "disposition", "closed_by", "quantity", "unit",
)  # fmt: skip
Row = tuple[Alarm, Lot | None, Money | None]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@pages.look("/alarms")
def list_alarms(ws: Workspace) -> Any:
    state = request.args.get("state", "open")
    rows = _rows(ws, state)
    return render(
        "supervision/alarms.html",
        alarms=rows,
        counts=queries.count_open(ws),
        contested=contested_among(ws, [alarm.id for alarm, _, _ in rows if alarm.disposition != "SUPERSEDED"]),
        query=request.args.to_dict(),
        state=state,
        priced=any(worth for _, _, worth in rows),
    )


@pages.look("/alarms.csv")
def export_alarms(ws: Workspace) -> Any:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*EXPORTED, "lot", "reason"])
    for alarm, lot, _ in _rows(ws, request.args.get("state", "all")):
        cells = [getattr(alarm, name) for name in EXPORTED]
        writer.writerow([_harmless(_cell(cell)) for cell in (*cells, lot.number if lot else "", alarm_reason(alarm))])
    return Response(
        out.getvalue(), mimetype="text/csv", headers={"Content-Disposition": "attachment; filename=alarms.csv"}
    )


@pages.look("/alarms/<uuid:alarm_id>")
def show_alarm(ws: Workspace, alarm_id: UUID) -> Any:
    alarm = queries.find_alarm(ws, alarm_id)
    lots = list(queries.lots_among(ws, goods_of(ws, [alarm])[alarm.id]).values())
    lot = next((one for one in lots if one.id == alarm.lot_id), None)
    owner = any("owner" in my_roles(ws, one.id) for one in lots)
    acting = not owner and alarm.closed_at is None
    contests = contests_of(ws, alarm.id)
    waiting = contests[0] if contests and contests[0].answer is None and alarm.disposition != "SUPERSEDED" else None
    return render(
        "supervision/alarm.html",
        alarm=alarm,
        lot=lot,
        hall=lots if lot is None else [],
        title=alarm_title(alarm),
        why=alarm_reason(alarm),
        stake=all_at_stake(alarm, lots),
        worth=worth_of_all(ws, alarm, lots),
        story=story_of(alarm, queries.notes_of(ws, alarm.id), contest_steps(contests)),
        contests=contests,
        waiting=waiting,
        may_contest=owner and lot is not None and may_be_contested(alarm, contests, ws.now) and ws.can("contest_alarm"),
        may_answer=bool(waiting) and not owner and ws.can("close_alarm"),
        amended=next((one.answer for one in contests if one.answer and one.answer.amends), None),
        contestable_days=CONTESTABLE_FOR.days,
        metrics=_metrics(ws, alarm),
        may_acknowledge=acting and ws.can("acknowledge_alarm") and alarm.acknowledged_at is None,
        may_close=acting and ws.can("close_alarm"),
        may_shelve=acting and ws.can("shelve_alarm"),
        may_comment=ws.can("comment_alarm"),
        owner=owner,
        shelved=bool(alarm.shelved_until and alarm.shelved_until > ws.now and not alarm.closed_at),
        freezes_at=_freezes_at(ws, alarm),
        clocks=clocks_of(alarm),
        looks=looks_open(alarm) if acting and ws.can("acknowledge_alarm") else [],
        colleagues=_colleagues(ws) if acting and ws.can("acknowledge_alarm") else [],
        dispositions=[(code, translate(word).capitalize()) for code, word in DISPOSITIONS.items()],
    )


@pages.look("/alarms/<uuid:alarm_id>/readings/<metric>.json")
def chart_alarm(ws: Workspace, alarm_id: UUID, metric: str) -> Any:
    """The readings around the alarm: all its charts have one span, so that what happened together stands together."""
    alarm = queries.find_alarm(ws, alarm_id)
    lot_id = _charted(ws, alarm)
    if lot_id is None:
        return {"at": [], "series": []}
    return chart_of_lot(ws, lot_id, metric, *_span(ws, alarm, lot_id))


@pages.act("/alarms/<uuid:alarm_id>/acknowledgement")
def acknowledge(ws: Workspace, alarm_id: UUID) -> Any:
    actions.acknowledge_alarm(ws, alarm_id)
    return _back(alarm_id)


@pages.act("/alarms/<uuid:alarm_id>/assignment", again="show_alarm")
def assign(ws: Workspace, alarm_id: UUID) -> Any:
    try:
        person_id = UUID(request.form.get("person_id", ""))
    except ValueError:
        raise Invalid("person_missing", "Choose one of your people.", field="person_id") from None
    actions.assign_alarm(ws, alarm_id, person_id)
    return _back(alarm_id)


@pages.act("/alarms/<uuid:alarm_id>/comments", again="show_alarm")
def comment(ws: Workspace, alarm_id: UUID) -> Any:
    actions.comment_alarm(ws, alarm_id, request.form.get("text", ""))
    return _back(alarm_id)


@pages.act("/alarms/<uuid:alarm_id>/clearance")
def clear(ws: Workspace, alarm_id: UUID) -> Any:
    actions.clear_alarm(ws, alarm_id)
    return _back(alarm_id)


@pages.act("/alarms/<uuid:alarm_id>/closing", again="show_alarm")
def close(ws: Workspace, alarm_id: UUID) -> Any:
    form = request.form
    actions.close_alarm(
        ws,
        alarm_id,
        disposition=form.get("disposition", ""),
        note=form.get("note", ""),
        evidence=form.get("evidence", "")[:4000].splitlines(),
    )
    return _back(alarm_id)


@pages.act("/alarms/<uuid:alarm_id>/shelving", again="show_alarm")
def shelve(ws: Workspace, alarm_id: UUID) -> Any:
    hours = request.form.get("hours", "")
    if not hours.isascii() or not hours.isdecimal() or len(hours) > 3:
        raise Invalid("shelving_too_long", "An alarm is shelved for 1 to 8 hours.", field="hours")
    actions.propose_shelving(ws, alarm_id, hours=int(hours), because=request.form.get("because", ""))
    return redirect("/approvals")


def _back(alarm_id: UUID) -> Any:
    return redirect(url_for(".show_alarm", alarm_id=alarm_id))


def _rows(ws: Workspace, state: str) -> list[Row]:
    """Alarms with their lots and what is at stake: as the reader sorts them, else worst first, then dearest."""
    chosen = state if state in queries.STATES else "open"
    alarms = queries.list_alarms(
        ws, state=chosen, severity=request.args.get("severity") or None, text=request.args.get("q") or None
    )
    goods = goods_of(ws, alarms)
    lots = queries.lots_among(ws, [lot_id for each in goods.values() for lot_id in each])
    mine = [[lots[lot_id] for lot_id in goods[alarm.id] if lot_id in lots] for alarm in alarms]
    rows = [(alarm, next(iter(each), None), each) for alarm, each in zip(alarms, mine, strict=True)]
    priced = [(alarm, lot, None if alarm.closed_at else worth_of_all(ws, alarm, each)) for alarm, lot, each in rows]
    sort = request.args.get("sort", "")
    if sort.removeprefix("-") in ORDERS:
        return sorted(priced, key=ORDERS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    if chosen in ("closed", "all"):
        return priced
    return sorted(priced, key=lambda row: (SEVERITY_RANK[row[0].severity], -_worth(row)))


def _worth(row: Row) -> int:
    return row[2].minor if row[2] else 0


ORDERS: dict[str, Callable[[Row], Any]] = {
    "severity": lambda row: SEVERITY_RANK[row[0].severity],
    "stake": _worth,
    "raised": lambda row: row[0].raised_at,
}


def _freezes_at(ws: Workspace, alarm: Alarm) -> datetime | None:
    """When the lot is frozen unless somebody resolves the alarm; None where nothing is ahead any more."""
    if alarm.severity != "CRITICAL" or not alarm.is_active or alarm.froze_lot or alarm.closed_at:
        return None
    due = alarm.noticed_at + FREEZE_AFTER
    return due if due > ws.now else None


def _colleagues(ws: Workspace) -> list[tuple[str, str]]:
    return [(str(one.person_id), one.name) for one in list_members(ws) if one.ended_at is None]


def _charted(ws: Workspace, alarm: Alarm) -> UUID | None:
    """The goods whose record the charts show: of a hall the first that the viewer sees, since what is read in it stands in the record of each."""
    return next(iter(goods_of(ws, [alarm])[alarm.id]), None)


def _span(ws: Workspace, alarm: Alarm, lot_id: UUID) -> tuple[datetime, datetime]:
    """What the charts show: two hours before and after; of a device that speaks seldom so many intervals that there is a line to see."""
    around = max(AROUND, INTERVALS_AROUND * queries.slowest_interval(ws, lot_id))
    start = alarm.raised_at - around
    end = min(ws.now, (alarm.cleared_at or ws.now) + around, start + max(LONGEST_CHART, 2 * around))
    return start, max(end, start + timedelta(minutes=1))


def _metrics(ws: Workspace, alarm: Alarm) -> list[tuple[str, Any]]:
    """What was measured of the lot around the alarm, the alarm's own metric first; of a silence only what the silent device measures."""
    lot_id = _charted(ws, alarm)
    if lot_id is None:
        return []
    device_id = alarm.device_id if alarm.type == "silence" else None
    measured = queries.metrics_between(ws, lot_id, *_span(ws, alarm, lot_id), device_id=device_id) - {"battery"}
    first = {"weight_change": "weight", "door_open": "door", "door_left_open": "door"}.get(alarm.type, alarm.type)
    return sorted(
        ((metric, METRICS[metric]) for metric in METRICS if metric in measured), key=lambda one: one[0] != first
    )


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def _harmless(cell: str) -> str:
    """A spreadsheet must not take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
