"""The cure calculator says what happens: what it promises for cash and named lots is what the loan comes to once they are there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.financing import actions
from marketplace.financing.margin.curing import Trial, try_out
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.supervision.actions import set_climate
from marketplace.valuation.actions import propose_base_terms
from marketplace.valuation.rules.sub_limits import LimitedBy, SubLimit
from tenants.errors import Conflict, Invalid, NotFound, Unavailable
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_called_loan, decided, yuan
from tests.marketplace.inventory.makers import a_product
from tests.marketplace.pledges.makers import activate
from tests.marketplace.supervision.makers import a_watching_device, say, values
from tests.marketplace.valuation.test_valuing import lend_by_heat


def tonnes(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


def put_up(deal: ADeal, lots: list[tuple[object, Quantity]], cash: Money) -> Trial:
    """Think of it, then do it: the loan must come to what was told."""
    with deal.sme.operator.ws(read_only=True) as ws:
        trial = try_out(ws, deal.deal_id, cash=cash, goods=lots)  # type: ignore[arg-type]
    with deal.sme.operator.ws() as ws:
        actions.top_up(ws, deal.deal_id, lots)  # type: ignore[arg-type]
    activate(deal.parties, deal.deal_id)
    deal.world.work()
    if cash:
        deal.repay(str(cash.amount), "REP-1")
    told, now = trial.tried, deal.position
    assert (told.outstanding, told.market_value, told.carries, told.ltv) == (now.outstanding, now.market_value, now.carries, now.ltv)  # fmt: skip
    assert told.cured == now.is_cured == (deal.call is None)
    return trial


def test_cash_and_lots_together_come_to_what_was_told(world: World) -> None:
    deal = a_called_loan(world)
    first, second = deal.parties.a_lot("6.000"), deal.parties.a_lot("9.000")
    trial = put_up(deal, [(first.id, tonnes("6.000")), (second.id, tonnes("3.500"))], yuan("74725.00"))
    assert trial.tried.cured
    assert [(line.quantity, line.haircut, line.market_value) for line in trial.lots] == [(Decimal("6.000"), Decimal("0.30"), yuan("78000.00")), (Decimal("3.500"), Decimal("0.30"), yuan("45500.00"))]  # fmt: skip


def test_a_fen_less_is_told_not_to_cure_and_does_not(world: World) -> None:
    deal = a_called_loan(world)
    lot = deal.parties.a_lot("9.500")
    trial = put_up(deal, [(lot.id, tonnes("9.500"))], yuan("74724.99"))
    assert not trial.tried.cured
    assert trial.tried.missing.cash == yuan("0.01")


def test_caps_reserves_and_sub_limits_are_counted_as_the_base_will_count_them(world: World) -> None:
    deal = a_called_loan(world)
    terms = {"cap": Decimal("0.9"), "stock_days_max": None, "reserves": [("unpaid storage", yuan("10000.00"))], "sub_limits": [SubLimit(LimitedBy.KIND, "CU", "Copper", yuan("950000.00"))]}  # fmt: skip
    with deal.bank.operator.ws() as ws:
        proposal = propose_base_terms(ws, deal.deal_id, **terms)  # type: ignore[arg-type]
    decided(deal.bank, proposal)
    world.work()
    lot = deal.parties.a_lot("20.000")
    trial = put_up(deal, [(lot.id, tonnes("20.000"))], yuan("0"))
    assert trial.tried.carries is not None
    assert trial.tried.carries < trial.tried.market_value


def test_heat_that_harmed_a_lot_is_counted_before_it_is_put_up(world: World) -> None:
    """Production reads the lot's sensors; so does the calculator, in the owner's workspace."""
    deal = a_called_loan(world)
    lend_by_heat(deal)
    lot, start = deal.parties.a_lot("10.000"), world.now
    sensor = a_watching_device(deal.parties.supervisor, lot.id, kind="climate")
    with deal.parties.supervisor.operator.ws() as ws:
        set_climate(ws, lot.id, metric="temperature", low=None, high=Decimal(40))
    say(world, sensor, values("temperature", "Cel", start, [48] * 360, every=timedelta(minutes=1)))
    world.work()
    trial = put_up(deal, [(lot.id, tonnes("10.000"))], yuan("0"))
    assert trial.lots[0].condition < 1


def test_what_cannot_be_put_up_is_refused(world: World) -> None:
    deal = a_called_loan(world)
    lot, other = (
        deal.parties.a_lot("5.000"),
        deal.parties.a_lot("5.000", product=a_product(world, deal.sme, price_code="ZN")),
    )
    with deal.sme.operator.ws(read_only=True) as ws:
        for quantity in ("5.001", "100"):
            with pytest.raises(Conflict, match="more_than_free"):
                try_out(ws, deal.deal_id, goods=[(lot.id, tonnes(quantity))])
        with pytest.raises(Invalid, match="amount_negative"):
            try_out(ws, deal.deal_id, cash=yuan("-1"))
        with pytest.raises(Unavailable, match="price_missing"):
            try_out(ws, deal.deal_id, goods=[(other.id, tonnes("5"))])
    with deal.bank.operator.ws(read_only=True) as ws, pytest.raises(NotFound, match="lot_unknown"):
        try_out(ws, deal.deal_id, goods=[(deal.lots[0].id, tonnes("1"))])
    with world.firm("SME").operator.ws(read_only=True) as ws, pytest.raises(NotFound, match="deal_unknown"):
        try_out(ws, deal.deal_id, cash=yuan("1"))


def test_a_look_writes_nothing_down(world: World) -> None:
    deal = a_called_loan(world)
    lot = deal.parties.a_lot("5.000")
    count = "select (select count(*) from house.event), (select count(*) from house.evidence_grade), (select count(*) from house.valuation_line)"
    before = world.admin.execute(count).fetchone()
    with deal.sme.operator.ws() as ws:
        try_out(ws, deal.deal_id, cash=yuan("1"), goods=[(lot.id, tonnes("5"))])
    assert world.admin.execute(count).fetchone() == before
