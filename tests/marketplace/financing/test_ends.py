"""How deals end after default: paid from the goods, paid late, or given up; and two who act at once."""

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.claims import enforcement_claims
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.loans import AccruedDay
from marketplace.financing.queries import find_deal, repayments
from marketplace.inventory.queries import find_lot
from marketplace.ledger.actions import post
from marketplace.ledger.queries import balances, postings, trial_balance
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_defaulted_deal, a_running_loan, at_once, decided, yuan
from tests.marketplace.valuation.makers import a_price


def proceeds(deal: ADeal, amount: str) -> None:
    """What buyers paid, as the disposal books it before it distributes."""
    with deal.bank.operator.ws() as ws:
        post(
            ws,
            deal_id=deal.deal_id,
            key=f"sale:{amount}",
            narrative="Buyers paid",
            entries=[(Account.COLLATERAL_PROCEEDS, yuan(amount)), (Account.PROCEEDS_TO_DISTRIBUTE, -yuan(amount))],
        )


def apply_proceeds(deal: ADeal, interest: Money, principal: Money) -> None:
    with deal.bank.operator.ws() as ws:
        actions.close_after_enforcement(ws, deal.deal_id, interest_paid=interest, principal_paid=principal)
    deal.world.work()


def test_proceeds_that_cover_the_debt_recover_it_and_free_the_pledge(world: World) -> None:
    deal = a_defaulted_deal(world)
    with deal.bank.operator.ws(read_only=True) as ws:
        claims = enforcement_claims(ws, deal.deal_id)
    proceeds(deal, str(claims.total.amount))
    apply_proceeds(deal, claims.interest, claims.principal)
    assert deal.status == "RECOVERED"
    with deal.bank.operator.ws(read_only=True) as ws:
        standing = balances(ws, deal.deal_id)
        assert not standing[Account.PROCEEDS_TO_DISTRIBUTE]
        assert not standing[Account.LOAN_PRINCIPAL]
        assert pledges_of_deal(ws, deal.deal_id) == []


def test_a_deficiency_stays_owed_until_it_is_paid_or_written_off_by_two(world: World) -> None:
    deal = a_defaulted_deal(world)
    with deal.bank.operator.ws(read_only=True) as ws:
        claims = enforcement_claims(ws, deal.deal_id)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="proceeds_distributed"):
        actions.propose_write_off(ws, deal.deal_id, because="Nothing left")
    for part in ("300000.00", "200000.00"):  # two lots, sold one after the other
        proceeds(deal, part)
        apply_proceeds(deal, yuan("0.00"), yuan(part))
    assert deal.status == "ENFORCEMENT"
    assert deal.position.outstanding == claims.total - yuan("500000.00")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_write_off(ws, deal.deal_id, because="The firm is bankrupt.")
    with deal.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.propose_write_off(ws, deal.deal_id, because="Please")
    decided(deal.bank, proposal)
    assert deal.status == "WRITTEN_OFF"
    with deal.bank.operator.ws(read_only=True) as ws:
        standing = balances(ws, deal.deal_id)
        assert standing[Account.WRITE_OFF] == claims.total - yuan("500000.00")
        assert not standing[Account.INTEREST_RECEIVABLE]
        assert sum(row.balance.minor for row in trial_balance(ws, deal.deal_id)) == 0
        keys = [booked.posting.key for booked in postings(ws, deal.deal_id)]
        assert [key for key in keys if key.startswith("proceeds:")] == ["proceeds:1", "proceeds:2"]


def a_written_off_debt(world: World) -> tuple[ADeal, Money]:
    """Half the debt came from the goods, the rest was given up; how much that was."""
    deal = a_defaulted_deal(world)
    proceeds(deal, "500000.00")
    apply_proceeds(deal, yuan("0.00"), yuan("500000.00"))
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_write_off(ws, deal.deal_id, because="The firm is bankrupt.")
    decided(deal.bank, proposal)
    with deal.bank.operator.ws(read_only=True) as ws:
        return deal, balances(ws, deal.deal_id)[Account.WRITE_OFF]


def test_what_comes_in_after_a_write_off_makes_the_loss_smaller_and_no_more(world: World) -> None:
    deal, lost = a_written_off_debt(world)
    with deal.bank.operator.ws() as ws:
        for _ in range(2):  # the same receipt twice is one
            first = actions.record_repayment(ws, deal.deal_id, amount=yuan("1000.00"), reference="R-1")
        with pytest.raises(Conflict, match="reference_used"):
            actions.record_repayment(ws, deal.deal_id, amount=yuan("2000.00"), reference="R-1")
        with pytest.raises(Invalid, match="amount_not_positive"):
            actions.record_repayment(ws, deal.deal_id, amount=yuan("0.00"), reference="R-0")
        last = actions.record_repayment(ws, deal.deal_id, amount=lost, reference="R-2")
        assert (first.recovered, last.recovered, last.over_minor) == (yuan("1000.00"), lost - yuan("1000.00"), 1000_00)
        with pytest.raises(Conflict, match="nothing_owed"):
            actions.record_repayment(ws, deal.deal_id, amount=yuan("1.00"), reference="R-3")
    assert (deal.status, deal.position.outstanding) == ("WRITTEN_OFF", yuan("0.00"))
    with deal.bank.operator.ws(read_only=True) as ws:
        standing = balances(ws, deal.deal_id)
        assert (standing[Account.WRITE_OFF], standing[Account.OVERPAYMENT_OWED]) == (yuan("0.00"), yuan("-1000.00"))
        assert sum(row.balance.minor for row in trial_balance(ws, deal.deal_id)) == 0
    with deal.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.record_repayment(ws, deal.deal_id, amount=yuan("1.00"), reference="R-4")


