"""The rules of a deposit by card: which step is due, whatever was heard; and for which sale a card will do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.cards import (
    CARD,
    HOLD,
    MARGIN,
    MOST_MINOR,
    CardState,
    Seen,
    Unfit,
    is_taken_at_once,
    next_step,
    require_card_fits,
    unfit,
)
from marketplace.disposal.rules.lifecycle import DepositState
from marketplace.money import Money
from tenants.errors import Conflict

TABLE = """
– open OPENED
OPENED hold HELD
OPENED refuse REFUSED
OPENED expire EXPIRED
HELD capture CAPTURED
HELD release RELEASED
HELD lapse LAPSED
CAPTURED refund REFUNDED
"""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FEN = Money(1, "CNY")
outcomes = st.sampled_from([None, DepositState.RETURNED, DepositState.APPLIED, DepositState.FORFEITED])


def test_a_card_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(CARD, CardState, TABLE)


@given(st.sampled_from(CardState), st.sampled_from(Seen), outcomes, st.booleans(), st.booleans())
def test_the_step_that_is_due_is_one_that_may_be_taken(
    state: CardState, seen: Seen, outcome: DepositState | None, over: bool, soon: bool
) -> None:
    step = next_step(state, seen, outcome, over=over, lapses_soon=soon)
    if step is not None:
        CARD.next_state(state, step)


@given(st.sampled_from([CardState.HELD, CardState.CAPTURED]), st.sampled_from(Seen), outcomes, st.booleans(), st.booleans())  # fmt: skip
def test_money_is_taken_only_where_it_is_kept_or_about_to_be_lost(
    state: CardState, seen: Seen, outcome: DepositState | None, over: bool, soon: bool
) -> None:
    step = next_step(state, seen, outcome, over=over, lapses_soon=soon)
    if step == "capture" and seen is Seen.HELD:
        assert outcome in {DepositState.APPLIED, DepositState.FORFEITED} or (outcome is None and soon)
    if outcome is DepositState.RETURNED:
        assert step != "capture" or seen is not Seen.HELD
    if outcome is DepositState.RETURNED and seen is Seen.HELD and state is CardState.HELD:
        assert step == "release"


@pytest.mark.parametrize(
    ("state", "seen", "outcome", "over", "soon", "step"),
    [
        ("OPENED", "AWAITED", None, False, False, None),
        ("OPENED", "AWAITED", None, True, False, "expire"),
        ("OPENED", "GONE", None, False, False, "expire"),
        ("OPENED", "HELD", None, False, False, "hold"),
        ("HELD", "HELD", None, True, False, None),
        ("HELD", "HELD", None, True, True, "capture"),
        ("HELD", "HELD", "RETURNED", True, True, "release"),
        ("HELD", "HELD", "APPLIED", True, False, "capture"),
        ("HELD", "HELD", "FORFEITED", True, False, "capture"),
        ("HELD", "GONE", None, False, False, "lapse"),
        ("HELD", "GONE", "RETURNED", True, False, "release"),
        ("HELD", "CAPTURED", None, False, False, "capture"),
        ("CAPTURED", "CAPTURED", "APPLIED", True, True, None),
        ("CAPTURED", "CAPTURED", "RETURNED", True, True, "refund"),
        ("RELEASED", "HELD", "APPLIED", True, True, None),
    ],
)
def test_what_is_due(state: str, seen: str, outcome: str | None, over: bool, soon: bool, step: str | None) -> None:
    ended = DepositState(outcome) if outcome else None
    assert next_step(CardState(state), Seen(seen), ended, over=over, lapses_soon=soon) == step


def test_a_card_holds_for_a_sale_that_ends_a_day_before_its_hold_and_is_charged_for_a_later_one() -> None:
    assert not is_taken_at_once(NOW + HOLD - MARGIN, NOW)
    assert is_taken_at_once(NOW + HOLD - MARGIN + timedelta(microseconds=1), NOW)


def test_some_deposits_no_card_payment_can_be() -> None:
    require_card_fits(Money(MOST_MINOR, "CNY"))
    for minor in (0, MOST_MINOR + 1):
        with pytest.raises(Conflict, match="too large"):
            require_card_fits(Money(minor, "CNY"))


def test_a_hold_that_will_not_do_says_why() -> None:
    good: dict[str, Any] = {"in_already": False, "over": False, "ends_at": NOW, "lapses_at": NOW + MARGIN}
    assert unfit(FEN, FEN, **good) is None
    assert unfit(FEN, Money(2, "CNY"), **good) is Unfit.AMOUNT
    assert unfit(FEN, Money(1, "USD"), **good) is Unfit.AMOUNT
    assert unfit(FEN, FEN, **good | {"in_already": True}) is Unfit.PAID_ALREADY
    assert unfit(FEN, FEN, **good | {"over": True}) is Unfit.SALE_ENDED
    assert unfit(FEN, FEN, **good | {"lapses_at": NOW + MARGIN - timedelta(seconds=1)}) is Unfit.TOO_SHORT
    assert unfit(FEN, FEN, **good | {"lapses_at": None}) is None, "what was taken lapses never"
