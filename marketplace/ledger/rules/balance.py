"""Whether a book adds up: this room decides that no posting and no set of books is out of balance.

A line is (account, Money): debits above zero, credits below. Every posting sums to nothing in every currency by
itself (invariant 11), so every trial balance does; currencies never offset each other.
"""

from collections.abc import Iterable, Sequence

from marketplace.money import Money
from tenants.errors import Invalid

Line = tuple[str, Money]


def differences(lines: Iterable[Line]) -> dict[str, Money]:
    """Debits less credits for each currency that does not balance; empty for a balanced posting or book."""
    sums: dict[str, Money] = {}
    for _, money in lines:
        sums[money.currency] = sums.get(money.currency, Money.zero(money.currency)) + money
    return {currency: money for currency, money in sorted(sums.items()) if money}


def require_balanced(lines: Sequence[Line]) -> None:
    """Refuse a posting of fewer than two lines, with a line of nothing, or whose debits are not its credits."""
    if len(lines) < 2 or any(not money for _, money in lines):
        raise Invalid("posting_empty", "A posting has at least two lines, none of them of nothing.")
    for difference in differences(lines).values():
        raise Invalid("posting_unbalanced", "Debits and credits differ by %(difference)s.", difference=str(difference))


def trial_balance(postings: Iterable[Sequence[Line]]) -> dict[tuple[str, str], Money]:
    """The balance of each (account, currency) over all postings, accounts at zero included: it shows that they are."""
    balances: dict[tuple[str, str], Money] = {}
    for posting in postings:
        for account, money in posting:
            key = (account, money.currency)
            balances[key] = balances.get(key, Money.zero(money.currency)) + money
    return dict(sorted(balances.items()))


def reversal(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The posting that undoes another. Books are never changed: a mistake and its correction both stay."""
    return tuple((account, -money) for account, money in lines)
