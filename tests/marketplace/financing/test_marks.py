"""The usual new price, one statement for many loans: it makes of goods what the rules make of them, lot by lot, and leaves to a whole look what is not usual."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from marketplace.financing import actions
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.queries import find_deal
from marketplace.money import Money, total
from marketplace.quantity import UNITS, Quantity
from marketplace.valuation.actions import propose_base_terms, propose_lending_terms
from marketplace.valuation.base import base_of
from marketplace.valuation.events import DealValued
from marketplace.valuation.marking import MARKS, at_market
from marketplace.valuation.models import DealValuation, PriceQuote, ValuationLine
from marketplace.valuation.queries import latest_valuation, price_of, today
from marketplace.valuation.repricing import at_own_prices, kept
from marketplace.valuation.rules.worth import VALUATION_AGE_MAX, Goods, worth
from tenants.database import new_id
from tenants.errors import Unavailable
from tenants.events import Event
from tenants.record import broken_links
from tenants.workspace import Workspace
from tests.factories import Shared, World
from tests.marketplace.financing.makers import TERMS, ADeal, a_request, a_running_loan, decided, yuan

MASSES = sorted(code for code, unit in UNITS.items() if unit.dimension == "mass")
# Worth more than some fen: what a lot of nothing at no price rounds to tells no rule from another.
SHARES = st.one_of(st.just(Decimal(0)), st.decimals("0.5", 1, places=8))
LOTS = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(MASSES),
        "pledged_qty": st.decimals(1000, 99_999, places=3),
        "quantity": st.decimals(1, 1000, places=3),
        "moisture": st.decimals(0, "0.5", places=8),
        "grade": SHARES,
        "condition": st.decimals("0.5", 1, places=12),
        "plain_haircut": st.decimals(0, "0.8", places=8),
        "evidence_points": st.decimals(0, "0.2", places=8),
        "barred": st.sampled_from(["", "The lot is frozen."]),
    }
)
DAY = VALUATION_AGE_MAX // timedelta(microseconds=1)
A_LOT = {
    "unit": "TNE",
    "pledged_qty": Decimal(100),
    "quantity": Decimal(100),
    "moisture": Decimal(0),
    "grade": Decimal(1),
    "condition": Decimal(1),
    "plain_haircut": Decimal("0.3"),
    "evidence_points": Decimal(0),
    "barred": "",
}
PRICES = st.decimals("1000", "999999", places=8)
MARK = text(f"with {MARKS} select * from mark")


@pytest.fixture
def loan(world: World) -> ADeal:
    """A million lent on goods worth two."""
    return a_running_loan(world)


def valued(deal: ADeal) -> DealValuation:
    """Its newest valuation, with lines."""
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
    assert value is not None
    return value


def is_marked(deal: ADeal) -> bool:
    """Whether the newest only has another price on goods that were found before."""
    value = valued(deal)
    return value.goods_of != value.id


def test_a_new_price_is_put_on_the_goods_as_they_were_found(world: World) -> None:
    loan = a_running_loan(world, deal=a_request(world, lots=3))
    found = valued(loan)
    world.advance(timedelta(hours=1))
    loan.price("20400.5")
    marked = valued(loan)
    assert (found.goods_of, marked.goods_of, marked.at) == (found.id, found.id, world.now)
    assert [(line.price, line.market_value_minor) for line in marked.lines] == [
        (Decimal("20400.50000000"), 204_005_000)
    ] * 3
    assert (marked.market_value, marked.base_minor) == (yuan("6120150.00"), base_of(marked).amount.minor)
    world.advance(timedelta(hours=1))
    loan.price("20500")
    again = valued(loan)
    assert (again.goods_of, again.market_value) == (found.id, yuan("6150000.00"))
    with loan.sme.operator.ws(read_only=True) as ws:
        told = (
            ws.session.query(Event)
            .filter_by(stream_id=loan.deal_id, kind="DealValued")
            .order_by(Event.sequence.desc())
            .first()
        )
        assert told is not None
        assert broken_links(ws, loan.deal_id) == []
    said = DealValued(valuation_id=again.id, market_value=again.market_value, collateral_value=again.collateral_value, cause="price")  # fmt: skip
    assert (told.facts, told.evidence) == (said.as_text(), f'["{again.id}"]'), "as the action would have told it"
    assert (told.actor, told.tenant_id, told.at) == (
        "system:financing.mark_stretch:system",
        loan.bank.tenant_id,
        world.now,
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    goods=st.lists(LOTS, min_size=1, max_size=4),
    reserve=st.integers(0, 10**9),
    series=st.one_of(st.lists(PRICES, min_size=1, max_size=1), st.lists(PRICES, min_size=20, max_size=20)),
    unit=st.sampled_from(MASSES),
)
def test_a_mark_is_to_the_fen_what_the_rules_make_of_each_lot(world: World, loan: ADeal, goods: list[dict[str, Any]], reserve: int, series: list[Decimal], unit: str) -> None:  # fmt: skip
    """Whatever was found of goods, in whatever unit they and their price are told, and be the price the mean of twenty: the statement's sums are the rules'."""
    with loan.bank.operator.ws() as ws:
        code = a_series(ws, series, unit)
        found = a_look(ws, loan, code, goods, reserve)
        marks = ws.session.execute(MARK, at_market(ws, [loan.deal_id])).all()
        quote = price_of(ws, code, today(ws))
    if unit == "LBR" and any(one["unit"] != "LBR" for one in goods):
        assert marks == [], "a kilogram at so much a pound is no finite decimal"
        return
    [mark] = marks
    value = DealValuation(id=new_id(), goods_of=found.id, prices={code: kept(quote)}, currency="CNY", base_terms=found.base_terms)  # fmt: skip
    value.__dict__["lines"] = lines_of(found, code, goods)
    lines = at_own_prices(value).lines
    for line in lines:
        counts, all_of_it = line.counted, Quantity(line.pledged_qty, line.unit)
        worth_now = worth(Goods(counts, quote.price, line.grade, line.condition, line.haircut, line.moisture))
        plain = worth(Goods(counts, quote.price, line.grade, line.condition, line.plain_haircut, line.moisture))
        assert (line.market_value, line.collateral_value) == (worth_now.market_value, worth_now.collateral_value)
        assert line.doubt == plain.collateral_value - worth_now.collateral_value
        assert line.pledged_value == worth(Goods(all_of_it, quote.price, line.grade, line.condition, line.haircut, line.moisture)).market_value  # fmt: skip
    assert mark.market_minor == total((line.market_value for line in lines), "CNY").minor
    assert mark.collateral_minor == total((line.collateral_value for line in lines), "CNY").minor
    assert mark.base_minor == base_of(value).amount.minor


def test_goods_are_no_fresher_for_a_new_price(world: World) -> None:
    loan = a_running_loan(world, drawn="500000.00")
    world.advance(timedelta(hours=10))
    loan.price("20100")
    assert is_marked(loan)
    world.advance(timedelta(hours=15))
    with loan.sme.operator.ws() as ws, pytest.raises(Unavailable, match="valuation_stale"):
        actions.request_drawdown(ws, loan.deal_id, amount=yuan("1000.00"), payee="Mill")


@pytest.mark.parametrize(
    ("found", "sub_limits", "currency", "marked"),
    [
        pytest.param(0, [], "CNY", True, id="a look of this moment"),
        pytest.param(1 - DAY, [], "CNY", True, id="goods found just in time"),
        pytest.param(-DAY, [], "CNY", False, id="goods found too long ago"),
        pytest.param(1, [], "CNY", False, id="a look that another made since"),
        pytest.param(0, [], "USD", False, id="a price in another currency"),
        pytest.param(0, [{"by": "KIND", "of": "X", "name": "Copper", "minor": 1}], "CNY", False, id="a sub-limit"),
    ],
)  # fmt: skip
def test_only_what_is_plainly_usual_is_marked(shared: Shared, found: int, sub_limits: list[dict[str, Any]], currency: str, marked: bool) -> None:  # fmt: skip
    """All that is not so is the rules'. `found`: when the goods were looked at, in microseconds from now."""
    loan = shared(a_running_loan)
    with loan.bank.operator.ws() as ws, ws.session.begin_nested() as tried:
        code = a_series(ws, [Decimal(20_000)], "TNE", currency)
        look = a_look(ws, loan, code, [A_LOT], 0, sub_limits=sub_limits)
        now = look.at - timedelta(microseconds=found)
        given = at_market(ws, [loan.deal_id]) | {"now": now, "not_before": now - VALUATION_AGE_MAX}
        assert len(ws.session.execute(MARK, given).all()) == marked
        tried.rollback()


