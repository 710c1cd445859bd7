"""How far the evidence for a lot may be relied on: one finding for each factor, and the worst of them is the grade.

The worst and not a mean: evidence is a chain, and a perfect scale does not make up for a year in which nobody looked. It follows that a grade never
rises when any part of the evidence gets worse.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from marketplace.exact import Exact, exact, half_up
from marketplace.reliance.rules.table import SEES, WEIGHS, Grade, GradeTable
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS

NOTHING = "No device watches the goods, and nobody has shown them by phone."
BY_PHONE = "No device watches the goods: a phone has shown them."
BY_DOUBTFUL_PHONE = "No device watches the goods: a phone has shown them, with doubts."
ONLY_SEEN = "Devices see the goods and do not weigh them."
ONLY_WATCHED = "Devices watch the place and say nothing of the quantity."
EXPIRED = "The calibration of the devices has expired."
SILENT = "A device is silent."
FEW = "Readings of the last day are missing."
TOO_FEW = "Too few readings of these goods have arrived."
PARTLY = "The scales show less than was verified."
NOT_WEIGHED = "No scale weighs the goods."
ALONE = "The evidence has a single source."
NO_SOURCE = "No source tells of the quantity."
UNSEEN = "Nobody has counted the goods for long."
DOUBTED = "An open alarm makes a device doubtful."
IN_ORDER = "In order."
# The factors in the order in which they are told, with their names.
FACTORS = {
    "device": "Class of the devices",
    "calibration": "Calibration",
    "freshness": "Last word",
    "coverage": "Readings of the last day",
    "quantity": "Quantity under scales",
    "independence": "Independent sources",
    "count": "Last count by people",
    "doubts": "Doubts about devices",
}
Step = TypeVar("Step", int, Decimal, timedelta)


@dataclass(frozen=True, slots=True)
class Watching:
    """A device that watches the lot: its kind, and how long it has been quiet against how often it speaks."""

    kind: str
    quiet: timedelta
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a lot. `coverage` and `weighed` are shares of one; `weighed` None: no trusted scale. Days since a count, None: never.

    `phone`: the grade of the newest accepted picture, C or D.
    """

    devices: tuple[Watching, ...] = ()
    calibrated: bool = True
    coverage: Exact = 0
    weighed: Exact | None = None
    inspected_days: int | None = None
    phone: str | None = None
    phone_days: int | None = None
    doubts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one factor came to: its grade, why (a msgid without places), and the figure behind it (hours, a share, a number or days), if it has one."""

    factor: str
    grade: Grade
    says: str
    figure: Decimal | None = None

    @property
    def is_unwatched(self) -> bool:
        """Whether it says no more than that nothing watches the goods: that is how little is known of them, and no alarm."""
        return self.says == NOTHING


@dataclass(frozen=True, slots=True)
class Evidence:
    """The grade of a lot's evidence with everything it rests on, by one version of the table."""

    findings: tuple[Finding, ...]
    table: GradeTable

    @property
    def grade(self) -> Grade:
        """The worst of the findings."""
        return worst(one.grade for one in self.findings)

    @property
    def is_unwatched(self) -> bool:
        """Whether the grade is as low as it is for no other reason than that nothing watches the goods."""
        return all(one.is_unwatched for one in self.findings if one.grade is self.grade)

    @property
    def points(self) -> Decimal | None:
        """What it adds to the haircut; None: not eligible."""
        return self.table.points(self.grade)

    @property
    def against(self) -> tuple[Finding, ...]:
        """What speaks against relying on it, the gravest first."""
        found = [one for one in self.findings if one.grade is not Grade.A]
        return tuple(sorted(found, key=lambda one: -one.grade.rank))


def worst(grades: Iterable[Grade]) -> Grade:
    """The worst of some grades; A where there is none."""
    return max(grades, key=lambda one: one.rank, default=Grade.A)


def grade_evidence(known: Known, table: GradeTable) -> Evidence:
    """The grade of what is known, factor by factor. Factors that say nothing of such goods are left out: nobody waits for the word of no device."""
    return Evidence(tuple(_findings(known, table)), table)


