"""Undertakings of the core enterprise: each kind from the bank's wish to its end, and what nobody may do with them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing import actions as financing
from marketplace.guarantees import actions
from marketplace.guarantees.queries import entries_of, find_guarantee, list_guarantees
from marketplace.guarantees.rules import GuaranteeKind, Tally
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Shared, World
from tests.marketplace.financing.makers import a_request, at_once, decided, yuan
from tests.marketplace.guarantees.makers import AGuarantee, a_backed_loan, asked


def lapse(world: World, guarantee: AGuarantee) -> None:
    """The day after the undertaking's last."""
    world.set_clock(world.now + timedelta(days=(guarantee.row.until - world.now.date()).days + 1))
    world.work()


def test_e21_a_confirmed_warehouse_lets_go_what_was_deposited_and_refunds_the_rest(world: World) -> None:
    """Of 10,000,000, deposits of 3,000,000 and 4,500,000: goods for 7,500,000 go, the core enterprise refunds 2,500,000."""
    deal, core = a_backed_loan(world, drawn="10000000.00", tonnes="1000.000", limit="10000000.00")
    backed = asked(deal, core, "CONFIRMED_WAREHOUSE", "10000000.00").given()
    with deal.bank.operator.ws() as ws:
        actions.take_deposit(ws, backed.id, amount=yuan("3000000.00"), reference="D-1")
        with pytest.raises(Invalid, match="notice_beyond_deposits"):
            actions.notify_delivery(ws, backed.id, amount=yuan("3000000.01"), reference="N-1")
        actions.notify_delivery(ws, backed.id, amount=yuan("3000000.00"), reference="N-1")
        actions.take_deposit(ws, backed.id, amount=yuan("4500000.00"), reference="D-2")
        actions.notify_delivery(ws, backed.id, amount=yuan("4500000.00"), reference="N-2")
    with core.operator.ws() as ws:
        actions.confirm_delivery(ws, backed.id, amount=yuan("7500000.00"), reference="DN-1")
    tally = backed.tally
    assert (tally.notified, tally.delivered, tally.refund) == (yuan("7500000.00"),) * 2 + (yuan("2500000.00"),)
    lapse(world, backed)
    backed.claimed()
    assert backed.row.claimed == yuan("2500000.00")
    backed.pays("2500000.00", "REFUND-1")
    assert backed.row.status == "PAID"
    assert deal.position.principal < yuan(
        "1000000.00"
    )  # what is left is interest, which deposits and refund paid first


def test_the_same_deposit_twice_counts_once_and_the_loan_is_paid_down_once(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "CONFIRMED_WAREHOUSE", "1000000.00").given()
    before = deal.position.outstanding
    for _ in range(2):
        with deal.bank.operator.ws() as ws:
            actions.take_deposit(ws, backed.id, amount=yuan("300000.00"), reference="D-1")
    assert before - deal.position.outstanding == yuan("300000.00")
    with deal.bank.operator.ws() as ws:
        assert [entry.kind for entry in entries_of(ws, find_guarantee(ws, backed.id))] == ["DEPOSIT"]
        with pytest.raises(Conflict, match="reference_used"):
            actions.take_deposit(ws, backed.id, amount=yuan("1.00"), reference="D-1")


def test_clerks_at_once_take_one_deposit_and_let_go_no_more_than_it(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "CONFIRMED_WAREHOUSE", "500000.00").given()
    clerk = deal.bank.operator

    def deposit() -> None:
        with clerk.ws() as ws:
            actions.take_deposit(ws, backed.id, amount=yuan("100000.00"), reference="D-1")

    notices = iter(range(8))

    def notify() -> None:
        with clerk.ws() as ws:
            actions.notify_delivery(ws, backed.id, amount=yuan("40000.00"), reference=f"N-{next(notices)}")

    assert at_once(world, 8, deposit) == []
    refused = at_once(world, 8, notify)
    assert (backed.tally.deposited, backed.tally.notified) == (yuan("100000.00"), yuan("80000.00"))
    assert [type(one) for one in refused] == [Invalid] * 6


def test_a_buy_back_waits_for_the_default_and_pays_what_is_owed(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "5000000.00").given()
    with pytest.raises(Conflict, match="not_in_default"):
        backed.proposed_claim()
    with deal.bank.operator.ws() as ws:
        proposal = financing.propose_default(ws, deal.deal_id, because="The papers were forged.", event="FRAUD")
    decided(deal.bank, proposal)
    backed.claimed()
    owed = deal.position.outstanding
    assert backed.row.claimed == owed
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid, match="payment_too_much"):
        actions.record_payment(ws, backed.id, amount=owed + yuan("0.01"), reference="P-1")
    backed.pays(str(owed.amount), "P-1")
    assert (backed.row.status, deal.status) == ("PAID", "RECOVERED")


