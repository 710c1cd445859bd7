"""What may be shown to banks, and for how long."""

from decimal import Decimal

import pytest

from marketplace.catalogue.rules.stock import (
    STOCK_OFFER,
    StockState,
    require_interest,
    require_offerable,
    require_wanted,
    require_words,
)
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, Refused

CNY = Money.of("500000", "CNY")


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        ({"verified": False, "free": Decimal(1), "frozen": False}, "lot_unverified"),
        ({"verified": True, "free": Decimal(1), "frozen": True}, "lot_frozen"),
        ({"verified": True, "free": Decimal(0), "frozen": False}, "lot_taken"),
    ],
)
def test_only_goods_that_could_carry_a_loan_today(standing: dict[str, object], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        require_offerable(**standing)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == (code, "lot_id")
    require_offerable(verified=True, free=Decimal("0.001"), frozen=False)


@pytest.mark.parametrize(
    ("amount", "tenor", "shown", "field"),
    [("0", 90, 30, "amount"), ("-1", 90, 30, "amount"), ("1", 0, 30, "tenor_days"), ("1", 1831, 30, "tenor_days"), ("1", 90, 0, "shown_days"), ("1", 90, 91, "shown_days")],
)  # fmt: skip
def test_what_is_wanted_makes_sense(amount: str, tenor: int, shown: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_wanted(Money.of(amount, "CNY"), tenor_days=tenor, shown_days=shown)
    assert refused.value.field == field
    require_wanted(CNY, tenor_days=1830, shown_days=90)


@pytest.mark.parametrize(
    ("amount", "rate", "field"),
    [(Money.of("0", "CNY"), None, "amount"), (Money.of("1", "USD"), None, "amount"), (CNY, Decimal(0), "annual_rate"), (CNY, Decimal(1), "annual_rate")],
)  # fmt: skip
def test_an_answer_makes_sense(amount: Money, rate: Decimal | None, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_interest(amount, rate, "CNY")
    assert refused.value.field == field
    require_interest(CNY, Decimal("0.0435"), "CNY")


def test_words_have_an_end() -> None:
    assert require_words("  By rail. ") == "By rail."
    with pytest.raises(Invalid):
        require_words("x" * 401)


@pytest.mark.parametrize("ended", [StockState.WITHDRAWN, StockState.EXPIRED, StockState.TAKEN])
def test_what_has_ended_stays_so(ended: StockState) -> None:
    for action in ("withdraw", "expire", "take"):
        with pytest.raises(Refused):
            STOCK_OFFER.next_state(ended, action)
