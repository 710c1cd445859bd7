"""A bank's daily collateral report (押品日报) by figures: what moved, what stands against what, and what the reader must look at first.

Domain model, section 9, item 1. Quantities move between an opening and a closing; what the movements do not explain is itself a finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marketplace.exact import exact, half_up
from marketplace.financing.rules.margin import Lines, Zone, zone
from marketplace.money import Money
from marketplace.valuation.rules.base import DAMAGED, LOST

VALUE_AGE_MAX = timedelta(hours=24)
PAPER_WARNING = timedelta(days=30)
NOTHING = Decimal(0)


class Severity(StrEnum):
    """How soon a finding has to be looked at."""

    DANGER = "danger"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: a msgid with its facts."""

    severity: Severity
    says: str
    facts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """The pledged quantity of one lot over a day, in the lot's unit: by the pledges' own history, beside what the valuations recorded.

    `unexplained`: what the pledge has more, or (below zero) less, than the last valuation before the day and the movements since then say.
    """

    lot_number: str
    product_name: str
    unit: str
    opening: Decimal
    came: Decimal
    went: Decimal
    closing: Decimal
    unexplained: Decimal = NOTHING
    book: Decimal | None = None  # verified
    measured: Decimal | None = None  # by trusted scales; None where none weighs it
    price: Decimal | None = None
    quoted_on: date | None = None
    grade: Decimal | None = None
    condition: Decimal | None = None
    market_value: Money | None = None
    collateral_value: Money | None = None
    barred: str = ""  # why it carries nothing

    @property
    def variance(self) -> Decimal | None:
        """Devices less book; None where no device weighs the goods."""
        return None if self.measured is None or self.book is None else self.measured - self.book


@dataclass(frozen=True, slots=True)
class Papers:
    """What runs out: the insurance of the goods, and the registration of the pledge (None: there is none)."""

    insured_until: date | None
    is_insured: bool
    is_registered: bool


@dataclass(frozen=True, slots=True)
class Facility:
    """One deal on the report's day: its goods, its debt, and what is not as it should be, the worst first."""

    deal_id: Any
    number: str
    borrower: str
    status: str
    movements: tuple[Movement, ...]
    owed: Money
    lines: Lines | None
    valued_at: datetime | None
    market_value: Money | None
    collateral_value: Money | None
    findings: tuple[Finding, ...] = ()

    @property
    def ltv(self) -> Decimal | None:
        """O / MV; None where nothing is valued."""
        return half_up(self.owed.ratio(self.market_value), 8) if self.market_value else None

    @property
    def zone(self) -> Zone | None:
        """Where the loan-to-value lies between the agreed lines. Debt on goods that nobody has valued lies beyond all of them."""
        if self.lines is None:
            return None
        return zone(self.owed, self.market_value or Money.zero(self.owed.currency), self.lines)

    @property
    def headroom(self) -> Decimal | None:
        """By which share the goods' value may fall before the call line; below zero: beyond it."""
        if self.ltv is None or self.lines is None:
            return None
        return half_up(1 - exact(self.ltv) / exact(self.lines.call), 8)

    @property
    def rank(self) -> tuple[int, Decimal]:
        """The order of the report: most dangers first, then the higher loan-to-value."""
        dangers = sum(one.severity is Severity.DANGER for one in self.findings)
        watches = len(self.findings) - dangers
        return (-1000 * dangers - watches, -(self.ltv if self.ltv is not None else Decimal(10)))


def findings_of(facility: Facility, papers: Papers, alarms: Sequence[str], *, at: datetime) -> tuple[Finding, ...]:
    """What is not as it should be at the end of the day: dangers first. `alarms`: the severities of those that stood then."""
    found = [*_of_value(facility, at), *_of_goods(facility.movements), *_of_papers(papers, at.date())]
    for severity, tone in (("CRITICAL", Severity.DANGER), ("MAJOR", Severity.WATCH)):
        count = alarms.count(severity)
        if count:
            found.append(Finding(tone, ALARMS[severity], (("count", count),)))
    return tuple(sorted(found, key=lambda one: one.severity is not Severity.DANGER))


CLAIMABLE = {  # the insurance money follows the pledge (Civil Code 390)
    LOST: "%(lot)s is reported lost: what insures it is to be claimed",
    DAMAGED: "%(lot)s is reported damaged: what insures it is to be claimed",
}
ALARMS = {"CRITICAL": "%(count)s critical alarms stand", "MAJOR": "%(count)s major alarms stand"}
ZONES = {
    Zone.LIQUIDATION: (Severity.DANGER, "Loan-to-value beyond the liquidation line"),
    Zone.CALL: (Severity.DANGER, "Loan-to-value beyond the call line"),
    Zone.WARN: (Severity.WATCH, "Loan-to-value beyond the warning line"),
}


def _of_value(facility: Facility, at: datetime) -> list[Finding]:
    found = []
    if facility.owed and facility.valued_at is None:
        found.append(Finding(Severity.DANGER, "The goods were never valued"))
    elif facility.owed and facility.valued_at and at - facility.valued_at > VALUE_AGE_MAX:
        found.append(Finding(Severity.WATCH, "Valued on %(when)s, older than a day", (("when", facility.valued_at.isoformat()),)))  # fmt: skip
    if facility.zone in ZONES:
        found.append(Finding(*ZONES[facility.zone]))
    return found


def _of_goods(movements: Sequence[Movement]) -> list[Finding]:
    found = []
    for one in movements:
        if one.barred in CLAIMABLE:
            found.append(Finding(Severity.DANGER, CLAIMABLE[one.barred], (("lot", one.lot_number),)))
        if one.unexplained:
            amount = {"amount": f"{abs(one.unexplained):f}", "unit": one.unit}
            says = "%(lot)s has %(amount)s less than its movements say" if one.unexplained < 0 else "%(lot)s has %(amount)s more than its movements say"  # fmt: skip
            found.append(Finding(Severity.DANGER, says, (("lot", one.lot_number), ("amount", amount))))
        if one.book is not None and one.closing > one.book:
            amount = {"amount": f"{one.closing - one.book:f}", "unit": one.unit}
            found.append(Finding(Severity.DANGER, "%(lot)s: %(amount)s of what is pledged is not there by the book", (("lot", one.lot_number), ("amount", amount))))  # fmt: skip
        if one.variance:
            amount = {"amount": f"{one.variance:f}", "unit": one.unit}
            found.append(Finding(Severity.DANGER, "%(lot)s: devices differ from the book by %(amount)s", (("lot", one.lot_number), ("amount", amount))))  # fmt: skip
    return found


def _of_papers(papers: Papers, day: date) -> list[Finding]:
    found = []
    if not papers.is_insured:
        found.append(Finding(Severity.WATCH, "No insurance is recorded"))
    elif papers.insured_until is not None and papers.insured_until < day:
        found.append(Finding(Severity.DANGER, "The insurance ran out on %(day)s", (("day", papers.insured_until.isoformat()),)))  # fmt: skip
    elif papers.insured_until is not None and papers.insured_until <= day + PAPER_WARNING:
        found.append(Finding(Severity.WATCH, "The insurance runs out on %(day)s", (("day", papers.insured_until.isoformat()),)))  # fmt: skip
    if not papers.is_registered:
        found.append(Finding(Severity.WATCH, "The pledge is not registered"))
    return found
