"""Offers in rooms by rule alone: whatever both sides do and whenever, at most one bargain, in time, at or above the least, and on an offer that stood."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.negotiating import (
    Bounds,
    OfferState,
    Proposal,
    Room,
    Side,
    accept,
    decline,
    needs_two,
    propose,
    require_reason,
    require_seen,
    standing,
    told_state,
    withdraw,
)
from marketplace.money import Money
from tenants.errors import Refused
from tests.marketplace.disposal.makers import cny

OPENS = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BOUNDS = Bounds(floor=cny(700_000), market=cny(1_000_000), agreed=False, binds_for=DAY, opens_at=OPENS, ends_at=OPENS + 10 * DAY)  # fmt: skip
FREE = replace(BOUNDS, agreed=True)
B, S = Side.BUYER, Side.SELLER


def offered(side: Side, amount: int, *, firm: bool = False, room: Room = (), at: datetime = OPENS, bounds: Bounds = FREE) -> Room:  # fmt: skip
    return propose(room, side, cny(amount), firm=firm, at=at, bounds=bounds)


def code(act: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*given, **named)
    return refused.value.code


def test_a_counter_offer_ends_what_it_answers_and_acceptance_takes_the_last() -> None:
    room = offered(S, 900_000, room=offered(B, 800_000))
    assert [one.state for one in room] == [OfferState.COUNTERED, OfferState.OPEN]
    assert code(accept, room, S, at=OPENS, bounds=FREE) == "offer_whose"
    struck = accept(room, B, at=OPENS, bounds=FREE)
    assert (struck[-1].state, struck[-1].amount) == (OfferState.ACCEPTED, cny(900_000))
    assert code(accept, struck, B, at=OPENS, bounds=FREE) == "stands_open"


def test_one_s_own_offer_is_only_outdone_by_what_is_better_for_the_other() -> None:
    room = offered(B, 800_000)
    for worse in (800_000, 799_999):
        assert code(offered, B, worse, room=room) == "offer_not_better"
    assert [one.state for one in offered(B, 800_001, room=room)] == [OfferState.IMPROVED, OfferState.OPEN]
    dear = offered(S, 900_000)
    assert code(offered, S, 900_000, room=dear) == "offer_not_better"
    assert offered(S, 899_999, room=dear)[-1].amount == cny(899_999)
    assert offered(B, 700_000, room=room, at=OPENS + DAY)[-2].state is OfferState.EXPIRED, "one that ended binds nobody"


def test_an_offer_stands_until_its_end_and_not_at_it() -> None:
    room, last = offered(B, 800_000), OPENS + DAY - timedelta(microseconds=1)
    assert accept(room, S, at=last, bounds=FREE)[-1].state is OfferState.ACCEPTED
    for act in (accept, decline):
        assert code(act, room, S, at=OPENS + DAY, bounds=FREE) == "stands_open"
    assert code(withdraw, room, B, at=OPENS + DAY, bounds=FREE) == "stands_open"
    late = offered(B, 800_000, at=FREE.ends_at - timedelta(hours=1))
    assert late[-1].expires_at == FREE.ends_at
    assert code(accept, late, S, at=FREE.ends_at, bounds=FREE) == "sale_ended"
    assert code(offered, B, 800_000, at=OPENS - timedelta(seconds=1)) == "sale_not_open"


def test_a_firm_offer_is_not_taken_back_and_a_withdrawn_one_not_accepted() -> None:
    assert code(withdraw, offered(B, 800_000, firm=True), B, at=OPENS, bounds=FREE) == "offer_firm"
    assert code(withdraw, offered(B, 800_000), S, at=OPENS, bounds=FREE) == "offer_whose"
    back = withdraw(offered(B, 800_000), B, at=OPENS, bounds=FREE)
    assert code(accept, back, S, at=OPENS, bounds=FREE) == "stands_open"
    turned_down = decline(offered(B, 800_000), S, at=OPENS, bounds=FREE)
    assert code(accept, turned_down, S, at=OPENS, bounds=FREE) == "stands_open"


def test_the_floor_holds_and_below_the_valuation_the_pledgor_s_word_is_needed() -> None:
    assert code(offered, B, 699_999) == "offer_too_low"
    assert code(offered, B, 7_000_001) == "offer_too_high"
    assert code(propose, (), B, Money(1, "USD"), firm=False, at=OPENS, bounds=FREE) == "currency_wrong"
    assert code(offered, S, 999_999, bounds=BOUNDS) == "consent_missing"
    low = offered(B, 999_999, bounds=BOUNDS)
    assert code(accept, low, S, at=OPENS, bounds=BOUNDS) == "consent_missing"
    assert accept(low, S, at=OPENS, bounds=FREE)[-1].state is OfferState.ACCEPTED
    assert accept(offered(B, 1_000_000, bounds=BOUNDS), S, at=OPENS, bounds=BOUNDS)


@pytest.mark.parametrize(
    ("amount", "alone", "elsewhere", "two"),
    [
        (1_000_000, 1_000_000, None, False),
        (1_000_001, 1_000_000, None, True),
        (999_999, 2_000_000, None, True),
        (1_500_000, 2_000_000, 1_500_000, False),
        (1_500_000, 2_000_000, 1_500_001, True),
        (1_500_000, None, None, True),
    ],
)
def test_when_a_second_officer_has_to_agree(amount: int, alone: int | None, elsewhere: int | None, two: bool) -> None:
    limit, better = (None if one is None else cny(one) for one in (alone, elsewhere))
    assert needs_two(cny(amount), alone=limit, market=cny(1_000_000), passed_over=better) is two


def test_a_higher_offer_is_passed_over_with_a_reason_only() -> None:
    assert code(require_reason, cny(1), passed_over=cny(2), because=" ") == "because_missing"
    require_reason(cny(1), passed_over=cny(2), because="It fetches them today.")
    require_reason(cny(2), passed_over=cny(2), because="")
    require_reason(cny(2), passed_over=None, because="")


def test_what_one_has_not_seen_is_not_answered() -> None:
    room = offered(B, 800_000)
    assert code(require_seen, room, 0) == "offer_moved"
    require_seen(room, 1)


def test_what_is_told_of_an_open_offer_follows_from_hour_and_sale() -> None:
    [one] = offered(B, 800_000)
    assert told_state(one, at=OPENS, ended=False) is OfferState.OPEN
    assert told_state(one, at=OPENS, ended=True) is OfferState.LAPSED
    assert told_state(one, at=OPENS + DAY, ended=True) is OfferState.EXPIRED


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["propose", "withdraw", "decline", "accept"]), st.sampled_from([B, S]), st.integers(0, 1),
        st.sampled_from([650_000, 700_000, 800_000, 999_999, 1_000_000, 1_200_000]), st.booleans(), st.sampled_from([0, 0, 1, 12, 23, 24, 60]), st.booleans(),
    ),
    max_size=25,
)  # fmt: skip


@given(ACTS)
def test_whatever_is_said_in_the_rooms(acts: list[tuple[str, Side, int, int, bool, int, bool]]) -> None:
    rooms: list[Room] = [(), ()]
    at, struck, agreed = OPENS - timedelta(hours=1), list[tuple[Proposal, Side, datetime, Bounds]](), False
    for act, side, number, amount, firm, hours, word in acts:
        at, agreed = at + timedelta(hours=hours), agreed or word
        before, bounds = rooms[number], replace(BOUNDS, agreed=agreed, ends_at=struck[0][2] if struck else BOUNDS.ends_at)  # fmt: skip
        try:
            if act == "propose":
                after = propose(before, side, cny(amount), firm=firm, at=at, bounds=bounds)
            else:
                after = {"withdraw": withdraw, "decline": decline, "accept": accept}[act](before, side, at=at, bounds=bounds)  # fmt: skip
        except Refused:
            continue
        rooms[number] = after
        assert [one.amount for one in after[: len(before)]] == [one.amount for one in before], "what was said stays"
        if act == "accept":
            struck.append((before[-1], side, at, bounds))
        assert sum(one.state is OfferState.OPEN for one in after) <= 1
    assert len(struck) <= 1
    for proposal, side, when, bounds in struck:
        assert proposal.state is OfferState.OPEN
        assert proposal.side is not side
        assert proposal.made_at <= when < min(proposal.expires_at, BOUNDS.ends_at)
        assert proposal.amount >= (BOUNDS.floor if bounds.agreed else cny(1_000_000))
    for room in rooms:
        assert not any(one.firm and one.state is OfferState.WITHDRAWN for one in room)
        assert (standing(room, at) is None) or room[-1].state is OfferState.OPEN
