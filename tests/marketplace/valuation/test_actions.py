"""Prices and values on the real database: history kept, nothing valued by a stale price, every figure of a value on record."""

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.business_days import SHANGHAI
from marketplace.inventory.actions import shrink_verified
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.valuation import actions
from marketplace.valuation.models import DealValuation, PriceImport, PriceQuote, ValuationLine
from marketplace.valuation.queries import (
    all_series,
    find_import,
    find_series,
    history,
    imports,
    latest_valuation,
    policies,
    price_of,
    quotes,
)
from marketplace.valuation.rules.prices import PriceKind
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import an_active_pledge, the_parties
from tests.marketplace.valuation.makers import a_price, a_price_series

DATA = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data")
COPPER = DATA / "prices-cn" / "data" / "CU.csv"
MONDAY = date(2026, 3, 2)


def test_a_newer_import_supersedes_and_the_older_stays(world: World) -> None:
    bank = world.firm("BANK")
    a_price_series(world, bank, ["19800", "19850", "19900"])
    with bank.operator.ws() as ws:
        made = actions.import_quotes(
            ws, code="CU", rows=[(MONDAY, Decimal("19950")), (MONDAY - timedelta(days=1), Decimal("19850"))]
        )
        assert (made.status, made.superseded) == ("IMPORTED", 1)
    with bank.operator.ws(read_only=True) as ws:
        assert [quote.price for quote in quotes(ws, "CU")] == [Decimal(19950), Decimal(19850), Decimal(19800)]
        assert [quote.price for quote in history(ws, "CU", MONDAY)] == [Decimal(19950), Decimal(19900)]
        newest = imports(ws, "CU")[0]
        assert (newest.added, newest.superseded, newest.unchanged) == (0, 1, 1)


def test_two_current_prices_of_a_day_are_impossible(world: World) -> None:
    bank = world.firm("BANK")
    a_price(world, bank, "19850")
    a_price(world, bank, "19900")
    with pytest.raises(DBAPIError, match="uq_price_quote_current"), bank.operator.ws() as ws:
        ws.session.execute(update(PriceQuote).values(superseded_at=None))


def test_the_lower_of_index_and_mean_counts(world: World) -> None:
    bank = world.firm("BANK")
    a_price_series(world, bank, ["20000"] * 19)
    with bank.operator.ws(read_only=True) as ws:
        assert price_of(ws, "CU", MONDAY).kind is PriceKind.INDEX
    a_price(world, bank, "22000")  # one day's leap does not count at once
    with bank.operator.ws() as ws:
        actions.import_quotes(ws, code="CU", rows=[(MONDAY - timedelta(days=19), Decimal(20000))])
        mean = price_of(ws, "CU", MONDAY)
        assert (mean.kind, mean.price.recorded) == (PriceKind.MEAN, Decimal("20100.00000000"))
    a_price(world, bank, "18000")  # one day's fall does
    with bank.operator.ws(read_only=True) as ws:
        assert price_of(ws, "CU", MONDAY).price.recorded == Decimal(18000)


def test_a_missing_or_stale_price_blocks(world: World) -> None:
    bank = world.firm("BANK")
    with bank.operator.ws() as ws, pytest.raises(Unavailable, match="price_missing"):
        price_of(ws, "CU", MONDAY)
    a_price(world, bank, "20000", on=MONDAY - timedelta(days=5))
    with bank.operator.ws() as ws:
        assert price_of(ws, "CU", MONDAY).quoted_on == MONDAY - timedelta(days=5)
        with pytest.raises(Unavailable, match="price_stale"):
            price_of(ws, "CU", MONDAY + timedelta(days=1))
        with pytest.raises(Unavailable, match="price_missing"):
            price_of(ws, "CU", MONDAY - timedelta(days=6))
        assert not all_series(ws)[0].is_stale
    world.advance(timedelta(days=1))
    with bank.operator.ws(read_only=True) as ws:
        assert find_series(ws, "CU").is_stale


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"rows": []}, "prices_empty"),
        ({"rows": [(MONDAY, Decimal(0))]}, "price_not_positive"),
        ({"rows": [(MONDAY, Decimal(-1))]}, "price_not_positive"),
        ({"rows": [(MONDAY, Decimal(1)), (MONDAY, Decimal(2))]}, "price_day_twice"),
        ({"rows": [(MONDAY + timedelta(days=1), Decimal(1))]}, "price_day_ahead"),
        ({"code": "cu future"}, "price_code_wrong"),
        ({"currency": "XXX"}, "currency_unknown"),
        ({"unit": "BUSHEL"}, "unit_unknown"),
    ],
)
def test_prices_that_cannot_be_are_refused(world: World, options: dict[str, Any], code: str) -> None:
    bank = world.firm("BANK")
    with bank.operator.ws() as ws, pytest.raises(Invalid, match=code):
        actions.import_quotes(ws, **({"code": "CU", "rows": [(MONDAY, Decimal(1))]} | options))


