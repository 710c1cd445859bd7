"""No posting and no book is out of balance, in any currency."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.ledger.rules.balance import Line, differences, require_balanced, reversal, trial_balance
from marketplace.money import Money
from tenants.errors import Invalid


def _line(account: str, minor: int, currency: str = "CNY") -> Line:
    return account, Money(minor, currency)


DRAWDOWN = [_line("loan_principal", 100), _line("disbursement_confirmed", -100)]


def test_a_balanced_posting_passes() -> None:
    require_balanced(DRAWDOWN)
    require_balanced([*DRAWDOWN, _line("tax_paid", 7, "USD"), _line("fee_income", -7, "USD")])


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "posting_empty"),
        ([_line("loan_principal", 100)], "posting_empty"),
        ([*DRAWDOWN, _line("fee_income", 0)], "posting_empty"),
        ([_line("loan_principal", 100), _line("fee_income", -99)], "posting_unbalanced"),
        ([_line("loan_principal", 100), _line("fee_income", -100, "USD")], "posting_unbalanced"),
        ([_line("loan_principal", 100), _line("fee_income", 100)], "posting_unbalanced"),
    ],
)
def test_refuses_what_does_not_balance(lines: list[Line], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        require_balanced(lines)
    assert refusal.value.code == code


def test_the_difference_is_named() -> None:
    assert differences([_line("a", 100), _line("b", -99), _line("c", 5, "USD")]) == {
        "CNY": Money(1, "CNY"),
        "USD": Money(5, "USD"),
    }


accounts = st.sampled_from(["loan_principal", "interest_receivable", "fee_income", "tax_paid"])
currencies = st.sampled_from(["CNY", "USD", "JPY"])


@st.composite
def balanced(draw: st.DrawFn) -> list[Line]:
    currency = draw(currencies)
    lines = draw(st.lists(st.tuples(accounts, st.integers(-(10**12), 10**12).filter(bool)), min_size=1, max_size=5))
    rest = -sum(minor for _, minor in lines)
    posted = [_line(account, minor, currency) for account, minor in lines]
    return posted if rest == 0 and len(posted) > 1 else [*posted, _line(draw(accounts), rest or 1, currency)]


def _differences(balances: Mapping[tuple[str, str], Money]) -> dict[str, Money]:
    """By how much a trial balance is out, by currency."""
    return differences((account, money) for (account, _), money in balances.items())


@given(st.lists(balanced(), max_size=8))
def test_invariant_11_balanced_postings_make_a_balanced_book(postings: list[list[Line]]) -> None:
    kept = [posting for posting in postings if not differences(posting)]
    for posting in kept:
        require_balanced(posting)
    balances = trial_balance(kept)
    assert not _differences(balances)
    for (account, currency), money in balances.items():
        assert money.minor == sum(m.minor for p in kept for a, m in p if (a, m.currency) == (account, currency))


@given(balanced(), st.integers(1, 10**9))
def test_a_single_fen_too_much_is_found(posting: list[Line], extra: int) -> None:
    if differences(posting):
        return
    account, money = posting[0]
    broken = [(account, Money(money.minor + extra, money.currency)), *posting[1:]]
    with pytest.raises(Invalid):
        require_balanced(broken)
    assert _differences(trial_balance([broken]))


@given(balanced())
def test_a_reversal_undoes_to_nothing(posting: list[Line]) -> None:
    assert not any(trial_balance([posting, reversal(posting)]).values())
