"""Calling a sale off takes two officers of its seller; until the second agrees it goes on."""

import pytest

from marketplace.disposal import actions, queries
from marketplace.disposal.bidding import Outcome
from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import Invalid, NotAllowed, NotFound, Refused
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.financing.makers import decided


@pytest.fixture
def sale(world: World) -> Sale:
    return an_auction(world).open_with_bidders(2)


def propose(sale: Sale, by: Firm | None = None, because: str = "The debt was paid.") -> Approval:
    with (by or sale.bank).operator.ws() as ws:
        return actions.propose_calling_off(ws, sale.auction_id, because=because)


def test_it_goes_on_until_the_second_officer_agrees_and_then_all_deposits_go_back(sale: Sale) -> None:
    one, two = sale.bidders
    proposal = propose(sale)
    assert sale.bid(one, 700_000).leads, "one officer ends nothing"
    decided(sale.bank, proposal)
    assert sale.auction.status == "CANCELLED"
    assert sale.bid(two, 705_000).outcome is Outcome.CLOSED
    with sale.bank.operator.ws(read_only=True) as ws:
        outs = [row.deposit_state.value for row in queries.registrations(ws, sale.auction_id) if row.deposit_state]
    assert outs == ["RETURNED", "RETURNED"]


def test_who_proposed_does_not_decide_and_a_refusal_leaves_the_sale_as_it_is(sale: Sale) -> None:
    proposal = propose(sale)
    with sale.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    decided(sale.bank, proposal, approve=False)
    assert sale.auction.status == "OPEN"


def test_only_the_seller_calls_its_sale_off_and_says_why(sale: Sale) -> None:
    with pytest.raises(NotFound):
        propose(sale, sale.world.firm("BANK"))
    with pytest.raises(NotAllowed):
        propose(sale, sale.bidders[0])
    for because in ("", " x  ", "x" * 501):
        with pytest.raises(Invalid) as wrong:
            propose(sale, because=because)
        assert wrong.value.field == "because"


def test_what_still_waits_when_the_hammer_falls_lapses_with_the_sale(sale: Sale) -> None:
    proposal = propose(sale)
    sale.bid(sale.bidders[0], 700_000)
    sale.close()
    assert sale.auction.status == "SOLD", "it goes on meanwhile"
    with sale.bank.approver.ws(read_only=True) as ws:
        assert approvals.waiting(ws) == []
        assert [(one.id, one.decision) for one in approvals.decided(ws)] == [(proposal.id, "lapsed")]
    with pytest.raises(Refused):
        propose(sale)


def test_agreed_on_after_the_hammer_it_is_refused(sale: Sale) -> None:
    proposal = propose(sale)
    sale.world.admin.execute("update house.auction set status = 'SOLD' where auction_id = %s", (sale.auction_id,))
    with pytest.raises(Refused):
        decided(sale.bank, proposal)
