"""Sales on demand: an announced or open auction out of a bank's own room, and bidders with their deposits in."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from marketplace.disposal import actions
from marketplace.disposal.announcing import Goods, Offer, announce
from marketplace.disposal.bidding import Answer, place_bid
from marketplace.disposal.envelopes import hand_in_envelope, open_envelope
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import ENGLISH_TERMS
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import find_auction, find_settlement, list_auctions
from marketplace.disposal.registering import confirm_deposit, register_bidder
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.disposal.rules.sealing import SALT_BYTES, seal_envelope
from marketplace.financing.queries import position
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.approvals import Approval
from tenants.database import new_id
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_defaulted_deal, a_request, decided


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
    salts: dict[UUID, bytes] = field(default_factory=dict)

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

    def bid(self, firm: Firm, amount: str | int, key: UUID | None = None, limit: str | int | None = None) -> Answer:
        """One bid, committed; with a limit, the house bids on up to it."""
        most = None if limit is None else cny(limit)
        with firm.operator.ws() as ws:
            return place_bid(ws, self.auction_id, amount=cny(amount), key=key or uuid4(), limit=most)

    def hand_in(self, firm: Firm, amount: str | int, *, key: UUID | None = None) -> Answer:
        """A sealed bid; its salt is remembered for the opening, as the bidder's own machine does."""
        self.salts[firm.tenant_id] = secrets.token_bytes(SALT_BYTES)
        seal = seal_envelope(self.auction_id, self.paddle(firm), cny(amount), self.salts[firm.tenant_id])
        with firm.operator.ws() as ws:
            return hand_in_envelope(ws, self.auction_id, seal=seal, key=key or uuid4())

    def open_up(self, firm: Firm, amount: str | int, *, salt: bytes | None = None, key: UUID | None = None) -> Answer:
        """The envelope opened with its salt."""
        with firm.operator.ws() as ws:
            known = salt or self.salts.get(firm.tenant_id, bytes(SALT_BYTES))
            return open_envelope(ws, self.auction_id, amount=cny(amount), salt=known, key=key or uuid4())

    def paddle(self, firm: Firm) -> int:
        """The paddle that this bidder drew."""
        drawn = "select number from house.paddle where auction_id = %s and tenant_id = %s"
        return int(self.world.admin.execute(drawn, (self.auction_id, firm.tenant_id)).fetchone()[0])  # type: ignore[index]

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
    price, attempts = cny(start), other.pop("attempts", ())
    offer = Offer(
        regime=other.get("regime", RegimeName.AGREED_ONLINE),
        start=price,
        increments=other.get("increments") or Increments.of(cny(step)),
        deposit=other.get("deposit") or Money(price.minor // 10, price.currency),
        reserve=cny(reserve) if reserve else None,
        opens_at=world.now + timedelta(days=7),
        closes_at=world.now + timedelta(days=8),
        authority="Self-help sale clause",
        own=other.get("own", ENGLISH_TERMS),
        alone=other.pop("alone", None),
        first_refusals=other.pop("first_refusals", ()),
        outside_notices=other.pop("outside_notices", ()),
    )
    with bank.operator.ws() as ws:
        deal_id = new_id()
        rooms.found(ws, deal_id, kind="deal", role="bank")
        rooms.share(ws, deal_id, to=borrower.tenant_id, role="borrower")
        rooms.share(ws, deal_id, to=warehouse.tenant_id, role="warehouse")
        goods = some_goods(
            borrower, warehouse, valuation=other.pop("valuation", None) or price, deal_id=deal_id, **other
        )
        rooms.found(ws, goods.lot_id, kind="lot", role="bank")
        auction = announce(ws, goods, offer, approval_id=new_id(), attempts=attempts)
    return Sale(world, bank, borrower, warehouse, auction.auction_id, deal_id)


@dataclass
class Enforced:
    """A defaulted deal whose goods are for sale."""

    deal: ADeal
    sale: Sale

    def sell(self, price: str) -> None:
        """Two bidders; the second one wins at `price` and the hammer falls."""
        first, second = self.sale.bidder(), self.sale.bidder()
        self.sale.open()
        self.sale.bid(first, str(self.sale.auction.start.amount))
        assert self.sale.bid(second, price).accepted
        assert self.sale.close().status == "SOLD"

    def pay(self) -> None:
        """The bank books the winner's balance."""
        with self.deal.bank.operator.ws() as ws:
            actions.confirm_balance(ws, self.sale.auction_id, reference="BAL-1")
        self.deal.world.work()

    def hand_over(self) -> None:
        """The warehouse gives the goods to who shows the buyer's code; the buyer's time to look at them begins."""
        with self.deal.bank.operator.ws(read_only=True) as ws:
            code = find_handover(ws, self.sale.auction_id).collection_code
        with self.deal.parties.warehouse.operator.ws() as ws:
            actions.hand_over(ws, self.sale.auction_id, code=code, collector="Li Lei, plate 沪A12345")
        self.deal.world.work()

    def accept(self) -> None:
        """The buyer takes them as they are."""
        with self.buyer.operator.ws() as ws:
            actions.accept_goods(ws, self.sale.auction_id)

    def deliver(self) -> None:
        """Paid, handed over, accepted: the proceeds are free."""
        self.pay()
        self.hand_over()
        self.accept()

    @property
    def buyer(self) -> Firm:
        """Who won."""
        with self.deal.bank.operator.ws(read_only=True) as ws:
            buyer_id = find_settlement(ws, self.sale.auction_id).buyer_id
        return next(one for one in self.sale.bidders if one.tenant_id == buyer_id)

    def owe(self, *, interest: str) -> None:
        """Set what the book says of interest, as an acceptance example has it."""
        with self.deal.bank.operator.ws() as ws:
            lacking = cny(interest) - position(ws, self.deal.deal_id).interest
            lines = [(Account.INTEREST_RECEIVABLE, lacking), (Account.INTEREST_INCOME, -lacking)]
            post(
                ws,
                deal_id=self.deal.deal_id,
                key="as the example has it",
                narrative="Interest of the example",
                entries=lines,
            )

    def propose_waterfall(self, **costs: Any) -> Approval:
        """The costs of the examples E14 and E15, unless others are given."""
        usual: dict[str, Any] = {
            "storage": cny("60000"),
            "enforcement": cny("40000"),
            "commission_rate": Decimal("0.02"),
            "tax_rate": Decimal("0.13"),
            "juniors": [("Jiangnan Factoring", cny("300000"))],
        }
        with self.deal.bank.operator.ws() as ws:
            return actions.propose_waterfall(ws, self.sale.auction_id, **(usual | costs))


def a_bad_loan(world: World) -> ADeal:
    """4,200,000 lent on 420 tonnes and in default."""
    asked = a_request(world, tonnes="420.000", amount="4200000.00")
    return a_defaulted_deal(world, deal=asked, limit="5460000.00", drawn="4200000.00")


def call_off(sale: Sale, because: str) -> None:
    """Two officers of the seller call its sale off."""
    with sale.bank.operator.ws() as ws:
        proposal = actions.propose_calling_off(ws, sale.auction_id, because=because)
    decided(sale.bank, proposal)


def propose_sale(deal: ADeal, **other: Any) -> Approval:
    """The bank's officer proposes to sell the deal's first lot."""
    world = deal.world
    terms: dict[str, Any] = {
        "regime": RegimeName.AGREED_ONLINE,
        "start": cny("4000000"),
        "reserve": None,
        "increments": Increments.of(cny("10000")),
        "deposit": cny("400000"),
        "opens_at": world.now + timedelta(days=8),
        "closes_at": world.now + timedelta(days=9),
    }
    with deal.bank.operator.ws() as ws:
        return actions.propose_disposal(
            ws, deal.deal_id, lot_id=other.pop("lot_id", deal.lots[0].id), offer=Offer(**(terms | other))
        )


def an_enforced_sale(world: World, *, deal: ADeal | None = None, **terms: Any) -> Enforced:
    """4,200,000 lent on 420 tonnes, the call not cured, default declared, the lot announced by two officers."""
    deal = deal or a_bad_loan(world)
    proposal = propose_sale(deal, **terms)
    decided(deal.bank, proposal)
    world.work()
    with deal.bank.operator.ws(read_only=True) as ws:
        [auction] = list_auctions(ws, mine=True)
    return Enforced(deal, Sale(world, deal.bank, deal.sme, deal.parties.warehouse, auction.auction_id, deal.deal_id))