def a_series(ws: Workspace, newest_first: list[Decimal], unit: str, currency: str = "CNY") -> str:
    """A series of prices up to today; its code."""
    code = f"X{new_id().hex}"
    for back, price in enumerate(newest_first):
        ws.session.add(PriceQuote(tenant_id=ws.tenant_id, code=code, quoted_on=today(ws) - timedelta(days=back), import_id=new_id(), price=price, currency=currency, unit=unit))  # fmt: skip
    ws.session.flush()
    return code


def a_look(
    ws: Workspace,
    deal: ADeal,
    code: str,
    goods: list[dict[str, Any]],
    reserve: int,
    *,
    sub_limits: Sequence[dict[str, Any]] = (),
) -> DealValuation:
    """A look of this moment that found such goods."""
    name, reserves = new_id(), [{"why": "Storage", "minor": reserve}]
    value = DealValuation(
        deal_id=deal.deal_id,
        id=name,
        tenant_id=ws.tenant_id,
        at=ws.now,
        goods_of=name,
        found_at=ws.now,
        prices={code: {}},
        market_value_minor=0,
        collateral_value_minor=0,
        base_minor=0,
        base_terms={"cap": "1.00000000", "wrong_way": "0", "reserves": reserves, "sub_limits": list(sub_limits)},
        currency="CNY",
        cause="request",
    )
    ws.session.add(value)
    ws.session.flush()
    ws.session.add_all(lines_of(value, code, goods))
    ws.session.flush()
    return value


