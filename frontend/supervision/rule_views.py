"""Pages of alarm rules: the book, one rule with its figures and history, and the trial on history from which a change is proposed."""

from typing import Any, Literal, Self
from uuid import UUID

from flask import g, redirect, request

from frontend.language import decimal, duration, translate
from frontend.pages import render
from frontend.proposals import Terms, lays_open
from frontend.supervision.blueprint import pages
from frontend.supervision.fencing import plan_of_rule
from marketplace.inventory.models import Lot
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import list_lots
from marketplace.supervision import actions, queries
from marketplace.supervision.alarms.rulebook import rule_entry, rule_history, rulebook
from marketplace.supervision.alarms.ruling import checked_scope, checked_setting, stands
from marketplace.supervision.rules.defaults import FIGURES
from marketplace.supervision.rules.settings import HOURS, figures_of
from marketplace.supervision.rules.versions import Scope
from marketplace.supervision.watching.trying import LONGEST_TRIAL_DAYS, try_rule
from marketplace.supervision.words import SEVERITIES
from tenants.approvals import Approval
from tenants.errors import Invalid, Refused
from tenants.workspace import Workspace

TRIAL_DAYS = 30
# What a figure is called and its unit; the unit of `low`, `high`, `hysteresis` and `by` is told by the type.
FIGURE_WORDS = {
    "low": "At least",
    "high": "At most",
    "hysteresis": "Clears so far inside",
    "tolerance_percent": "Tolerance",
    "by": "More than",
    "within_seconds": "Within",
    "samples": "Rings after readings",
    "lasting_seconds": "Or after",
    "clear_samples": "Over after readings",
    "clear_seconds": "Over after",
    "opens": "Working hours begin",
    "closes": "Working hours end",
    "fence": "Corners of a fence",
    "margin": "Allowed outside of the fence",
}
SAID = {
    "low": "at least %(value)s",
    "high": "at most %(value)s",
    "hysteresis": "clears %(value)s inside",
    "tolerance_percent": "tolerance %(value)s",
    "by": "more than %(value)s",
    "within_seconds": "within %(value)s",
    "samples": "after %(value)s readings",
    "lasting_seconds": "after %(value)s",
    "clear_samples": "over after %(value)s readings",
    "clear_seconds": "over after %(value)s",
    "opens": "hours from %(value)s",
    "closes": "to %(value)s",
    "fence": "a fence of %(value)s corners",
    "margin": "%(value)s outside of it",
}
UNITS = {
    "temperature": "°C", "temperature_rate": "°C", "temperature_budget": "°C·h", "humidity": "%", "humidity_rate": "%", "geofence": "m", "route": "m", "long_stop": "min", "late_arrival": "min", "position_doubted": "m", "door_often": "times",
    "battery_low": "%", "battery_empty": "%", "weight_still": "min", "picture_still": "min", "temperature_still": "min", "humidity_still": "min",
}  # fmt: skip
SECONDS = ("within_seconds", "lasting_seconds", "clear_seconds")


@pages.look("/alarm-rules")
def list_rules(ws: Workspace) -> Any:
    return render("supervision/rules.html", entries=rulebook(ws), may_set=ws.can("set_alarm_rules"))


@pages.look("/alarm-rules/<string(maxlength=40):type>")
def show_rule(ws: Workspace, type: str) -> Any:  # noqa: A002 (the place in the address)
    entry, scope = rule_entry(ws, type), _scope(ws)
    return render(
        "supervision/rule.html",
        entry=entry,
        scope=scope,
        fields=[(name, *_words(type, name)) for name in FIGURES[type]],
        figures={**entry.figures_in(scope), **_typed(type)},
        history=rule_history(ws, type),
        goods=_goods(ws),
        sites=_sites(ws, scope),
        plan=plan_of_rule(ws, scope, entry.figures_in(scope)) if type == "geofence" else None,
        days=TRIAL_DAYS,
        severities=[(code, translate(word)) for code, word in SEVERITIES.items()],
        may_set=ws.can("set_alarm_rules"),
        stands=stands(ws, type, scope),
    )


@pages.look("/alarm-rules/<string(maxlength=40):type>/trial")
def try_alarm_rule(ws: Workspace, type: str) -> Any:  # noqa: A002
    """The changed rule beside the one in force, over the same readings. What cannot be tried is told at its field."""
    ws.may("set_alarm_rules")
    rule_entry(ws, type)
    try:
        scope, setting = _scope(ws), checked_setting(type, _typed(type))
        trial = try_rule(ws, kind=type, scope=scope, setting=setting, days=_days())
    except Refused as refused:
        g.refused, g.entered = refused, request.args
        return show_rule(ws, type)
    return render(
        "supervision/rule_trial.html",
        type=type,
        scope=scope,
        figures=figures_of(setting, FIGURES[type]),
        trial=trial,
        plan=plan_of_rule(ws, scope, figures_of(setting, FIGURES[type])) if type == "geofence" else None,
        days=_days(),
        lots=queries.lots_among(ws, [ring.subject_id for ring in (*trial.live, *trial.proposed)]),
    )


