"""Who gets the money: the waterfall is proposed with its costs, approved by a colleague, and booked to the fen (Civil Code 561).

Nothing is shared out that a buyer may still ask back: the goods are accepted first, or the time to dispute them is over. What a dispute contests is held,
and follows when it is decided.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.disposal.accepting.events import ProceedsDistributedInPart, SaleFinal
from marketplace.disposal.costs import Costs
from marketplace.disposal.events import ProceedsDistributed, WaterfallProposed
from marketplace.disposal.handing_over import close_distributed
from marketplace.disposal.in_parts import Part, approved_costs, due, part_due
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.paying_out import Due, PaidOut, figures_of, pay_out
from marketplace.disposal.queries import find_auction, find_disposal, settlement_of
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict
from tenants.events import Fact, sentence
from tenants.workspace import Workspace


def propose_waterfall(
    ws: Workspace,
    auction_id: UUID,
    *,
    storage: Money,
    enforcement: Money,
    commission_rate: Decimal,
    tax_rate: Decimal,
    juniors: Sequence[tuple[str, Money]] = (),
    resale: Money | None = None,
) -> Approval:
    """Propose how the price that was paid is shared out. The bank's own claims come from its book.

    Refuses an unpaid or distributed sale, one whose goods the buyer has not accepted, and other costs once part of the price was shared out.
    """
    ws.may("propose_waterfall")
    costs = Costs(
        storage=storage,
        enforcement=enforcement,
        commission_rate=commission_rate,
        tax_rate=tax_rate,
        resale=resale or Money.zero(storage.currency),
        juniors=tuple((name.strip()[:120], amount) for name, amount in juniors),
    )
    auction, disposal, settlement, part = _paid(ws, auction_id)
    if part.before:
        raise Conflict("costs_stand", "The costs were approved with the first part: distribute what was held.")
    return _propose(ws, auction, disposal, costs, due(ws, disposal, settlement, part, costs))


def propose_rest(
    ws: Workspace, auction_id: UUID, *, storage: Money | None = None, enforcement: Money | None = None
) -> Approval:
    """Propose how what a dispute held is shared out, now that it is decided: by the same waterfall, with the costs that were approved for its first part
    and what of `storage` and `enforcement` has come on top since. They rank first, but nobody gives back what it was paid.

    Refuses where nothing was held, and while it is.
    """
    ws.may("propose_waterfall")
    auction, disposal, settlement, part = _paid(ws, auction_id)
    nothing = Money.zero(settlement.currency)
    costs = approved_costs(ws, part).with_later(storage or nothing, enforcement or nothing)
    return _propose(ws, auction, disposal, costs, due(ws, disposal, settlement, part, costs))


@upon_approval("approve_waterfall")
def distribute_proceeds(ws: Workspace, approval: Approval) -> None:
    """Distribute as approved, to the fen. Refuses figures that have moved since: what was approved is what is booked."""
    auction, disposal, settlement, part = _paid(ws, approval.subject_id)
    costs = Costs.read(approval.payload, settlement.currency)
    paying = due(ws, disposal, settlement, part, costs)
    if [figures_of(paying.whole), paying.held.minor] != [approval.payload["lines"], approval.payload["held"]]:
        raise Conflict(
            "figures_moved", "The debt has changed since this was proposed. Propose it again with today's figures."
        )
    paid = pay_out(ws, disposal, part.price, costs, paying, number=auction.number, approval_id=approval.id)
    ws.record(_told(auction, paying, paid), on=disposal.deal_id, evidence=[approval.id])
    if not paying.is_last:
        return
    ws.record(SaleFinal(auction_id=auction.auction_id, lot_id=disposal.lot_id, title=auction.title), on=disposal.deal_id)  # fmt: skip
    close_distributed(ws, auction)


def _propose(ws: Workspace, auction: Auction, disposal: Disposal, costs: Costs, paying: Due) -> Approval:
    receipts = paying.now.shared
    ws.record(WaterfallProposed(auction_id=auction.auction_id, title=auction.title, receipts=receipts), on=disposal.deal_id)  # fmt: skip
    facts = {"auction": auction.number, "receipts": receipts, "surplus": paying.now.surplus}
    if paying.is_last:
        summary = sentence("%(auction)s: distribute %(receipts)s, surplus %(surplus)s", **facts)
    else:
        summary = sentence("%(auction)s: distribute %(receipts)s, surplus %(surplus)s; %(held)s stay held", **facts, held=paying.held)  # fmt: skip
    told = costs.written() | {"lines": figures_of(paying.whole), "held": paying.held.minor}
    return approvals.propose(ws, "approve_waterfall", subject_id=auction.auction_id, summary=summary, **told)


def _told(auction: Auction, paying: Due, paid: PaidOut) -> Fact:
    same: dict[str, Any] = {"auction_id": auction.auction_id, "title": auction.title}
    if not paying.is_last:
        return ProceedsDistributedInPart(**same, receipts=paid.received, held=paying.held)
    return ProceedsDistributed(**same, receipts=paid.received, deficiency=paid.deficiency, surplus=paid.surplus)


def _paid(ws: Workspace, auction_id: UUID) -> tuple[Auction, Disposal, Settlement, Part]:
    auction, disposal = find_auction(ws, auction_id, lock=True), find_disposal(ws, auction_id)
    settlement = settlement_of(ws, auction_id)
    part = part_due(ws, auction_id, settlement)
    assert settlement is not None, "what was accepted was bought"
    return auction, disposal, settlement, part
