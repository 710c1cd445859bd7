"""Collected, looked at, accepted or disputed: the table of steps, when silence counts, and money that goes back to the fen."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules import accepting as rules
from marketplace.disposal.rules.accepting import ACCEPTANCE, FINAL, AcceptanceState, Refund
from marketplace.disposal.rules.charges import Charges, total_cost
from marketplace.ledger.rules.accounts import Account, Line
from marketplace.ledger.rules.balance import require_balanced
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid, Refused

PAID = datetime(2026, 5, 1, 9, tzinfo=UTC)
TABLE = """
– await TO_COLLECT
TO_COLLECT hand_over TO_ACCEPT
TO_COLLECT lapse LAPSED
TO_COLLECT dispute DISPUTED
TO_ACCEPT accept ACCEPTED
TO_ACCEPT lapse LAPSED
TO_ACCEPT dispute DISPUTED
DISPUTED reject REJECTED 4E
DISPUTED reduce REDUCED 4E
DISPUTED rescind RESCINDED 4E
RESCINDED take_back RETURNED
TO_COLLECT come_to_nothing EMPTY
"""


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def test_a_purchase_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(ACCEPTANCE, AcceptanceState, TABLE)


@pytest.mark.parametrize("state", [None, *AcceptanceState])
def test_nothing_is_distributed_that_a_buyer_may_still_ask_back(state: AcceptanceState | None) -> None:
    if state in FINAL:
        rules.require_final(state)
        return
    with pytest.raises(Conflict):
        rules.require_final(state)


def test_each_wait_says_what_it_waits_for() -> None:
    told = {}
    for state in (None, AcceptanceState.TO_COLLECT, AcceptanceState.TO_ACCEPT, AcceptanceState.DISPUTED, AcceptanceState.RETURNED):  # fmt: skip
        with pytest.raises(Refused) as refused:
            rules.require_final(state)
        told[state] = refused.value.code
    assert list(told.values()) == ["paid_in_full", "not_handed_over", "not_accepted", "disputed", "paid_in_full"]


def test_whose_time_runs() -> None:
    times = {"collect_by": PAID + timedelta(days=10), "accept_by": rules.accept_until(PAID + timedelta(days=1), 3)}
    assert rules.due_at(AcceptanceState.TO_COLLECT, **times) == PAID + timedelta(days=10)
    assert rules.due_at(AcceptanceState.TO_ACCEPT, **times) == PAID + timedelta(days=4)
    assert {rules.due_at(state, **times) for state in set(AcceptanceState) - {AcceptanceState.TO_COLLECT, AcceptanceState.TO_ACCEPT}} == {None}  # fmt: skip


def test_a_lower_price_takes_its_premium_with_it() -> None:
    back = rules.refund_of(cny("1000000"), cny("20000"), cny("50000"), cny("19000"))
    assert (back, back.total) == (Refund(cny("50000"), cny("1000")), cny("51000"))
    assert rules.refund_of(cny("1000000"), cny("20000"), cny("1"), cny("20000.01")).premium == cny("0"), (
        "a buyer is owed no less than nothing"
    )


@pytest.mark.parametrize("back", ["0", "1000000", "1000000.01"])
def test_a_reduction_of_nothing_or_of_all_is_none(back: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.refund_of(cny("1000000"), cny("0"), cny(back), cny("0"))
    assert refused.value.field == "reduction"


@pytest.mark.parametrize("days", [0, -1, 31])
def test_a_time_to_accept_is_one_to_thirty_days(days: int) -> None:
    assert [rules.require_accept_days(allowed) for allowed in (1, 3, 30)] == [1, 3, 30]
    with pytest.raises(Invalid) as refused:
        rules.require_accept_days(days)
    assert refused.value.field == "accept_days"


@given(at=st.timedeltas(timedelta(0), timedelta(days=12)), decided=st.booleans())
def test_the_operator_mediates_from_the_fifth_day_what_is_not_decided(at: timedelta, decided: bool) -> None:
    until = rules.settle_until(PAID)
    assert rules.is_for_mediation(PAID + at, settle_by=until, decided=decided) == (
        at >= timedelta(days=5) and not decided
    )
    assert not rules.is_for_mediation(until - timedelta(microseconds=1), settle_by=until, decided=False)
    assert rules.is_for_mediation(until, settle_by=until, decided=False)


def test_a_missing_answer_holds_a_decision_up_until_it_is_mediated() -> None:
    for answered, mediated in ((True, False), (False, True), (True, True)):
        rules.require_heard(answered=answered, mediated=mediated)
    with pytest.raises(Conflict, match="not answered"):
        rules.require_heard(answered=False, mediated=False)


@given(
    minor=st.integers(2, 10**11),
    share=st.decimals("0", "0.05", places=4),
    data=st.data(),
    ending=st.sampled_from(["kept", "reduced", "rescinded"]),
)
def test_every_fen_that_came_in_is_distributed_kept_as_premium_or_back_with_the_buyer(
    minor: int, share: Decimal, data: Any, ending: str
) -> None:
    """Whatever is decided: postings balance, nothing is owed back twice or left over, and what is to be distributed is the price kept."""
    nothing = Money.zero("CNY")
    charges = Charges(share, 0, 0, nothing, nothing, 0)
    price = Money(minor, "CNY")
    premium = total_cost(price, charges, days=0).premium
    refund = Refund(nothing, nothing)
    if ending == "reduced":
        reduction = Money(data.draw(st.integers(1, minor - 1)), "CNY")
        refund = rules.refund_of(price, premium, reduction, total_cost(price - reduction, charges, days=0).premium)
    if ending == "rescinded":
        refund = Refund(price, premium)
    postings = [rules.received_lines(price, premium)]
    postings += [rules.owed_back_lines(refund), rules.paid_back_lines(refund.total)] if refund.total else []
    book = _book(postings)
    assert not book[Account.BUYER_REFUND_OWED]
    assert -book[Account.PROCEEDS_TO_DISTRIBUTE] == price - refund.price
    assert -book[Account.BUYER_PREMIUM] == premium - refund.premium
    assert nothing <= premium - refund.premium
    assert book[Account.COLLATERAL_PROCEEDS] == price + premium - refund.total
    if ending == "rescinded":
        assert not any(book.values()), "as if it had never been"


def _book(postings: list[list[Line]]) -> dict[str, Money]:
    book: dict[str, Money] = defaultdict(lambda: Money.zero("CNY"))
    for lines in postings:
        require_balanced(lines)
        for account, money in lines:
            book[account] += money
    return book


@given(price=st.integers(2, 10**14), sold=st.integers(2, 10**12), data=st.data())
def test_a_price_falls_by_the_part_that_is_missing_to_half_a_fen(price: int, sold: int, data: st.DataObject) -> None:
    """A buyer of which a shortage leaves more never pays less, and nobody is given back more than all."""
    there = data.draw(st.integers(1, sold - 1))
    more = data.draw(st.integers(there, sold - 1))
    off, less = (
        rules.off_for_missing(
            Money(price, "CNY"), Quantity.from_base_units(sold, "TNE"), Quantity.from_base_units(one, "TNE")
        ).minor
        for one in (there, more)
    )
    assert 0 <= less <= off < price
    assert off == price - 1 or abs(2 * (off * sold - price * (sold - there))) <= sold


def test_three_quarters_missing_are_three_quarters_off() -> None:
    given_ = cny("5650000.00"), Quantity.of("420", "TNE"), Quantity.of("105", "TNE")
    assert rules.off_for_missing(*given_) == cny("4237500.00")
