"""What becomes of deposits and of the commission: each deposit ends once, and no fen of it disappears (invariants 29
and 30).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace.disposal.rules.lifecycle import DepositState
from marketplace.disposal.rules.regimes import Remainder
from marketplace.exact import exact
from marketplace.money import Money, lowest, total
from tenants.errors import Conflict


@dataclass(frozen=True, slots=True)
class Deposit:
    """One bidder's deposit."""

    bidder: str
    amount: Money
    state: DepositState = DepositState.HELD


@dataclass(frozen=True, slots=True)
class Forfeiture:
    """Where a defaulting buyer's deposit goes; the four parts sum to it."""

    costs: Money
    shortfall: Money
    debt: Money
    refund: Money

    @property
    def uncovered(self) -> bool:
        """Whether costs and shortfall took all of it, so that the buyer may still owe the rest."""
        return not self.debt and not self.refund


@dataclass(frozen=True, slots=True)
class Band:
    """Commission of `share` on the part of the price up to `upto` (None: without end) above the band before."""

    upto: int | None
    share: Decimal


# 拍卖变卖规定: the most that an auction house appointed by a court may charge the buyer, band by band, CNY.
COURT_COMMISSION = (
    Band(2_000_000, Decimal("0.05")),
    Band(10_000_000, Decimal("0.03")),
    Band(50_000_000, Decimal("0.02")),
    Band(100_000_000, Decimal("0.01")),
    Band(None, Decimal("0.005")),
)
COMMISSION_SHARE_MAX = Decimal("0.05")  # 拍卖法 56: for each side, where nothing is agreed


def require_conserved(received: Money, deposits: Sequence[Deposit]) -> None:
    """Refuse books in which deposits received are not returned + applied + forfeited + held."""
    kept = total((deposit.amount for deposit in deposits), received.currency)
    if kept != received:
        raise Conflict("deposits_not_conserved", "%(received)s came in and %(kept)s is accounted for.",
                       received=str(received), kept=str(kept))  # fmt: skip


def forfeit(deposit: Money, costs: Money, sold: Money, resold: Money, remainder: Remainder) -> Forfeiture:
    """A defaulting buyer's deposit: the costs of the new sale first, then what it fetched less, then the debt or the
    buyer.

    820,000 unpaid with 70,000 deposited, 12,000 of costs and 780,000 fetched: 12,000, 40,000 and 18,000 to the debt
    under the online rules (网拍 24), or back to the buyer under the offline ones (2020, 22).
    """
    to_costs = lowest(deposit, costs)
    to_shortfall = lowest(deposit - to_costs, (sold - resold).at_least_zero())
    rest, nothing = deposit - to_costs - to_shortfall, Money.zero(deposit.currency)
    to_debt = rest if remainder is Remainder.DEBT else nothing
    return Forfeiture(to_costs, to_shortfall, to_debt, rest - to_debt)


def commission(price: Money, bands: Sequence[Band] = COURT_COMMISSION) -> Money:
    """Banded commission: 12,000,000 is 100,000 + 240,000 + 40,000 = 380,000. Rounded once."""
    below, charged = exact(0), exact(0)
    for band in bands:
        top = price.exact if band.upto is None else min(price.exact, exact(band.upto))
        charged += max(exact(0), top - below) * exact(band.share)
        below = max(below, top)
    return Money.rounded(charged, price.currency)


def code_named(said: str, codes: Iterable[str]) -> str | None:
    """The one code of those awaited that a transfer names, as a word of its own in any case; None where it names none, or more than one."""
    words = set(re.findall(r"[A-Z0-9]+", said.upper()))
    found = words.intersection(codes)
    return found.pop() if len(found) == 1 else None