def lines_of(value: DealValuation, code: str, goods: list[dict[str, Any]]) -> list[ValuationLine]:
    """Its lines; what only a price can say is left at nothing."""
    same: dict[str, Any] = {
        "deal_id": value.deal_id,
        "valuation_id": value.id,
        "tenant_id": value.tenant_id,
        "lot_id": UUID(int=1),
        "lot_number": "L-1",
        "site_id": UUID(int=2),
        "product_name": "Copper",
        "price_code": code,
        "documented_qty": Decimal(1),
        "verified_qty": Decimal(1),
        "measured_qty": None,
        "price": Decimal(1),
        "price_unit": "TNE",
        "price_kind": "INDEX",
        "quoted_on": value.at.date() if value.at else None,
        "evidence_grade": "A",
        "currency": "CNY",
        "reasons": [],
    }
    nothing = dict.fromkeys(
        ("doubt_minor", "pledged_value_minor", "ahead_minor", "market_value_minor", "collateral_value_minor"), 0
    )
    return [
        ValuationLine(**same, **nothing, **one, line=number, haircut=one["plain_haircut"] + one["evidence_points"])
        for number, one in enumerate(goods, start=1)
    ]


def test_what_is_not_usual_is_looked_at(world: World, loan: ADeal) -> None:
    def price(amount: str) -> bool:
        world.advance(timedelta(minutes=10))
        loan.price(amount)
        return is_marked(loan)

    assert price("19000"), "a loan of 52 per cent"
    assert not price("14000"), "beyond the warning line"
    assert not price("13000")
    assert loan.call is not None
    assert not price("18000"), "a call that may be cured"
    assert loan.call is None
    assert price("18100")
    world.advance(timedelta(days=1))
    assert not price("18000"), "found a day ago"
    lines = {name: TERMS[name] for name in ("haircut", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")}
    with loan.bank.operator.ws() as ws:
        proposal = propose_lending_terms(ws, code="CU", loss_per_degree_hour=Decimal(0), **lines)
    world.advance(timedelta(minutes=1))
    decided(loan.bank, proposal)
    assert not price("18100"), "lending terms that are newer than the look"
    assert price("18200")
    with loan.bank.operator.ws() as ws:
        proposal = propose_base_terms(ws, loan.deal_id, cap=Decimal("0.5"), reserves=[("Storage", Money(1, "CNY"))])
    decided(loan.bank, proposal)
    world.work()
    assert not price("18300"), "a cap"


def test_goods_that_could_not_be_valued_since_are_looked_at_again(world: World, loan: ADeal) -> None:
    """Else what happened to them while no price was there would stay unseen until the night."""
    older = "update house.price_quote set quoted_on = quoted_on + %s where tenant_id = %s"
    world.admin.execute(older, (-30, loan.bank.tenant_id))
    with loan.bank.operator.ws() as ws:
        review_deal(ws, loan.deal_id, cause="request")
        assert find_deal(ws, loan.deal_id).unvalued_since == ws.now
    loan.price("19900")
    assert not is_marked(loan)
    loan.price("19800")
    assert is_marked(loan)