def _findings(known: Known, table: GradeTable) -> Iterator[Finding]:
    yield _device(known, table)
    if known.devices:
        yield Finding(
            "calibration", Grade.A if known.calibrated else Grade.E, IN_ORDER if known.calibrated else EXPIRED
        )
        yield _freshness(known.devices, table)
        yield _coverage(known.coverage, table)
        yield _quantity(known.weighed, table)
    yield _independence(known, table)
    yield _count(known, table)
    doubted = worst(table.doubts[kind] for kind in known.doubts if kind in table.doubts)
    yield _said("doubts", doubted, DOUBTED)


def _device(known: Known, table: GradeTable) -> Finding:
    if known.devices:
        best = min((table.devices.get(one.kind, Grade.C) for one in known.devices), key=lambda one: one.rank)
        return Finding("device", best, {WEIGHS: IN_ORDER, SEES: ONLY_SEEN}.get(best, ONLY_WATCHED))
    if known.phone is None or _is_beyond(known.phone_days, table.counts_for_days):
        return Finding("device", Grade.E, NOTHING)
    told = ("phone", BY_PHONE) if known.phone == Grade.C else ("doubtful phone", BY_DOUBTFUL_PHONE)
    return Finding("device", table.devices[told[0]], told[1])


def _freshness(devices: Sequence[Watching], table: GradeTable) -> Finding:
    silent = [one.quiet for one in devices if one.quiet > SILENT_AFTER_INTERVALS * one.interval]
    longest = max((one.quiet for one in devices), default=timedelta())
    hours = half_up(Fraction(int(longest.total_seconds()), 3600), 2)
    grade = Grade.A if not silent else _at_most(max(silent), table.silent_at_most, Grade.E)
    return _said("freshness", grade, SILENT, hours)


def _coverage(coverage: Exact, table: GradeTable) -> Finding:
    grade = _at_least(half_up(exact(coverage), 4), table.heard_at_least, Grade.E)
    return _said("coverage", grade, TOO_FEW if grade is Grade.E else FEW, half_up(exact(coverage), 4))


def _quantity(weighed: Exact | None, table: GradeTable) -> Finding:
    if weighed is None:
        return Finding("quantity", table.not_weighed, NOT_WEIGHED)
    share = half_up(exact(weighed), 4)
    return _said("quantity", _at_least(share, table.weighed_at_least, table.hardly_weighed), PARTLY, share)


def _independence(known: Known, table: GradeTable) -> Finding:
    kinds = {table.devices.get(one.kind) for one in known.devices}
    sources = (
        WEIGHS in kinds and known.calibrated,
        SEES in kinds,
        not _is_beyond(known.inspected_days, table.counts_for_days),
        known.phone is not None and not _is_beyond(known.phone_days, table.counts_for_days),
    )
    number = sum(sources)
    grade = _at_least(number, table.sources_at_least, Grade.D)
    return _said("independence", grade, ALONE if number else NO_SOURCE, Decimal(number))


def _count(known: Known, table: GradeTable) -> Finding:
    """An inspection and a picture by phone are both a count by people."""
    days = min((one for one in (known.inspected_days, known.phone_days) if one is not None), default=None)
    if days is None:
        return Finding("count", Grade.D, UNSEEN)
    return _said("count", _at_most(days, table.seen_days_at_most, table.long_unseen), UNSEEN, Decimal(days))


def _said(factor: str, grade: Grade, why: str, figure: Decimal | None = None) -> Finding:
    return Finding(factor, grade, IN_ORDER if grade is Grade.A else why, figure)


def _at_least(value: Step, ladder: Sequence[tuple[Step, Grade]], below: Grade) -> Grade:
    return next((grade for least, grade in ladder if value >= least), below)


def _at_most(value: Step, ladder: Sequence[tuple[Step, Grade]], beyond: Grade) -> Grade:
    return next((grade for most, grade in ladder if value <= most), beyond)


def _is_beyond(days: int | None, most: int) -> bool:
    return days is None or days > most
