"""Two people of the seller decide a dispute. What was booked stays; what is upheld is turned by contra entries."""

from uuid import UUID

from marketplace.disposal.accepting.disputing import require_seller
from marketplace.disposal.accepting.events import (
    DecisionProposed,
    DisputeRejected,
    PriceReduced,
    PurchaseRescinded,
    RefundPaid,
    ReturnAwaited,
)
from marketplace.disposal.accepting.models import Acceptance, SaleDispute
from marketplace.disposal.accepting.queries import find_acceptance, find_dispute, goods_left, price_kept
from marketplace.disposal.accepting.refunding import owe_back, refund_for, settle_price
from marketplace.disposal.accepting.returning import undo_sale
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction, find_disposal, find_settlement
from marketplace.disposal.registering import checked_reference
from marketplace.disposal.rules.accepting import (
    ACCEPTANCE,
    STEP_OF,
    AcceptanceState,
    Decision,
    Refund,
    paid_back_lines,
    require_heard,
    require_within,
)
from marketplace.ledger.actions import post
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import Fact, sentence
from tenants.workspace import Workspace

ACT = "decide_dispute"
SUMMARIES = {
    Decision.REJECT: "%(number)s: reject the buyer’s dispute: %(because)s",
    Decision.REDUCE: "%(number)s: reduce the price by %(reduction)s: %(because)s",
    Decision.RESCIND: "%(number)s: undo the sale, goods and %(refund)s go back: %(because)s",
}


def propose_decision(
    ws: Workspace, dispute_id: UUID, *, decision: str, because: str, reduction: Money | None = None
) -> Approval:
    """Propose how a dispute ends; a colleague decides. `reduction`: by how much the price falls, where it does.

    Refuses before the seller's answer while it has time to give one, what is decided, and a reduction of nothing, of the whole price, or of more than is contested.
    """
    ws.may("settle_sale")
    dispute = find_dispute(ws, dispute_id, lock=True)
    require_seller(ws, dispute)
    chosen, reason = _decision(decision), because.strip()
    if not 3 <= len(reason) <= 500:
        raise Invalid("because_missing", "Say why, in 3 to 500 characters.", field="because")
    refund = _refund(ws, *_open(ws, dispute), chosen, reduction)
    require_within(
        chosen, refund.price, contested=dispute.contested, price=Money(dispute.price_minor, dispute.currency)
    )
    ws.record(DecisionProposed(dispute_id=dispute.id, title=dispute.title), on=dispute.id)
    facts = {"number": dispute.number, "because": reason[:300], "reduction": refund.price, "refund": refund.total}
    return approvals.propose(
        ws,
        ACT,
        subject_id=dispute.id,
        summary=sentence(SUMMARIES[chosen], **{name: told for name, told in facts.items() if f"%({name})s" in SUMMARIES[chosen]}),
        decision=chosen.value,
        because=reason,
        reduction=refund.price.minor if chosen is Decision.REDUCE else 0,
    )  # fmt: skip


@upon_approval(ACT)
def decide_dispute(ws: Workspace, approval: Approval) -> None:
    """Carry the decision out: state, contra entries, and who is told."""
    dispute = find_dispute(ws, approval.subject_id, lock=True)
    waiting, settlement = _open(ws, dispute)
    chosen, because = Decision(approval.payload["decision"]), approval.payload["because"]
    reduction = Money(approval.payload["reduction"], dispute.currency)
    refund = _refund(ws, waiting, settlement, chosen, reduction)
    kept = price_kept(ws, settlement) - refund.price
    waiting.status, waiting.ended_at = ACCEPTANCE.next_state(waiting.state, STEP_OF[chosen]), ws.now
    dispute.decision, dispute.decided_because, dispute.decided_at = chosen.value, because, ws.now
    if chosen is Decision.REDUCE:
        dispute.reduction_minor = reduction.minor
        waiting.reduction_minor += reduction.minor
    waiting.refund_minor += refund.total.minor
    ws.session.flush()
    settle_price(ws, settlement, None if chosen is Decision.RESCIND else kept)
    owe_back(ws, settlement, refund, "dispute", "A buyer’s dispute was upheld: %(refund)s go back.")
    _tell(ws, dispute, chosen, refund, because, approval.id)
    _move_goods(ws, waiting, settlement, chosen)


