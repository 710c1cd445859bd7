"""Agreement, filings, lost control and exchange of goods, through the real house: what gates what, who may, what comes by itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.financing import actions as financing
from marketplace.money import Money
from marketplace.pledges import actions
from marketplace.pledges.filing import due_deregistrations, filings_of, particulars_of
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.models_papers import Substitution
from marketplace.pledges.queries import pledges_of_deal, release_orders
from marketplace.pledges.rules.papers import Clause
from marketplace.pledges.substitutions import substitutions_of
from marketplace.quantity import Quantity
from tenants import record
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_running_loan, decided
from tests.marketplace.pledges.makers import (
    Parties,
    a_release_order,
    activate,
    an_active_pledge,
    an_offered_pledge,
    the_parties,
)

AGREEMENT: dict[str, Any] = {
    "mode": "STATIC",
    "keys_with": "Zhongzheng Supervision",
    "report_days": 1,
    "liability_cap": Money.of("5000000", "CNY"),
    "clauses": [clause.value for clause in Clause],
}
FLOATING = AGREEMENT | {"mode": "FLOATING", "floor": Quantity.of("40", "TNE"), "description": "Copper cathode, 60 t"}


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def draw_up(parties: Parties, deal_id: UUID, **agreement: Any) -> None:
    with parties.bank.operator.ws() as ws:
        proposal = actions.propose_agreement(ws, deal_id, **(AGREEMENT | agreement))
    decided(parties.bank, proposal)


def sign(deal_id: UUID, *firms: Firm) -> None:
    for firm in firms:
        with firm.operator.ws() as ws:
            actions.sign_agreement(ws, deal_id)


def told(firm: Firm, deal_id: UUID, kind: str) -> int:
    with firm.operator.ws(read_only=True) as ws:
        return sum(one.kind == kind for one in record.events_of(ws, deal_id))


def states(parties: Parties, deal_id: UUID) -> set[str]:
    with parties.bank.operator.ws(read_only=True) as ws:
        return {one.status for one in pledges_of_deal(ws, deal_id)}


# The agreement ------------------------------------------------------------------------------------------------------------------


def test_goods_come_into_force_once_all_have_signed(parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    draw_up(parties, deal_id)
    for firms in ((), (parties.sme,)):
        sign(deal_id, *firms)
        with pytest.raises(Conflict) as refusal:
            activate(parties, deal_id)
        assert refusal.value.code == "agreement_unsigned"
    sign(deal_id, parties.supervisor)
    assert {one.status for one in activate(parties, deal_id)} == {"ACTIVE"}


def test_a_newer_agreement_wants_new_signatures(parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    draw_up(parties, deal_id)
    sign(deal_id, parties.sme, parties.supervisor)
    with pytest.raises(Conflict) as refusal:
        sign(deal_id, parties.sme)
    assert refusal.value.code == "signed_already"
    draw_up(parties, deal_id, **FLOATING)
    with pytest.raises(Conflict):
        activate(parties, deal_id)


def test_a_floating_pledge_never_goes_below_its_floor(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_offered_pledge(parties, lot, "60")
    draw_up(parties, deal_id, **FLOATING)
    sign(deal_id, parties.sme, parties.supervisor)
    activate(parties, deal_id)
    a_release_order(parties, deal_id, lot, "15")
    with pytest.raises(Conflict) as refusal:
        a_release_order(parties, deal_id, lot, "5.001")
    assert refusal.value.code == "below_control_floor"
    order = a_release_order(parties, deal_id, lot, "5")
    with parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=Quantity.of("5", "TNE"))
    with pytest.raises(Conflict):
        a_release_order(parties, deal_id, lot, "0.001")


@pytest.mark.parametrize(
    ("slip", "field"),
    [
        ({"mode": "MOVING"}, "mode"),
        ({"keys_with": " "}, "keys_with"),
        ({"report_days": 0}, "report_days"),
        ({"report_days": 32}, "report_days"),
        ({"liability_cap": Money(-1, "CNY")}, "liability_cap"),
        ({"clauses": []}, "clauses"),
        ({"mode": "FLOATING"}, "floor"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused(parties: Parties, slip: dict[str, Any], field: str) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    with pytest.raises(Invalid) as refusal:
        draw_up(parties, deal_id, **slip)
    assert refusal.value.field == field


def test_who_draws_up_and_who_signs(world: World, parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    with pytest.raises(NotFound):
        sign(deal_id, parties.sme)
    draw_up(parties, deal_id)
    for firm in (parties.bank, world.firm("SME"), parties.warehouse):
        with pytest.raises((NotAllowed, NotFound)):
            sign(deal_id, firm)
    with parties.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.propose_agreement(ws, deal_id, **AGREEMENT)
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotFound):
        actions.propose_agreement(ws, deal_id, **AGREEMENT)


# The registry -------------------------------------------------------------------------------------------------------------------


def file(parties: Parties, deal_id: UUID, kind: str, **entry: Any) -> None:
    with parties.bank.operator.ws() as ws:
        actions.file_registration(ws, deal_id, kind=kind, **({"certificate": "0231-7745"} | entry))


def test_a_filing_registers_what_is_offered_and_names_what_the_registry_asks(parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    file(parties, deal_id, "INITIAL", months=36, search_certificate="S-1", secured=Money.of("1300000", "CNY"))
    with parties.sme.operator.ws(read_only=True) as ws:
        (entry,) = filings_of(ws, deal_id)
        asked = particulars_of(ws, deal_id)
        assert {(one.status, one.certificate) for one in pledges_of_deal(ws, deal_id)} == {("REGISTERED", "0231-7745")}
    assert (entry.search_certificate, entry.secured) == ("S-1", Money.of("1300000", "CNY"))
    assert (asked.pledgor, asked.pledgee) == (parties.sme.name, parties.bank.name)
    assert (asked.certificate, asked.expires_on) == ("0231-7745", entry.expires_on)
    assert "60.000 TNE" in asked.goods[0]
    with parties.supervisor.operator.ws(read_only=True) as ws:
        assert not filings_of(ws, deal_id)
        with pytest.raises(NotFound):
            particulars_of(ws, deal_id)
    activate(parties, deal_id)


def test_goods_in_force_may_be_filed_too_and_later_goods_by_amendment(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    file(parties, deal_id, "INITIAL", months=12)
    an_offered_pledge(parties, lot, "20", deal_id=deal_id)
    file(parties, deal_id, "AMENDMENT", certificate="0231-7746")
    with parties.bank.operator.ws(read_only=True) as ws:
        assert sorted((one.status, one.certificate) for one in pledges_of_deal(ws, deal_id)) == [
            ("ACTIVE", "0231-7745"),
            ("REGISTERED", "0231-7746"),
        ]


@pytest.mark.parametrize(
    ("kind", "entry", "code"),
    [
        ("RENEWAL", {}, "kind_unknown"),
        ("INITIAL", {}, "missing"),
        ("INITIAL", {"certificate": " ", "months": 12}, "missing"),
        ("INITIAL", {"months": 361}, "term_wrong"),
        ("INITIAL", {"months": 12, "secured": Money(-1, "CNY")}, "amount_negative"),
        ("EXTENSION", {"months": 12}, "not_filed"),
        ("DEREGISTRATION", {}, "not_filed"),
    ],
)
def test_entries_that_cannot_be_are_refused(parties: Parties, kind: str, entry: dict[str, Any], code: str) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    with pytest.raises(Refused) as refusal:
        file(parties, deal_id, kind, **entry)
    assert refusal.value.code == code


def test_a_filing_ends_within_ten_days_after_the_debt_or_the_bank_is_told(world: World, parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    file(parties, deal_id, "INITIAL", months=12)
    with pytest.raises(Conflict) as refusal:
        file(parties, deal_id, "DEREGISTRATION")
    assert refusal.value.code == "goods_still_held"
    with parties.bank.operator.ws() as ws:
        assert not due_deregistrations(ws)
        actions.release_pledges(ws, deal_id)
        (due,) = due_deregistrations(ws)
        assert (due.deal_id, due.due_at) == (deal_id, ws.now + timedelta(days=10))
    world.work()
    world.advance(timedelta(days=10))
    world.work()
    world.work()
    assert told(parties.bank, deal_id, "DeregistrationOverdue") == 1
    file(parties, deal_id, "DEREGISTRATION", certificate="0231-9999")
    with parties.bank.operator.ws(read_only=True) as ws:
        assert not due_deregistrations(ws)


def test_a_filing_that_was_ended_in_time_is_not_told_of(world: World, parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    file(parties, deal_id, "INITIAL", months=12)
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
    world.work()
    file(parties, deal_id, "DEREGISTRATION")
    world.advance(timedelta(days=11))
    world.work()
    assert told(parties.bank, deal_id, "DeregistrationOverdue") == 0


@pytest.mark.parametrize("extended", [False, True])
def test_a_filing_that_runs_out_is_told_of_a_month_before_unless_it_was_extended(
    world: World, parties: Parties, extended: bool
) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    file(parties, deal_id, "INITIAL", months=12)
    world.advance(timedelta(days=300))
    if extended:
        file(parties, deal_id, "EXTENSION", certificate="0231-8000", months=24)
    world.advance(timedelta(days=40))
    world.work()
    assert told(parties.bank, deal_id, "FilingRunsOut") == (not extended)


# Control that is lost -----------------------------------------------------------------------------------------------------------


def lose(parties: Parties, deal_id: UUID, firm: Firm | None = None) -> None:
    with (firm or parties.supervisor).operator.ws() as ws:
        actions.report_control_lost(ws, deal_id, because="The owner's people changed the locks.")
    parties.world.work()


def confirm_again(parties: Parties, deal_id: UUID) -> None:
    with parties.supervisor.operator.ws() as ws:
        actions.confirm_control(ws, deal_id, statement="New locks, keys with us.")


def test_lost_control_is_doubted_after_two_hours_and_restored_by_four_eyes(world: World, parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    world.advance(timedelta(minutes=1))
    lose(parties, deal_id)
    world.advance(timedelta(hours=2))
    world.work()
    assert states(parties, deal_id) == {"ACTIVE"}
    world.advance(timedelta(seconds=1))
    world.work()
    assert states(parties, deal_id) == {"IMPAIRED"}
    with parties.bank.operator.ws() as ws, pytest.raises(Conflict) as refusal:
        actions.propose_control(ws, deal_id)
    assert refusal.value.code == "supervisor_controls"
    world.advance(timedelta(minutes=1))
    confirm_again(parties, deal_id)
    with parties.bank.operator.ws() as ws:
        proposal = actions.propose_control(ws, deal_id)
    decided(parties.bank, proposal)
    assert states(parties, deal_id) == {"ACTIVE"}
    assert told(parties.sme, deal_id, "ControlRestored") == 1


def test_control_restored_within_two_hours_harms_nothing(world: World, parties: Parties) -> None:
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "60")
    world.advance(timedelta(minutes=1))
    lose(parties, deal_id)
    world.advance(timedelta(hours=1))
    confirm_again(parties, deal_id)
    world.advance(timedelta(hours=5))
    world.work()
    assert states(parties, deal_id) == {"ACTIVE"}
    with parties.bank.operator.ws(read_only=True) as ws:
        assert standing_loss(ws, deal_id) is None


def test_who_reports_lost_control_and_what_is_refused(world: World, parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    with pytest.raises(Conflict):
        lose(parties, deal_id)
    activate(parties, deal_id)
    for firm in (parties.sme, world.firm("SUPERVISOR"), parties.warehouse):
        with pytest.raises((NotAllowed, NotFound)):
            lose(parties, deal_id, firm)
    with parties.bank.operator.ws() as ws, pytest.raises(Invalid):
        actions.report_control_lost(ws, deal_id, because=" ")
    world.advance(timedelta(minutes=1))
    lose(parties, deal_id, parties.bank)
    with pytest.raises(Conflict) as refusal:
        lose(parties, deal_id)
    assert refusal.value.code == "loss_reported"


def test_goods_that_went_before_the_two_hours_were_over_are_in_no_doubt(world: World, parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    world.advance(timedelta(minutes=1))
    lose(parties, deal_id)
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
    world.advance(timedelta(hours=3))
    world.work()
    with parties.bank.operator.ws(read_only=True) as ws:
        assert [one.status for one in pledges_of_deal(ws, deal_id, live=False)] == ["RELEASED"]


def test_a_loan_whose_goods_are_out_of_control_is_stopped_called_and_cured_with_them(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(minutes=1))
    lose(deal.parties, deal.deal_id)
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict) as refusal:
        financing.request_drawdown(ws, deal.deal_id, amount=Money.of("1000", "CNY"), payee="Jiangxi Copper")
    assert refusal.value.code == "no_draw_stop"
    assert deal.call is None
    world.advance(timedelta(hours=2, seconds=1))
    world.work()
    call = deal.call
    assert call is not None
    assert call.status == "ESCALATED"
    world.advance(timedelta(minutes=1))
    confirm_again(deal.parties, deal.deal_id)
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_control(ws, deal.deal_id)
    decided(deal.bank, proposal)
    world.work()
    assert deal.call is None


# Exchange of goods --------------------------------------------------------------------------------------------------------------


def ask(deal: ADeal, new: Any, *, leaving: str = "50", coming: str = "50") -> Substitution:
    with deal.sme.operator.ws() as ws:
        return financing.ask_substitution(
            ws,
            deal.deal_id,
            leaving_lot_id=deal.lots[0].id,
            leaving=Quantity.of(leaving, "TNE"),
            coming_lot_id=new.id,
            coming=Quantity.of(coming, "TNE"),
            because="Sold to the cable works.",
        )


def order(deal: ADeal, asked: Substitution) -> None:
    with deal.bank.operator.ws() as ws:
        proposal = actions.order_substitution(ws, deal.deal_id, asked.id)
    decided(deal.bank, proposal)


def test_the_new_goods_are_in_force_before_the_old_may_leave(world: World) -> None:
    deal = a_running_loan(world)
    asked = ask(deal, deal.parties.a_lot("50.000"))
    with pytest.raises(Conflict) as refusal:
        order(deal, asked)
    assert refusal.value.code == "substitute_inactive"
    activate(deal.parties, deal.deal_id)
    world.work()
    before = deal.position.market_value
    order(deal, asked)
    with deal.bank.operator.ws(read_only=True) as ws:
        (exchange,) = substitutions_of(ws, deal.deal_id)
        (released,) = release_orders(ws, deal_id=deal.deal_id)
    assert (exchange.status, str(released.ordered)) == ("ORDERED", "50.000")
    with deal.parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, released.id, weighed=Quantity.of("50", "TNE"))
    world.work()
    after = deal.position.market_value
    assert before is not None
    assert after is not None
    assert (before.amount, after.amount) == (3_000_000, 2_000_000)
    with pytest.raises(Conflict):
        order(deal, asked)


def test_an_exchange_that_would_not_carry_the_loan_is_refused(world: World) -> None:
    deal = a_running_loan(world)
    asked = ask(deal, deal.parties.a_lot("50.000"), leaving="100", coming="50")
    activate(deal.parties, deal.deal_id)
    world.work()
    with pytest.raises(Conflict) as refusal:
        order(deal, asked)
    assert refusal.value.code == "release_below_floor"


def test_an_exchange_is_declined_with_its_reason_and_then_over(world: World) -> None:
    deal = a_running_loan(world)
    asked = ask(deal, deal.parties.a_lot("50.000"))
    with deal.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.refuse_substitution(ws, deal.deal_id, asked.id, because="no")
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid):
        actions.refuse_substitution(ws, deal.deal_id, asked.id, because=" ")
    with deal.bank.operator.ws() as ws:
        actions.refuse_substitution(ws, deal.deal_id, asked.id, because="Another grade.")
    activate(deal.parties, deal.deal_id)
    with pytest.raises(Conflict) as refusal:
        order(deal, asked)
    assert refusal.value.code == "step_not_listed"


def test_what_is_no_exchange_is_refused(world: World) -> None:
    deal = a_running_loan(world)
    with pytest.raises(Refused):
        ask(deal, deal.lots[0])
    new = deal.parties.a_lot("50.000")
    with pytest.raises(Conflict):
        ask(deal, new, leaving="100.001")
    with deal.bank.operator.ws(read_only=True) as ws:
        assert not substitutions_of(ws, deal.deal_id)
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotFound):
        actions.order_substitution(ws, deal.deal_id, ask(deal, new).id)
