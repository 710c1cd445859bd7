"""Negotiated sales through the real database: rooms nobody else looks into, two officers, one bargain, and then the way of every sale."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.answers import Outcome
from marketplace.disposal.handing_over import list_handovers
from marketplace.disposal.negotiating.consenting import consent_of, find_consent, floors_to_answer
from marketplace.disposal.negotiating.queries import waiting_bargain
from marketplace.disposal.record.file import record_of
from marketplace.disposal.record.receipts import my_receipts
from marketplace.disposal.rules.negotiating import OfferState
from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import Conflict, Refused
from tenants.record import activity
from tests.factories import Person, Shared, World
from tests.marketplace.disposal.makers import Enforced, Sale, a_bad_loan, an_enforced_sale, call_off, cny
from tests.marketplace.disposal.negotiating.makers import NEGOTIATED, Talks, some_talks
from tests.marketplace.disposal.record.test_every_kind import wrong
from tests.marketplace.disposal.test_limits import recomputed
from tests.marketplace.financing.makers import decided


def refusal(act: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*given, **named)
    return refused.value.code


def agreed(person: Person, proposal: Approval | None) -> None:
    assert proposal is not None, "it takes a second officer"
    with person.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)


def test_from_the_first_offer_to_the_goods_money_like_any_sale(world: World) -> None:
    deal = a_bad_loan(world)
    terms = {"opens_at": world.now + timedelta(days=8), "closes_at": world.now + timedelta(days=20)}
    enforced = an_enforced_sale(world, deal=deal, start=cny(5_460_000), deposit=cny(546_000), own=NEGOTIATED, alone=cny(9_000_000), **terms)  # fmt: skip
    talks = Talks(enforced.sale.open_with_bidders(2))
    one, two = enforced.sale.bidders
    talks.offer(one, 5_500_000, delivery="Ex warehouse, own trucks", words="All of it at once.")
    talks.offer(two, 5_470_000)
    assert talks.offer(one, 5_900_000, by=talks.seller, firm=True) is None
    talks.offer(one, 5_600_000)
    assert [state.value for state in talks.room(one).states] == ["COUNTERED", "COUNTERED", "OPEN"]
    assert talks.accept(one) is None
    world.work()
    auction = enforced.sale.auction
    assert (auction.status, auction.sold, auction.winning_paddle) == ("SOLD", cny(5_600_000), enforced.sale.paddle(one))
    assert talks.room(two).states == (OfferState.LAPSED,)
    record, faults = recomputed(enforced.sale)
    assert faults == 0
    assert [line["outcome"] for line in record["bids"]] == ["OFFERED"] * 4 + ["ACCEPTED"]
    with one.operator.ws(read_only=True) as ws:
        assert len(my_receipts(ws, auction)) == 4, "each offer of the room, the seller's too, and the bargain"
    paid(enforced)


def paid(enforced: Enforced) -> None:
    """Price, order to the warehouse, acceptance and distribution come as after any hammer."""
    enforced.pay()
    with enforced.deal.parties.warehouse.operator.ws(read_only=True) as ws:
        [order] = [one for one in list_handovers(ws) if one.auction_id == enforced.sale.auction_id]
    assert order.status == "ORDERED"
    enforced.hand_over()
    enforced.accept()
    decided(enforced.deal.bank, enforced.propose_waterfall(juniors=[]))


def test_nobody_looks_into_another_s_room_and_the_book_tells_no_amount(world: World) -> None:
    talks = some_talks(world)
    one, two = talks.sale.bidders
    talks.offer(one, 765_432, words="Between us.")
    assert [room.offers[-1].amount_minor for room in talks.rooms(talks.seller) if room.offers] == [765_432_00]
    assert talks.room(two).offers == ()
    assert talks.rooms(world.firm("BUYER").operator) == []
    with two.operator.ws() as ws:
        assert refusal(actions.decline_offer, ws, talks.auction_id, talks.room(one).room_id, seen=1) == "room_unknown"
        for table in ("negotiated_offer", "bid", "bid_slip"):
            seen = ws.session.execute(
                text(f"select * from house.{table} t where t.auction_id = :a"), {"a": talks.auction_id}
            )
            assert "76543200" not in str(seen.all())
    talks.sale.close()
    assert talks.sale.auction.status == "NO_SALE"
    record, faults = recomputed(talks.sale)
    assert (faults, record["bids"][0]["limit_minor"]) == (0, 765_432_00), "opened to everybody with the hammer"


def recorded(sale: Sale) -> dict[str, Any]:
    with sale.bank.operator.ws(read_only=True) as ws:
        return dict(record_of(ws, sale.auction_id))


def test_a_record_from_which_an_offer_was_taken_or_raised_does_not_hold(world: World) -> None:
    talks = some_talks(world)
    one, two = talks.sale.bidders
    talks.offer(one, 800_000)
    talks.offer(two, 750_000)
    talks.offer(two, 790_000, by=talks.seller)
    world.advance(timedelta(hours=12))
    assert refusal(talks.accept, one) == "stands_open"
    assert refusal(talks.accept, two, by=two.operator) == "stands_open"
    talks.offer(two, 780_000)
    assert talks.accept(two) is None
    world.work()
    honest = json.dumps(recorded(talks.sale))
    assert wrong(json.loads(honest)) == 0
    told = json.loads(honest)
    told["bids"][0]["limit_minor"] = 1
    assert wrong(told) > 0


def lapsed(talks: Talks) -> tuple[list[str | None], int]:
    """What became of what waited for the second officer, and how often the seller was told that it lapsed."""
    with talks.seller.ws(read_only=True) as ws:
        told = sum(one.kind == "BargainLapsed" for one in activity(ws, limit=50))
        proposed = [*approvals.decided(ws), *approvals.waiting(ws)]
        return [one.decision for one in proposed if one.act == "approve_bargain"], told


@pytest.mark.parametrize("ending", ["the time is over", "another buyer", "called off"])
def test_what_waits_for_a_second_officer_lapses_with_its_sale(world: World, ending: str) -> None:
    talks = some_talks(world, alone=800_000)
    one, two = talks.sale.bidders
    talks.offer(one, 790_000, by=talks.seller)
    talks.offer(two, 850_000)
    proposal = talks.accept(two)
    assert proposal is not None
    world.work()
    assert lapsed(talks) == ([None], 0), "the sale goes on"
    if ending == "another buyer":
        talks.accept(one, by=one.operator)
    elif ending == "called off":
        call_off(talks.sale, "The debt was paid.")
    else:
        world.set_clock(talks.sale.auction.ends_at)
    for _ in range(2):
        world.work()
    assert lapsed(talks) == (["lapsed"], 1)
    with talks.sale.bank.approver.ws() as ws:
        assert refusal(approvals.decide, ws, proposal.id, approve=False) == "already_decided"
    assert "Lapsed" in talks.sale.bank.approver.browser().get("/approvals?lang=en").text


def test_people_approve_or_reject_and_nothing_else(world: World) -> None:
    """Planted: an officer writes that a proposal has lapsed, to be rid of it unseen. Straight into the table."""
    talks = some_talks(world, alone=800_000)
    talks.offer(talks.sale.bidders[0], 850_000)
    talks.accept(talks.sale.bidders[0])
    with talks.sale.bank.approver.ws() as ws, pytest.raises(DBAPIError, match="approve or reject"):
        ws.session.execute(text("update house.approval set decision = 'lapsed', checked_at = now() where subject_id = :a"), {"a": talks.auction_id})  # fmt: skip


def test_two_officers_above_the_limit_and_past_a_higher_offer(world: World) -> None:
    talks = some_talks(world, alone=800_000)
    one, two = talks.sale.bidders
    talks.offer(one, 790_000)
    talks.offer(two, 850_000)
    assert refusal(talks.accept, one) == "because_missing"
    proposal = talks.accept(one, because="It fetches them today.")
    assert proposal is not None
    assert refusal(talks.accept, two) == "already_proposed"
    with talks.seller.ws() as ws:
        assert waiting_bargain(ws, talks.auction_id) is not None
        assert refusal(approvals.decide, ws, proposal.id, approve=True) in ("not_allowed", "same_eyes")
    talks.offer(one, 795_000)
    with pytest.raises(Conflict) as moved, talks.sale.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    assert moved.value.code == "offer_moved"
    with talks.sale.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=False)
    agreed(talks.sale.bank.approver, talks.offer(two, 900_000, by=talks.seller))
    assert talks.room(two).standing is not None
    talks.accept(two, by=two.operator)
    world.work()
    assert talks.sale.auction.sold == cny(900_000)


def test_below_the_valuation_the_pledgor_is_asked_and_its_word_decides(world: World) -> None:
    talks = some_talks(world, buyers=1, valuation=cny(1_000_000))
    [one] = talks.sale.bidders
    talks.offer(one, 800_000)
    assert refusal(talks.accept, one) == "consent_missing"
    assert refusal(talks.offer, one, 900_000, by=talks.seller) == "consent_missing"
    pledgor = talks.sale.borrower
    checker = pledgor.approver
    with talks.sale.bank.owner.ws() as ws:
        assert refusal(actions.answer_floor, ws, talks.auction_id, agree=True) == "not_allowed"
        with pytest.raises(DBAPIError), ws.session.begin_nested():
            ws.session.execute(text("update house.floor_consent set agreed = true, answered_at = now(), answered_by = 'us' where auction_id = :a"), {"a": talks.auction_id})  # fmt: skip
    with pledgor.owner.ws() as ws:
        assert [row.auction_id for row in floors_to_answer(ws)] == [talks.auction_id]
        asked = actions.answer_floor(ws, talks.auction_id, agree=True)
        assert asked.agreed is None, "one of two"
        assert refusal(actions.answer_floor, ws, talks.auction_id, agree=True) == "already_proposed"
        [proposed] = [one for one in approvals.waiting(ws) if one.subject_id == talks.auction_id]
        assert refusal(approvals.decide, ws, proposed.id, approve=True) == "same_eyes"
    assert refusal(talks.accept, one) == "consent_missing"
    agreed(checker, proposed)
    with pledgor.owner.ws() as ws:
        assert refusal(actions.answer_floor, ws, talks.auction_id, agree=False) == "floor_answered"
        assert floors_to_answer(ws) == []
        asked = find_consent(ws, talks.auction_id)
    assert (asked.agreed, asked.answered_by) == (True, f"{pledgor.owner.name}, {checker.name}")
    agreed(talks.sale.bank.approver, talks.accept(one))
    world.work()
    assert talks.sale.auction.sold == cny(800_000)
    with one.operator.ws(read_only=True) as ws:
        assert consent_of(ws, talks.auction_id) is None, "the valuation stays between seller and pledgor"


def test_no_is_no(world: World) -> None:
    talks = some_talks(world, buyers=1, valuation=cny(1_000_000))
    pledgor = talks.sale.borrower
    checker = pledgor.approver
    with pledgor.operator.ws() as ws:
        actions.answer_floor(ws, talks.auction_id, agree=True)
    with pledgor.owner.ws() as ws:
        actions.answer_floor(ws, talks.auction_id, agree=False)
        [proposed] = [one for one in approvals.waiting(ws) if one.subject_id == talks.auction_id]
    with checker.ws() as ws:
        assert refusal(approvals.decide, ws, proposed.id, approve=True) == "floor_answered", "the yes of one is none"
    [one] = talks.sale.bidders
    talks.offer(one, 999_999)
    assert refusal(talks.accept, one) == "consent_missing"
    talks.offer(one, 1_000_000)
    assert talks.accept(one) is None


def test_a_firm_of_one_gives_its_word_alone(world: World) -> None:
    talks = some_talks(world, buyers=1, valuation=cny(1_000_000))
    with talks.sale.borrower.owner.ws() as ws:
        assert actions.answer_floor(ws, talks.auction_id, agree=True).agreed


def test_of_two_bargains_at_once_one_is_struck(world: World) -> None:
    for _ in range(3):
        talks = some_talks(world)
        for buyer, amount in zip(talks.sale.bidders, (800_000, 800_000), strict=True):
            talks.offer(buyer, amount, by=talks.seller)

        def take(buyer: Any, talks: Talks = talks) -> str:
            try:
                talks.accept(buyer, by=buyer.operator)
            except Refused as refused:
                return refused.code
            return "struck"

        with ThreadPoolExecutor(2) as crowd:
            assert sorted(crowd.map(take, talks.sale.bidders)) == ["sale_ended", "struck"]
        world.work()
        assert talks.sale.auction.status == "SOLD"
        assert recomputed(talks.sale)[1] == 0


def test_who_may_speak(world: World) -> None:
    talks = some_talks(world, buyers=1)
    [one] = talks.sale.bidders
    poor = talks.sale.bidder(deposit=False)
    for act in (talks.offer, lambda buyer, _: talks.offer(buyer, 800_000, by=talks.seller)):
        assert refusal(act, poor, 800_000) == "bidder_not_admitted"
    assert talks.sale.bid(one, 800_000).outcome is Outcome.BARGAINS
    assert talks.sale.hand_in(one, 800_000).outcome is Outcome.NO_ENVELOPES
    assert refusal(talks.offer, one, 800_000, delivery="x" * 301) == "text_too_long"
    talks.offer(one, 800_000)
    assert refusal(talks.offer, one, 810_000, seen=0) == "offer_moved"
    talks.withdraw(one)
    assert refusal(talks.accept, one) == "stands_open"
    talks.offer(one, 800_000)
    talks.decline(one)
    assert talks.room(one).states == (OfferState.WITHDRAWN, OfferState.DECLINED)
    talks.sale.close()
    assert refusal(talks.offer, one, 900_000) == "sale_ended"


def talks_with_a_firm_offer(world: World) -> Talks:
    talks = some_talks(world, buyers=1)
    talks.offer(talks.sale.bidders[0], 800_000, firm=True)
    return talks


@pytest.mark.parametrize(
    ("sql", "who"),
    [
        ("select gate.enter_talks(:a, :r, 'OFFER', gate.now(), 0, 69999999, false, '', '')", "buyer"),
        ("select gate.enter_talks(:a, :r, 'ACCEPT', gate.now(), 1, null, null, null, null)", "buyer"),
        ("select gate.enter_talks(:a, :r, 'WITHDRAW', gate.now(), 1, null, null, null, null)", "buyer"),
        ("select gate.enter_talks(:a, :r, 'ACCEPT', gate.now(), 2, null, null, null, null)", "seller"),
        ("select gate.enter_talks(:a, :r, 'ACCEPT', gate.now() - interval '2 days', 1, null, null, null, null)", "seller"),
        ("select gate.enter_talks(:a, :r, 'ACCEPT', gate.now(), 1, null, null, null, null)", "stranger"),
        ("select * from gate.hold_talks(:a)", "stranger"),
        ("insert into house.negotiated_offer select * from house.negotiated_offer where auction_id = :a and registration_id = :r", "seller"),
        ("update house.negotiated_offer set amount_minor = 1 where auction_id = :a and registration_id = :r", "seller"),
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_rule_would_ask(world: World, shared: Shared, sql: str, who: str) -> None:
    talks = shared(talks_with_a_firm_offer)
    [one] = talks.sale.bidders
    people = {"buyer": one.operator, "seller": talks.seller, "stranger": world.firm("BUYER").operator}
    with people[who].ws() as ws, pytest.raises(DBAPIError):
        ws.session.execute(text(sql), {"a": talks.auction_id, "r": talks.room(one).room_id})
    assert talks.sale.auction.standing_paddle is None


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"regime": "AUCTION_HOUSE"}, "kind_not_permitted"),
        ({"reserve": "800000"}, "floor_is_reserve"),
        ({"start": "699999.99", "valuation": cny(1_000_000)}, "start_too_low"),
    ],
)
def test_terms_that_make_no_negotiated_sale(world: World, terms: dict[str, Any], code: str) -> None:
    assert refusal(some_talks, world, **terms) == code