def test_a_series_keeps_its_measure(world: World) -> None:
    bank = world.firm("BANK")
    a_price(world, bank, "20000")
    with bank.operator.ws() as ws, pytest.raises(Conflict, match="price_measure_changed"):
        actions.import_quotes(ws, code="CU", rows=[(MONDAY, Decimal(2800))], currency="USD")


def test_a_file_is_looked_at_before_it_counts(world: World) -> None:
    bank = world.firm("BANK")
    with bank.operator.ws() as ws:
        made = actions.preview_prices(
            ws, code="CU", content="日期,价格\n2026-03-02,20000\n2026-03-01,?\n".encode(), name="铜.csv"
        )
        assert (len(made.rows), len(made.faults), made.status) == (1, 1, "PREVIEWED")
    with bank.operator.ws() as ws:
        with pytest.raises(Unavailable):
            price_of(ws, "CU", MONDAY)
        assert actions.confirm_import(ws, made.id).added == 1
        with pytest.raises(Conflict, match="import_done"):
            actions.confirm_import(ws, made.id)
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotFound, match="import_unknown"):
        actions.confirm_import(ws, made.id)


YESTERDAY = MONDAY - timedelta(days=1)


def corrected(bank: Firm, price: str = "19000") -> PriceImport:
    """An import that would replace yesterday's price and tell today's."""
    with bank.operator.ws() as ws:
        return actions.import_quotes(ws, code="CU", rows=[(MONDAY, Decimal(19900)), (YESTERDAY, Decimal(price))])


def current(bank: Firm) -> list[Decimal]:
    with bank.operator.ws(read_only=True) as ws:
        return [quote.price for quote in quotes(ws, "CU")]


def decide(bank: Firm, made: PriceImport, *, approve: bool) -> None:
    with bank.approver.ws() as ws:
        [waiting] = [one for one in approvals.waiting(ws) if one.subject_id == made.id]
        approvals.decide(ws, waiting.id, approve=approve)


def test_a_price_of_an_earlier_day_is_replaced_by_two(world: World) -> None:
    """Loans were valued and called by it; today's is told anew as the market moves. With it waits all that came beside it."""
    bank = world.firm("BANK")
    a_price(world, bank, "19850", on=YESTERDAY)
    made = corrected(bank)
    assert (made.status, made.added + made.superseded, current(bank)) == ("PROPOSED", 0, [Decimal(19850)])
    with bank.operator.ws() as ws, pytest.raises(Conflict, match="import_done"):
        actions.confirm_import(ws, made.id)
    decide(bank, made, approve=True)
    assert current(bank) == [Decimal(19900), Decimal(19000)]
    with bank.operator.ws(read_only=True) as ws:
        taken = find_import(ws, made.id)
        assert (taken.status, taken.added, taken.superseded) == ("IMPORTED", 1, 1)


def test_what_a_colleague_refused_is_not_taken_in(world: World) -> None:
    bank = world.firm("BANK")
    a_price(world, bank, "19850", on=YESTERDAY)
    made = corrected(bank)
    decide(bank, made, approve=False)
    assert current(bank) == [Decimal(19850)]
    with bank.operator.ws(read_only=True) as ws:
        assert find_import(ws, made.id).status == "REFUSED"


