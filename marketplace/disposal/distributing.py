"""Who gets the money: the waterfall is proposed with its costs, approved by a colleague, and booked to the fen (Civil Code 561).

Nothing is shared out that a buyer may still ask back: the goods are accepted first, or the time to dispute them is over.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from marketplace.disposal.accepting.events import SaleFinal
from marketplace.disposal.accepting.queries import price_kept, state_of
from marketplace.disposal.costs import Costs
from marketplace.disposal.events import ProceedsDistributed, WaterfallProposed
from marketplace.disposal.handing_over import close_distributed
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Distribution, Settlement
from marketplace.disposal.paying_out import figures_of, pay_out, received_of, waterfall_of
from marketplace.disposal.queries import find_auction, find_disposal, settlement_of
from marketplace.disposal.rules.accepting import require_final
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict
from tenants.events import sentence
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

    Refuses an unpaid or distributed sale, and one whose goods the buyer has not accepted.
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
    auction, disposal, settlement = _paid(ws, auction_id)
    price = price_kept(ws, settlement)
    waterfall, received = waterfall_of(ws, disposal, price, costs), received_of(ws, disposal, price, costs)
    ws.record(WaterfallProposed(auction_id=auction_id, title=auction.title, receipts=received), on=disposal.deal_id)
    summary = sentence("%(auction)s: distribute %(receipts)s, surplus %(surplus)s", auction=auction.number, receipts=received, surplus=waterfall.surplus)  # fmt: skip
    told = costs.written() | {"lines": figures_of(waterfall)}
    return approvals.propose(ws, "approve_waterfall", subject_id=auction_id, summary=summary, **told)


@upon_approval("approve_waterfall")
def distribute_proceeds(ws: Workspace, approval: Approval) -> None:
    """Distribute as approved, to the fen. Refuses figures that have moved since: what was approved is what is booked."""
    auction, disposal, settlement = _paid(ws, approval.subject_id)
    costs = Costs.read(approval.payload, settlement.currency)
    price = price_kept(ws, settlement)
    waterfall = waterfall_of(ws, disposal, price, costs)
    if figures_of(waterfall) != approval.payload["lines"]:
        raise Conflict(
            "figures_moved", "The debt has changed since this was proposed. Propose it again with today's figures."
        )
    paid = pay_out(ws, disposal, price, costs, waterfall, number=auction.number, approval_id=approval.id)
    distributed = ProceedsDistributed(
        auction_id=auction.auction_id,
        title=auction.title,
        receipts=paid.received,
        deficiency=paid.deficiency,
        surplus=paid.surplus,
    )
    ws.record(distributed, on=disposal.deal_id, evidence=[approval.id])
    ws.record(SaleFinal(auction_id=auction.auction_id, lot_id=disposal.lot_id, title=auction.title), on=disposal.deal_id)  # fmt: skip
    close_distributed(ws, auction)


def _paid(ws: Workspace, auction_id: UUID) -> tuple[Auction, Disposal, Settlement]:
    auction, disposal = find_auction(ws, auction_id, lock=True), find_disposal(ws, auction_id)
    settlement = settlement_of(ws, auction_id)
    if ws.session.get(Distribution, auction_id) is not None:
        raise Conflict("already_distributed", "These proceeds are distributed already.")
    require_final(state_of(ws, auction_id) if settlement and settlement.status == "PAID" else None)
    assert settlement is not None, "what was accepted was bought"
    return auction, disposal, settlement