def test_a_confirmed_receivable_is_paid_on_its_day_or_claimed_after(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "RECEIVABLE_CONFIRMATION", "600000.00").given()
    backed.pays("200000.00", "TT-1")
    with pytest.raises(Conflict, match="undertaking_runs"):
        backed.proposed_claim()
    lapse(world, backed)
    backed.claimed()
    assert backed.row.claimed == yuan("400000.00")
    backed.pays("400000.00", "TT-2")
    assert backed.row.status == "PAID"


def test_a_refund_is_of_what_was_not_delivered(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "DIFFERENTIAL_REFUND", "800000.00").given()
    with core.operator.ws() as ws:
        actions.confirm_delivery(ws, backed.id, amount=yuan("650000.00"), reference="DN-1")
        with pytest.raises(Invalid, match="delivery_too_much"):
            actions.confirm_delivery(ws, backed.id, amount=yuan("150000.01"), reference="DN-2")
    lapse(world, backed)
    backed.claimed()
    assert backed.row.claimed == yuan("150000.00")


def test_what_stands_behind_a_debt_ends_with_it(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed, waiting = asked(deal, core, "BUY_BACK", "500000.00").given(), asked(deal, core, "BUY_BACK", "1.00")
    deal.repay(str(deal.position.outstanding.amount), "ALL")
    assert deal.status == "SETTLED"
    assert [backed.row.status, waiting.row.status] == ["DISCHARGED", "DISCHARGED"]


def test_who_asks_gives_and_reads(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "500000.00")
    with deal.sme.operator.ws() as ws:
        assert [one.id for one in list_guarantees(ws)] == [backed.id]
        with pytest.raises(NotAllowed):
            actions.propose_giving(ws, backed.id)
    for outsider in (deal.parties.warehouse, world.firm("BANK"), world.firm("CORE_ENTERPRISE")):
        with outsider.owner.ws() as ws, pytest.raises(NotFound):
            find_guarantee(ws, backed.id)
    with core.operator.ws() as ws:
        actions.decline(ws, backed.id, because="Above our line for this dealer.")
    with core.operator.ws() as ws, pytest.raises(Conflict, match="step_not_listed"):
        actions.propose_giving(ws, backed.id)


def test_a_deal_without_a_core_enterprise_has_nobody_to_ask(world: World) -> None:
    deal = a_request(world)
    with pytest.raises(Conflict, match="core_missing"):
        asked(deal, deal.bank, "BUY_BACK", "1.00")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("kind", {"kind": "GIFT"}), ("amount", {"amount": yuan("0.00")}), ("until", {"days": 0}), ("pay_days", {"pay_days": 61}), ("subject", {"subject": " "}), ("amount", {"amount": Money.of("1.00", "USD")})],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused_at_their_field(shared: Shared, field: str, wrong: dict[str, object]) -> None:
    deal, _ = shared(a_backed_loan)
    days = int(str(wrong.pop("days", 30)))
    terms = {"kind": "BUY_BACK", "amount": yuan("1.00"), "pay_days": 5, "subject": "PO-118"} | wrong
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid) as refused:
        actions.ask_guarantee(ws, deal.deal_id, until=ws.now.date() + timedelta(days=days), **terms)  # type: ignore[arg-type]
    assert refused.value.field == field


FEN = st.integers(0, 10**9)


@given(st.sampled_from(GuaranteeKind), FEN, FEN, FEN, FEN, FEN)
def test_no_figure_lets_more_go_or_refunds_more_than_the_amount(
    kind: GuaranteeKind, amount: int, deposited: int, notified: int, delivered: int, paid: int
) -> None:
    """Whatever was entered: notices stay within deposits and amount, and what is delivered, refunded and undelivered adds up to the amount."""
    money = [Money(minor, "CNY") for minor in (amount, deposited, notified, delivered, paid)]
    tally = Tally(kind, *money)
    more = tally.may_be_notified
    assert not more or tally.notified + more == min(tally.amount, tally.deposited)
    used = tally.notified if kind is GuaranteeKind.CONFIRMED_WAREHOUSE else tally.delivered
    assert tally.refund == max(tally.amount - used, yuan("0.00"))
    assert tally.to_deliver >= yuan("0.00")
