"""Forfeited deposits once the goods are sold: a defaulter's pays for the new sale and for what that fetched less, the rest is the debt's or goes back; that of
an envelope which stayed shut is the debt's whole.

What is used of them joins the proceeds that are distributed (网拍 24; 2020 rules 22).
"""

from dataclasses import dataclass

from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.models.registrations import DepositMove
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.deposits import Forfeiture as Parts
from marketplace.disposal.rules.deposits import forfeit
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from marketplace.disposal.settling.events import EnvelopeForfeitJoined, ForfeitureSettled
from marketplace.disposal.settling.models import ForfeitedEnvelope, Forfeiture
from marketplace.disposal.settling.queries import defaulted_purchases, shut_envelopes
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account
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


@dataclass(frozen=True, slots=True)
class Forfeits:
    """All forfeited deposits of the same goods that wait for their sale."""

    purchases: tuple[Forfeited, ...]
    envelopes: tuple[DepositMove, ...]
    currency: str

    @property
    def used(self) -> Money:
        """What they add to the proceeds."""
        shut = (Money(one.amount_minor, one.currency) for one in self.envelopes)
        return total((one.used for one in self.purchases), self.currency) + total(shut, self.currency)


def forfeits_of(ws: Workspace, disposal: Disposal, resold: Money, costs: Money) -> Forfeits:
    """The deposits that wait, oldest first: no cost and no shortfall is paid twice. `costs`: of selling again."""
    found, left, covered = [], costs, Money.zero(resold.currency)
    for purchase in defaulted_purchases(ws, disposal):
        regime = REGIMES[RegimeName(find_auction(ws, purchase.auction_id).regime)]
        parts = forfeit(purchase.deposit, left, purchase.price, resold + covered, regime.remainder)
        left, covered = left - parts.costs, covered + parts.shortfall
        found.append(Forfeited(purchase, parts))
    return Forfeits(tuple(found), tuple(shut_envelopes(ws, disposal)), resold.currency)


def settle_forfeits(ws: Workspace, disposal: Disposal, forfeits: Forfeits) -> None:
    """Make out where each deposit went, tell its bidder, and take what is used into the book of the deal."""
    for one in forfeits.purchases:
        _make_out(ws, one)
    for envelope in forfeits.envelopes:
        _join(ws, disposal, envelope)
    if joined := forfeits.used:
        post(
            ws,
            deal_id=disposal.deal_id,
            key=f"auction:{disposal.auction_id}:forfeits",
            narrative="Forfeited deposits join the proceeds.",
            facts={},
            entries=[(Account.COLLATERAL_PROCEEDS, joined), (Account.PROCEEDS_TO_DISTRIBUTE, -joined)],
        )


def _join(ws: Workspace, disposal: Disposal, envelope: DepositMove) -> None:
    row = ForfeitedEnvelope(
        auction_id=envelope.auction_id,
        registration_id=envelope.registration_id,
        tenant_id=ws.tenant_id,
        joined_id=disposal.auction_id,
        currency=envelope.currency,
        amount_minor=envelope.amount_minor,
        made_at=ws.now,
    )
    ws.session.add(row)
    amount, title = Money(envelope.amount_minor, envelope.currency), find_auction(ws, envelope.auction_id).title
    told = EnvelopeForfeitJoined(auction_id=envelope.auction_id, title=title, amount=amount)
    ws.record(told, on=envelope.registration_id)


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
