"""A second bank behind the seller's: its claim on the proceeds, after the first bank's cap and before all that the first is owed beyond it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.models.settlements import WaterfallLine
from marketplace.disposal.rules.waterfall import Claim, ClaimKind, Distribution, behind_cap
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.pledges.ranks.events import SecondRankPaid
from marketplace.pledges.ranks.models import RankConsent
from marketplace.pledges.ranks.queries import behind
from tenants.organisations import find_organisation
from tenants.workspace import Workspace


def with_second_ranks(
    ws: Workspace, disposal: Disposal, claims: Sequence[Claim], firsts: frozenset[str], currency: str
) -> list[Claim]:
    """The claims on a sale with the second bank's among them. `firsts`: the claimants that are the selling bank itself.

    Caps and claims count over all goods of a consent together: what earlier sales paid is taken off both.
    """
    ranked = list(claims)
    for consent in standing(ws, disposal):
        name = find_organisation(ws.session, consent.second_bank_id).name
        cap = consent.cap - _paid_before(ws, disposal, consent.lot_ids, firsts, currency)
        claim = consent.claimed - _paid_before(ws, disposal, consent.lot_ids, frozenset({name}), currency)
        ranked = behind_cap(ranked, firsts, cap.at_least_zero(), name, claim.at_least_zero())
    return ranked


def tell_paid(ws: Workspace, disposal: Disposal, waterfall: Distribution) -> None:
    """Tell the second bank what of the proceeds is its own; it books it as it comes in, like any payment. To be told before the pledges end."""
    for consent in standing(ws, disposal):
        name = find_organisation(ws.session, consent.second_bank_id).name
        mine = [line for line in waterfall.lines if line.claim.claimant == name and line.claim.kind is ClaimKind.JUNIOR]
        nothing = Money.zero(consent.currency)
        paid, unpaid = (sum((getattr(line, part) for line in mine), nothing) for part in ("paid", "unpaid"))
        ws.record(SecondRankPaid(consent_id=consent.id, paid=paid, unpaid=unpaid), on=consent.id)


def standing(ws: Workspace, disposal: Disposal) -> list[RankConsent]:
    """The consents by which a second rank is in force on the goods of this sale."""
    if not find_lot(ws, disposal.lot_id).held_behind:
        return []
    return [one for one in behind(ws, disposal.deal_id, lot_id=disposal.lot_id) if one.in_force_at is not None]


def _paid_before(
    ws: Workspace, disposal: Disposal, lot_ids: Sequence[UUID], claimants: frozenset[str], currency: str
) -> Money:
    earlier = select(Disposal.auction_id).where(
        Disposal.deal_id == disposal.deal_id, Disposal.lot_id.in_(lot_ids), Disposal.auction_id != disposal.auction_id
    )
    paid = select(func.sum(WaterfallLine.paid_minor - WaterfallLine.before_minor)).where(
        WaterfallLine.auction_id.in_(earlier), WaterfallLine.label.in_(claimants)
    )
    return Money(int(ws.session.scalar(paid) or 0), currency)
