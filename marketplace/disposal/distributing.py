"""Who gets the money: the waterfall is proposed with its costs, approved by a colleague, and booked to the fen (Civil Code 561).

Money never passes here: the postings say what the bank instructed and what its bank confirmed. With the distribution the pledge has done its work, and
the warehouse is ordered to let the buyer have the goods.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from marketplace.disposal.costs import Costs
from marketplace.disposal.events import HandoverOrdered, ProceedsDistributed, WaterfallProposed
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Distribution, Handover, Settlement, WaterfallLine
from marketplace.disposal.queries import find_auction, find_disposal, settlement_of
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.rules.waterfall import Claim, ClaimKind, SaleProceeds, distribute, sale_claims
from marketplace.disposal.rules.waterfall import Distribution as Waterfall
from marketplace.disposal.second_ranks import tell_paid, with_second_ranks
from marketplace.disposal.settling.forfeiting import forfeits_of, settle_forfeits
from marketplace.financing.actions import close_after_enforcement
from marketplace.financing.claims import enforcement_claims
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState
from marketplace.inventory.standing import mark_sold
from marketplace.ledger.actions import post
from marketplace.ledger.rules_accounts import Account, Line
from marketplace.money import Money
from marketplace.pledges.actions import realise_pledge
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict
from tenants.events import sentence
from tenants.workspace import Workspace

SURPLUS = "SURPLUS"


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
    """Propose how the price that was paid is shared out. The bank's own claims come from its book. Refuses an unpaid or distributed sale."""
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
    waterfall = waterfall_of(ws, disposal, settlement, costs)
    received = received_of(ws, disposal, settlement, costs)
    ws.record(WaterfallProposed(auction_id=auction_id, title=auction.title, receipts=received), on=disposal.deal_id)
    return approvals.propose(
        ws,
        "approve_waterfall",
        subject_id=auction_id,
        summary=sentence(
            "%(auction)s: distribute %(receipts)s, surplus %(surplus)s",
            auction=auction.number,
            receipts=received,
            surplus=waterfall.surplus,
        ),
        **costs.written(),
        lines=_figures(waterfall),
    )


@upon_approval("approve_waterfall")
def distribute_proceeds(ws: Workspace, approval: Approval) -> None:
    """Distribute as approved, to the fen. Refuses figures that have moved since: what was approved is what is booked."""
    auction, disposal, settlement = _paid(ws, approval.subject_id)
    costs = Costs.read(approval.payload, settlement.currency)
    waterfall = waterfall_of(ws, disposal, settlement, costs)
    if _figures(waterfall) != approval.payload["lines"]:
        raise Conflict(
            "figures_moved", "The debt has changed since this was proposed. Propose it again with today's figures."
        )
    deficiency = waterfall.unpaid(ClaimKind.PRINCIPAL) + waterfall.unpaid(ClaimKind.INTEREST) + _unpaid_fees(waterfall)
    received = received_of(ws, disposal, settlement, costs)
    settle_forfeits(ws, disposal, forfeits_of(ws, disposal, settlement.price, costs.resale))
    _keep(ws, auction, disposal, received, approval, waterfall, deficiency)
    tell_paid(ws, disposal, waterfall)
    realise_pledge(ws, disposal.deal_id, disposal.lot_id)
    if find_lot(ws, disposal.lot_id).status == LotState.IN_DISPOSAL:
        mark_sold(ws, disposal.lot_id)
    _post(ws, auction, disposal, settlement, waterfall)
    close_after_enforcement(
        ws,
        disposal.deal_id,
        interest_paid=waterfall.paid(ClaimKind.INTEREST),
        principal_paid=waterfall.paid(ClaimKind.PRINCIPAL),
    )
    _order_handover(ws, auction, disposal, settlement)
    distributed = ProceedsDistributed(
        auction_id=auction.auction_id,
        title=auction.title,
        receipts=received,
        deficiency=deficiency,
        surplus=waterfall.surplus,
    )
    ws.record(distributed, on=disposal.deal_id, evidence=[approval.id])


def waterfall_of(ws: Workspace, disposal: Disposal, settlement: Settlement, costs: Costs) -> Waterfall:
    """The lines as they would be paid now. The bank's fees rank with the costs of the sale, a second bank behind its consent's cap."""
    owed = enforcement_claims(ws, disposal.deal_id)
    sale = SaleProceeds(
        hammer=settlement.price,
        tax_rate=costs.tax_rate,
        storage=costs.storage,
        enforcement=costs.enforcement,
        commission_rate=costs.commission_rate,
        interest=owed.interest,
        principal=owed.principal,
    )
    juniors = [
        Claim(rank, ClaimKind.JUNIOR, name, amount) for rank, (name, amount) in enumerate(costs.juniors, start=1)
    ]
    claims = [claim for claim in sale_claims(sale, BANK, juniors) if claim.amount]
    if owed.fees:
        claims.append(Claim(1, ClaimKind.COSTS, FEES, owed.fees))
    if costs.resale:
        claims.append(Claim(1, ClaimKind.COSTS, RESALE, costs.resale))
    ranked = with_second_ranks(ws, disposal, claims, frozenset({BANK, FEES}), settlement.currency)
    return distribute(received_of(ws, disposal, settlement, costs), ranked)


