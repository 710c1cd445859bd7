"""The published table: what each grade of evidence costs, and what earns it. Versioned data; every grade that was given names its version.

Product defaults. Two lines come from the domain model, section 5: less than 95 % of a day's readings costs five points of haircut, less than 80 % or a
calibration out of date carries no loan. A new version is added below the others and never edited, so that an old grade can be explained for ever.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class Grade(StrEnum):
    """How far what is known of goods may be relied on: A is best, E carries no loan."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Grade).index(self)

    @property
    def means(self) -> str:
        """What people may take it for, in one line (a msgid)."""
        return MEANINGS[self]


MEANINGS = {
    Grade.A: "Weighed, watched and counted",
    Grade.B: "Watched, with little missing",
    Grade.C: "Watched in part, or shown by phone",
    Grade.D: "Hardly watched, or doubtful",
    Grade.E: "Known by papers, or not relied on",
}


@dataclass(frozen=True, slots=True)
class GradeRow:
    """What a grade costs: points added to the haircut, as a share of one; None where such goods are not eligible at all."""

    grade: Grade
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class GradeTable:
    """One version, in force from a day on. Ladders read from the best: the first step that is reached gives its grade, none gives the `below` of it.

    `silent_at_most`: since the last word of the device that has been quiet longest, counted when three of its intervals are over. `heard_at_least`: share
    of the last day's readings. `weighed_at_least`: share of the verified quantity that trusted scales show. `seen_days_at_most`: since somebody counted the
    goods, in person or by phone. `sources_at_least`: kinds of evidence that do not depend on each other; a count is one while it is `counts_for_days` old.
    """

    version: str
    since: date
    rows: tuple[GradeRow, ...]
    devices: dict[str, Grade]
    silent_at_most: tuple[tuple[timedelta, Grade], ...]
    heard_at_least: tuple[tuple[Decimal, Grade], ...]
    weighed_at_least: tuple[tuple[Decimal, Grade], ...]
    seen_days_at_most: tuple[tuple[int, Grade], ...]
    sources_at_least: tuple[tuple[int, Grade], ...]
    doubts: dict[str, Grade]
    not_weighed: Grade
    long_unseen: Grade
    hardly_weighed: Grade
    counts_for_days: int

    def points(self, grade: Grade) -> Decimal | None:
        """Points that the grade adds to the haircut; None: not eligible."""
        return next(row.points for row in self.rows if row.grade is grade)


WEIGHS, SEES, WATCHES = Grade.A, Grade.B, Grade.C
TABLES: tuple[GradeTable, ...] = (
    GradeTable(
        version="2026-1",
        since=date(2026, 1, 1),
        rows=(
            GradeRow(Grade.A, Decimal("0.00")),
            GradeRow(Grade.B, Decimal("0.02")),
            GradeRow(Grade.C, Decimal("0.05")),
            GradeRow(Grade.D, Decimal("0.10")),
            GradeRow(Grade.E, None),
        ),
        devices={
            "weight": WEIGHS, "combined": WEIGHS, "tag_reader": SEES, "camera": SEES, "climate": WATCHES, "door": WATCHES, "position": WATCHES,
            "smoke": WATCHES, "water": WATCHES, "phone": Grade.C, "doubtful phone": Grade.D,
        },
        silent_at_most=((timedelta(minutes=30), Grade.B), (timedelta(hours=2), Grade.C), (timedelta(hours=24), Grade.D)),
        heard_at_least=((Decimal("0.95"), Grade.A), (Decimal("0.80"), Grade.C)),
        weighed_at_least=((Decimal("0.995"), Grade.A), (Decimal("0.90"), Grade.C)),
        seen_days_at_most=((180, Grade.A), (365, Grade.B)),
        sources_at_least=((2, Grade.A), (1, Grade.B)),
        doubts={
            "tamper": Grade.D, "signature": Grade.D, "firmware": Grade.C, "clock_skew": Grade.B, "gap": Grade.B, "weight_still": Grade.C,
            "camera_blocked": Grade.B, "picture_still": Grade.C,
        },
        not_weighed=Grade.B,
        long_unseen=Grade.C,
        hardly_weighed=Grade.D,
        counts_for_days=180,
    ),
)  # fmt: skip


def table_on(day: date) -> GradeTable:
    """The version in force on a day; the first one for any day before it."""
    return next((table for table in reversed(TABLES) if table.since <= day), TABLES[0])
