"""Two of a firm's people, or two firms, at the same moment in the rooms of sales, stock and fees: one effect, and a clear refusal for whoever came second."""

from collections.abc import Iterator

import pytest

from marketplace.billing.collecting.mandates import mandates
from marketplace.catalogue.stock.queries import interests_in
from marketplace.disposal.accepting.queries import find_acceptance
from marketplace.disposal.data_rooms.queries import openings_of
from marketplace.disposal.negotiating.consenting import find_consent
from marketplace.money import Money
from tenants import approvals
from tests.factories import Firm, World
from tests.frontend.test_at_once import Asked, together
from tests.marketplace.billing.makers import an_invoice, clear_fees
from tests.marketplace.disposal.accepting.test_disputing import Disputed
from tests.marketplace.disposal.makers import an_auction
from tests.marketplace.disposal.negotiating.makers import some_talks
from tests.marketplace.disposal.test_data_rooms import TERMS, WHOLE, a_room, enter, find_data_room, shared
from tests.marketplace.pledges.makers import the_parties
from tests.stripe_fees_fake import a_fake_fee_stripe

WANTED = {"amount": "400000", "currency": "CNY"}


@pytest.fixture
def invoiced(world: World) -> Iterator[tuple[Firm, Firm]]:
    """An operator and a firm that it has billed."""
    with a_fake_fee_stripe(world):
        operator, firm, _ = an_invoice(world)
        yield operator, firm
    clear_fees(world)


def test_a_data_room_is_opened_once_and_each_firm_promises_once(world: World) -> None:
    sale = an_auction(world)
    bidder, path = sale.bidder(), f"/auctions/{sale.auction_id}/data-room"
    assert together(world, [(sale.bank.operator, path, {"terms": TERMS})] * 4) == {201: 1, 409: 3}
    with bidder.operator.ws(read_only=True) as ws:
        terms = find_data_room(ws, sale.auction_id).terms_sha256
    promises: list[Asked] = [(one, f"{path}/promise", {"terms_sha256": terms}) for one in (bidder.operator, bidder.owner) * 2]  # fmt: skip
    assert together(world, promises) == {201: 1, 409: 3}


def test_each_opening_of_a_paper_is_noted_however_many_read_at_once(world: World) -> None:
    sale = an_auction(world)
    a_room(sale)
    paper = shared(sale, WHOLE)
    readers = [sale.bidder(), sale.bidder()]
    for one in readers:
        enter(sale, one)
    path = f"/auctions/{sale.auction_id}/data-room/papers/{paper.paper_id}/openings"
    assert together(world, [(one.operator, path, {}) for one in readers * 2]) == {200: 4}
    with sale.bank.operator.ws(read_only=True) as ws:
        assert sorted(one.organisation for one in openings_of(ws, sale.auction_id)) == sorted(one.name for one in readers * 2)  # fmt: skip


def test_of_two_new_versions_of_one_paper_one_replaces_it(world: World) -> None:
    sale = an_auction(world)
    a_room(sale)
    paper = shared(sale, WHOLE)
    newer: dict[str, object] = {"kind": "quality_certificate", "name": "assay.pdf", "content": "JVBERi0xLjcgbmV3ZXI=", "replaces": str(paper.paper_id)}  # fmt: skip
    statuses = together(world, [(sale.bank.operator, f"/auctions/{sale.auction_id}/data-room/papers", newer)] * 3)
    assert statuses == {201: 1, 422: 2}, statuses


def test_a_dispute_is_answered_once_proposed_once_and_decided_once(world: World) -> None:
    scene = Disputed(world)
    bank, path = scene.bank, f"/disputes/{scene.id}"
    two = (bank.operator, bank.owner)
    answers: list[Asked] = [(one, f"{path}/answer", {"words": "The assay says grade A."}) for one in two * 2]
    assert together(world, answers) == {200: 1, 409: 3}
    proposals: list[Asked] = [(one, f"{path}/decision", {"decision": "REJECT", "because": "The samples say so."}) for one in two * 2]  # fmt: skip
    assert together(world, proposals) == {201: 1, 409: 3}
    with bank.approver.ws(read_only=True) as ws:
        [waiting] = [one for one in approvals.waiting(ws) if one.subject_id == scene.id]
    checkers = (bank.approver, bank.person("approver", name="Second approver"))
    assert together(world, [(one, f"/approvals/{waiting.id}/approval", {}) for one in checkers * 2]) == {200: 1, 409: 3}
    with bank.operator.ws(read_only=True) as ws:
        assert find_acceptance(ws, scene.auction_id).refund.minor == 0


