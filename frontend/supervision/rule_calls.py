"""Calls about alarm rules: what holds, what a change would have rung at, and the change itself."""

from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Ratio, Shape
from frontend.pledges.api import Proposed, proposed
from frontend.supervision.calls import api
from marketplace.supervision import actions
from marketplace.supervision.alarms.rulebook import RuleEntry, rule_entry, rule_history, rulebook
from marketplace.supervision.alarms.ruling import checked_scope, checked_setting
from marketplace.supervision.models.alarm_rules import AlarmRuleVersion
from marketplace.supervision.rules.trials import Ring, Score
from marketplace.supervision.watching.trying import Trial, try_rule
from tenants.workspace import Workspace

Exact = Annotated[Decimal, Field(ge=Decimal(-100000), le=Decimal(100000), max_digits=10, decimal_places=4)]
Count = Annotated[int, Field(ge=0, le=86400)]
Code = Annotated[str, Field(pattern=r"^(\d{6}|\d{8}|\d{10})?$", examples=["7403110000"])]


class RuleFigures(Shape):
    """Figures of an alarm rule; each type has some of them. What is left out stays as the house has it."""

    severity: Annotated[str, Field(pattern="^(CRITICAL|MAJOR|MINOR|WARNING|INDETERMINATE)$")] | None = None
    on: bool | None = None
    low: Exact | None = None
    high: Exact | None = None
    hysteresis: Exact | None = None
    tolerance_percent: Exact | None = None
    by: Exact | None = None
    within_seconds: Count | None = None
    samples: Count | None = None
    lasting_seconds: Count | None = None
    clear_samples: Count | None = None
    clear_seconds: Count | None = None
    opens: time | None = None
    closes: time | None = None
    fence: (
        Annotated[
            str,
            Field(max_length=4000, description="a line for each corner: latitude, longitude; or GeoJSON, a Polygon"),
        ]
        | None
    ) = None
    margin: Exact | None = None

    def given(self) -> dict[str, Any]:
        """Those that were named."""
        named = self.model_dump(include=set(RuleFigures.model_fields), exclude_unset=True)
        return {name: _written(value) for name, value in named.items()}


class RuleProposal(Shape):
    """A change of a rule for goods of an HS code (empty: any) at a site (none: any); `figures` left out withdraws what holds there."""

    type: Annotated[str, Field(pattern="^[a-z_]{1,40}$", examples=["weight_change"])]
    hs_code: Code = ""
    site_id: UUID | None = None
    figures: RuleFigures | None = None
    because: Annotated[str, Field(min_length=1, max_length=2000)]


class TrialQuery(RuleFigures):
    """Figures to try over the last days in a scope."""

    hs_code: Code = ""
    site_id: UUID | None = None
    days: Annotated[int, Field(ge=1, le=90)] = 30


class VersionView(Shape):
    """A version of a rule: where and since when it holds; `figures` null: withdrawn from then on."""

    id: UUID
    hs_code: str
    site_id: UUID | None
    from_at: Moment
    figures: dict[str, Any] | None
    because: str
    set_by: str
    approved_by: str


class RuleView(Shape):
    """A type: the house's figures, and the firm's own where it has any."""

    type: str
    house: dict[str, Any]
    own: list[VersionView]


class RuleList(Shape):
    """All alarm rules that may be set."""

    items: list[RuleView]


class VersionList(Shape):
    """Every version of a type, newest first."""

    items: list[VersionView]


class RingView(Shape):
    """An alarm that a rule raises of history."""

    device_id: UUID
    subject_id: UUID
    raised_at: Moment
    cleared_at: Moment | None


class TriedView(Shape):
    """A rule's rings, and how they stand to what people found the alarms of that time to be; null where nobody has judged any."""

    rings: list[RingView]
    true: int
    false: int
    missed: int
    unjudged: int
    precision: Ratio | None
    recall: Ratio | None


class TrialView(Shape):
    """A trial: the same readings under the rule in force and under the proposed one. `is_whole`: whether all messages of the span were read."""

    start: Moment
    end: Moment
    messages: int
    is_whole: bool
    live: TriedView
    proposed: TriedView


@api.look("/alarm-rules", gives=RuleList)
def list_rules(ws: Workspace) -> Any:
    """All alarm rules that may be set."""
    return {"items": [_rule_view(entry) for entry in rulebook(ws)]}


@api.look("/alarm-rules/<string(maxlength=40):type>/versions", gives=VersionList)
def list_versions(ws: Workspace, type: str) -> Any:  # noqa: A002 (the place in the address)
    """How a rule came about."""
    rule_entry(ws, type)
    return {"items": [_version_view(row) for row in rule_history(ws, type)]}


@api.look("/alarm-rules/<string(maxlength=40):type>/trial", gives=TrialView, takes=TrialQuery)
def try_alarm_rule(ws: Workspace, type: str, body: TrialQuery) -> Any:  # noqa: A002
    """Try a rule on history."""
    ws.may("set_alarm_rules")
    rule_entry(ws, type)
    scope, setting = checked_scope(ws, body.hs_code, body.site_id), checked_setting(type, body.given())
    return _trial_view(try_rule(ws, kind=type, scope=scope, setting=setting, days=body.days))


@api.act("/alarm-rules", gives=Proposed, takes=RuleProposal, status=201)
def propose_rule(ws: Workspace, body: RuleProposal) -> Any:
    """Propose a changed alarm rule: a colleague decides."""
    figures = None if body.figures is None else body.figures.given()
    return proposed(
        actions.propose_rule(
            ws, type=body.type, figures=figures, because=body.because, hs_code=body.hs_code, site_id=body.site_id
        )
    )


def _written(value: Any) -> Any:
    return f"{value:%H:%M}" if isinstance(value, time) else value


def _rule_view(entry: RuleEntry) -> dict[str, Any]:
    return {"type": entry.type, "house": entry.house, "own": [_version_view(row) for row in entry.own]}


def _version_view(row: AlarmRuleVersion) -> dict[str, Any]:
    names = ("id", "hs_code", "site_id", "from_at", "figures", "because", "set_by", "approved_by")
    return {name: getattr(row, name) for name in names}


def _trial_view(trial: Trial) -> dict[str, Any]:
    span: dict[str, datetime] = {"start": trial.start, "end": trial.end}
    return span | {
        "messages": trial.messages,
        "is_whole": trial.is_whole,
        "live": _tried_view(trial.live, trial.live_score),
        "proposed": _tried_view(trial.proposed, trial.proposed_score),
    }


def _tried_view(rings: list[Ring], score: Score) -> dict[str, Any]:
    names = ("device_id", "subject_id", "raised_at", "cleared_at")
    shares = {"precision": _ratio(score.precision), "recall": _ratio(score.recall)}
    counts = {name: getattr(score, name) for name in ("true", "false", "missed", "unjudged")}
    return {"rings": [{name: getattr(ring, name) for name in names} for ring in rings]} | counts | shares


def _ratio(share: Fraction | None) -> Decimal | None:
    return None if share is None else round(Decimal(share.numerator) / share.denominator, 4)