def test_a_recovery_by_the_same_form_and_call_as_any_repayment(world: World) -> None:
    deal, _ = a_written_off_debt(world)
    room = f"/deals/{deal.deal_id}"
    assert f"{room}/repayments/new" in deal.bank.operator.browser().get(room).text
    answer = deal.bank.operator.call("POST", f"{room}/repayments", {"amount": {"amount": "10.00", "currency": "CNY"}, "reference": "R-1"})  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert answer.json["recovered"] == {"amount": "10.00", "currency": "CNY"}


def test_proceeds_never_pay_more_than_is_owed(world: World) -> None:
    deal = a_defaulted_deal(world)
    with deal.bank.operator.ws() as ws:
        with pytest.raises(Conflict, match="proceeds_exceed_debt"):
            actions.close_after_enforcement(
                ws, deal.deal_id, interest_paid=yuan("0.00"), principal_paid=yuan("1000000.01")
            )
        with pytest.raises(Invalid, match="amount_negative"):
            actions.close_after_enforcement(ws, deal.deal_id, interest_paid=yuan("-1.00"), principal_paid=yuan("1.00"))
    running = a_running_loan(world)
    with running.bank.operator.ws() as ws, pytest.raises(Conflict, match="not_in_default"):
        actions.close_after_enforcement(ws, running.deal_id, interest_paid=yuan("0.00"), principal_paid=yuan("1.00"))


def test_a_defaulted_debt_paid_late_is_recovered(world: World) -> None:
    deal = a_defaulted_deal(world)
    world.advance(timedelta(days=1))
    world.work()
    deal.repay(str(deal.position.outstanding.amount), "LATE-1")
    assert deal.status == "RECOVERED"
    with deal.bank.operator.ws(read_only=True) as ws:
        assert pledges_of_deal(ws, deal.deal_id) == []


def test_eight_clerks_with_one_receipt_book_it_once(world: World) -> None:
    deal = a_running_loan(world)
    clerk = deal.bank.operator

    def pay() -> None:
        with clerk.ws() as ws:
            actions.record_repayment(ws, deal.deal_id, amount=yuan("1000.00"), reference="REP-1")

    assert at_once(world, 8, pay) == []
    with deal.bank.operator.ws(read_only=True) as ws:
        assert len(repayments(ws, deal.deal_id)) == 1
        assert balances(ws, deal.deal_id)[Account.LOAN_PRINCIPAL] == yuan("999000.00")


def test_eight_reviews_at_once_open_one_call(world: World) -> None:
    deal = a_running_loan(world)
    a_price(world, deal.bank, "13000")
    officer = deal.bank.operator

    def look() -> None:
        with officer.ws() as ws:
            review_deal(ws, deal.deal_id, cause="request")

    assert at_once(world, 8, look) == []
    with deal.bank.operator.ws(read_only=True) as ws:
        calls = ws.session.scalars(select(MarginCall).where(MarginCall.deal_id == deal.deal_id)).all()
        assert len(calls) == 1


def test_the_day_is_closed_once_however_many_ask(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=3))
    officer = deal.bank.operator

    def close() -> None:
        with officer.ws() as ws:
            actions.accrue(ws, find_deal(ws, deal.deal_id, lock=True))

    assert at_once(world, 6, close) == []
    world.work()
    with deal.bank.operator.ws(read_only=True) as ws:
        days = ws.session.scalars(select(AccruedDay.day).where(AccruedDay.deal_id == deal.deal_id)).all()
        assert len(days) == len(set(days)) == 3
    assert deal.position.interest == yuan("362.50")  # three days of 1,000,000 at 4.35 per cent on 360


def test_invariant_15_a_default_moves_no_title(world: World) -> None:
    """Goods never become the bank's by default (Civil Code 401, 428): they stay the pledgor's until they are sold, whoever tries to write otherwise."""
    deal = a_defaulted_deal(world)
    lot = deal.lots[0]
    taking = text("update house.lot set tenant_id = :bank where id = :lot")
    for firm in (deal.bank, deal.sme):
        with suppress(DBAPIError), firm.operator.ws() as ws:
            ws.session.execute(taking, {"bank": deal.bank.tenant_id, "lot": lot.id})
    with deal.bank.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).tenant_id == deal.sme.tenant_id
        assert pledges_of_deal(ws, deal.deal_id)[0].tenant_id == deal.sme.tenant_id
