"""The price in two parts where a dispute holds one of them: what is not contested is shared out now, the rest when it is decided.

Both are steps of one waterfall: the second shares out the whole again and pays what the first did not, so no lower rank ever has what a higher one is due.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.accepting.queries import acceptance_of, price_kept, undisputed_of
from marketplace.disposal.costs import Costs
from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.models.settlements import Settlement, WaterfallLine
from marketplace.disposal.paying_out import SURPLUS, Due, claims_of, received_of
from marketplace.disposal.queries import distribution_of
from marketplace.disposal.rules.accepting import require_final
from marketplace.disposal.rules.waterfall import Claim, distribute, distribute_first, distribute_rest
from marketplace.money import Money, total
from tenants.approvals import Approval
from tenants.errors import Conflict
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Part:
    """What may be shared out now. `price`: what the claims are made out for; `is_first`: a dispute holds the rest of it. `before`: what was shared out already."""

    price: Money
    is_first: bool
    before: tuple[WaterfallLine, ...]
    approval_id: UUID | None


def part_due(ws: Workspace, auction_id: UUID, settlement: Settlement | None) -> Part:
    """What of a sale's price is free and not distributed. Refuses an unpaid or distributed sale, and what its buyer may still ask back."""
    found = distribution_of(ws, auction_id)
    if found and found[0].is_last:
        raise Conflict("already_distributed", "These proceeds are distributed already.")
    accepted = acceptance_of(ws, auction_id)
    undisputed = undisputed_of(ws, accepted)
    if found and undisputed:
        raise Conflict(
            "rest_held", "What is not contested is distributed; the rest is held until the dispute is decided."
        )
    require_final(accepted.state if accepted and settlement and settlement.status == "PAID" else None, undisputed)
    assert settlement is not None, "what was accepted was bought"
    before = tuple(found[1]) if found else ()
    return Part(undisputed or price_kept(ws, settlement), undisputed is not None, before, found[0].approval_id if found else None)  # fmt: skip


def approved_costs(ws: Workspace, part: Part) -> Costs:
    """The costs that two officers approved with the first part. Refuses where there was none."""
    if part.approval_id is None:
        raise Conflict("nothing_held", "Nothing was held of this price: distribute it.")
    return Costs.read(_approval(ws, part.approval_id).payload, part.price.currency)


def _approval(ws: Workspace, approval_id: UUID) -> Approval:
    return ws.session.scalars(
        select(Approval).where(Approval.tenant_id == ws.tenant_id, Approval.id == approval_id)
    ).one()


def due(ws: Workspace, disposal: Disposal, settlement: Settlement, part: Part, costs: Costs) -> Due:
    """The lines of the whole as they would stand, and what of it is paid now."""
    claims = sorted(claims_of(ws, disposal, part.price, costs, part.before), key=lambda claim: claim.rank)
    if part.is_first:
        sure = distribute_first(part.price, claims)
        return Due(sure, sure, price_kept(ws, settlement) - sure.shared)
    received, nothing = received_of(ws, disposal, part.price, costs), Money.zero(part.price.currency)
    if not part.before:
        whole = distribute(received, claims)
        return Due(whole, whole, nothing)
    paid = _paid(claims, part.before)
    surplus = total((line.paid for line in part.before if line.rank == SURPLUS), received.currency)
    whole = distribute_rest(received, claims, paid, surplus)
    return Due(whole, whole.since(paid, surplus), nothing)


def _paid(claims: Sequence[Claim], before: Sequence[WaterfallLine]) -> list[Money]:
    """What each claim was paid by the first part: its lines by kind and claimant, in their order."""
    known: dict[tuple[str, str], list[Money]] = defaultdict(list)
    for line in before:
        known[line.rank, line.label].append(line.paid)
    found = []
    for claim in claims:
        earlier = known[claim.kind.value, claim.claimant]
        found.append(earlier.pop(0) if earlier else Money.zero(claim.amount.currency))
    return found