@pages.act("/alarm-rules/<string(maxlength=40):type>", again="show_rule")
def propose_rule(ws: Workspace, type: str) -> Any:  # noqa: A002
    form = request.form
    figures = None if "withdraw" in form else _typed(type)
    scope = _scope(ws)
    actions.propose_rule(ws, type=type, figures=figures, because=form.get("because", ""), hs_code=scope.hs_code, site_id=scope.site_id)  # fmt: skip
    return redirect("/approvals")


class RuleTerms(Terms):
    """A change of an alarm rule for goods of an HS code (empty: any) at a site (none: any), beside what is in force there; `figures` null withdraws it. Units as in the rulebook."""

    act: Literal["approve_alarm_rule"]
    type: str
    hs_code: str
    site_id: UUID | None
    figures: dict[str, Any] | None
    now_in_force: dict[str, Any]
    because: str

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        scope = figures["scope"]
        return cls.model_validate(figures | {"hs_code": scope.hs_code, "site_id": scope.site_id})


@lays_open("approve_alarm_rule", "supervision/proposed_rule.html", RuleTerms)
def proposed_rule(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """Where the rule would hold, how it would ring, and how it rings there now."""
    told = approval.payload
    kind, site = told["type"], told["site_id"]
    scope = Scope(told["hs_code"], UUID(site) if site else None)
    figures = told["figures"]
    return {
        "type": kind,
        "scope": scope,
        "because": told["because"],
        "figures": figures,
        "now_in_force": rule_entry(ws, kind).figures_in(scope),
        "plan": plan_of_rule(ws, scope, figures) if figures and kind == "geofence" else None,
    }


def _typed(kind: str) -> dict[str, Any]:
    """The figures that were typed, as far as this type has them; a box that is not ticked says nothing, so `on` comes as a word."""
    sent = request.values
    found: dict[str, Any] = {name: sent[name].strip() for name in ("severity", *FIGURES[kind]) if name in sent}
    if "on" in sent:
        found["on"] = sent["on"] == "yes"
    return {name: None if written == "" and name not in HOURS else written for name, written in found.items()}


def _scope(ws: Workspace) -> Scope:
    site = request.values.get("site_id", "")
    try:
        site_id = UUID(site) if site else None
    except ValueError:
        raise Invalid("site_unknown", "There is no such site.", field="site_id") from None
    return checked_scope(ws, request.values.get("hs_code", "").strip(), site_id)


def _days() -> int:
    written = request.args.get("days", str(TRIAL_DAYS)).strip()
    if not (written.isascii() and written.isdecimal() and len(written) <= 3):
        raise Invalid("trial_too_long", "A rule is tried on 1 to 90 days.", field="days")
    return min(int(written), LONGEST_TRIAL_DAYS + 1)


def _words(kind: str, name: str) -> tuple[str, str]:
    """A figure's name and unit."""
    if name in SECONDS:
        return translate(FIGURE_WORDS[name]), translate("seconds")
    if name == "tolerance_percent":
        return translate(FIGURE_WORDS[name]), "%"
    if (kind, name) == ("geofence", "high"):
        return translate("Circle around the site"), translate(UNITS[kind])
    of_type = name in ("low", "high", "hysteresis", "by", "margin")
    return translate(FIGURE_WORDS[name]), translate(UNITS[kind]) if of_type and kind in UNITS else ""


def figure_words(kind: str, figures: dict[str, Any]) -> str:
    """A rule's figures in one line, as people say them."""
    if not figures.get("on"):
        return translate("switched off")
    silent = "high" if figures.get("fence") else "margin"  # a fence stands in the place of the circle
    said = [translate(SAID[name], value=_shown(kind, name, figures[name])) for name in FIGURES[kind] if figures.get(name) is not None and name != silent]  # fmt: skip
    return " · ".join(said)


def _shown(kind: str, name: str, value: Any) -> str:
    if name == "fence":
        return str(len(value.splitlines()))
    return duration(int(value)) if name in SECONDS else f"{value} {_words(kind, name)[1]}".strip()


def scope_words(hs_code: str, site_id: UUID | None) -> str:
    """Where a rule holds, in words."""
    goods = translate("goods %(hs_code)s", hs_code=hs_code) if hs_code else translate("all goods")
    place = find_site(g.ws, site_id).name if site_id else translate("all sites")
    return f"{goods} · {place}"


def _goods(ws: Workspace) -> list[tuple[str, str]]:
    """HS codes of the lots in sight, with what they are called."""
    named: dict[str, str] = {}
    for lot in _lots(ws):
        if lot.hs_code:
            named.setdefault(lot.hs_code, f"{lot.product_name} ({lot.hs_code})")
    return sorted(named.items(), key=lambda one: one[1])


def _sites(ws: Workspace, scope: Scope) -> list[tuple[str, str]]:
    """Sites of the lots in sight, and the one that was asked for."""
    found = {(str(lot.site_id), lot.site_name) for lot in _lots(ws)}
    asked = {(str(scope.site_id), find_site(ws, scope.site_id).name)} if scope.site_id else set()
    return sorted(found | asked, key=lambda one: one[1])


def _lots(ws: Workspace) -> list[Lot]:
    return list_lots(ws, limit=500)


def share_words(share: Any) -> str:
    """A share in per cent; a dash where nobody can say."""
    return "–" if share is None else f"{decimal(100 * share.numerator / share.denominator, 0)} %"


for offered in (figure_words, scope_words, share_words):
    pages.add_app_template_global(offered)
