"""What may be set of an alarm rule: one `Setting` for each alarm type, its figures changed for a product, a site or the whole firm.

A setting is a value and a version of it is never changed: what judged a reading then judges it for ever, so that history told again is the same history.
Figures come as people and programs write them, by name; each is held to its bounds here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import AlarmRule, Debounce
from marketplace.supervision.rules.fences import Fence, fence_from
from marketplace.supervision.rules.limits import Between
from tenants.errors import Invalid

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """All that judges one alarm type.

    `low`, `high`: limits of the value itself, in the metric's unit, with their `hysteresis`. `share`: a weight's tolerance as a share of the book.
    `by`, `within`: a change of so much in so long, or so many times in so long. `opens`, `closes`: the site's working hours, in which a door may open.
    `fence`: corners that goods do not leave, in place of a circle of radius `high` around their site; `margin`: by how many metres a fix may lie outside of it.
    """

    rule: AlarmRule
    low: Decimal | None = None
    high: Decimal | None = None
    hysteresis: Decimal = Decimal(0)
    share: Decimal = Decimal("0.003")
    by: Decimal = Decimal(0)
    within: timedelta = timedelta(minutes=5)
    opens: time = time(7)
    closes: time = time(20)
    is_on: bool = True
    fence: Fence | None = None
    margin: Decimal = Decimal(50)

    @property
    def band(self) -> Between:
        """The limits of the value itself: of a distance from a fence where there is one, cleared at the fence at the latest."""
        if self.fence:
            return Between(None, self.margin, min(self.hysteresis, self.margin))
        return Between(self.low, self.high, self.hysteresis)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure may be; `whole`: no fractions."""

    least: Decimal
    most: Decimal
    whole: bool = False


_DAY = Decimal(86400)
BOUNDS: dict[str, Bound] = {
    "low": Bound(Decimal(-100000), Decimal(100000)),
    "high": Bound(Decimal(-100000), Decimal(100000)),
    "hysteresis": Bound(Decimal(0), Decimal(1000)),
    "tolerance_percent": Bound(Decimal("0.05"), Decimal(20)),
    "by": Bound(Decimal("0.01"), Decimal(100000)),
    "within_seconds": Bound(Decimal(60), _DAY, whole=True),
    "samples": Bound(Decimal(1), Decimal(1000), whole=True),
    "lasting_seconds": Bound(Decimal(0), _DAY, whole=True),
    "clear_samples": Bound(Decimal(1), Decimal(1000), whole=True),
    "clear_seconds": Bound(Decimal(0), _DAY, whole=True),
    "margin": Bound(Decimal(0), Decimal(5000)),
}
HOURS = ("opens", "closes")
# What can be left open: no such limit, or this way of debouncing does not count.
OPTIONAL = frozenset({"low", "high", "samples", "lasting_seconds", "clear_samples", "clear_seconds", "fence"})
ALWAYS = ("severity", "on")


def figures_of(setting: Setting, names: tuple[str, ...]) -> dict[str, Any]:
    """A setting's figures by name, as JSON keeps them: exact figures as text."""
    rule = setting.rule
    known: dict[str, Any] = {
        "severity": str(rule.severity),
        "on": setting.is_on,
        "low": _text(setting.low),
        "high": _text(setting.high),
        "hysteresis": _text(setting.hysteresis),
        "tolerance_percent": _text(setting.share * 100),
        "by": _text(setting.by),
        "within_seconds": _seconds(setting.within),
        "samples": rule.raising.samples,
        "lasting_seconds": _seconds(rule.raising.lasting),
        "clear_samples": rule.clearing.samples,
        "clear_seconds": _seconds(rule.clearing.lasting),
        "opens": f"{setting.opens:%H:%M}",
        "closes": f"{setting.closes:%H:%M}",
        "fence": setting.fence.text if setting.fence else None,
        "margin": _text(setting.margin),
    }
    return {name: known[name] for name in (*ALWAYS, *names)}


