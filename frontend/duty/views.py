"""Pages of the desk: who is on duty, planning, handing over, hourly liveness, and the log of a shift on paper."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend import entered, home, paper
from frontend.duty.blueprint import pages
from frontend.firms import names_of
from frontend.language import ZONE, translate
from frontend.pages import render
from marketplace.duty import actions, queries
from marketplace.duty.rules.rosters import next_look, rotation, slots_over
from marketplace.patrols.queries import patrols_between, patrols_to_walk
from marketplace.supervision import queries as supervision
from marketplace.supervision.words import SEVERITIES, TYPES
from tenants.members import list_members
from tenants.permissions import allowed
from tenants.workspace import Workspace

CREWS, LENGTHS = 4, (8, 12)


@pages.look("/duty")
def show_desk(ws: Workspace) -> Any:
    coming = queries.own_shifts(ws, after=ws.now, before=ws.now + timedelta(days=2))
    present = [one for one in coming if one.starts_at <= ws.now]
    rosters = queries.list_rosters(ws)
    return render(
        "duty/desk.html",
        present=[(one, queries.is_confirmed(ws, one)) for one in present],
        mine=next((one for one in present if one.officer_id == ws.person_id), None),
        next_up=[one for one in coming if one.starts_at > ws.now][:8],
        waiting=queries.waiting_handovers(ws),
        rosters=rosters,
        names=names_of(ws, [one.tenant_id for one in rosters]),
        coverages={one.id: queries.coverage_of(ws, one) for one in rosters[:20]},
        ringing=queries.ringing(ws),
        to_walk=patrols_to_walk(ws),
        open_alarms=sum(supervision.count_open(ws).values()),
    )


@pages.look("/duty-rosters/new")
def new_roster(ws: Workspace) -> Any:
    ws.may("plan_duty")
    able = [one for one in list_members(ws) if not one.ended_at and allowed("stand_duty", kinds=ws.member.kinds, jobs=frozenset(one.jobs), scopes=None)]  # fmt: skip
    begin = (ws.now.astimezone(ZONE) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return render("duty/new_roster.html", officers=[(one.person_id, one.name) for one in able], crews=range(1, CREWS + 1), begin=f"{begin:%Y-%m-%dT%H:%M}", lengths=LENGTHS)  # fmt: skip


@pages.act("/duty-rosters", again="new_roster")
def plan_roster(ws: Workspace) -> Any:
    start, days = entered.moment("starts_at"), entered.whole("days")
    end = start + timedelta(days=days)
    turns = rotation(start, end, timedelta(hours=entered.whole("hours")), _crews())
    roster = actions.plan_roster(ws, starts_at=start, ends_at=end, shifts=[(UUID(one.officer), one.start, one.end) for one in turns])  # fmt: skip
    return redirect(url_for(".show_roster", roster_id=roster.id))


@pages.look("/duty-rosters/<uuid:roster_id>")
def show_roster(ws: Workspace, roster_id: UUID) -> Any:
    roster = queries.find_roster(ws, roster_id)
    return render("duty/roster.html", roster=roster, coverage=queries.coverage_of(ws, roster), names=names_of(ws, [roster.tenant_id]))  # fmt: skip


@pages.look("/duty-shifts/<uuid:shift_id>")
def show_shift(ws: Workspace, shift_id: UUID) -> Any:
    return render("duty/shift.html", **_log(ws, shift_id))


@pages.look("/duty-shifts/<uuid:shift_id>/log.pdf")
def print_log(ws: Workspace, shift_id: UUID) -> Response:
    told = _log(ws, shift_id)
    return paper.as_pdf("duty/log_sheet.html", f"duty-log-{told['shift'].starts_at:%Y%m%d-%H%M}.pdf", **told)


@pages.act("/duty-shifts/<uuid:shift_id>/liveness")
def confirm_liveness(ws: Workspace, shift_id: UUID) -> Any:
    actions.confirm_liveness(ws, shift_id)
    return redirect(url_for(".show_desk"))


@pages.act("/duty-shifts/<uuid:shift_id>/handovers", again="show_shift")
def hand_over(ws: Workspace, shift_id: UUID) -> Any:
    actions.hand_over(ws, shift_id, to=entered.chosen("to"), note=entered.text("note"))
    return redirect(url_for(".show_shift", shift_id=shift_id))


@pages.act("/duty-handovers/<uuid:handover_id>/acceptance")
def take_over(ws: Workspace, handover_id: UUID) -> Any:
    handover = actions.take_over(ws, handover_id)
    return redirect(url_for(".show_shift", shift_id=handover.shift_id))


@home.needs
def desk_waits_for_me(ws: Workspace) -> list[home.Need]:
    """What the desk asks of the member who stands at it, or is to take it over."""
    if not ws.can("stand_duty"):
        return []
    mine = [one for one in queries.on_duty(ws) if one.officer_id == ws.person_id and not queries.is_confirmed(ws, one)]
    hour = min((one for one in (next_look(each.starts_at, each.ends_at, ws.now) for each in mine) if one), default=None)
    return [
        home.Need(translate("Drills ring at the desk"), "/duty", len(queries.ringing(ws)), "danger", icon="alarm"),
        home.Need(translate("The desk is handed over to you"), "/duty", len(queries.waiting_handovers(ws)), "watch", icon="signature"),
        home.Need(translate("Say that you are at the desk"), "/duty", len(mine), "watch", icon="clock", until=hour),
    ]  # fmt: skip


def _crews() -> list[list[str]]:
    """The crews that were filled in, in the order of their turns."""
    chosen = [[request.form.get(f"crew_{number}_{place}", "") for place in (1, 2)] for number in range(1, CREWS + 1)]
    return [[officer for officer in crew if officer] for crew in chosen if any(crew)]


def _log(ws: Workspace, shift_id: UUID) -> dict[str, Any]:
    log = queries.log_of(ws, shift_id)
    shift = log.shift
    by_slot = {one.slot_at: one for one in log.checks}
    hours = [(slot, by_slot.get(slot)) for slot in slots_over(shift.starts_at, shift.ends_at, max(ws.now, shift.starts_at))]  # fmt: skip
    takers = [(one.officer_id, one.officer) for one in queries.takers_after(ws, shift)] if shift.officer_id == ws.person_id else []  # fmt: skip
    return {
        "log": log, "shift": shift, "hours": hours, "takers": takers, "names": names_of(ws, [shift.tenant_id]),
        "patrols": patrols_between(ws, shift.tenant_id, shift.starts_at, shift.ends_at), "heard": _heard, "is_over": shift.ends_at <= ws.now, "severities": SEVERITIES, "types": TYPES, "now": ws.now,
    }  # fmt: skip


def _heard(check: Any) -> tuple[str, str, datetime | None]:
    """What was heard in an hour: a word, its tone, and when."""
    if check is None:
        return translate("being looked for"), "neutral", None
    if check.confirmed_at:
        return translate("confirmed"), "ok", check.confirmed_at
    if check.answered_at:
        return translate("missed, answered later"), "watch", check.answered_at
    return translate("missed"), "danger", None
