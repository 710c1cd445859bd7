"""What the supervising authority reads of goods that were not there: where, of what kind, since when, and how much, as far as that tells no owner's affairs."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text

from marketplace.exact import exact, half_up
from marketplace.quantity import Quantity
from marketplace.risk.rules.market import quarter_after, quarter_named
from marketplace.valuation.queries import today
from tenants.errors import NotAllowed
from tenants.organisations import Kind
from tenants.workspace import Workspace

STATISTICS = text("select site, warehouse, hs_code, grade, unit, state, cases, days, is_shown, claimed, found, found_later from gate.shortage_statistics(:quarter)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShortageFigures:
    """Shortages of one kind of goods (customs code, grade, unit) at one site in one state: how many, and for how many whole days the longest stood or stands open.

    Quantities are sums in base units of `unit`; none where too few owners claim, or one claims too much of it. `found_later`: after a table was confirmed.
    """

    site: str
    warehouse: str
    hs_code: str
    grade: str
    unit: str
    state: str
    cases: int
    days: int
    is_shown: bool
    claimed_units: Decimal | None
    found_units: Decimal | None
    found_later_units: Decimal | None

    @property
    def claimed(self) -> Quantity | None:
        """What all owners claimed."""
        return self._told(self.claimed_units)

    @property
    def found(self) -> Quantity | None:
        """What there was of it, by the last count."""
        return self._told(self.found_units)

    @property
    def found_later(self) -> Quantity | None:
        """What of that turned up after it was shared out."""
        return self._told(self.found_later_units)

    @property
    def part(self) -> Decimal | None:
        """What part of all that was claimed was found, to four places."""
        if not self.claimed_units or self.found_units is None:
            return None
        return half_up(exact(self.found_units) / exact(self.claimed_units), 4)

    def _told(self, units: Decimal | None) -> Quantity | None:
        return None if units is None else Quantity.from_base_units(int(units), self.unit)


@dataclass(frozen=True, slots=True)
class ShortageReport:
    """One quarter's shortages: those that stood open at any time in it, as they are now. Open ones first, then by site."""

    begins: date
    ends: date  # the first day after it
    rows: tuple[ShortageFigures, ...]

    @property
    def cases(self) -> int:
        """How many shortages."""
        return sum(one.cases for one in self.rows)

    @property
    def open(self) -> int:
        """How many of them stand open."""
        return sum(one.cases for one in self.rows if one.state == "OPEN")

    @property
    def sites(self) -> int:
        """At how many sites."""
        return len({(one.warehouse, one.site) for one in self.rows})

    @property
    def hidden(self) -> int:
        """How many rows are told without quantities."""
        return sum(not one.is_shown for one in self.rows)


def shortage_report(ws: Workspace, *, quarter: str | None = None) -> ShortageReport:
    """The shortages of a quarter (of the present one, so far). For the supervising authority; refuses others, and a quarter that has not begun."""
    ws.may("read")
    if Kind.REGULATOR not in ws.member.kinds:
        raise NotAllowed("statistics_of_regulators", "These statistics are for the supervising authority.")
    begins = quarter_named(quarter, today(ws))
    rows = ws.session.execute(STATISTICS, {"quarter": begins})
    return ShortageReport(begins, quarter_after(begins), tuple(ShortageFigures(*row) for row in rows))
