"""Deals for tests, on each step from the request to default: by the same actions that people use, each by the party that may."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.financing import actions
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.queries import drawdowns, find_deal, open_call, position
from marketplace.financing.rules.offers import Terms
from marketplace.financing.rules.terms import Position
from marketplace.inventory.models import Lot
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.approvals import Approval
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import Parties, activate, the_parties
from tests.marketplace.valuation.makers import a_price


def yuan(amount: str) -> Money:
    """An amount of yuan."""
    return Money.of(amount, "CNY")


@dataclass
class ADeal:
    """A deal on its way: who takes part, what carries it."""

    parties: Parties
    deal_id: UUID
    lots: list[Lot]

    @property
    def world(self) -> World:
        """The test's world."""
        return self.parties.world

    @property
    def bank(self) -> Firm:
        """Who lends."""
        return self.parties.bank

    @property
    def sme(self) -> Firm:
        """Who borrows."""
        return self.parties.sme

    @property
    def status(self) -> str:
        """Where the deal stands now."""
        with self.bank.operator.ws(read_only=True) as ws:
            return find_deal(ws, self.deal_id).status

    @property
    def position(self) -> Position:
        """What is owed and what carries it, now."""
        with self.bank.operator.ws(read_only=True) as ws:
            return position(ws, self.deal_id)

    @property
    def call(self) -> MarginCall | None:
        """The call that stands."""
        with self.bank.operator.ws(read_only=True) as ws:
            return open_call(ws, self.deal_id)

    def price(self, amount: str) -> None:
        """A new price of today, and all that follows from it."""
        a_price(self.world, self.bank, amount)
        self.world.work()

    def repay(self, amount: str, reference: str) -> None:
        """Cash comes in, and all that follows from it."""
        with self.bank.operator.ws() as ws:
            actions.record_repayment(ws, self.deal_id, amount=yuan(amount), reference=reference)
        self.world.work()


TERMS: dict[str, Any] = {
    "annual_rate": Decimal("0.0435"),
    "day_count": "ACT/360",
    "tenor_days": 180,
    "ltv_initial": Decimal("0.65"),
    "ltv_warn": Decimal("0.70"),
    "ltv_call": Decimal("0.75"),
    "ltv_liquidation": Decimal("0.85"),
    "haircut": Decimal("0.30"),
}


def a_request(
    world: World,
    *,
    parties: Parties | None = None,
    amount: str = "1000000.00",
    tonnes: str = "100.000",
    price: str = "20000",
    lots: int = 1,
    core: Firm | None = None,
    priced_in: str = "CNY",
    **told: Any,
) -> ADeal:
    """A firm asks for a million on a hundred tonnes of copper worth two."""
    parties = parties or the_parties(world)
    goods = [parties.a_lot(tonnes, **told) for _ in range(lots)]
    a_price(world, parties.bank, price, currency=priced_in)
    with parties.sme.operator.ws() as ws:
        deal = actions.request_financing(
            ws,
            bank_id=parties.bank.tenant_id,
            amount=yuan(amount),
            tenor_days=180,
            purpose="Copper for the cable works",
            goods=[(lot.id, Quantity.of(tonnes, lot.unit)) for lot in goods],
            core_id=core.tenant_id if core else None,
        )
    world.work()
    return ADeal(parties, deal.deal_id, goods)


def an_offer(world: World, *, deal: ADeal | None = None, limit: str = "1300000.00", **terms: Any) -> ADeal:
    """The bank's offer on it."""
    deal = deal or a_request(world)
    with deal.bank.operator.ws() as ws:
        offered = Terms(limit=yuan(limit), **(TERMS | terms))
        actions.offer_financing(ws, deal.deal_id, offered, valid_until=ws.now + timedelta(days=14))
    return deal


