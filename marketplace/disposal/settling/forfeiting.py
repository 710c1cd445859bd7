"""A defaulter's deposit once the goods are sold again: it pays for the new sale and for what that fetched less; the rest is the debt's or goes back.

What is used of it joins the proceeds that are distributed (网拍 24; 2020 rules 22).
"""

from dataclasses import dataclass

from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.deposits import Forfeiture as Parts
from marketplace.disposal.rules.deposits import forfeit
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from marketplace.disposal.settling.events import ForfeitureSettled
from marketplace.disposal.settling.models import Forfeiture
from marketplace.disposal.settling.queries import defaulted_purchases
from marketplace.ledger.actions import post
from marketplace.ledger.rules_accounts import Account
from marketplace.money import Money, total
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Forfeited:
    """One unpaid purchase of the same goods, and where its deposit goes."""

    purchase: Settlement
    parts: Parts

    @property
    def used(self) -> Money:
        """What of it joins the proceeds."""
        return self.parts.costs + self.parts.shortfall + self.parts.debt


def forfeits_of(ws: Workspace, disposal: Disposal, resold: Money, costs: Money) -> list[Forfeited]:
    """The deposits of earlier defaulters, oldest first: no cost and no shortfall is paid twice. `costs`: of selling again."""
    found, left, covered = [], costs, Money.zero(resold.currency)
    for purchase in defaulted_purchases(ws, disposal):
        regime = REGIMES[RegimeName(find_auction(ws, purchase.auction_id).regime)]
        parts = forfeit(purchase.deposit, left, purchase.price, resold + covered, regime.remainder)
        left, covered = left - parts.costs, covered + parts.shortfall
        found.append(Forfeited(purchase, parts))
    return found


def used(forfeits: list[Forfeited], currency: str) -> Money:
    """What they add to the proceeds."""
    return total((one.used for one in forfeits), currency)


def settle_forfeits(ws: Workspace, disposal: Disposal, forfeits: list[Forfeited]) -> None:
    """Make out where each deposit went, tell its bidder, and take what is used into the book of the deal."""
    for one in forfeits:
        _make_out(ws, one)
    if forfeits and (joined := used(forfeits, forfeits[0].purchase.currency)):
        post(
            ws,
            deal_id=disposal.deal_id,
            key=f"auction:{disposal.auction_id}:forfeits",
            narrative="Forfeited deposits join the proceeds.",
            facts={},
            entries=[(Account.COLLATERAL_PROCEEDS, joined), (Account.PROCEEDS_TO_DISTRIBUTE, -joined)],
        )


def _make_out(ws: Workspace, one: Forfeited) -> None:
    purchase, parts = one.purchase, one.parts
    row = Forfeiture(
        auction_id=purchase.auction_id,
        attempt=purchase.attempt,
        tenant_id=ws.tenant_id,
        registration_id=purchase.registration_id,
        currency=purchase.currency,
        deposit_minor=purchase.deposit_minor,
        costs_minor=parts.costs.minor,
        shortfall_minor=parts.shortfall.minor,
        debt_minor=parts.debt.minor,
        refund_minor=parts.refund.minor,
        made_at=ws.now,
    )
    ws.session.add(row)
    told = ForfeitureSettled(
        auction_id=purchase.auction_id,
        title=find_auction(ws, purchase.auction_id).title,
        costs=parts.costs,
        shortfall=parts.shortfall,
        debt=parts.debt,
        refund=parts.refund,
    )
    ws.record(told, on=purchase.registration_id)
