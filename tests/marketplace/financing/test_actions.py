"""What each step of a deal refuses, who may not take it, and who sees what."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.agreeing.conditions import checklist
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.deals import ConditionRecord, Deal, DealCover, DealGoods, Offer
from marketplace.financing.models.loans import AccruedDay
from marketplace.financing.models.money import Drawdown, Repayment
from marketplace.financing.queries import (
    drawdowns,
    find_cover,
    find_deal,
    list_covers,
    list_deals,
    offers,
    portfolio,
    position,
    repayments,
)
from marketplace.financing.releases import largest_releases
from marketplace.financing.rules.offers import Terms
from marketplace.inventory.actions import freeze_lot
from marketplace.inventory.queries import find_lot
from marketplace.ledger.queries import balances, postings
from marketplace.ledger.rules.accounts import Account
from marketplace.pledges.actions import order_release
from marketplace.quantity import Quantity
from marketplace.valuation.models import DealValuation
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from tenants.events import Event
from tests.factories import Shared, World
from tests.marketplace.financing.makers import (
    TERMS,
    ADeal,
    a_called_loan,
    a_drawable_deal,
    a_request,
    a_running_loan,
    a_signed_deal,
    an_accepted_deal,
    an_offer,
    decided,
    draw,
    prove_conditions,
    yuan,
)
from tests.marketplace.pledges.makers import activate, the_parties
from tests.marketplace.valuation.makers import a_price


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": yuan("0.00")}, "amount_not_positive"),
        ({"tenor_days": 0}, "tenor_wrong"),
        ({"tenor_days": 1831}, "tenor_wrong"),
        ({"purpose": "  "}, "text_missing"),
        ({"goods": []}, "goods_missing"),
    ],
)
def test_requests_that_cannot_be(world: World, change: dict[str, Any], code: str) -> None:
    parties = the_parties(world)
    lot = parties.a_lot()
    asked = {
        "bank_id": parties.bank.tenant_id,
        "amount": yuan("100.00"),
        "tenor_days": 90,
        "purpose": "Copper",
        "goods": [(lot.id, Quantity.of("10", "TNE"))],
    }
    with parties.sme.operator.ws() as ws, pytest.raises(Invalid, match=code):
        actions.request_financing(ws, **(asked | change))


def test_a_request_needs_a_bank_and_ones_own_free_goods(world: World) -> None:
    parties, other = the_parties(world), world.firm("SME")
    lot = parties.a_lot("100.000")

    def ask(firm: Any, tonnes: str, bank: Any, unit: str = "TNE") -> Deal:
        with firm.operator.ws() as ws:
            return actions.request_financing(
                ws,
                bank_id=bank.tenant_id,
                amount=yuan("100.00"),
                tenor_days=90,
                purpose="Copper",
                goods=[(lot.id, Quantity.of(tonnes, unit))],
            )

    with pytest.raises(Invalid, match="party_unknown"):
        ask(parties.sme, "10", other)
    with pytest.raises(NotFound, match="lot_unknown"):
        ask(other, "10", parties.bank)
    with pytest.raises(Conflict, match=r"Only 100.000 TNE of lot .* is free"):
        ask(parties.sme, "100.001", parties.bank)
    with pytest.raises(Invalid, match="unit_mismatch"):
        ask(parties.sme, "100", parties.bank, unit="KGM")
    with pytest.raises(Invalid, match="quantity_not_positive"):
        ask(parties.sme, "0", parties.bank)
    with pytest.raises(NotAllowed):
        ask(parties.bank, "10", parties.bank)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit": yuan("0.00")}, "amount_not_positive"),
        ({"annual_rate": Decimal("1.01")}, "rate_wrong"),
        ({"annual_rate": Decimal("-0.01")}, "rate_wrong"),
        ({"day_count": "ACT/ACT"}, "day_count_wrong"),
        ({"tenor_days": 0}, "tenor_wrong"),
        ({"haircut": Decimal("1.1")}, "share_out_of_range"),
        ({"ltv_warn": Decimal("0.60")}, "lines_out_of_order"),
        ({"ltv_liquidation": Decimal("1.10")}, "lines_out_of_order"),
        ({"overdue_factor": Decimal("2")}, "penalty_wrong"),
        ({"repayment_plan": "WHENEVER"}, "plan_unknown"),
        ({"reset_months": 5}, "reset_wrong"),
        ({"grace_days": 31}, "grace_wrong"),
        ({"fee": yuan("-1.00")}, "fee_wrong"),
        ({"valid_until": timedelta(0)}, "validity_wrong"),
        ({"valid_until": timedelta(days=181)}, "validity_wrong"),
    ],
)
def test_offers_that_cannot_be(world: World, shared: Shared, change: dict[str, Any], code: str) -> None:
    deal = shared(a_request)
    asked = {"limit": yuan("1000.00"), "valid_until": timedelta(days=7)} | TERMS | change
    valid_until = world.now + asked.pop("valid_until")
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid, match=code):
        actions.offer_financing(ws, deal.deal_id, Terms(**asked), valid_until=valid_until)


def test_an_offer_needs_a_price(world: World) -> None:
    deal = a_request(world)
    world.advance(timedelta(days=6))
    with pytest.raises(Unavailable, match="price_stale"):
        an_offer(world, deal=deal)
    assert deal.status == "REQUESTED"
    deal.price("20000")
    an_offer(world, deal=deal)
    assert deal.status == "OFFERED"


def test_a_new_offer_supersedes_and_terms_cannot_be_rewritten(world: World) -> None:
    deal = an_offer(world, deal=an_offer(world), annual_rate=Decimal("0.0400"))
    with deal.bank.operator.ws() as ws:
        assert [offer.status for offer in offers(ws, deal.deal_id)] == ["OFFERED", "SUPERSEDED"]
    for firm in (deal.bank, deal.sme):
        with pytest.raises(DBAPIError, match=r"is settled: only|is not yours"), firm.operator.ws() as ws:
            ws.session.execute(text("update house.offer set annual_rate = 0.001"))


def test_an_offer_runs_out(world: World) -> None:
    deal = an_offer(world)
    world.advance(timedelta(days=15))
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="offer_valid"):
        actions.accept_offer(ws, deal.deal_id)
    world.work()
    assert deal.status == "EXPIRED"
    with deal.bank.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        find_lot(ws, deal.lots[0].id)  # the bank has lost sight of the goods


def test_a_firm_withdraws_and_its_goods_are_free(world: World) -> None:
    deal = an_accepted_deal(world)
    with deal.sme.operator.ws() as ws:
        actions.withdraw_request(ws, deal.deal_id, because="A better offer")
    assert deal.status == "WITHDRAWN"
    again = a_request(world, parties=deal.parties)
    assert again.status == "REQUESTED"
    with deal.sme.operator.ws() as ws:
        actions.request_financing(
            ws,
            bank_id=deal.bank.tenant_id,
            amount=yuan("1.00"),
            tenor_days=1,
            purpose="the same goods",
            goods=[(deal.lots[0].id, Quantity.of("100.000", "TNE"))],
        )


def test_a_second_officer_approves_or_declines(world: World) -> None:
    deal = an_accepted_deal(world)
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_approval(ws, deal.deal_id)
        with pytest.raises(NotAllowed):
            approvals.decide(ws, proposal.id, approve=True)
    assert deal.status == "UNDER_REVIEW"
    decided(deal.bank, proposal, approve=False)
    assert deal.status == "REJECTED"
    with deal.sme.operator.ws(read_only=True) as ws:
        assert find_cover(ws, deal.deal_id).stage == "CLOSED"


def test_nothing_is_drawn_before_every_condition_is_met(world: World) -> None:
    deal = a_signed_deal(world)

    def ask() -> None:
        with deal.sme.operator.ws() as ws:
            actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi Copper")

    with pytest.raises(Conflict, match=r"Control confirmed.*Pledge active.*Goods insured.*Supervised account"):
        ask()
    activate(deal.parties, deal.deal_id)
    world.work()
    with pytest.raises(Conflict, match=r"\[.Goods insured"):
        ask()
    prove_conditions(deal)
    assert deal.status == "CONDITIONS_MET"
    ask()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"condition": "HOROSCOPE", "reference": "x"}, "condition_unknown"),
        ({"condition": "INSURANCE"}, "text_missing"),
        ({"condition": "INSURANCE", "reference": "x", "valid_until": date(2026, 3, 1)}, "condition_run_out"),
    ],
)
def test_a_condition_needs_evidence(world: World, options: dict[str, Any], code: str) -> None:
    deal = a_signed_deal(world)
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid, match=code):
        actions.record_condition(ws, deal.deal_id, **options)


def test_insurance_that_ran_out_stops_the_next_draw(world: World) -> None:
    deal = a_signed_deal(world)
    activate(deal.parties, deal.deal_id)
    with deal.bank.operator.ws() as ws:
        until = date(2026, 3, 4)
        actions.record_condition(ws, deal.deal_id, "INSURANCE", reference="PICC 1", valid_until=until)
        actions.record_condition(ws, deal.deal_id, "ACCOUNT", waived_because="Paid to the seller directly")
    world.work()
    draw(deal, "100.00", "PAY-1")
    world.advance(timedelta(days=3))
    deal.price("20000")
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match=r"Drawing is stopped.*Goods insured"):
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi Copper")


@pytest.mark.parametrize(
    ("options", "code", "kind"),
    [
        ({"amount": yuan("0.00")}, "amount_not_positive", Invalid),
        ({"payee": ""}, "text_missing", Invalid),
        ({"amount": yuan("1300000.01")}, "drawdown_above_availability", Conflict),
    ],
)
def test_drawdowns_that_cannot_be(shared: Shared, options: dict[str, Any], code: str, kind: type[Exception]) -> None:
    deal = shared(a_drawable_deal)
    with deal.sme.operator.ws() as ws, pytest.raises(kind, match=code):
        actions.request_drawdown(ws, deal.deal_id, **({"amount": yuan("1.00"), "payee": "Jiangxi"} | options))


def test_what_is_instructed_counts_as_drawn(world: World) -> None:
    deal = a_drawable_deal(world)
    asked = []
    for _ in range(2):
        with deal.sme.operator.ws() as ws:
            asked.append(actions.request_drawdown(ws, deal.deal_id, amount=yuan("1000000.00"), payee="Jiangxi").id)
    with deal.bank.operator.ws() as ws:
        proposals = [actions.propose_drawdown(ws, drawdown_id) for drawdown_id in asked]
    decided(deal.bank, proposals[0])
    with pytest.raises(Conflict, match="drawdown_above_availability"):
        decided(deal.bank, proposals[1])
    assert deal.position.committed == yuan("1000000.00")
    with deal.bank.operator.ws() as ws:
        actions.fail_payment(ws, asked[0], because="Account closed")
        assert not any(money.minor for money in balances(ws, deal.deal_id).values())
    decided(deal.bank, proposals[1])


def test_a_stale_price_blocks_a_drawdown_at_every_step(world: World) -> None:
    deal = a_drawable_deal(world)
    with deal.sme.operator.ws() as ws:
        drawdown = actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_drawdown(ws, drawdown.id)
    world.advance(timedelta(days=6))
    world.work()
    with pytest.raises(Unavailable, match="price_stale"):
        decided(deal.bank, proposal)
    with deal.sme.operator.ws() as ws, pytest.raises(Unavailable, match="valuation_stale"):
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi")
    with deal.bank.operator.ws(read_only=True) as ws:
        assert drawdowns(ws, deal.deal_id)[0].status == "REQUESTED"
    deal.price("20000")
    decided(deal.bank, proposal)


def test_a_stale_price_blocks_a_release_and_the_rest_must_carry_the_loan(world: World) -> None:
    deal = a_running_loan(world, drawn="650000.00")  # 650,000 / 0.65 = 1,000,000 must stay: 50 t may go

    def release(tonnes: str) -> None:
        with deal.bank.operator.ws() as ws:
            quantity = Quantity.of(tonnes, "TNE")
            order_release(ws, deal.deal_id, lot_id=deal.lots[0].id, quantity=quantity, because="sold")

    with deal.sme.operator.ws(read_only=True) as ws:
        assert largest_releases(ws, deal.deal_id) == {deal.lots[0].id: Quantity.of("50", "TNE")}
    with pytest.raises(Conflict, match="release_below_floor"):
        release("50.001")
    world.advance(timedelta(days=6))
    world.work()
    with pytest.raises(Unavailable, match="price_stale"):
        release("1.000")
    deal.price("20000")
    release("49.000")


def test_no_release_under_a_margin_call(world: World) -> None:
    deal, quantity = a_called_loan(world), Quantity.of("1", "TNE")
    with deal.sme.operator.ws(read_only=True) as ws:
        assert not any(largest_releases(ws, deal.deal_id).values())
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="call_stands"):
        order_release(ws, deal.deal_id, lot_id=deal.lots[0].id, quantity=quantity, because="sold")


def test_a_payment_is_confirmed_once(world: World) -> None:
    deal = a_drawable_deal(world)
    first = draw(deal, "1000.00", "PAY-1")
    with deal.bank.operator.ws() as ws:
        actions.confirm_payment(ws, first, bank_reference="PAY-1")
        assert balances(ws, deal.deal_id)[Account.LOAN_PRINCIPAL] == yuan("1000.00")
    with deal.sme.operator.ws() as ws:
        second = actions.request_drawdown(ws, deal.deal_id, amount=yuan("5.00"), payee="Jiangxi")
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="step_not_listed"):
        actions.confirm_payment(ws, second.id, bank_reference="PAY-2")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_drawdown(ws, second.id)
    decided(deal.bank, proposal)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="reference_used"):
        actions.confirm_payment(ws, second.id, bank_reference="PAY-1")


def test_a_repayment_pays_fees_then_interest_then_principal_and_counts_once(world: World) -> None:
    deal = a_running_loan(world, fee=yuan("500.00"))
    world.advance(timedelta(days=10))
    world.work()
    deal.repay("2000.00", "REP-1")  # 500 fee, 1,208.33 interest of ten days, the rest principal
    deal.repay("2000.00", "REP-1")
    with deal.bank.operator.ws(read_only=True) as ws:
        (paid,) = repayments(ws, deal.deal_id)
        assert (paid.fees_minor, paid.interest_minor, paid.principal_minor) == (500_00, 1208_33, 291_67)
        assert balances(ws, deal.deal_id)[Account.LOAN_PRINCIPAL] == yuan("999708.33")
    with pytest.raises(Conflict, match="reference_used"):
        deal.repay("2000.01", "REP-1")
    with pytest.raises(Invalid, match="amount_not_positive"):
        deal.repay("0.00", "REP-2")
    with pytest.raises(Invalid, match="text_missing"):
        deal.repay("1.00", " ")


def test_what_is_paid_beyond_the_debt_is_the_borrowers(world: World) -> None:
    deal = a_running_loan(world)
    deal.repay("1000000.01", "REP-1")
    assert deal.status == "SETTLED"
    with deal.sme.operator.ws(read_only=True) as ws:
        assert balances(ws, deal.deal_id)[Account.OVERPAYMENT_OWED] == yuan("-0.01")
    with pytest.raises(Conflict, match="nothing_owed"):
        deal.repay("1.00", "REP-2")


def test_interest_is_the_same_taken_up_each_night_or_all_at_once(world: World) -> None:
    nightly, late = a_running_loan(world, drawn="333333.33"), a_running_loan(world, drawn="333333.33")
    for _ in range(20):
        world.advance(timedelta(days=1))
        nightly.world.work()
        nightly.price("20000")
        late.price("20000")
    for deal in (nightly, late):
        assert deal.position.interest == yuan("805.56")  # 333,333.33 * 4.35% * 20 / 360 = 805.5555
        with deal.bank.operator.ws(read_only=True) as ws:
            days = ws.session.scalars(select(AccruedDay).where(AccruedDay.deal_id == deal.deal_id)).all()
            assert len(days) == 20
            posted = [booked for booked in postings(ws, deal.deal_id) if booked.posting.key.startswith("accrual:")]
            assert sum(booked.turnover.minor for booked in posted) == 805_56


def test_a_loan_past_its_day_is_overdue_at_the_penalty_rate(world: World) -> None:
    deal = a_running_loan(world, tenor_days=2)
    world.advance(timedelta(days=3))
    world.work()
    assert deal.status == "OVERDUE"
    with deal.bank.operator.ws(read_only=True) as ws:
        days = ws.session.scalars(select(AccruedDay).where(AccruedDay.deal_id == deal.deal_id).order_by(AccruedDay.day))
        borne = [(day.principal_minor, day.annual_rate, day.overdue_minor, day.penalty_rate) for day in days]
        at_contract = (1_000_000_00, Decimal("0.0435"), 0, Decimal("0.06525"))
        assert borne == [at_contract] * 2 + [(0, Decimal("0.0435"), 1_000_000_00, Decimal("0.06525"))]


AMOUNT_TABLES = (Offer, Drawdown, Repayment, AccruedDay, MarginCall, ConditionRecord, DealValuation)


def test_who_sees_what(world: World) -> None:
    """Amounts are the parties' alone; everybody in the room sees cover and goods; a stranger bank sees nothing at all."""
    deal = a_called_loan(world)
    deal.repay("1.00", "REP-1")
    stranger = world.firm("BANK")
    outsiders = (deal.parties.warehouse, deal.parties.supervisor, stranger)
    for firm, sees in [(deal.sme, True), (deal.bank, True), *((outsider, False) for outsider in outsiders)]:
        with firm.operator.ws(read_only=True) as ws:
            for table in AMOUNT_TABLES:
                found = ws.session.scalars(select(table).where(table.deal_id == deal.deal_id)).all()
                assert bool(found) is (sees and table is not AccruedDay), (firm.name, table.__tablename__)
            assert bool(postings(ws, deal.deal_id)) is sees
            assert bool(list_deals(ws)) is sees
            in_room = firm is not stranger
            assert bool(ws.session.scalars(select(DealCover)).all()) is in_room
            assert bool(ws.session.scalars(select(DealGoods)).all()) is in_room
            assert bool(list_covers(ws)) is in_room
            amounts = ("outstanding", "amount", "limit", "market_value")
            heard = ws.session.scalars(select(Event).where(Event.stream_id == deal.deal_id)).all()
            told = [event for event in heard if set(event.values) & set(amounts)]
            assert bool(told) is sees, [event.kind for event in told]
    with stranger.operator.ws() as ws:
        for act in (find_deal, find_cover, position):
            with pytest.raises(NotFound, match="deal_unknown"):
                act(ws, deal.deal_id)


