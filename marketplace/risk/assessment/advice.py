"""What falling prices would do to a loan, what smells of fraud, and what a credit officer is advised: by rules that are written here, with their version.

The advice is no decision: an officer decides, with a second one (Personal Information Protection Law, article 24, where the borrower is a person).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from marketplace.exact import exact, half_up
from marketplace.financing.rules.margin import Lines, Zone, cure, zone
from marketplace.money import Money, total
from marketplace.risk.assessment.scorecard import Score

MODEL = "bailee-advice 2"
FALLS = (Decimal("0.10"), Decimal("0.20"), Decimal("0.30"))
WEAK_BELOW, POOR_BELOW = 580, 540
CORE_POOR_BELOW = 40
CONCENTRATED_FROM = 2_500


@dataclass(frozen=True, slots=True)
class Worth:
    """A lot in a valuation: its value, and what of it stands ahead for a first rank."""

    value: Money
    ahead: Money

    def after(self, fall: Decimal) -> Money:
        """What is left when prices fall by this share: the first rank takes its part whole."""
        return (Money.rounded((self.value + self.ahead).exact * (1 - exact(fall)), self.value.currency) - self.ahead).at_least_zero()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shock:
    """The loan after a fall of all prices: value, loan-to-value (None: nothing left), zone, the cash that would cure it, and the loss to expect."""

    fall: Decimal
    market_value: Money
    ltv: Decimal | None
    zone: Zone | None
    cash: Money
    loss: Money


def shock_of(goods: Sequence[Worth], owed: Money, lines: Lines | None, fall: Decimal, loss: Money) -> Shock:
    """One row of the sensitivity. `loss`: as expected with the goods at that value."""
    value = value_after(goods, owed.currency, fall)
    return Shock(
        fall,
        value,
        half_up(owed.ratio(value), 8) if value else None,
        zone(owed, value, lines) if lines else None,
        cure(owed, value, lines).cash if lines else Money.zero(owed.currency),
        loss,
    )


def value_after(goods: Sequence[Worth], currency: str, fall: Decimal) -> Money:
    """All goods together after a fall."""
    return total((one.after(fall) for one in goods), currency)


class Advice(StrEnum):
    """From the best to the worst."""

    PROCEED = "PROCEED"
    CONDITIONS = "CONDITIONS"
    REFER = "REFER"
    STOP = "STOP"


class Reason(StrEnum):
    """Why not better."""

    NEVER_VALUED = "NEVER_VALUED"
    BEYOND_LIQUIDATION = "BEYOND_LIQUIDATION"
    BEYOND_CALL = "BEYOND_CALL"
    CALL_AT_10 = "CALL_AT_10"
    CALL_AT_20 = "CALL_AT_20"
    STAGE_3 = "STAGE_3"
    STAGE_2 = "STAGE_2"
    FRAUD = "FRAUD"
    SIGNS = "SIGNS"
    SCORE_POOR = "SCORE_POOR"
    SCORE_WEAK = "SCORE_WEAK"
    CORE_POOR = "CORE_POOR"
    CONCENTRATED = "CONCENTRATED"
    SLOW_STOCK = "SLOW_STOCK"


# What each reason leads to.
LEADS_TO = {
    Reason.BEYOND_LIQUIDATION: Advice.STOP, Reason.STAGE_3: Advice.STOP, Reason.FRAUD: Advice.STOP,
    Reason.NEVER_VALUED: Advice.REFER, Reason.BEYOND_CALL: Advice.REFER, Reason.CALL_AT_10: Advice.REFER, Reason.STAGE_2: Advice.REFER,
    Reason.SCORE_POOR: Advice.REFER, Reason.CORE_POOR: Advice.REFER, Reason.SIGNS: Advice.REFER,
    Reason.CALL_AT_20: Advice.CONDITIONS, Reason.SCORE_WEAK: Advice.CONDITIONS, Reason.CONCENTRATED: Advice.CONDITIONS, Reason.SLOW_STOCK: Advice.CONDITIONS,
}  # fmt: skip
# Signals that say a thing was done, not only that it looks odd.
GRAVE = frozenset({"duplicate", "ring", "financed_twice", "tampering"})


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that smells of fraud: how often it was found."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What the advice rests on. `zone` is None where the goods were never valued; `shocks` in the order of `FALLS`."""

    score: Score
    stage: int
    zone: Zone | None
    shocks: Sequence[Shock]
    signals: Sequence[Signal]
    core_health: Decimal | None
    buyers: Fraction | None
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The advice with all its reasons, the gravest first."""

    advice: Advice
    reasons: tuple[Reason, ...]


def advise(looked: Looked) -> Recommendation:
    """The worst that any reason leads to; none leads to going ahead."""
    order = list(Advice)
    reasons = sorted(_reasons(looked), key=lambda one: -order.index(LEADS_TO[one]))
    return Recommendation(LEADS_TO[reasons[0]] if reasons else Advice.PROCEED, tuple(reasons))


def _reasons(looked: Looked) -> list[Reason]:
    points, codes = looked.score.points, {one.code for one in looked.signals if one.count}
    met = {
        Reason.STAGE_3: looked.stage == 3,
        Reason.STAGE_2: looked.stage == 2,
        Reason.FRAUD: bool(codes & GRAVE),
        Reason.SIGNS: bool(codes - GRAVE),
        Reason.SCORE_POOR: points < POOR_BELOW,
        Reason.SCORE_WEAK: POOR_BELOW <= points < WEAK_BELOW,
        Reason.CORE_POOR: looked.core_health is not None and looked.core_health < CORE_POOR_BELOW,
        Reason.CONCENTRATED: looked.buyers is not None and looked.buyers >= CONCENTRATED_FROM,
        Reason.SLOW_STOCK: looked.is_slow,
    }
    return [reason for reason, holds in met.items() if holds] + _of_value(looked)


def _of_value(looked: Looked) -> list[Reason]:
    """The first line that is met, now or after a fall."""
    called = {Zone.CALL, Zone.LIQUIDATION}
    if looked.zone is None:
        return [Reason.NEVER_VALUED]
    if looked.zone in called:
        return [Reason.BEYOND_LIQUIDATION if looked.zone is Zone.LIQUIDATION else Reason.BEYOND_CALL]
    if looked.shocks[0].zone in called:
        return [Reason.CALL_AT_10]
    return [Reason.CALL_AT_20] if looked.shocks[1].zone in called else []
