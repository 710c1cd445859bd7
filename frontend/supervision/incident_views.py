"""Pages of incidents: the queue, dearest first, and one incident with all that was seen of it on charts of one span."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend.language import translate
from frontend.pages import render
from frontend.supervision.alarm_words import alarm_title, story_of, together, worth_of
from frontend.supervision.blueprint import pages
from frontend.supervision.look_views import looks_open
from frontend.supervision.showing import METRICS, chart_of_lot
from frontend.tenants.telling import ROUTINE, told
from marketplace.cameras.queries import frames_of_alarms
from marketplace.cameras.words import CAUSES, MOMENTS
from marketplace.inventory.models import Lot
from marketplace.money import Money
from marketplace.supervision import actions, queries
from marketplace.supervision.alarms.attending import clocks_of
from marketplace.supervision.alarms.incidents import Incident, incident_of, open_incidents, unborne_by
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.queries import SEVERITY_RANK
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.duty import Clock
from marketplace.supervision.rules.incidents import RISK_SHARES
from tenants import record
from tenants.rooms import my_roles
from tenants.workspace import Workspace

AROUND = timedelta(minutes=30)
INTERVALS_AROUND = 12
LONGEST = timedelta(days=2)
WITNESS_WORDS = {"weight": "Scale", "door": "Door", "camera": "Camera", "movement": "Goods moved"}


@dataclass(frozen=True)
class Shown:
    """An incident with its goods, those of a whole hall where it is of one, and the money at risk by the viewer's own prices (None where it has none)."""

    incident: Incident
    lots: tuple[Lot, ...]
    risk: Money | None

    @property
    def lot(self) -> Lot | None:
        """The goods by whose name it goes."""
        return next((lot for lot in self.lots if lot.id == self.incident.lot_id), None)

    @property
    def order(self) -> tuple[int, int, datetime]:
        """Dearest first; without prices the worst first; then the oldest."""
        worth = self.risk.minor if self.risk else 0
        return -worth, SEVERITY_RANK[self.incident.fused.severity], self.incident.fused.opened_at

    @property
    def next_clock(self) -> Clock | None:
        """What the service level asks for next, or waits for the longest, of all that has not had its end."""
        waiting = (alarm for alarm in self.incident.alarms if alarm.closed_at is None)
        asked = [clock for alarm in waiting for clock in clocks_of(alarm) if clock.done_at is None]
        return min(asked, key=lambda clock: clock.due_at, default=None)


@pages.look("/incidents")
def list_incidents(ws: Workspace) -> Any:
    found = open_incidents(ws)
    lots = queries.lots_among(ws, [lot_id for one in found for lot_id in one.lot_ids])
    shown = [_shown(ws, one, lots) for one in found]
    return render("supervision/incidents.html", rows=sorted(shown, key=lambda one: one.order), priced=any(one.risk for one in shown))  # fmt: skip


@pages.look("/incidents/<uuid:alarm_id>")
def show_incident(ws: Workspace, alarm_id: UUID) -> Any:
    incident = incident_of(ws, alarm_id)
    shown = _shown(ws, incident, queries.lots_among(ws, incident.lot_ids))
    owner = any("owner" in my_roles(ws, lot.id) for lot in shown.lots)
    waiting = [alarm for alarm in incident.alarms if alarm.closed_at is None]
    fresh = [alarm for alarm in waiting if alarm.acknowledged_at is None]
    return render(
        "supervision/incident.html",
        shown=shown,
        incident=incident,
        lot=shown.lot,
        owner=owner,
        witnesses=[translate(WITNESS_WORDS[kind]) for kind in sorted(incident.fused.witnesses)],
        unborne_by=[translate(WITNESS_WORDS[kind]) for kind in sorted(unborne_by(ws, incident))],
        metrics=_metrics(ws, incident),
        story=_story(ws, incident),
        frames=[(one.frame, translate(MOMENTS[one.when])) for one in frames_of_alarms(ws, incident.alarms)],
        causes=CAUSES,
        may_acknowledge=not owner and bool(fresh) and ws.can("acknowledge_alarm"),
        may_comment=ws.can("comment_alarm"),
        **_asked(ws, waiting, not owner and ws.can("acknowledge_alarm")),
    )


def _asked(ws: Workspace, waiting: list[Alarm], may_look: bool) -> dict[str, Any]:
    """The clocks of the most urgent alarm that still waits; and one that nobody has looked into yet both ways: what is reported of it counts for all."""
    urgent = sorted(waiting, key=lambda alarm: (SEVERITY_RANK[alarm.severity], alarm.noticed_at))
    to_look = next((alarm for alarm in urgent if looks_open(alarm)), None)
    return {
        "clocks": clocks_of(urgent[0]) if urgent else (),
        "looks": looks_open(to_look) if to_look and may_look else [],
        "to_look": to_look,
    }