def test_a_core_enterprise_sees_the_deal_and_not_the_price_of_money(world: World) -> None:
    parties, core = the_parties(world), world.firm("CORE_ENTERPRISE")
    lot = parties.a_lot()
    a_price(world, parties.bank, "20000")
    with parties.sme.operator.ws() as ws:
        deal = actions.request_financing(
            ws,
            bank_id=parties.bank.tenant_id,
            amount=yuan("1000.00"),
            tenor_days=90,
            purpose="Copper",
            goods=[(lot.id, Quantity.of("100", "TNE"))],
            core_id=core.tenant_id,
        )
    an_offer(world, deal=ADeal(parties, deal.deal_id, [lot]))
    with core.operator.ws(read_only=True) as ws:
        assert find_deal(ws, deal.deal_id).status == "OFFERED"
        assert offers(ws, deal.deal_id) == []


@pytest.mark.parametrize("who", ["warehouse", "supervisor", "stranger"])
def test_outsiders_change_nothing(world: World, shared: Shared, who: str) -> None:
    deal = shared(a_called_loan)
    outsider = world.firm("BANK") if who == "stranger" else getattr(deal.parties, who)
    for table in ("deal", "offer", "drawdown", "margin_call"):
        with outsider.operator.ws() as ws:
            changed = ws.session.execute(text(f"update house.{table} set status = status where deal_id = :deal"), {"deal": deal.deal_id})  # fmt: skip
            assert changed.rowcount == 0  # type: ignore[attr-defined]
    with outsider.owner.ws() as ws, pytest.raises((NotFound, NotAllowed)):
        actions.record_repayment(ws, deal.deal_id, amount=yuan("1.00"), reference="R")


