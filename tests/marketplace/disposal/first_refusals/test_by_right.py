"""A right of first refusal through the real database: as much as another bids is enough; beside the rule, and beside the strangers' program."""

import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal.bidding import Outcome
from marketplace.disposal.first_refusals.models import PriorityPurchaser
from marketplace.disposal.first_refusals.queries import may_match, my_right, paddles_by_right, rights_in
from marketplace.disposal.kind_terms import ENGLISH_TERMS, KindTerms
from marketplace.disposal.queries import my_place
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.rules.kinds.choice import Announced, begin
from marketplace.disposal.rules.kinds.protocol import Act, Deed, Kind, Line
from tests.factories import Firm, World
from tests.marketplace.disposal.first_refusals.makers import a_right, a_sale_with_rights
from tests.marketplace.disposal.makers import Sale, an_enforced_sale, cny
from tests.marketplace.disposal.test_kinds import FIXED
from tests.marketplace.disposal.test_kinds_agree import in_the_book, sold_off_by_court
from tests.marketplace.disposal.test_limits import lines, recomputed


def can_match(sale: Sale, firm: Firm) -> bool:
    with firm.operator.ws(read_only=True) as ws:
        return may_match(ws, sale.auction)


def test_as_much_as_another_bids_is_enough_and_the_goods_are_lost_to_a_higher_bid_alone(world: World) -> None:
    sale = a_sale_with_rights(world, {0: 1}).open()
    holder, one, two = sale.bidders
    assert sale.bid(holder, 700_000).outcome is Outcome.ACCEPTED, "nothing stands yet: a bid like any other"
    assert sale.bid(one, 705_000).outcome is Outcome.ACCEPTED
    assert (can_match(sale, holder), can_match(sale, two)) == (True, False)
    assert sale.bid(two, 705_000).outcome is Outcome.TOO_LOW, "who has no right outdoes by a step"
    assert sale.bid(holder, 704_999).outcome is Outcome.TOO_LOW
    taken = sale.bid(holder, 705_000)
    assert (taken.outcome, taken.leads) == (Outcome.MATCHED, True)
    assert not can_match(sale, holder)
    assert sale.bid(one, 705_000).outcome is Outcome.TOO_LOW
    assert sale.bid(two, 710_000).leads
    world.set_clock(sale.auction.ends_at - timedelta(minutes=1))
    ends = sale.auction.ends_at
    assert sale.bid(holder, 710_000).outcome is Outcome.MATCHED
    assert sale.auction.ends_at == ends + timedelta(minutes=4), "others have their five minutes after it"
    with holder.operator.ws(read_only=True) as ws:
        assert my_place(ws, sale.auction).highest_minor == 710_000_00
    closed = sale.close()
    assert (closed.status, closed.sold, closed.winning_paddle) == ("SOLD", cny(710_000), sale.paddle(holder))
    assert recomputed(sale)[1] == 0


def test_of_several_the_right_that_comes_first_buys_and_of_equals_the_earlier_bid(world: World) -> None:
    sale = a_sale_with_rights(world, {0: 1, 1: 2, 2: 2}, bidders=4).open()
    first, second, equal, other = sale.bidders
    sale.bid(other, 700_000)
    assert sale.bid(second, 700_000).leads
    assert sale.bid(equal, 700_000).outcome is Outcome.TOO_LOW
    assert sale.bid(first, 700_000).leads
    assert sale.bid(second, 700_000).outcome is Outcome.TOO_LOW
    assert sale.close().winning_paddle == sale.paddle(first)
    assert recomputed(sale)[1] == 0


def test_a_limit_of_the_holder_is_bid_no_higher_than_it_takes_to_match(world: World) -> None:
    sale = a_sale_with_rights(world, {0: 1}).open()
    holder, one, two = sale.bidders
    sale.bid(one, 700_000, limit=760_000)
    sale.bid(holder, 0, limit=800_000)
    assert lines(sale)[1:] == [(0, 700_000, "MATCHED", "HAND"), (1, 760_000, "ACCEPTED", "LIMIT"), (0, 760_000, "MATCHED", "LIMIT")]  # fmt: skip
    sale.bid(two, 790_000)
    assert lines(sale)[4:] == [(2, 790_000, "ACCEPTED", "HAND"), (0, 790_000, "MATCHED", "LIMIT")]
    assert sale.bid(two, 800_000).leads is False
    assert sale.bid(two, 805_000).leads
    assert sale.close().sold == cny(805_000)
    assert recomputed(sale)[1] == 0


@dataclass(frozen=True)
class Try:
    """Somebody bids an amount, or as much as stands (0), perhaps with a limit so much above it, a while after what came before."""

    who: int
    amount: int
    more: int | None
    wait: timedelta


tries = st.lists(
    st.builds(
        Try,
        st.integers(0, 3),
        st.sampled_from([0, 0, 0, 1, 720_000, 725_000, 727_500, 740_000]),
        st.sampled_from([None, None, 0, 2_500, 15_000]),
        st.sampled_from([timedelta(seconds=1), timedelta(hours=8), timedelta(hours=23, minutes=56)]),
    ),
    max_size=12,
)