def received_of(ws: Workspace, disposal: Disposal, settlement: Settlement, costs: Costs) -> Money:
    """What there is to distribute: the price, and what is used of forfeited deposits: earlier defaulters' and those of envelopes that stayed shut."""
    return settlement.price + forfeits_of(ws, disposal, settlement.price, costs.resale).used


BANK, FEES, RESALE = "bank", "bank fees", "selling again"


def _figures(waterfall: Waterfall) -> list[list[object]]:
    """The lines as a proposal keeps them."""
    return [
        [one.claim.kind.value, one.claim.claimant, one.claim.amount.minor, one.paid.minor] for one in waterfall.lines
    ]


def _unpaid_fees(waterfall: Waterfall) -> Money:
    unpaid = [line.unpaid for line in waterfall.lines if line.claim.claimant == FEES]
    return sum(unpaid, Money.zero(waterfall.surplus.currency))


def _paid(ws: Workspace, auction_id: UUID) -> tuple[Auction, Disposal, Settlement]:
    auction, disposal = find_auction(ws, auction_id, lock=True), find_disposal(ws, auction_id)
    settlement = settlement_of(ws, auction_id)
    if settlement is None or auction.status != AuctionState.PAID:
        raise Conflict("paid_in_full", "The price is not paid in full.")
    if ws.session.get(Distribution, auction_id) is not None:
        raise Conflict("already_distributed", "These proceeds are distributed already.")
    return auction, disposal, settlement


def _keep(
    ws: Workspace,
    auction: Auction,
    disposal: Disposal,
    received: Money,
    approval: Approval,
    waterfall: Waterfall,
    deficiency: Money,
) -> None:
    """Write the statement. A surplus is its last line: the pledgor's own money (invariant 14)."""
    same = {
        "auction_id": auction.auction_id,
        "tenant_id": ws.tenant_id,
        "deal_id": disposal.deal_id,
        "currency": auction.currency,
    }
    head = Distribution(
        **same,
        approval_id=approval.id,
        receipts_minor=received.minor,
        deficiency_minor=deficiency.minor,
        distributed_at=ws.now,
    )
    ws.session.add(head)
    ws.session.flush()
    rows = [(line.claim.kind.value, line.claim.claimant, line.claim.amount, line.paid) for line in waterfall.lines]
    rows.append((SURPLUS, "pledgor", waterfall.surplus, waterfall.surplus))
    for position, (rank, label, claimed, paid) in enumerate(rows, start=1):
        ws.session.add(
            WaterfallLine(
                **same, position=position, rank=rank, label=label, claimed_minor=claimed.minor, paid_minor=paid.minor
            )
        )
    ws.session.flush()


def _post(ws: Workspace, auction: Auction, disposal: Disposal, settlement: Settlement, waterfall: Waterfall) -> None:
    """Book all lines but interest and principal, which financing books with the debt that they pay."""
    fees = sum((line.paid for line in waterfall.lines if line.claim.claimant == FEES), Money.zero(auction.currency))
    shares = [
        (Account.ENFORCEMENT_COSTS_PAID, waterfall.paid(ClaimKind.COSTS) - fees),
        (Account.FEES_RECEIVABLE, fees),
        (Account.TAX_PAID, waterfall.paid(ClaimKind.TAX)),
        (Account.JUNIOR_CLAIMS_PAID, waterfall.paid(ClaimKind.JUNIOR)),
        (Account.SURPLUS_PAID, waterfall.surplus),
    ]
    paid = sum((money for _, money in shares), Money.zero(auction.currency))
    entries: list[Line] = [(Account.PROCEEDS_TO_DISTRIBUTE, paid)]
    entries += [(account, -money) for account, money in shares if money]
    if paid:
        post(
            ws,
            deal_id=disposal.deal_id,
            key=f"auction:{auction.auction_id}:distribution",
            narrative="Proceeds of %(number)s distributed",
            facts={"number": auction.number},
            entries=entries,
        )


def _order_handover(ws: Workspace, auction: Auction, disposal: Disposal, settlement: Settlement) -> None:
    order = Handover(
        auction_id=auction.auction_id,
        attempt=settlement.attempt,
        tenant_id=ws.tenant_id,
        lot_id=disposal.lot_id,
        deal_id=disposal.deal_id,
        buyer_id=settlement.buyer_id,
        buyer=settlement.buyer,
        title=auction.title,
        collection_code=settlement.collection_code,
        status="ORDERED",
        quantity=auction.quantity,
        unit=auction.unit,
        ordered_at=ws.now,
    )
    ws.session.add(order)
    fact = HandoverOrdered(
        auction_id=auction.auction_id,
        lot_id=disposal.lot_id,
        title=auction.title,
        quantity=auction.goods,
        buyer=settlement.buyer,
    )
    ws.record(fact, on=disposal.deal_id)