def test_a_correction_is_agreed_to_only_of_what_it_was_proposed_of(world: World) -> None:
    """Two corrections of one day: whoever agreed to the second saw another price that gives way."""
    bank = world.firm("BANK")
    a_price(world, bank, "19850", on=YESTERDAY)
    first, second = corrected(bank, "19000"), corrected(bank, "18000")
    decide(bank, first, approve=True)
    with pytest.raises(Conflict, match="prices_moved"):
        decide(bank, second, approve=True)
    assert current(bank) == [Decimal(19900), Decimal(19000)]


def test_who_may_not(world: World) -> None:
    sme = world.firm("SME")
    with sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.import_quotes(ws, code="CU", rows=[(MONDAY, Decimal(1))])
    with world.firm("BANK").approver.ws() as ws, pytest.raises(NotAllowed):
        actions.preview_prices(ws, code="CU", content=b"", name="x.csv")


def test_prices_are_a_banks_own(world: World) -> None:
    bank, other = world.firm("BANK"), world.firm("BANK")
    a_price(world, bank, "20000")
    with other.operator.ws(read_only=True) as ws:
        assert quotes(ws, "CU") == []
        assert ws.session.scalars(select(PriceQuote)).all() == []


def test_lending_terms_take_two_and_are_published(world: World) -> None:
    bank = world.firm("BANK")
    a_price(world, bank, "20000")
    lines = {
        "ltv_initial": "0.65",
        "ltv_warn": "0.70",
        "ltv_call": "0.75",
        "ltv_liquidation": "0.85",
        "haircut": "0.30",
    }
    with bank.operator.ws() as ws:
        terms = {name: Decimal(share) for name, share in lines.items()}
        with pytest.raises(Invalid, match="lines_out_of_order"):
            actions.propose_lending_terms(ws, code="CU", **(terms | {"ltv_call": Decimal("0.60")}))
        with pytest.raises(Invalid, match="share_out_of_range"):
            actions.propose_lending_terms(ws, code="CU", **(terms | {"haircut": Decimal("1.01")}))
        proposal = actions.propose_lending_terms(ws, code="CU", **terms)
    with world.firm("SME").operator.ws(read_only=True) as ws:
        assert [one for one in policies(ws) if one.tenant_id == bank.tenant_id] == []
    with bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with world.firm("SME").operator.ws(read_only=True) as ws:
        (policy,) = policies(ws, bank_id=bank.tenant_id)
        assert (policy.ltv_initial, policy.reference_price) == (Decimal("0.65"), Decimal(20000))
    a_price(world, bank, "21000")
    with world.firm("SME").operator.ws(read_only=True) as ws:
        assert policies(ws, bank_id=bank.tenant_id)[0].reference_price == Decimal(21000)


def test_e1_to_the_fen(world: World) -> None:
    """E1: documented 500.000 t, verified 498.750, price 19,850, grade 0.98, haircut 0.30."""
    parties = the_parties(world)
    lot = parties.a_lot("500.000", weighed="498.750")
    a_price(world, parties.bank, "19850")
    terms = {
        "ltv_initial": "0.65",
        "ltv_warn": "0.70",
        "ltv_call": "0.75",
        "ltv_liquidation": "0.85",
        "haircut": "0.30",
    }
    with parties.bank.operator.ws() as ws:
        proposal = actions.propose_lending_terms(
            ws,
            code="CU",
            grades={lot.grade: Decimal("0.98")},
            **{name: Decimal(share) for name, share in terms.items()},
        )
    with parties.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    deal_id, _ = an_active_pledge(parties, lot, "498.750")
    with parties.bank.operator.ws() as ws:
        value = actions.value_deal(ws, deal_id)
        assert value.market_value == Money.of("9702183.75", "CNY")
        assert value.collateral_value == Money.of("6791528.63", "CNY")
    with parties.sme.operator.ws(read_only=True) as ws:
        seen = latest_valuation(ws, deal_id)
        assert seen is not None
        (line,) = seen.lines
        assert (line.quantity, line.price, line.grade, line.haircut) == (
            Decimal("498.750"),
            Decimal(19850),
            Decimal("0.98"),
            Decimal("0.30"),
        )
    for outsider in (parties.warehouse, parties.supervisor, world.firm("BANK")):
        with outsider.operator.ws(read_only=True) as ws:
            assert latest_valuation(ws, deal_id) is None
            assert ws.session.scalars(select(ValuationLine)).all() == []