def changed(setting: Setting, figures: Figures, names: tuple[str, ...]) -> Setting:
    """The setting with these figures. Refuses, by field, what is no figure of this type, out of its bounds, or contradicts another."""
    for name in figures:
        if name not in (*ALWAYS, *names):
            raise Invalid("figure_unknown", "This alarm has no such figure.", field=name)
    read = {name: _read(name, figures[name]) for name in figures}
    made = _with_rule(_with_values(setting, read), read)
    if made.low is not None and made.high is not None and made.low + 2 * made.hysteresis > made.high:
        raise Invalid("limits_cross", "The limits leave no room to clear an alarm.", field="high")
    if "low" in names and "high" in names and made.low is None and made.high is None:
        raise Invalid("limits_missing", "Give at least one limit.", field="low")
    if "opens" in names and made.opens >= made.closes:
        raise Invalid("hours_backwards", "Working hours end after they begin.", field="closes")
    return made


def _with_values(setting: Setting, read: dict[str, Any]) -> Setting:
    given = {
        name: read[name] for name in ("low", "high", "hysteresis", "by", "fence", "margin", *HOURS) if name in read
    }
    if "tolerance_percent" in read:
        given["share"] = read["tolerance_percent"] / 100
    if "within_seconds" in read:
        given["within"] = timedelta(seconds=int(read["within_seconds"]))
    if "on" in read:
        given["is_on"] = read["on"]
    return replace(setting, **given)


def _with_rule(setting: Setting, read: dict[str, Any]) -> Setting:
    rule = setting.rule
    raising = _debounce(rule.raising, read, "samples", "lasting_seconds")
    clearing = _debounce(rule.clearing, read, "clear_samples", "clear_seconds")
    severity = read.get("severity", rule.severity)
    worsening = tuple(one for one in rule.worsening if one[1].rank < severity.rank)
    return replace(setting, rule=replace(rule, severity=severity, raising=raising, clearing=clearing, worsening=worsening))  # fmt: skip


def _debounce(now: Debounce, read: dict[str, Any], count: str, lasting: str) -> Debounce:
    samples, seconds = read.get(count, now.samples), read.get(lasting, _seconds(now.lasting))
    return Debounce(None if samples is None else int(samples), None if seconds is None else timedelta(seconds=int(seconds)))  # fmt: skip


def _read(name: str, written: Any) -> Any:
    if name == "severity":
        if written not in list(Severity):
            raise Invalid("severity_unknown", "There is no such severity.", field="severity")
        return Severity(written)
    if name == "on":
        if not isinstance(written, bool):
            raise Invalid("figure_wrong", "Say yes or no.", field="on")
        return written
    if name in HOURS:
        return _hour(name, written)
    if written in (None, "") and name in OPTIONAL:
        return None
    return fence_from(str(written)) if name == "fence" else _figure(name, written)


def _figure(name: str, written: Any) -> Decimal:
    bound = BOUNDS[name]
    try:
        figure = Decimal(str(written))
    except InvalidOperation:
        raise Invalid("number_wrong", "Give a number.", field=name) from None
    if not figure.is_finite() or not bound.least <= figure <= bound.most:
        raise Invalid("figure_out_of_bounds", "Give a figure from %(least)s to %(most)s.", field=name, least=_text(bound.least), most=_text(bound.most))  # fmt: skip
    if figure != round(figure, 0 if bound.whole else 4):
        raise Invalid("figure_too_fine", "Give a whole number." if bound.whole else "At most four decimals, please.", field=name)  # fmt: skip
    return figure


def _hour(name: str, written: Any) -> time:
    try:
        hour, minute = str(written).split(":")
        if not (hour.isascii() and hour.isdecimal() and minute.isascii() and minute.isdecimal()):
            raise ValueError(written)
        return time(int(hour), int(minute))
    except ValueError:
        raise Invalid("hour_wrong", "Give a time of day, such as 07:30.", field=name) from None


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else f"{figure.normalize():f}" if figure else "0"
