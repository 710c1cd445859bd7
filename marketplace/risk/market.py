"""What the supervising authority reads of the whole market: sums that tell no firm's affairs, and what is public anyway."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select, text

from marketplace.business_days import SHANGHAI
from marketplace.disposal.models.auctions import Auction
from marketplace.money import Money
from marketplace.risk.rules.market import Cell, quarter_after, quarter_named
from marketplace.valuation.queries import today
from tenants.errors import NotAllowed
from tenants.organisations import Kind, all_organisations
from tenants.workspace import Workspace

STATISTICS = text("select topic, state, unit, is_shown, cases, amount, against from gate.market_statistics(:quarter)")


@dataclass(frozen=True, slots=True)
class PublicSales:
    """Public sales announced in the quarter, of one state and currency: how many, and what the hammers fell at."""

    status: str
    sales: int
    hammers: Money


@dataclass(frozen=True, slots=True)
class MarketStatistics:
    """One quarter: firms in the register by kind, public sales, and the sums behind which enough firms stand. What is owed is as of now."""

    begins: date
    ends: date  # the first day after it
    firms: dict[str, int]
    announced: tuple[PublicSales, ...]
    cells: tuple[Cell, ...]

    def of(self, topic: str) -> list[Cell]:
        """The cells of one topic."""
        return [one for one in self.cells if one.topic == topic]

    @property
    def hidden(self) -> int:
        """How many sums are not told."""
        return sum(not one.is_shown for one in self.cells)


def market_statistics(ws: Workspace, *, quarter: str | None = None) -> MarketStatistics:
    """The figures of a quarter (of the present one, so far). For the supervising authority; refuses others, and a quarter that has not begun."""
    ws.may("read")
    if Kind.REGULATOR not in ws.member.kinds:
        raise NotAllowed("statistics_of_regulators", "These statistics are for the supervising authority.")
    begins = quarter_named(quarter, today(ws))
    ends = quarter_after(begins)
    rows = ws.session.execute(STATISTICS, {"quarter": begins})
    firms = Counter(kind for one in all_organisations(ws.session) if one.suspended_at is None for kind in one.kinds)
    return MarketStatistics(begins, ends, dict(sorted(firms.items())), _announced(ws, begins, ends), tuple(Cell(*row) for row in rows))  # fmt: skip


def _announced(ws: Workspace, begins: date, ends: date) -> tuple[PublicSales, ...]:
    wanted = (
        select(Auction.status, Auction.currency, func.count(), func.sum(Auction.sold_minor))
        .where(Auction.announced_at >= _start(begins), Auction.announced_at < _start(ends))
        .group_by(Auction.status, Auction.currency)
        .order_by(Auction.status, Auction.currency)
    )
    rows = ws.session.execute(wanted)
    return tuple(
        PublicSales(status, sales, Money(int(hammers or 0), currency)) for status, currency, sales, hammers in rows
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)