def test_stock_is_offered_once_and_a_bank_s_answers_are_one_that_stands(world: World) -> None:
    parties, bank = the_parties(world), world.firm("BANK")
    lot, firm = parties.a_lot(), parties.sme
    offer: dict[str, object] = {"lot_id": str(lot.id), "amount": WANTED, "tenor_days": 90}
    assert together(world, [(one, "/stock-offers", offer) for one in (firm.operator, firm.owner) * 2]) == {201: 1, 409: 3}  # fmt: skip
    [stock] = [one["id"] for one in firm.operator.call("GET", "/stock-offers").json["items"]]
    answers: list[Asked] = [(one, f"/stock/{stock}/interest", {"amount": WANTED}) for one in (bank.operator, bank.owner) * 2]  # fmt: skip
    assert together(world, answers) == {201: 4}
    with firm.operator.ws(read_only=True) as ws:
        assert [one.tenant_id for one in interests_in(ws, stock)] == [bank.tenant_id]
    back: Asked = (firm.operator, f"/stock-offers/{stock}/withdrawal", {})
    assert together(world, [back] * 4) == {200: 1, 409: 3}
    late: Asked = (bank.operator, f"/stock/{stock}/interest", {"amount": WANTED})
    assert together(world, [late] * 2) == {409: 2}


def test_a_consent_to_collect_is_withdrawn_once_and_two_saved_at_once_leave_one(world: World, invoiced: tuple[Firm, Firm]) -> None:  # fmt: skip
    _, firm = invoiced
    wish: dict[str, object] = {"limit": WANTED, "agreed": True}
    assert together(world, [(firm.owner, "/fee-mandates", wish)] * 2) == {201: 2}
    with firm.owner.ws(read_only=True) as ws:
        first, second = mandates(ws)
    withdrawals: list[Asked] = [(firm.owner, f"/fee-mandates/{first.id}/withdrawal", {})] * 4
    assert together(world, withdrawals) == {200: 1, 409: 3}
    assert second.status == "OPENED"


def test_a_negotiated_offer_is_accepted_or_withdrawn(world: World) -> None:
    talks = some_talks(world, buyers=1)
    [one] = talks.sale.bidders
    for amount in (800_000, 810_000):
        talks.offer(one, amount)
    here = f"/auctions/{talks.auction_id}/talks/{talks.room(one).room_id}"
    moves: list[Asked] = [(talks.seller, f"{here}/acceptance", {"seen": 2}), (one.operator, f"{here}/withdrawal", {"seen": 2})]  # fmt: skip
    assert together(world, moves * 2) == {200: 1, 409: 3}
    world.work()
    last = talks.room(one).states[-1]
    assert (talks.sale.auction.status == "SOLD") == (last == "ACCEPTED")


def test_a_floor_is_agreed_to_by_two_once(world: World) -> None:
    talks = some_talks(world, buyers=1, valuation=Money(1_000_000_00, "CNY"))
    firm, path = talks.sale.borrower, f"/auctions/{talks.auction_id}/floor/answer"
    checker = firm.approver
    assert together(world, [(one, path, {"agree": True}) for one in (firm.operator, firm.owner) * 2]) == {200: 1, 409: 3}  # fmt: skip
    with checker.ws(read_only=True) as ws:
        [waiting] = [one for one in approvals.waiting(ws) if one.subject_id == talks.auction_id]
    both: list[Asked] = [(checker, f"/approvals/{waiting.id}/approval", {}), (firm.operator, path, {"agree": False})]  # fmt: skip
    assert together(world, both) == {200: 1, 409: 1}
    with firm.operator.ws(read_only=True) as ws:
        assert find_consent(ws, talks.auction_id).agreed is not None
