"""What one may suppose of goods that are pledged, and what would then be known of them. Pure: known facts in, supposed facts out.

Nothing is valued here. A supposition only changes what the rules of valuation and margin are told; what follows from it they say themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from uuid import UUID

from marketplace.exact import exact, half_up
from marketplace.reliance.rules.grades import Known, Watching
from marketplace.supervision.conditions import WINDOW, Condition
from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS, silence
from marketplace.valuation.rules.prices import Quote, UnitPrice
from tenants.errors import Invalid

SECOND = timedelta(seconds=1)
THOUSANDTH = Decimal("0.001")
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # how bad a silence is depends on how long it is, not on when
# Field -> the least and the most that may be supposed, in its unit.
BOUNDS: dict[str, tuple[Decimal, Decimal]] = {
    "price": (Decimal("-0.99"), Decimal(9)),
    "missing": (Decimal(0), Decimal(1)),
    "heat": (Decimal(0), Decimal(100_000)),
    "days": (Decimal(0), Decimal(3650)),
    "silent_hours": (Decimal(0), Decimal(8760)),
}
SHARES = ("price", "missing")


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed, all of it at once. The default supposes nothing.

    price: by what share every price has moved (-0.10: a tenth less). missing: what share of the goods a count has found to be gone.
    heat: degree-hours above the limit that come on top. days: whole days that pass without anybody inspecting or moving the goods (prices stay current).
    silent_hours: for how long all devices on the goods have been silent. frozen: nothing of the goods may move. alarmed: a critical alarm is open.
    lot_id: the one lot of which all this is supposed, but for the price; None: of all of them.
    """

    price: Decimal = Decimal(0)
    missing: Decimal = Decimal(0)
    heat: Decimal = Decimal(0)
    days: int = 0
    silent_hours: Decimal = Decimal(0)
    frozen: bool = False
    alarmed: bool = False
    lot_id: UUID | None = None

    def __post_init__(self) -> None:
        for field, (least, most) in BOUNDS.items():
            if not least <= getattr(self, field) <= most:
                ends = {name: f"{end:.0%}" if field in SHARES else f"{end:f}" for name, end in (("least", least), ("most", most))}  # fmt: skip
                raise Invalid(
                    "supposed_too_much", "Suppose something between %(least)s and %(most)s.", field=field, **ends
                )

    @property
    def is_empty(self) -> bool:
        """Whether it supposes nothing: the same lot with nothing supposed of it is nothing too."""
        return replace(self, lot_id=None) == Supposition()

    def is_about(self, lot_id: UUID) -> bool:
        """Whether anything but the price is supposed of this lot."""
        return self.lot_id in (None, lot_id)


def supposed_price(newest_first: Sequence[Quote], supposed: Supposition) -> list[Quote]:
    """A series of prices as if its newest quote had been so much higher or lower; the mean of twenty moves with it by a twentieth."""
    if not newest_first or not supposed.price:
        return list(newest_first)
    newest = newest_first[0]
    moved = UnitPrice(
        exact(newest.price.amount) * (1 + exact(supposed.price)), newest.price.currency, newest.price.unit
    )
    return [replace(newest, price=moved), *newest_first[1:]]


def supposed_quantity(verified: Decimal | None, supposed: Supposition) -> Decimal | None:
    """What a count would have confirmed, in thousandths rounded down: half-up could leave a kilogram that is supposed to be gone."""
    if verified is None or not supposed.missing:
        return verified
    return (verified * (1 - supposed.missing)).quantize(THOUSANDTH, rounding=ROUND_DOWN)


def supposed_knowledge(known: Known, supposed: Supposition) -> Known:
    """What the grade of the evidence would rest on: counts grow older, devices have been quiet for longer and fewer of the last day's readings are there."""
    quiet = timedelta(seconds=int(supposed.silent_hours * 3600))
    devices = tuple(replace(one, quiet=max(one.quiet, quiet)) for one in known.devices)
    silent = {"silence"} if quiet and any(_silence(one) for one in devices) else set()
    return replace(
        known,
        devices=devices,
        coverage=_heard(exact(known.coverage), devices) if quiet else known.coverage,
        inspected_days=_older(known.inspected_days, supposed.days),
        phone_days=_older(known.phone_days, supposed.days),
        doubts=known.doubts | silent,
    )


def supposed_condition(
    condition: Condition, known: Known, verified: Decimal | None, supposed: Supposition
) -> Condition:
    """What would be known of the goods' own state. `known`: as supposed; `verified`: as a count would have left it.

    A device that alone controls the goods and has been silent for two hours has a critical alarm open, by the rule that raises it.
    """
    measured = condition.measured_qty
    if measured is not None and verified is not None:
        measured = min(measured, verified)
    loud = bool(supposed.silent_hours) and any(_silence(one) is Severity.CRITICAL for one in known.devices)
    return replace(
        condition,
        coverage=half_up(known.coverage, 4) if supposed.silent_hours else condition.coverage,
        degree_hours=condition.degree_hours + supposed.heat,
        has_open_critical=condition.has_open_critical or supposed.alarmed or loud,
        measured_qty=measured,
    )


def _silence(one: Watching) -> Severity | None:
    return silence(ANY_TIME - one.quiet, ANY_TIME, one.interval, sole_control=PROFILES[one.kind].needs_calibration)


def _heard(coverage: Fraction, devices: Sequence[Watching]) -> Fraction:
    """The share of the last day's readings that can be there, a mean over the devices: nobody waits for a word before three intervals are over."""
    missing = [max(timedelta(), one.quiet - SILENT_AFTER_INTERVALS * one.interval) for one in devices]
    shares = [max(Fraction(0), 1 - Fraction(gap // SECOND, WINDOW // SECOND)) for gap in missing]
    return min(coverage, sum(shares, Fraction(0)) / len(shares)) if shares else coverage


def _older(days: int | None, more: int) -> int | None:
    return None if days is None else days + more