@pytest.mark.parametrize("own", [ENGLISH_TERMS, FIXED], ids=["rising", "sold off by a court"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=tries, reserve=st.sampled_from([None, 732_000]), orders=st.sampled_from([{0: 1, 1: 2, 2: 2}, {0: 1}, {}]))
def test_rules_database_and_strangers_agree(
    world: World, own: KindTerms, plan: list[Try], reserve: int | None, orders: dict[int, int]
) -> None:
    terms: dict[str, Any] = sold_off_by_court(world) if own is FIXED else {"reserve": reserve and str(reserve)}
    sale = a_sale_with_rights(world, orders, bidders=4, start="720000", valuation=cny(720_000), own=own, **terms)
    auction = sale.auction
    kind: Kind = begin(
        Announced(
            own=own, start=auction.start, increments=auction.increments, reserve=cny(reserve) if reserve and own is not FIXED else None,
            opens_at=auction.opens_at, closes_at=auction.closes_at, soft_close=timedelta(seconds=auction.soft_close_seconds),
            contest=timedelta(seconds=auction.contest_seconds) if auction.contest_seconds else None,
            priority={sale.paddle(sale.bidders[who]): order for who, order in orders.items()},
        )
    )  # fmt: skip
    expected: list[Line] = []
    world.set_clock(auction.opens_at)
    for one in plan:
        world.set_clock(world.now + one.wait)
        now = sale.auction
        stands = (now.standing or now.start).minor // 100
        amount = stands + (one.amount * 5_000 if one.amount == 1 else 0) if one.amount <= 1 else one.amount
        limit = None if one.more is None or own is FIXED else amount + one.more
        firm, matchable = sale.bidders[one.who], can_match(sale, sale.bidders[one.who])
        answer = sale.bid(firm, amount, limit=limit)
        if one.amount == 0 and now.standing and world.now < now.ends_at and not now.has_reserve:
            assert (answer.outcome is Outcome.MATCHED) == matchable, "what the page says is what the bid meets"
        act = Act(sale.paddle(firm), answer.at or world.now, Deed.BID, cny(amount), limit=limit and cny(limit))  # type: ignore[arg-type]
        kind, told = kind.take(act)
        expected += told
    assert in_the_book(sale) == expected
    assert sale.auction.ends_at == kind.ends_at
    world.set_clock(max(sale.auction.ends_at, world.now))
    world.work()
    award = kind.award
    assert (sale.auction.winning_paddle, sale.auction.sold) == ((award.paddle, award.price) if award else (None, None))
    assert recomputed(sale)[1] == 0


def test_strangers_find_a_right_that_was_given_to_another_paddle_or_taken_away(world: World) -> None:
    sale = a_sale_with_rights(world, {0: 1}).open()
    sale.bid(sale.bidders[1], 700_000)
    sale.bid(sale.bidders[0], 700_000)
    sale.close()
    record, wrong = recomputed(sale)
    assert (wrong, record["first_refusals"][0]["paddle"]) == (0, sale.paddle(sale.bidders[0]))
    for planted in (sale.paddle(sale.bidders[2]), sale.paddle(sale.bidders[1]), None):
        forged = copy.deepcopy(record)
        forged["first_refusals"][0]["paddle"] = planted
        found = recompute.Findings(chinese=False)
        recompute.recompute(forged, bytes.fromhex(record["key"]), found)
        assert found.wrong, planted


def test_rights_are_published_with_the_terms_and_paddles_when_bidding_has_ended(world: World) -> None:
    sale = a_sale_with_rights(world, {0: 2, 1: 1})
    holder, stranger = sale.bidders[0], world.firm("BUYER")
    with stranger.operator.ws(read_only=True) as ws:
        told = rights_in(ws, sale.auction)
        assert [one.organisation for one in told] == [sale.bidders[1].name, holder.name]
        assert paddles_by_right(ws, sale.auction_id) == {}, "33: hidden until the end"
        assert my_right(ws, sale.auction) is None
    with holder.operator.ws(read_only=True) as ws:
        mine = my_right(ws, sale.auction)
        assert mine is not None
        assert mine.rank == 2
    late = {"holder_id": stranger.tenant_id, "organisation": "Late", "rank": 1, "ground": "None", "evidence": "None"}
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="published with the terms"):
        ws.session.add(PriorityPurchaser(auction_id=sale.auction_id, tenant_id=ws.tenant_id, **late))
        ws.session.flush()
    sale.open().close()
    with stranger.operator.ws(read_only=True) as ws:
        assert paddles_by_right(ws, sale.auction_id) == {one.tenant_id: sale.paddle(one) for one in sale.bidders[:2]}
        assert [one["order"] for one in record_of(ws, sale.auction_id)["first_refusals"]] == [1, 2]


def test_the_database_takes_no_party_to_the_sale_for_a_holder_and_the_sellers_word_alone(world: World) -> None:
    """Planted: one right fewer is named than the terms tell."""
    enforced = an_enforced_sale(world, first_refusals=(a_right(world.firm("BUYER")),))
    auction_id, parties = enforced.sale.auction_id, enforced.deal.parties
    with world.admin.transaction():
        world.admin.execute("set local session_replication_role = replica")
        world.admin.execute("update house.auction set first_refusals = first_refusals + 1 where auction_id = %s", (auction_id,))  # fmt: skip
    named = text(
        "insert into house.priority_purchaser (auction_id, holder_id, tenant_id, organisation, rank, ground, evidence) values (:auction, :holder, :me, 'X', 3, 'x', 'x')"
    )
    for party in (parties.bank, parties.sme, parties.warehouse, parties.supervisor):
        with pytest.raises(DBAPIError, match="a party to this sale"), parties.bank.operator.ws() as ws:
            ws.session.execute(named, {"auction": auction_id, "holder": party.tenant_id, "me": ws.tenant_id})
    another = world.firm("BUYER").tenant_id
    with pytest.raises(DBAPIError, match="published with the terms"), parties.sme.operator.ws() as ws:
        ws.session.execute(named, {"auction": auction_id, "holder": another, "me": ws.tenant_id})
    with parties.bank.operator.ws() as ws:
        ws.session.execute(named, {"auction": auction_id, "holder": another, "me": ws.tenant_id})
    assert [world.refused_by("priority_purchaser", rank=rank) for rank in (0, 21)] == ["rank", "rank"]