def test_an_unknown_grade_blocks(world: World) -> None:
    parties = the_parties(world)
    lot = parties.a_lot()
    a_price(world, parties.bank, "19850")
    terms = {
        "ltv_initial": "0.65",
        "ltv_warn": "0.70",
        "ltv_call": "0.75",
        "ltv_liquidation": "0.85",
        "haircut": "0.30",
    }
    with parties.bank.operator.ws() as ws:
        proposal = actions.propose_lending_terms(
            ws, code="CU", grades={"Grade A": Decimal(1)}, **{name: Decimal(share) for name, share in terms.items()}
        )
    with parties.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    deal_id, _ = an_active_pledge(parties, lot, "100.000")
    with parties.bank.operator.ws() as ws, pytest.raises(Unavailable, match="grade_unknown"):
        actions.value_deal(ws, deal_id)


def test_a_loss_lowers_the_value_of_what_is_pledged(world: World) -> None:
    parties = the_parties(world)
    lot = parties.a_lot("100.000")
    a_price(world, parties.bank, "20000")
    deal_id, _ = an_active_pledge(parties, lot, "60.000")
    with parties.bank.operator.ws() as ws:
        assert actions.value_deal(ws, deal_id).market_value == Money.of("1200000.00", "CNY")
    with parties.supervisor.operator.ws() as ws:
        shrink_verified(ws, lot.id, to=Quantity.of("48.000", "TNE"), because="theft")
    with parties.bank.operator.ws() as ws:
        value = actions.value_deal(ws, deal_id)
        assert value.lines[0].quantity == Decimal("48.000")  # all that is left is behind the 60 t that were pledged
        assert value.market_value == Money.of("960000.00", "CNY")
        assert value.lines[0].reasons == ["Less is there than is pledged."]


def test_only_the_bank_values_and_nothing_is_rewritten(world: World) -> None:
    parties = the_parties(world)
    a_price(world, parties.bank, "20000")
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60.000")
    with parties.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.value_deal(ws, deal_id)
    with parties.bank.operator.ws() as ws:
        actions.value_deal(ws, deal_id)
    for act in ("update house.deal_valuation set market_value_minor = 1", "delete from house.valuation_line"):
        with pytest.raises(DBAPIError, match="permission denied"), parties.bank.operator.ws() as ws:
            ws.session.execute(text(act))
    with parties.bank.operator.ws(read_only=True) as ws:
        assert len(ws.session.scalars(select(DealValuation).where(DealValuation.deal_id == deal_id)).all()) == 1


@pytest.mark.skipif(not COPPER.exists(), reason="the copper series is not on this machine")
def test_three_years_of_real_copper(world: World) -> None:
    """The series as it is: imported from its file, then looked up on every tenth day, stale over each long holiday."""
    bank = world.firm("BANK")
    world.set_clock(world.now.replace(month=7, day=1))
    with bank.operator.ws() as ws:
        made = actions.preview_prices(ws, code="CU", content=COPPER.read_bytes(), name="CU.csv")
        assert actions.confirm_import(ws, made.id).added == 723
    with bank.operator.ws(read_only=True) as ws:
        today = ws.now.astimezone(SHANGHAI).date()
        with pytest.raises(Unavailable, match="price_stale"):
            price_of(ws, "CU", today)
        known = {quote.quoted_on: quote.price for quote in quotes(ws, "CU")}
        blocked = 0
        for back in range(14, 1000, 10):
            day = today - timedelta(days=back)
            try:
                found = price_of(ws, "CU", day)
            except Unavailable:
                blocked += 1
                assert not any(day - timedelta(days=age) in known for age in range(6))
                continue
            newest = max(quoted for quoted in known if quoted <= day)
            assert found.price.recorded <= known[newest]
            assert (day - newest).days <= 5
        assert blocked < 10
