"""Bids rise by steps, late bids move the end, limits are kept and never exceeded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.increments import Increments
from marketplace.disposal.rules.bidding import (
    NO_RIGHT,
    Bid,
    Sale,
    Standing,
    knock_down,
    next_bid,
    raise_limit,
)
from marketplace.money import Money
from tenants.errors import Conflict, NotAllowed, Refused
from tests.marketplace.disposal.fates import take_bids

END = datetime(2025, 6, 2, 10, 0, tzinfo=UTC)


OPEN = datetime(2025, 6, 1, 10, 0, tzinfo=UTC)


def _cny(amount: int) -> Money:
    return Money.of(amount, "CNY")


SALE = Sale(
    _cny(700_000), Increments.of(_cny(5_000)), OPEN, END, admitted=frozenset("ABCPQ"), priority={"P": 1, "Q": 2}
)


def _at(clock: str) -> datetime:
    return datetime.combine(END.date(), datetime.strptime(clock, "%H:%M:%S").time(), UTC)  # noqa: DTZ007


def _bid(bidder: str, amount: int, clock: str = "09:00:00", limit: int | None = None) -> Bid:
    return Bid(bidder, _cny(amount), _at(clock), None if limit is None else _cny(limit))


def test_e28_soft_close() -> None:
    sale = next_bid(SALE, _bid("A", 700_000, "09:57:30"))
    assert sale.ends_at == _at("10:02:30")
    sale = next_bid(sale, _bid("B", 705_000, "10:02:29"))
    assert sale.ends_at == _at("10:07:29")
    with pytest.raises(Conflict) as refusal:
        next_bid(sale, _bid("A", 710_000, "10:07:29"))
    assert refusal.value.code == "sale_ended"


def test_e28_step() -> None:
    sale = next_bid(SALE, _bid("A", 700_000))
    with pytest.raises(Conflict) as refusal:
        next_bid(sale, _bid("B", 702_500))
    assert (refusal.value.code, refusal.value.facts) == ("bid_too_low", {"least": "CNY 705000.00"})
    assert next_bid(sale, _bid("B", 705_000)).standing == Standing("B", _cny(705_000), _cny(705_000))


@pytest.mark.parametrize(
    ("clock", "end"), [("09:54:59", "10:00:00"), ("09:55:00", "10:00:00"), ("09:55:01", "10:00:01")]
)
def test_only_a_bid_in_the_last_five_minutes_moves_the_end(clock: str, end: str) -> None:
    assert next_bid(SALE, _bid("A", 700_000, clock)).ends_at == _at(end)


@pytest.mark.parametrize(
    ("bid", "code"),
    [
        (_bid("Z", 700_000), "bidder_not_admitted"),
        (_bid("A", 699_999), "bid_too_low"),
        (Bid("A", _cny(700_000), OPEN - timedelta(microseconds=1)), "sale_not_open"),
        (_bid("A", 700_000, "10:00:00"), "sale_ended"),
        (_bid("A", 700_000, limit=699_999), "limit_below_bid"),
        (Bid("A", Money.of(700_000, "USD"), _at("09:00:00")), "currency_mismatch"),
    ],
)
def test_refuses_a_bid_that_may_not_be_made(bid: Bid, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        next_bid(SALE, bid)
    assert refusal.value.code == code


def test_nobody_outbids_themselves_unless_the_reserve_is_missed() -> None:
    led = next_bid(SALE, _bid("A", 700_000))
    with pytest.raises(Conflict) as refusal:
        next_bid(led, _bid("A", 710_000))
    assert refusal.value.code == "already_leading"
    reserved = next_bid(replace(SALE, reserve=_cny(800_000)), _bid("A", 700_000))
    assert not reserved.reserve_met
    assert next_bid(reserved, _bid("A", 800_000)).reserve_met


def test_raising_oneself_never_lowers_the_limit_left_before() -> None:
    led = next_bid(replace(SALE, reserve=_cny(800_000)), _bid("A", 700_000, limit=760_000))
    assert next_bid(led, _bid("A", 710_000)).standing == Standing("A", _cny(710_000), _cny(760_000))


def test_a_limit_bids_for_its_owner_one_step_above_the_next_best() -> None:
    sale = next_bid(SALE, _bid("A", 700_000, limit=900_000))
    assert sale.standing == Standing("A", _cny(700_000), _cny(900_000))
    sale = next_bid(sale, _bid("B", 750_000))
    assert sale.standing == Standing("A", _cny(755_000), _cny(900_000))
    sale = next_bid(sale, _bid("B", 898_000))
    assert sale.standing == Standing("A", _cny(900_000), _cny(900_000))
    sale = next_bid(sale, _bid("C", 905_000, limit=1_000_000))
    assert sale.standing == Standing("C", _cny(905_000), _cny(1_000_000))


def test_of_equal_limits_the_earlier_leads() -> None:
    sale = next_bid(SALE, _bid("A", 700_000, limit=900_000))
    assert next_bid(sale, _bid("B", 705_000, limit=900_000)).standing == Standing("A", _cny(900_000), _cny(900_000))


def test_a_limit_that_reaches_the_reserve_meets_it() -> None:
    sale = next_bid(replace(SALE, reserve=_cny(800_000)), _bid("A", 700_000, limit=850_000))
    assert sale.standing == Standing("A", _cny(800_000), _cny(850_000))
    assert knock_down(sale, END) == sale.standing


def test_a_priority_purchaser_wins_by_matching() -> None:
    sale = next_bid(SALE, _bid("A", 700_000))
    matched = next_bid(sale, _bid("P", 700_000))
    assert matched.standing == Standing("P", _cny(700_000), _cny(700_000))
    with pytest.raises(Conflict):
        next_bid(matched, _bid("B", 700_000))
    assert next_bid(matched, _bid("B", 705_000)).standing == Standing("B", _cny(705_000), _cny(705_000))


def test_of_several_rights_the_one_that_comes_first_and_of_equals_the_earlier() -> None:
    sale = replace(SALE, priority={"P": 1, "Q": 2, "C": 2})
    for who in ("A", "Q", "P"):
        sale = next_bid(sale, _bid(who, 700_000))
        assert sale.standing == Standing(who, _cny(700_000), _cny(700_000))
    for who in ("Q", "C", "A"):
        with pytest.raises(Conflict):
            next_bid(sale, _bid(who, 700_000))
    led = next_bid(next_bid(replace(SALE, priority={"Q": 2, "C": 2}), _bid("A", 700_000)), _bid("Q", 700_000))
    with pytest.raises(Conflict):
        next_bid(led, _bid("C", 700_000))


def test_a_holder_s_limit_matches_and_no_more() -> None:
    sale = next_bid(SALE, _bid("A", 700_000, limit=760_000))
    matched = next_bid(sale, _bid("P", 700_000, limit=800_000))
    assert matched.standing == Standing("P", _cny(760_000), _cny(800_000))
    answered = next_bid(matched, _bid("B", 790_000))
    assert answered.standing == Standing("P", _cny(790_000), _cny(800_000))
    assert next_bid(answered, _bid("B", 795_000, limit=805_000)).standing == Standing("B", _cny(805_000), _cny(805_000))


def test_a_leader_may_raise_the_limit_and_nothing_else_moves() -> None:
    sale = next_bid(SALE, _bid("A", 700_000, "09:58:00"))
    raised = raise_limit(sale, "A", _cny(800_000), _at("09:59:00"))
    assert (raised.ends_at, raised.standing) == (sale.ends_at, Standing("A", _cny(700_000), _cny(800_000)))
    for bidder, limit, clock, code in (
        ("B", 900_000, "09:59:00", "not_leading"),
        ("A", 800_000, "09:59:00", "limit_not_higher"),
        ("A", 900_000, "10:03:00", "sale_ended"),
    ):
        with pytest.raises(Conflict) as refusal:
            raise_limit(raised, bidder, _cny(limit), _at(clock))
        assert refusal.value.code == code


def test_the_hammer_waits_for_the_end_and_for_the_reserve() -> None:
    sale = next_bid(replace(SALE, reserve=_cny(800_000)), _bid("A", 700_000))
    with pytest.raises(Conflict):
        knock_down(sale, END - timedelta(microseconds=1))
    assert knock_down(sale, END) is None
    assert knock_down(SALE, END) is None
    assert knock_down(next_bid(sale, _bid("B", 800_000)), END) == Standing("B", _cny(800_000), _cny(800_000))


@st.composite
def _logs(draw: st.DrawFn) -> list[Bid]:
    offsets = sorted(draw(st.lists(st.integers(-120, 900), max_size=25)))
    return [
        Bid(
            draw(st.sampled_from("ABCPQZ")),
            Money(draw(st.integers(69, 90)) * 1_000_000, "CNY"),
            END - timedelta(minutes=10) + timedelta(seconds=offset),
            draw(st.none() | st.integers(69, 95).map(lambda lakh: Money(lakh * 1_000_000, "CNY"))),
        )
        for offset in offsets
    ]


sales = st.builds(
    replace, st.just(SALE), reserve=st.none() | st.integers(70, 90).map(lambda lakh: Money(lakh * 1_000_000, "CNY"))
)


@given(sales, _logs())
def test_invariants_25_26_28_and_limits(sale: Sale, log: list[Bid]) -> None:
    _, outcomes = take_bids(sale, log)
    limits: dict[str, Money] = {}
    before = sale
    for bid, outcome in zip(log, outcomes, strict=True):
        after = outcome.sale
        assert after.ends_at >= before.ends_at
        if outcome.refusal is not None:
            assert after == before
            continue
        assert sale.starts_at <= bid.at < before.ends_at
        assert after.ends_at - bid.at >= timedelta(minutes=5)
        assert bid.bidder in sale.admitted
        limits[bid.bidder] = max(limits.get(bid.bidder, bid.most), bid.most)
        standing = after.standing
        assert standing is not None
        assert standing.amount <= standing.limit == limits[standing.bidder]
        if before.standing is None:
            assert standing.amount >= sale.start_price
        elif sale.precedes(standing.bidder, before.standing.bidder):
            assert standing.amount >= before.standing.amount
        elif standing.bidder != before.standing.bidder or not sale.precedes(standing.bidder, bid.bidder):
            assert standing.amount >= before.standing.amount + sale.increments.step_at(before.standing.amount)
        before = after


@given(sales, _logs())
def test_invariant_24_and_32_the_highest_limit_wins_at_no_less_than_the_reserve(sale: Sale, log: list[Bid]) -> None:
    after, outcomes = take_bids(sale, log)
    winner = knock_down(after, after.ends_at)
    accepted = [bid for bid, outcome in zip(log, outcomes, strict=True) if outcome.refusal is None]
    if winner is None:
        assert sale.reserve is None or all(bid.most < sale.reserve for bid in accepted)
        return
    best = max(bid.most for bid in accepted)
    equals = [bid.bidder for bid in accepted if bid.most == best]
    assert (winner.limit, winner.bidder) == (best, min(equals, key=lambda who: sale.priority.get(who, NO_RIGHT))), "of equals the right, then the earlier"  # fmt: skip
    assert sale.reserve is None or winner.amount >= sale.reserve
    others = [bid.most for bid in accepted if bid.bidder != winner.bidder]
    assert all(winner.amount >= other for other in others)


@given(sales, _logs())
def test_invariant_27_a_replayed_log_gives_the_same_winner(sale: Sale, log: list[Bid]) -> None:
    assert take_bids(sale, log)[0] == take_bids(sale, list(log))[0]
    whole, _ = take_bids(sale, log)
    half, _ = take_bids(sale, log[: len(log) // 2])
    assert take_bids(half, log[len(log) // 2 :])[0] == whole


def test_bids_of_the_unadmitted_do_not_shift_others() -> None:
    after, outcomes = take_bids(SALE, [_bid("Z", 900_000), _bid("A", 700_000)])
    assert [outcome.leads for outcome in outcomes] == [False, True]
    assert isinstance(outcomes[0].refusal, NotAllowed)
    assert after.standing == Standing("A", _cny(700_000), _cny(700_000))
