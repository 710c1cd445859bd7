"""Market statistics for the supervising authority: which sums may be told, and over which time.

A sum that few firms stand behind, or that one firm dominates, would tell that firm's affairs. What counts as few is a parameter of official statistics
(threshold and dominance rule, as statistical offices use them); the database applies it before anything leaves it.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.exact import exact, half_up
from marketplace.money import Money
from tenants.errors import Invalid

FIRMS_MIN = 3  # on either side: lenders and borrowers, supervisors and owners, sellers and debtors
SHARE_MAX = Decimal("0.85")  # what the largest firm may make up of a cell
FIRST_YEAR = 2000
TOPICS = ("loans", "calls", "alarms", "sales")


@dataclass(frozen=True, slots=True)
class Cell:
    """One sum over many firms: of `topic` in `state`, money in `unit` (a currency). A hidden one has no figures.

    `amount`: what is owed, called for or was paid, in minor units; of alarms how many were judged. `against`: what goods sold were valued at, in minor units; of
    alarms how many were false.
    """

    topic: str
    state: str
    unit: str
    is_shown: bool
    cases: int | None
    amount: Decimal | None
    against: Decimal | None

    @property
    def money(self) -> Money | None:
        """The amount as money; None for alarms and hidden cells."""
        return Money(int(self.amount), self.unit) if self.unit and self.amount is not None else None

    @property
    def valuation(self) -> Money | None:
        """What the goods sold had been valued at; None elsewhere."""
        return Money(int(self.against), self.unit) if self.unit and self.against is not None else None

    @property
    def share(self) -> Decimal | None:
        """Of sales: proceeds for each yuan of valuation. Of alarms: false ones among those judged. To four places; None where there is nothing to divide by."""
        above, below = (self.amount, self.against) if self.unit else (self.against, self.amount)
        return half_up(exact(above) / exact(below), 4) if above is not None and below else None


def quarter_named(written: str | None, today: date) -> date:
    """The first day of the quarter that is written as 2026-Q4; of the present one where none is written. Refuses one that has not begun."""
    if not written:
        return first_day(today)
    found = re.fullmatch(r"(20\d\d)-Q([1-4])", written, re.ASCII)
    if found is None:
        raise Invalid("quarter_unreadable", "Write a quarter as 2026-Q4.", field="quarter")
    begins = date(int(found[1]), 3 * int(found[2]) - 2, 1)
    if begins > today:
        raise Invalid("quarter_ahead", "That quarter has not begun yet.", field="quarter")
    return begins


def first_day(day: date) -> date:
    """The first day of a day's quarter."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def quarter_name(begins: date) -> str:
    """As 2026-Q4."""
    return f"{begins.year}-Q{(begins.month + 2) // 3}"


def quarter_after(begins: date, steps: int = 1) -> date:
    """The first day of a later quarter, or of an earlier one."""
    months = begins.year * 12 + begins.month - 1 + 3 * steps
    return date(months // 12, months % 12 + 1, 1)
