"""The outage rule by itself: what a silence does to a sale, and that strangers reckon it alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.outage_terms import OUTAGE_RULE
from marketplace.disposal.record import recompute
from marketplace.disposal.rules.outages import SaleTimes, Standstill, standstill
from marketplace.disposal.rules.sealing import moment

OPENS = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)
ENDS = OPENS + timedelta(days=1)
TIMES = SaleTimes(OPENS, ENDS)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def after(silent_from: datetime, silence: timedelta, times: SaleTimes = TIMES) -> Standstill | None:
    return standstill(OUTAGE_RULE, times, silent_from=silent_from, back_at=silent_from + silence)


def test_what_was_left_at_the_bell_runs_on_ten_minutes_after_the_return() -> None:
    began = ENDS - 5 * SECOND
    stood = after(began, 10 * MINUTE)
    assert stood == Standstill(began, began + 20 * MINUTE, began + 20 * MINUTE + 5 * SECOND)


def test_after_a_long_silence_it_goes_on_at_the_same_hour_a_day_ahead_at_least() -> None:
    began = ENDS - HOUR
    assert after(began, 4 * HOUR) == Standstill(began, began + 4 * HOUR + 10 * MINUTE, began + 5 * HOUR + 10 * MINUTE)
    stood = after(began, 4 * HOUR + SECOND)
    assert stood == Standstill(began, began + 48 * HOUR, began + 49 * HOUR)
    assert after(began, 24 * HOUR) == Standstill(began, began + 48 * HOUR, began + 49 * HOUR)


@pytest.mark.parametrize(
    ("silent_from", "silence"),
    [
        (ENDS - HOUR, 30 * SECOND - timedelta(microseconds=1)),
        (OPENS - HOUR, HOUR + 29 * SECOND),
        (ENDS, HOUR),
        (ENDS + HOUR, HOUR),
        (OPENS - 2 * HOUR, HOUR),
    ],
)
def test_what_is_short_or_beside_the_sale_does_nothing(silent_from: datetime, silence: timedelta) -> None:
    assert after(silent_from, silence) is None


def test_a_silence_counts_from_the_opening_and_from_the_last_bid_that_was_taken() -> None:
    early = after(OPENS - HOUR, 2 * HOUR)
    assert early == Standstill(OPENS, OPENS + HOUR + 10 * MINUTE, ENDS + HOUR + 10 * MINUTE)
    taken = OPENS + 3 * SECOND
    late = after(OPENS, MINUTE, SaleTimes(OPENS, ENDS, last_line_at=taken))
    assert late == Standstill(taken, OPENS + 11 * MINUTE, ENDS + 11 * MINUTE - 3 * SECOND)


def test_a_second_silence_before_it_went_on_adds_only_what_the_first_did_not() -> None:
    paused = SaleTimes(OPENS, ENDS, resumes_at=OPENS + 2 * HOUR)
    assert after(OPENS + HOUR, 30 * MINUTE, paused) is None
    again = after(OPENS + HOUR, 2 * HOUR, paused)
    assert again == Standstill(OPENS + 2 * HOUR, OPENS + 3 * HOUR + 10 * MINUTE, ENDS + HOUR + 10 * MINUTE)


def test_what_is_ordered_counts_however_short_it_was_and_from_the_opening_on_like_an_outage() -> None:
    short = standstill(OUTAGE_RULE, TIMES, silent_from=OPENS, back_at=OPENS + SECOND, ordered=True)
    assert short == Standstill(OPENS, OPENS + 10 * MINUTE + SECOND, ENDS + 10 * MINUTE + SECOND)
    early = standstill(OUTAGE_RULE, TIMES, silent_from=OPENS - HOUR, back_at=OPENS, ordered=True)
    assert early is None, "lifted before bidding began, nothing is lost"


def rules() -> dict[str, Any]:
    return {
        "method": "ENGLISH", "start_minor": 1, "soft_close_seconds": 300, "opens_at": moment(OPENS), "closes_at": moment(ENDS), "increments": [[0, 1]],
        "outage_counts_seconds": 30, "outage_notice_seconds": 600, "outage_longest_seconds": 14400,
    }  # fmt: skip


instants = st.integers(-7200, 90_000).map(lambda seconds: OPENS + timedelta(seconds=seconds))


@given(
    silent_from=instants,
    silence=st.integers(0, 200_000),
    last=st.none() | instants,
    lie=st.sampled_from([0, 0, 1]),
    order=st.none() | st.just({"ground": "COURT"}),
)
def test_strangers_reckon_it_alike_and_see_a_second_more_or_less(
    silent_from: datetime, silence: int, last: datetime | None, lie: int, order: dict[str, str] | None
) -> None:
    back = silent_from + timedelta(seconds=silence)
    stood = standstill(
        OUTAGE_RULE, SaleTimes(OPENS, ENDS, last), silent_from=silent_from, back_at=back, ordered=order is not None
    )
    if stood is None:
        return
    assert stood.resumes_at > back, "nobody is surprised by bids that are taken at once"
    assert stood.ends_at - stood.resumes_at == ENDS - stood.began_at, "what was left is left"
    told = {"began_at": moment(stood.began_at), "back_at": moment(back), "resumes_at": moment(stood.resumes_at + lie * SECOND), "ends_at": moment(stood.ends_at), "order": order}  # fmt: skip
    assert recompute.Sale(rules(), None, {}).stand_still(told) is not bool(lie)