def confirm_refund(ws: Workspace, auction_id: UUID, *, reference: str) -> Acceptance:
    """The seller's bank has paid the buyer back, under this reference. Refuses before goods of an undone sale are back, where nothing is owed, and a second time."""
    ws.may("settle_sale")
    auction, waiting = find_auction(ws, auction_id), find_acceptance(ws, auction_id, lock=True)
    if waiting.tenant_id != ws.tenant_id:
        raise NotFound("acceptance_unknown", "No goods wait to be accepted here.")
    if waiting.state is AcceptanceState.RESCINDED:
        raise Conflict("goods_back", "The goods are not back.")
    if not waiting.is_over:
        raise Conflict(
            "not_accepted",
            "The buyer has not accepted the goods yet, and its time is not over: what goes back is not final.",
        )
    if not waiting.refund or waiting.refunded_at is not None:
        raise Conflict("refund_settled", "Nothing is owed back here.")
    checked = checked_reference(reference)
    post(
        ws,
        deal_id=find_disposal(ws, auction_id).deal_id,
        key=f"auction:{auction_id}:{waiting.attempt}:refund",
        narrative="Paid back to the buyer of %(number)s.",
        facts={"number": auction.number},
        entries=paid_back_lines(waiting.refund),
    )
    waiting.refunded_at, waiting.refund_reference = ws.now, checked
    ws.session.flush()
    fact = RefundPaid(auction_id=auction_id, title=auction.title, refund=waiting.refund, reference=checked)
    ws.record(fact, on=waiting.registration_id)
    return waiting


def _open(ws: Workspace, dispute: SaleDispute) -> tuple[Acceptance, Settlement]:
    """The purchase, held while its dispute is open. Refuses one that is decided, or not answered yet."""
    waiting = find_acceptance(ws, dispute.auction_id, lock=True)
    if dispute.decision is not None or waiting.state is not AcceptanceState.DISPUTED:
        raise Conflict("dispute_decided", "This dispute is decided.")
    require_heard(answered=dispute.answer is not None, mediated=dispute.mediation_from is not None)
    return waiting, find_settlement(ws, dispute.auction_id)


def _decision(named: str) -> Decision:
    try:
        return Decision(named)
    except ValueError as unknown:
        raise Invalid("decision_unknown", "Choose a decision from the list.", field="decision") from unknown


def _refund(
    ws: Workspace, waiting: Acceptance, settlement: Settlement, decision: Decision, reduction: Money | None
) -> Refund:
    """What the buyer would have back. Refuses to keep any price for goods of which a shortage left nothing to hand over."""
    if decision is not Decision.RESCIND and not goods_left(ws, find_handover(ws, waiting.auction_id)).amount:
        raise Conflict("nothing_left", "A shortage left nothing of these goods: the sale is undone.", field="decision")
    nothing = Money.zero(settlement.currency)
    if decision is Decision.REJECT:
        return Refund(nothing, nothing)
    if decision is Decision.RESCIND:
        return Refund(settlement.price - waiting.reduction, settlement.premium - (waiting.refund - waiting.reduction))
    if reduction is None or reduction.currency != settlement.currency:
        raise Invalid("reduction_missing", "Say by how much the price is reduced, in %(currency)s.", field="reduction", currency=settlement.currency)  # fmt: skip
    return refund_for(ws, find_auction(ws, waiting.auction_id), settlement, reduction)


def _tell(
    ws: Workspace, dispute: SaleDispute, decision: Decision, refund: Refund, because: str, approval: UUID
) -> None:
    fact: Fact
    if decision is Decision.REJECT:
        fact = DisputeRejected(dispute_id=dispute.id, title=dispute.title, because=because)
    elif decision is Decision.REDUCE:
        fact = PriceReduced(dispute_id=dispute.id, title=dispute.title, because=because, reduction=refund.price)
    else:
        fact = PurchaseRescinded(dispute_id=dispute.id, title=dispute.title, because=because, refund=refund.total)
    ws.record(fact, on=dispute.id, evidence=[approval])


def _move_goods(ws: Workspace, waiting: Acceptance, settlement: Settlement, decision: Decision) -> None:
    """A release that waited goes on, unless the sale is undone: then it ends, and goods that the buyer has come back."""
    order = find_handover(ws, waiting.auction_id, lock=True)
    if decision is not Decision.RESCIND:
        order.status = "ORDERED" if order.status == "HELD" else order.status
        return
    settlement.status = "RESCINDED"
    if order.status == "DONE":
        order.status = "RETURNING"
        ws.record(
            ReturnAwaited(auction_id=order.auction_id, title=order.title, quantity=order.handed), on=order.deal_id
        )
        return
    order.status = "CANCELLED"
    ws.session.flush()
    undo_sale(ws, waiting.auction_id)
