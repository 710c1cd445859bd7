"""A seller's figures of its disposals: proceeds beside valuations, product by product."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.money import Money
from marketplace.risk.rules_disposals import Liquidation, ProductFigures, by_product
from tenants.errors import Invalid, NotAllowed
from tenants.organisations import Kind
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DisposalReport:
    """Liquidations paid for within [start, end), newest first; and how many attempts within it found no buyer, or one that did not pay."""

    start: datetime
    end: datetime
    liquidations: tuple[Liquidation, ...]
    unsold: int
    unpaid: int

    @property
    def products(self) -> tuple[ProductFigures, ...]:
        """The figures product by product, those that do not hold first."""
        return by_product(self.liquidations)

    @property
    def poor(self) -> int:
        """How many liquidations brought less than 70 per cent."""
        return sum(one.is_poor for one in self.liquidations)


def disposal_report(ws: Workspace, start: datetime, end: datetime) -> DisposalReport:
    """The viewer's own disposals. For sellers (banks and auctioneers); refuses others, and a period that ends before it begins."""
    ws.may("read")
    if not ws.member.kinds & {Kind.BANK, Kind.AUCTIONEER}:
        raise NotAllowed("report_of_sellers", "This report is a seller's, on its own disposals.")
    if end <= start:
        raise Invalid("period_reversed", "A period ends after it begins.", field="until")
    rounds = _rounds(ws)
    paid = [_liquidation(one, rounds) for one in _paid(ws, start, end)]
    ended = [auction for sales in rounds.values() for auction, _ in sales if auction.closed_at and start <= auction.closed_at < end]  # fmt: skip
    return DisposalReport(
        start,
        end,
        tuple(sorted(paid, key=lambda one: (one.paid_at, one.number), reverse=True)),
        unsold=sum(one.status == AuctionState.NO_SALE for one in ended),
        unpaid=sum(one.status == AuctionState.BUYER_DEFAULT for one in ended),
    )


Rounds = dict[tuple[UUID, UUID], list[tuple[Auction, Disposal]]]


def _rounds(ws: Workspace) -> Rounds:
    """The viewer's attempts to sell each deal's each lot, the first one first."""
    wanted = select(Auction, Disposal).join(Disposal, Disposal.auction_id == Auction.auction_id)
    found: Rounds = {}
    for auction, file in ws.session.execute(wanted.where(Disposal.tenant_id == ws.tenant_id).order_by(Auction.announced_at)):  # fmt: skip
        found.setdefault((file.deal_id, file.lot_id), []).append((auction, file))
    return found


def _paid(ws: Workspace, start: datetime, end: datetime) -> list[tuple[Settlement, UUID, UUID]]:
    wanted = select(Settlement, Disposal.deal_id, Disposal.lot_id).join(Disposal, Disposal.auction_id == Settlement.auction_id)  # fmt: skip
    wanted = wanted.where(Settlement.tenant_id == ws.tenant_id, Settlement.status == "PAID")
    rows = ws.session.execute(wanted.where(Settlement.paid_at >= start, Settlement.paid_at < end))
    return [(row[0], row[1], row[2]) for row in rows]


def _liquidation(paid: tuple[Settlement, UUID, UUID], rounds: Rounds) -> Liquidation:
    settlement, deal_id, lot_id = paid
    attempts = rounds[deal_id, lot_id]
    sold = next(auction for auction, _ in attempts if auction.auction_id == settlement.auction_id)
    first, file = attempts[0]
    assert settlement.paid_at is not None, "what is paid was paid at some time"
    return Liquidation(
        auction_id=sold.auction_id,
        number=sold.number,
        product=sold.product_name,
        rounds=1 + sum(one.announced_at < sold.announced_at for one, _ in attempts),
        begun_at=first.announced_at,
        paid_at=settlement.paid_at,
        proceeds=settlement.price,
        valuation=Money(file.valuation_minor, first.currency),
    )
