"""Sales on demand: an announced or open auction out of a bank's own room, and bidders with their deposits in."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from marketplace.disposal.announcing import Goods, Offer, announce
from marketplace.disposal.bidding import Answer, place_bid
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import find_auction
from marketplace.disposal.registering import confirm_deposit, register_bidder
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.database import new_id
from tests.factories import Firm, World


def cny(amount: str | int) -> Money:
    return Money.of(str(amount), "CNY")


@dataclass
class Sale:
    """An auction and those who take part."""

    world: World
    bank: Firm
    borrower: Firm
    warehouse: Firm
    auction_id: UUID
    deal_id: UUID
    bidders: list[Firm] = field(default_factory=list)

    @property
    def auction(self) -> Auction:
        """As the bank sees it now."""
        with self.bank.operator.ws(read_only=True) as ws:
            return find_auction(ws, self.auction_id)

    def bidder(self, name: str | None = None, *, deposit: bool = True, firm: Firm | None = None) -> Firm:
        """A buyer that is registered, its deposit in unless told otherwise."""
        firm = firm or self.world.firm("BUYER", name=name)
        with firm.operator.ws() as ws:
            register_bidder(ws, self.auction_id)
        if deposit:
            with self.bank.operator.ws() as ws:
                confirm_deposit(ws, self.auction_id, firm.tenant_id, f"BK-{firm.tenant_id.hex[:10]}")
        self.bidders.append(firm)
        return firm

    def bid(self, firm: Firm, amount: str | int, key: UUID | None = None) -> Answer:
        """One bid, committed."""
        with firm.operator.ws() as ws:
            return place_bid(ws, self.auction_id, amount=cny(amount), key=key or uuid4())

    def open(self) -> "Sale":
        """Go to the opening."""
        self.world.set_clock(self.auction.opens_at)
        self.world.work()
        return self

    def open_with_bidders(self, count: int) -> "Sale":
        """Admit so many bidders and go to the opening."""
        for _ in range(count):
            self.bidder()
        return self.open()

    def close(self) -> Auction:
        """Go to the end, wherever it is by then."""
        self.world.set_clock(self.auction.ends_at)
        self.world.work()
        return self.auction


def some_goods(borrower: Firm, warehouse: Firm, *, valuation: Money, deal_id: UUID, **other: Any) -> Goods:
    """Goods that no lot stands behind."""
    return Goods(
        deal_id=deal_id,
        lot_id=new_id(),
        borrower_id=borrower.tenant_id,
        warehouse_id=warehouse.tenant_id,
        supervisor_id=warehouse.tenant_id,
        product_name=other.get("product", "Cathode copper"),
        grade=other.get("grade", "Grade A"),
        quantity=Quantity.of("60.000", "TNE"),
        place=other.get("place", "Shanghai"),
        valuation=valuation,
    )


def an_auction(
    world: World, *, start: str = "700000", step: str = "5000", reserve: str | None = None, **other: Any
) -> Sale:
    """An announced auction out of a room that the bank founded: valuation, deposit and times fit the start price."""
    bank, borrower, warehouse = other.get("cast") or (
        world.firm("BANK"),
        world.firm("SME"),
        world.firm("WAREHOUSE_OPERATOR", "SUPERVISOR"),
    )
    price = cny(start)
    offer = Offer(
        regime=other.get("regime", RegimeName.AGREED_ONLINE),
        start=price,
        step=cny(step),
        deposit=other.get("deposit") or Money(price.minor // 10, price.currency),
        reserve=cny(reserve) if reserve else None,
        opens_at=world.now + timedelta(days=7),
        closes_at=world.now + timedelta(days=8),
        authority="Self-help sale clause",
    )
    with bank.operator.ws() as ws:
        deal_id = new_id()
        rooms.found(ws, deal_id, kind="deal", role="bank")
        rooms.share(ws, deal_id, to=borrower.tenant_id, role="borrower")
        rooms.share(ws, deal_id, to=warehouse.tenant_id, role="warehouse")
        goods = some_goods(
            borrower, warehouse, valuation=other.pop("valuation", None) or price, deal_id=deal_id, **other
        )
        auction = announce(ws, goods, offer, approval_id=new_id())
    return Sale(world, bank, borrower, warehouse, auction.auction_id, deal_id)