@pytest.mark.parametrize(
    "statement",
    [
        "update house.deal set status = 'SETTLED'",
        "update house.deal set matures_on = '2030-01-01'",
        "update house.margin_call set status = 'CURED', closed_at = gate.now()",
        "update house.margin_call set cure_by = '2030-01-01'",
        "update house.margin_call set status = 'ACCEPTED', answered_at = gate.now(), cure_by = '2030-01-01'",
        "update house.margin_call set cash_minor = 0",
        "update house.drawdown set status = 'REQUESTED', bank_reference = null",
        "update house.offer set status = 'SUPERSEDED'",
        "insert into house.repayment select deal_id, gen_random_uuid(), tenant_id, 'X', 1, 0, 0, 0, 1, 0, 0, 'CNY', gate.now(), id from house.posting limit 1",
    ],
)
def test_the_borrower_cannot_say_what_only_the_bank_may(shared: Shared, statement: str) -> None:
    """Straight into the tables, past every rule of ours."""
    deal = shared(a_called_loan)
    with pytest.raises(DBAPIError, match=r"not yours|row-level security|is settled"), deal.sme.operator.ws() as ws:
        ws.session.execute(text(statement))


@pytest.mark.parametrize(
    "change", ["cash_minor = 0", "opened_at = opened_at - interval '9 days'", "zone = 'LIQUIDATION'"]
)
def test_the_bank_itself_changes_nothing_of_a_call_but_how_it_goes_on(shared: Shared, change: str) -> None:
    deal = shared(a_called_loan)
    with pytest.raises(DBAPIError, match="is settled"), deal.bank.operator.ws() as ws:
        ws.session.execute(text(f"update house.margin_call set {change}"))


def test_a_frozen_or_alarmed_lot_is_told_on_the_checklist(world: World) -> None:
    deal = a_drawable_deal(world)
    with deal.bank.operator.ws() as ws:
        freeze_lot(ws, deal.lots[0].id, reason="Court order")
    with deal.bank.operator.ws(read_only=True) as ws:
        checks = {check.name: check.met for check in checklist(ws, find_deal(ws, deal.deal_id))}
    assert checks["frozen"] is False
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match=r"Drawing is stopped.*No lot frozen"):
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1.00"), payee="Jiangxi")


def test_the_portfolio_is_read_worst_first(world: World) -> None:
    parties = the_parties(world)
    safe = a_running_loan(world, deal=a_request(world, parties=parties), drawn="100000.00")
    risky = a_running_loan(world, deal=a_request(world, parties=parties), drawn="1000000.00")
    risky.price("13000")
    with parties.bank.operator.ws(read_only=True) as ws:
        book = portfolio(ws)
        assert [exposure.deal.deal_id for exposure in book] == [risky.deal_id, safe.deal_id]
        assert book[0].call is not None
        assert book[0].position == position(ws, risky.deal_id)
        assert book[1].position == position(ws, safe.deal_id)