@pages.look("/incidents/<uuid:alarm_id>/readings/<metric>.json")
def chart_incident(ws: Workspace, alarm_id: UUID, metric: str) -> Any:
    """All charts of an incident have one span, so that what happened together stands together."""
    incident = incident_of(ws, alarm_id)
    if incident.lot_id is None:
        return {"at": [], "series": []}
    start, end = _span(ws, incident)
    return chart_of_lot(ws, incident.lot_id, metric, start, end) | {"span": [start.timestamp(), end.timestamp()]}


@pages.act("/incidents/<uuid:alarm_id>/acknowledgement")
def acknowledge_incident(ws: Workspace, alarm_id: UUID) -> Any:
    actions.acknowledge_incident(ws, alarm_id)
    return redirect(url_for(".show_incident", alarm_id=alarm_id))


@pages.act("/incidents/<uuid:alarm_id>/comments", again="show_incident")
def comment_incident(ws: Workspace, alarm_id: UUID) -> Any:
    """Said of the alarm by which one came."""
    actions.comment_alarm(ws, alarm_id, request.form.get("text", ""))
    return redirect(url_for(".show_incident", alarm_id=alarm_id))


def money_at_risk(ws: Workspace, incident: Incident, lots: Sequence[Lot]) -> Money | None:
    """Of each of its goods the greatest of their alarms' shares in their worth by the viewer's own prices, all together; None without a fresh price."""
    return together(risk for lot in lots if (risk := _risk_of(ws, incident, lot)))


def _risk_of(ws: Workspace, incident: Incident, lot: Lot) -> Money | None:
    about = (alarm for alarm in incident.alarms if not alarm.closed_at and lot.id in incident.goods[alarm.id])
    risks = [_risk(worth, alarm) for alarm in about if (worth := worth_of(ws, alarm, lot))]
    return max(risks, key=lambda risk: risk.minor, default=None)


def _risk(worth: Money, alarm: Alarm) -> Money:
    return Money.rounded(worth.exact * RISK_SHARES[Severity(alarm.severity)], worth.currency)


def _shown(ws: Workspace, incident: Incident, lots: Mapping[UUID, Lot]) -> Shown:
    mine = tuple(lots[lot_id] for lot_id in incident.lot_ids if lot_id in lots)
    return Shown(incident, mine, money_at_risk(ws, incident, mine))


def _span(ws: Workspace, incident: Incident) -> tuple[datetime, datetime]:
    """From half an hour before the first alarm to half an hour after the last word; wider for devices that speak seldom, but no wider than there is something to see."""
    assert incident.lot_id, "only what is about a lot has charts"
    around = max(AROUND, INTERVALS_AROUND * queries.slowest_interval(ws, incident.lot_id))
    opened = incident.fused.opened_at
    heard = queries.first_heard(ws, incident.lot_id, opened - around, opened)
    start = min(heard or opened, opened - AROUND)
    last = max(alarm.cleared_at or ws.now for alarm in incident.alarms)
    end = min(ws.now, last + around, start + max(LONGEST, 2 * around))
    return start, max(end, start + timedelta(minutes=1))


def _metrics(ws: Workspace, incident: Incident) -> list[tuple[str, Any]]:
    if incident.lot_id is None:
        return []
    measured = queries.metrics_between(ws, incident.lot_id, *_span(ws, incident)) - {"battery"}
    return [(metric, METRICS[metric]) for metric in METRICS if metric in measured]


def _story(ws: Workspace, incident: Incident) -> list[dict[str, Any]]:
    """What its alarms, its people and the goods' own record say, newest first: weighings, the gate, releases and freezes of that time."""
    steps = [step | {"title": f"{alarm_title(alarm)} · {step['title']}", "href": f"/alarms/{alarm.id}"} for alarm in incident.alarms for step in story_of(alarm, queries.notes_of(ws, alarm.id))]  # fmt: skip
    if incident.lot_id:
        start, end = _span(ws, incident)
        around = [one for one in record.events_of(ws, incident.lot_id) if start <= one.at <= end and one.kind not in ROUTINE]  # fmt: skip
        steps += told(one for one in around if not one.kind.startswith("Alarm"))
    return sorted(steps, key=lambda step: step["at"], reverse=True)
