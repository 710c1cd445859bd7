"""The statement by month: nothing lost between its lines, whatever was posted in whatever order."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.ledger.rules.accounts import DEBT, Account
from marketplace.ledger.rules.months import by_month
from marketplace.money import Money


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def test_a_loan_over_three_months_of_which_one_is_empty() -> None:
    march, april, june = date(2026, 3, 2), date(2026, 4, 1), date(2026, 6, 30)
    lines = [
        (march, Account.LOAN_PRINCIPAL, cny("1000.00"), False),
        (march, Account.DISBURSEMENT_CONFIRMED, cny("-1000.00"), False),
        (june, Account.LOAN_PRINCIPAL, cny("-400.00"), False),
        (april, Account.INTEREST_RECEIVABLE, cny("4.35"), False),
        (june, Account.INTEREST_RECEIVABLE, cny("-4.35"), False),
        (june, Account.FEES_RECEIVABLE, Money.of("9.00", "USD"), False),
    ]
    told = [(one.first.month, one.opening, one.lent, one.charged, one.settled, one.closing) for one in by_month(lines, "CNY")]  # fmt: skip
    assert told == [
        (3, cny("0"), cny("1000.00"), cny("0"), cny("0"), cny("1000.00")),
        (4, cny("1000.00"), cny("0"), cny("4.35"), cny("0"), cny("1004.35")),
        (6, cny("1004.35"), cny("0"), cny("0"), cny("404.35"), cny("600.00")),
    ]
    assert by_month([], "CNY") == []


def test_a_payment_that_was_taken_back_is_no_new_loan() -> None:
    march, april = date(2026, 3, 2), date(2026, 4, 1)
    lines = [
        (march, Account.LOAN_PRINCIPAL, cny("1000.00"), False),
        (march, Account.INTEREST_RECEIVABLE, cny("4.35"), False),
        (march, Account.INTEREST_RECEIVABLE, cny("-4.35"), False),
        (march, Account.LOAN_PRINCIPAL, cny("-400.00"), False),
        (april, Account.INTEREST_RECEIVABLE, cny("4.35"), True),
        (april, Account.LOAN_PRINCIPAL, cny("400.00"), True),
        (april, Account.INTEREST_RECEIVABLE, cny("3.00"), False),
    ]
    _, taken_back = by_month(lines, "CNY")
    told = (taken_back.opening, taken_back.lent, taken_back.charged, taken_back.restored, taken_back.settled)
    assert told == (cny("600.00"), cny("0"), cny("3.00"), cny("404.35"), cny("0"))
    assert taken_back.closing == cny("1007.35")


LINES = st.lists(
    st.tuples(
        st.dates(date(2025, 11, 1), date(2026, 4, 30)), st.sampled_from(list(Account)), st.integers(-10**9, 10**9).map(lambda minor: Money(minor, "CNY")), st.booleans(),
    ),
    max_size=40,
)  # fmt: skip


@given(LINES)
def test_each_month_adds_up_and_opens_as_the_last_closed(lines: list[tuple[date, Account, Money, bool]]) -> None:
    months = by_month(lines, "CNY")
    for one in months:
        assert one.opening + one.lent + one.charged + one.restored - one.settled == one.closing
        assert min(one.lent.minor, one.charged.minor, one.restored.minor, one.settled.minor) >= 0
    assert all(before.closing == after.opening and before.first < after.first for before, after in pairwise(months))
    owed = sum(money.minor for _, account, money, _ in lines if account in DEBT)
    assert (months[-1].closing.minor if months else 0) == owed