def an_accepted_deal(world: World, **options: Any) -> ADeal:
    """The firm accepted."""
    deal = an_offer(world, **options)
    with deal.sme.operator.ws() as ws:
        actions.accept_offer(ws, deal.deal_id)
    return deal


def decided(firm: Firm, proposal: Approval, *, approve: bool = True) -> None:
    """A second officer of the firm decides."""
    with firm.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=approve)


def a_signed_deal(world: World, **options: Any) -> ADeal:
    """Approved by a second officer, so signed."""
    deal = an_accepted_deal(world, **options)
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_approval(ws, deal.deal_id)
    decided(deal.bank, proposal)
    return deal


def prove_conditions(deal: ADeal) -> None:
    """The bank enters the insurance policy and the supervised account."""
    with deal.bank.operator.ws() as ws:
        actions.record_condition(ws, deal.deal_id, "INSURANCE", reference="PICC 2026-118842")
        actions.record_condition(ws, deal.deal_id, "ACCOUNT", reference="6222 0210 0011 2345 678")


def a_drawable_deal(world: World, **options: Any) -> ADeal:
    """Conditions proven, goods under control and pledged: money may be drawn."""
    deal = a_signed_deal(world, **options)
    prove_conditions(deal)
    activate(deal.parties, deal.deal_id)
    world.work()
    return deal


def draw(deal: ADeal, amount: str, reference: str) -> UUID:
    """Asked for, approved by two, instructed, confirmed. Returns the drawdown's id."""
    with deal.sme.operator.ws() as ws:
        drawdown = actions.request_drawdown(ws, deal.deal_id, amount=yuan(amount), payee="Jiangxi Copper")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_drawdown(ws, drawdown.id)
    decided(deal.bank, proposal)
    with deal.bank.operator.ws() as ws:
        actions.confirm_payment(ws, drawdown.id, bank_reference=reference)
        assert drawdowns(ws, deal.deal_id)[0].status == "CONFIRMED"
    deal.world.work()
    return drawdown.id


def a_running_loan(world: World, *, drawn: str = "1000000.00", **options: Any) -> ADeal:
    """A million lent on goods worth two: loan-to-value one half."""
    deal = a_drawable_deal(world, **options)
    draw(deal, drawn, "PAY-1")
    return deal


def a_called_loan(world: World, *, price: str = "13000", **options: Any) -> ADeal:
    """The price fell to where a call was opened (76.9 per cent) and the borrower has its notice."""
    return call_on(a_running_loan(world, **options), price)


def call_on(deal: ADeal, price: str = "13000") -> ADeal:
    """The same with a loan that runs."""
    deal.price(price)
    assert deal.call is not None
    return deal


def an_escalated_call(world: World, **options: Any) -> ADeal:
    """Nobody cured it in time."""
    return escalate(a_called_loan(world, **options))


def escalate(deal: ADeal) -> ADeal:
    """The time to cure a loan's call runs out."""
    call = deal.call
    assert call is not None
    deal.world.set_clock(call.cure_by)
    deal.world.work()
    return deal


def a_defaulted_deal(world: World, **options: Any) -> ADeal:
    """Declared by two officers of the bank; the pledge is being enforced."""
    return declare_default(an_escalated_call(world, **options))


def default_on(deal: ADeal) -> ADeal:
    """A loan that runs: the price falls, nobody cures, the bank declares default."""
    return declare_default(escalate(call_on(deal)))


def declare_default(deal: ADeal) -> ADeal:
    """Two officers of the bank declare it."""
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_default(ws, deal.deal_id, because="The margin call was not cured.")
    decided(deal.bank, proposal)
    deal.world.work()
    return deal


def at_once(world: World, count: int, act: Any) -> list[BaseException]:
    """The same act by so many threads, each in a transaction of its own; what they raised."""
    failures: list[BaseException] = []
    gate = threading.Barrier(count)

    def run() -> None:
        with world.app.app_context():
            gate.wait()
            try:
                act()
            except BaseException as failure:
                failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
