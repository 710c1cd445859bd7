"""What buyer and seller have not settled between themselves goes to the operator, which mediates: it hears all sides and proposes; it decides nothing.

A seller that stays silent so holds nobody's money up for ever: its people may decide without its answer, and the buyer has the mediator's word for a court.
"""

from uuid import UUID

from marketplace.disposal.accepting.disputing import checked_words
from marketplace.disposal.accepting.events import DisputeEscalated, SettlementProposed
from marketplace.disposal.accepting.models import SaleDispute
from marketplace.disposal.accepting.queries import find_dispute
from marketplace.disposal.rules.accepting import is_for_mediation
from tenants import rooms
from tenants.errors import Conflict, NotFound
from tenants.organisations import Kind, all_organisations
from tenants.workspace import Workspace


def escalate_dispute(ws: Workspace, dispute_id: UUID) -> None:
    """The time to settle it is over: the operator is let in, and all sides are told. Changes nothing where it is decided, and again (invariant 44)."""
    dispute = find_dispute(ws, dispute_id, lock=True)
    if dispute.mediation_from is not None or not is_for_mediation(ws.now, settle_by=dispute.settle_by, decided=dispute.decision is not None):  # fmt: skip
        return
    dispute.mediation_from = ws.now
    ws.session.flush()
    for firm in all_organisations(ws.session):
        if Kind.PLATFORM in firm.kinds and firm.id not in (dispute.tenant_id, dispute.seller_id):
            rooms.share(ws, dispute.id, to=firm.id, role="mediator")
    ws.record(DisputeEscalated(dispute_id=dispute.id, title=dispute.title), on=dispute.id)


def propose_settlement(ws: Workspace, dispute_id: UUID, *, words: str) -> SaleDispute:
    """The mediator says how both sides could settle it: once, and before it is decided."""
    ws.may("mediate_dispute")
    dispute = find_dispute(ws, dispute_id, lock=True)
    if "mediator" not in rooms.my_roles(ws, dispute.id):
        raise NotFound("dispute_unknown", "There is no such dispute.")
    if dispute.proposal is not None or dispute.decision is not None:
        raise Conflict("mediation_closed", "The mediator has made its proposal, or the dispute is decided.")
    dispute.proposal, dispute.proposal_by, dispute.proposal_at = checked_words(words), ws.member.name, ws.now
    ws.session.flush()
    ws.record(SettlementProposed(dispute_id=dispute.id, title=dispute.title), on=dispute.id)
    return dispute
