"""A seller's figures of its disposals: proceeds beside valuations, product by product."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.accepting.queries import price_kept
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.money import Money
from marketplace.risk.rules.disposals import Liquidation, ProductFigures, by_product
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
    attempts = _attempts(ws)
    paid = [_liquidation(one, price_kept(ws, one), attempts) for one in _paid(ws, start, end)]
    ended = [one for one, _ in attempts.values() if one.closed_at and start <= one.closed_at < end]
    return DisposalReport(
        start,
        end,
        tuple(sorted(paid, key=lambda one: (one.paid_at, one.number), reverse=True)),
        unsold=sum(one.status == AuctionState.NO_SALE for one in ended),
        unpaid=sum(one.status == AuctionState.BUYER_DEFAULT for one in ended),
    )


Attempts = dict[UUID, tuple[Auction, Disposal]]


def _attempts(ws: Workspace) -> Attempts:
    """The viewer's own sales with their files, by the auction's id."""
    wanted = select(Auction, Disposal).join(Disposal, Disposal.auction_id == Auction.auction_id)
    rows = ws.session.execute(wanted.where(Disposal.tenant_id == ws.tenant_id))
    return {auction.auction_id: (auction, file) for auction, file in rows}


def _paid(ws: Workspace, start: datetime, end: datetime) -> list[Settlement]:
    """What was paid for; a sale that was undone brought nothing."""
    wanted = select(Settlement).where(Settlement.tenant_id == ws.tenant_id, Settlement.status == "PAID")
    return list(ws.session.scalars(wanted.where(Settlement.paid_at >= start, Settlement.paid_at < end)))


def _liquidation(settlement: Settlement, kept: Money, attempts: Attempts) -> Liquidation:
    sold, file = attempts[settlement.auction_id]
    first, rounds = sold, 1
    while first.predecessor_id is not None:
        (first, file), rounds = attempts[first.predecessor_id], rounds + 1
    assert settlement.paid_at is not None, "what is paid was paid at some time"
    return Liquidation(
        auction_id=sold.auction_id,
        number=sold.number,
        product=sold.product_name,
        rounds=rounds,
        begun_at=first.announced_at,
        paid_at=settlement.paid_at,
        proceeds=kept,
        valuation=Money(file.valuation_minor, first.currency),
    )
