"""A sale that the platform's operator stands still: by two of its officers, with the same record and bounds as the seller's order, and the debtor hears of it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.bidding import Outcome
from marketplace.disposal.outages.queries import orders_of
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.rules.halts import halt_of
from tenants import approvals
from tenants.approvals import Approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, Refused
from tenants.events import Event
from tenants.notifications import latest
from tenants.record import activity
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, call_off
from tests.marketplace.disposal.outages.test_halting import HOUR, MINUTE, ORDER, halt, lift, told
from tests.marketplace.disposal.test_limits import recomputed
from tests.marketplace.financing.makers import decided


@pytest.fixture
def sale(world: World) -> Sale:
    return an_auction(world).open_with_bidders(2)


@pytest.fixture
def operator(world: World) -> Firm:
    return world.firm("PLATFORM")


def propose(sale: Sale, operator: Firm, **other: str) -> Approval:
    with operator.operator.ws() as ws:
        return actions.propose_halt(ws, sale.auction_id, halt_of(**ORDER | other))


def propose_end(sale: Sale, operator: Firm, because: str = "The claim was withdrawn.") -> Approval:
    with operator.operator.ws() as ws:
        return actions.propose_resumption(ws, sale.auction_id, because=because)


def heard(firm: Firm, *kinds: str) -> list[str]:
    """Of which of these kinds a firm's people were notified, by name."""
    with firm.operator.ws(read_only=True) as ws:
        return sorted(one.kind for one in latest(ws) if one.kind in kinds)


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_it_stands_still_when_the_second_officer_agrees_and_strangers_see_by_whom(sale: Sale, operator: Firm) -> None:
    world, (one, two) = sale.world, sale.bidders
    sale.bid(one, 700_000)
    bell = sale.auction.ends_at
    world.set_clock(bell - 5 * MINUTE)
    proposal = propose(sale, operator)
    assert sale.bid(two, 705_000).leads, "until a colleague agrees the sale goes on"
    bell = sale.auction.ends_at
    decided(operator, proposal)
    assert sale.bid(one, 710_000).outcome is Outcome.PAUSED
    world.set_clock(bell + HOUR)
    world.work()
    assert sale.auction.closed_at is None, "no hammer falls"
    decided(operator, propose_end(sale, operator))
    assert sale.auction.ends_at == bell + HOUR + 10 * MINUTE + 5 * MINUTE
    world.work()
    for firm in (sale.bank, one, two):
        assert told(sale, firm) == ["SaleHalted", "SaleResumed"]
    with operator.operator.ws(read_only=True) as ws:
        [order] = orders_of(ws, sale.auction_id)
        halted = ws.session.scalars(select(Event.evidence).where(Event.stream_id == sale.auction_id, Event.kind == "SaleHalted"))  # fmt: skip
        assert [json.loads(one) for one in halted] == [[str(proposal.id)]], "the record leads to who agreed"
    assert (order.through, order.approval_id, order.ruling) == ("OPERATOR", proposal.id, 1)
    world.set_clock(sale.auction.resumes_at or world.now)
    assert sale.bid(one, 715_000).leads
    sale.close()
    record, wrong = recomputed(sale)
    assert (wrong, record["outages"][0]["order"]) == (0, ORDER | {"through": "OPERATOR"})


def test_the_debtor_hears_of_a_standstill_and_of_its_end(sale: Sale, operator: Firm) -> None:
    kinds = ("GoodsSaleHalted", "GoodsSaleResumed")
    decided(operator, propose(sale, operator))
    sale.world.work()
    assert heard(sale.borrower, *kinds) == ["GoodsSaleHalted"]
    sale.world.advance(HOUR)
    decided(operator, propose_end(sale, operator))
    sale.world.work()
    assert heard(sale.borrower, *kinds) == [*kinds]
    halt(sale)
    sale.world.work()
    assert heard(sale.borrower, *kinds) == ["GoodsSaleHalted", *kinds], "the seller's own order is told to it as well"
    with sale.borrower.operator.ws(read_only=True) as ws:
        read = [event for event in activity(ws, limit=50) if event.kind in kinds and event.stream_id == sale.deal_id]
    assert len(read) == 3, "it stands in the deal's record"
    assert not heard(sale.bidders[0], *kinds)


def test_the_side_that_ordered_lifts(sale: Sale, operator: Firm) -> None:
    assert refusal(lambda: propose_end(sale, operator)) == "sale_not_halted"
    decided(operator, propose(sale, operator))
    assert refusal(lambda: lift(sale)) == "halted_by_another"
    assert refusal(lambda: halt(sale)) == "sale_halted"
    with sale.bank.operator.ws() as ws:
        assert ws.session.scalar(text("select gate.lift_halt(:sale)"), {"sale": sale.auction_id}) is None
    decided(operator, propose_end(sale, operator))
    halt(sale)
    assert refusal(lambda: propose_end(sale, operator)) == "halted_by_another"
    assert refusal(lambda: propose(sale, operator)) == "sale_halted"
    lift(sale)
    assert sale.auction.halted_at is None


