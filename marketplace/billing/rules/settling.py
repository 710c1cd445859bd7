"""Where each fen of an invoice is: open, paid, credited or written off, one of them and once; and what is owed back or lost beyond the invoice.

The position is worked out from what stands on record (transfers, cards, credit notes, write-offs) and never moved by hand, so the order in which news come
cannot matter. The platform's own book follows it: each posting is the difference between two positions, and therefore balances.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from marketplace.ledger.rules.balance import Line, require_balanced
from marketplace.money import Money, lowest, total


class BookAccount(StrEnum):
    """The operator's chart of accounts for its fees. Debits are positive, credits negative."""

    RECEIVABLE = "receivable"  # what firms owe: the open parts of invoices
    FEE_INCOME = "fee_income"
    VAT_OWED = "vat_owed"  # output tax, less what credit notes take back
    BANK = "bank"
    AT_PROVIDER = "at_provider"  # with the card service, not paid out yet
    PROVIDER_COSTS = "provider_costs"  # what the card service keeps for itself
    DISPUTED = "disputed"  # drawn back by a cardholder's bank, not decided yet
    OWED_BACK = "owed_back"  # what firms paid beyond what they owe
    LOSSES = "losses"  # written off, or drawn back after it had been returned already; the tax on it stays owed


@dataclass(frozen=True, slots=True)
class Position:
    """Where an invoice's money is. `open`, `paid`, `credited` and `written_off` sum to the invoice; `owed_back` and `lost` lie beyond it."""

    open: Money
    paid: Money
    credited: Money
    written_off: Money
    owed_back: Money
    lost: Money


@dataclass(frozen=True, slots=True)
class CardMoney:
    """What one card payment has come to, by the card service's own words, summed up over its life: `taken`, of that `refunded`, drawn back and undecided
    (`disputed`), drawn back for good (`lost`); `costs`: what the service kept.
    """

    taken: Money
    refunded: Money
    disputed: Money
    lost: Money
    costs: Money

    @classmethod
    def nothing(cls, currency: str) -> "CardMoney":
        return cls(*[Money.zero(currency)] * len(fields(cls)))

    @property
    def received(self) -> Money:
        """What counts as paid. What is disputed counts until it is lost."""
        return self.taken - self.refunded - self.lost

    @property
    def returnable(self) -> Money:
        """What could still be paid back to the card: a disputed part cannot, the bank holds it."""
        return (self.received - self.disputed).at_least_zero()

    def change_since(self, before: "CardMoney") -> dict[BookAccount, Money]:
        """The book's side of what happened since, but for what it does to the invoice."""
        at_provider = self._at_provider() - before._at_provider()
        return {
            BookAccount.AT_PROVIDER: at_provider,
            BookAccount.DISPUTED: self.disputed - before.disputed,
            BookAccount.PROVIDER_COSTS: self.costs - before.costs,
        }

    def _at_provider(self) -> Money:
        return self.received - self.disputed - self.costs


def position(owed: Money, received: Money, *, credited: Money, written_off: Money) -> Position:
    """Where an invoice of `owed` stands when so much came in (returns taken off; below zero where more was drawn back than had come)."""
    claim = owed - credited - written_off
    assert claim.minor >= 0, "no more is credited and written off than was invoiced"
    paid = lowest(claim, received.at_least_zero())
    beyond = received - paid
    return Position(claim - paid, paid, credited, written_off, beyond.at_least_zero(), (-beyond).at_least_zero())


def received(currency: str, *, transferred: Money, returned: Money, cards: Iterable[CardMoney]) -> Money:
    """What has come in for an invoice, by every road."""
    return transferred - returned + total((card.received for card in cards), currency)


def posting(before: Position, after: Position, other_side: Mapping[BookAccount, Money]) -> tuple[Line, ...]:
    """What is posted when an invoice goes from one position to another, `other_side` being where the money came from or went to. Empty where nothing moved."""
    zero = after.open - after.open
    sums = dict.fromkeys(BookAccount, zero) | dict(other_side)
    sums[BookAccount.RECEIVABLE] += after.open - before.open
    sums[BookAccount.OWED_BACK] += before.owed_back - after.owed_back
    sums[BookAccount.LOSSES] += after.lost - before.lost
    lines = tuple((account.value, sums[account]) for account in BookAccount if sums[account])
    if lines:
        require_balanced(lines)
    return lines


def refunds_due(at: Position, cards: Mapping[int, CardMoney]) -> list[tuple[int, Money]]:
    """What goes back to which card payment, by its number: never more than is owed back, nor than is left of a payment; the latest first."""
    due, left = [], at.owed_back
    for number in sorted(cards, reverse=True):
        part = lowest(left, cards[number].returnable)
        if part:
            due.append((number, part))
            left -= part
    return due
