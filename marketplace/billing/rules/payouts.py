"""A payout of the card service against the payments that it is made of: each movement belongs to a fee invoice, to a bidder's deposit, or to nobody we know."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from marketplace.money import Money, total


class Belongs(StrEnum):
    """Whose a movement is. The card service's account is the operator's one: deposits pass through it too, and are settled with their sellers."""

    FEE = "FEE"
    DEPOSIT = "DEPOSIT"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement at the card service that a payout paid out: a payment, a refund, a dispute. `kept` is what the service kept of it."""

    id: str
    kind: str
    amount: Money
    kept: Money
    payment_id: str | None
    invoice_id: UUID | None
    belongs: Belongs

    @property
    def net(self) -> Money:
        return self.amount - self.kept


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A payout taken apart; `unexplained` is what it is more (or less) than its movements, `strangers` how many of these are nobody's."""

    fees: Money
    deposits: Money
    nobodys: Money
    unexplained: Money
    strangers: int

    @property
    def agrees(self) -> bool:
        """Whether each fen of the payout is somebody's."""
        return not self.strangers and not self.unexplained


def reconcile(paid_out: Money, movements: Iterable[Movement]) -> Reconciled:
    """Take a payout apart. The four amounts sum to it."""
    each = list(movements)
    parts = {belongs: total((one.net for one in each if one.belongs is belongs), paid_out.currency) for belongs in Belongs}  # fmt: skip
    strangers = sum(one.belongs is Belongs.NOBODY for one in each)
    rest = paid_out - total(parts.values(), paid_out.currency)
    return Reconciled(parts[Belongs.FEE], parts[Belongs.DEPOSIT], parts[Belongs.NOBODY], rest, strangers)