def test_one_officer_alone_stops_nothing(sale: Sale, operator: Firm) -> None:
    proposal = propose(sale, operator)
    with operator.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    for agreed in (proposal.id, sale.auction_id):
        _refused_by_the_gate(operator, "halt_sale(:sale, 'COURT', 'me', 'none', 'why', :agreed)", sale, agreed)
    assert refusal(lambda: propose(sale, operator)) == "already_proposed"
    decided(operator, proposal, approve=False)
    _refused_by_the_gate(operator, "halt_sale(:sale, 'COURT', 'me', 'none', 'why', :agreed)", sale, proposal.id)
    _refused_by_the_gate(operator, "halt_sale(:sale, 'COURT', 'me', 'none', 'why')", sale, proposal.id)
    assert sale.auction.halted_at is None


def test_what_was_agreed_on_one_sale_stops_no_other_and_lifts_nothing(sale: Sale, operator: Firm) -> None:
    other, proposal = an_auction(sale.world), propose(sale, operator)
    decided(operator, proposal)
    _refused_by_the_gate(operator, "halt_sale(:sale, 'COURT', 'me', 'none', 'why', :agreed)", other, proposal.id)
    _refused_by_the_gate(operator, "lift_halt(:sale, :agreed)", sale, proposal.id)
    for stranger in (sale.bank, sale.bidders[0]):
        assert refusal(lambda by=stranger: propose(other, by)) == "not_allowed"  # type: ignore[misc]
        assert refusal(lambda by=stranger: propose_end(sale, by)) == "not_allowed"  # type: ignore[misc]


def test_officers_of_a_firm_that_is_no_platform_agree_on_nothing(sale: Sale, operator: Firm) -> None:
    """Planted: the very row, written and agreed on by two people of a bank past the act that would have refused them."""
    stranger, agreed = sale.world.firm("BANK"), new_id()
    row = {"act": "approve_halt", "subject_id": sale.auction_id, "summary": {}, "payload": {}, "maker": "one"}
    with stranger.operator.ws() as ws:
        ws.session.add(Approval(tenant_id=stranger.tenant_id, id=agreed, made_at=ws.now, **row))
    with stranger.approver.ws() as ws:
        found = ws.session.get_one(Approval, (stranger.tenant_id, agreed))
        found.decision, found.checker, found.checked_at = "approved", "two", ws.now
    _refused_by_the_gate(stranger, "halt_sale(:sale, 'COURT', 'me', 'none', 'why', :agreed)", sale, agreed)


def test_a_sale_that_is_over_meanwhile_does_not_stand_still(sale: Sale, operator: Firm) -> None:
    proposal = propose(sale, operator)
    sale.bid(sale.bidders[0], 700_000)
    sale.world.set_clock(sale.auction.ends_at)
    assert refusal(lambda: decided(operator, proposal)) == "sale_ended", "the hammer is late, and the end has come"
    sale.world.work()
    with pytest.raises(Conflict):
        decided(operator, proposal)
    decided(operator, proposal, approve=False)
    with pytest.raises(Conflict):
        propose(sale, operator)
    assert recomputed(sale)[1] == 0


def test_called_off_while_it_stands_there_is_nothing_to_let_go_on(sale: Sale, operator: Firm) -> None:
    decided(operator, propose(sale, operator))
    waits = propose_end(sale, operator)
    call_off(sale, "The court forbids the sale.")
    for act in (lambda: propose_end(sale, operator), lambda: decided(operator, waits)):
        assert refusal(act) == "sale_not_halted"


def test_the_end_of_an_order_has_a_reason(sale: Sale, operator: Firm) -> None:
    decided(operator, propose(sale, operator))
    for because in ("", "  x ", "x" * 501):
        with pytest.raises(Invalid) as wrong:
            propose_end(sale, operator, because)
        assert (wrong.value.code, wrong.value.field) == ("because_missing", "because")


@pytest.mark.parametrize("name", [*ORDER, "through"])
def test_each_word_of_an_order_is_signed(sale: Sale, operator: Firm, name: str) -> None:
    decided(operator, propose(sale, operator))
    sale.world.advance(timedelta(minutes=1))
    decided(operator, propose_end(sale, operator))
    sale.close()
    with sale.bank.operator.ws(read_only=True) as ws:
        record = record_of(ws, sale.auction_id)
    record["outages"][0]["order"][name] = "SELLER"
    found = recompute.Findings(chinese=False)
    recompute.recompute(record, bytes.fromhex(record["key"]), found)
    assert found.wrong


def _refused_by_the_gate(firm: Firm, call: str, sale: Sale, agreed: UUID) -> None:
    facts = {"sale": sale.auction_id, "agreed": agreed}
    with firm.operator.ws() as ws, pytest.raises(DBAPIError, match="not the seller"), ws.session.begin_nested():
        ws.session.execute(text(f"select gate.{call}"), facts)
