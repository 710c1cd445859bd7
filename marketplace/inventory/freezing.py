"""Stopping goods and letting them move again; and reporting them lost or damaged."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marketplace.inventory import events
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState, lifts_freeze, next_state
from marketplace.inventory.shares import in_shortage
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

Reason = str | dict[str, Any]


def freeze_lot(ws: Workspace, lot_id: UUID, *, reason: Reason, evidence: Sequence[UUID | str] = ()) -> Lot:
    """Stop every movement of the lot, at once and by one person; what it was is kept. A lot that is frozen already stays so, unchanged.

    `reason`: what somebody wrote, or a sentence that each reader reads in their own language.
    The bank, the platform, the supervisor or the warehouse may; a CRITICAL alarm does. Refuses a lot that nobody holds any more.
    """
    ws.may("freeze_lot")
    if isinstance(reason, str) and not reason.strip():
        raise Invalid("reason_missing", "Say why.", field="reason")
    lot = find_lot(ws, lot_id, lock=True)
    if lot.is_frozen:
        return lot
    frozen = next_state(LotState(lot.status), "freeze")
    lot.kept_status, lot.status = lot.status, frozen
    lot.frozen_reason = sentence("%(reason)s", reason=reason.strip()[:500]) if isinstance(reason, str) else reason
    lot.frozen_by = ws.tenant_id
    fact = events.LotFrozen(lot_id=lot.id, number=lot.number, reason=lot.frozen_reason, kept_status=lot.kept_status)
    ws.record(fact, on=lot.id, evidence=evidence)
    return lot


def unfreeze_lot(ws: Workspace, lot_id: UUID, *, because: str = "") -> Approval:
    """Propose that the lot may move again; a colleague of the maker decides. What a warehouse froze, the lot's supervisor lets go.

    Refuses a lot that is not frozen, and one that is another firm's to let go.
    """
    lot = find_lot(ws, lot_id, lock=True)
    _require_own_freeze(ws, lot)
    word = "Unfreeze lot %(lot)s: %(because)s" if because else "Unfreeze lot %(lot)s"
    summary = sentence(word, lot=lot.number, because=because)
    return approvals.propose(ws, "approve_unfreeze", subject_id=lot.id, summary=summary, because=because)


@upon_approval("approve_unfreeze")
def _unfreeze(ws: Workspace, approval: Approval) -> None:
    lot = find_lot(ws, approval.subject_id, lock=True)
    _require_own_freeze(ws, lot)
    assert lot.kept_status is not None
    lot.status = next_state(LotState(lot.status), "unfreeze", kept=LotState(lot.kept_status))
    assert lot.frozen_by is not None
    because = str(approval.payload.get("because", ""))
    fact = events.LotUnfrozen(
        lot_id=lot.id, number=lot.number, status=lot.status, frozen_by=lot.frozen_by, because=because
    )
    lot.kept_status = lot.frozen_reason = lot.frozen_by = None
    ws.record(fact, on=lot.id, evidence=[approval.id])


def report_loss(
    ws: Workspace, lot_id: UUID, *, damaged: bool, because: str, evidence: Sequence[UUID | str] = ()
) -> Lot:
    """The supervisor reports that the goods are gone, or damaged beyond what a pledge can count on."""
    ws.may("report_loss")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    lot = find_lot(ws, lot_id, lock=True)
    lot.status = next_state(LotState(lot.status), "report_damage" if damaged else "report_loss")
    lot.kept_status = lot.frozen_reason = lot.frozen_by = None
    fact = events.LossReported(lot_id=lot.id, number=lot.number, damaged=damaged, because=because.strip())
    ws.record(fact, on=lot.id, evidence=evidence)
    return lot


def _require_own_freeze(ws: Workspace, lot: Lot) -> None:
    if lot.shortage_id is not None:
        raise in_shortage(lot)
    if not lot.is_frozen:
        raise Conflict("lot_not_frozen", "Lot %(number)s is not frozen.", number=lot.number)
    lifting = lifts_freeze(lot.frozen_by, warehouse_id=lot.warehouse_id, supervisor_id=lot.supervisor_id)
    if lifting == ws.tenant_id:
        return
    if lot.frozen_by == lot.warehouse_id:
        raise Conflict(
            "freeze_supervisors", "The warehouse froze this lot: two people of its supervisor let it go again."
        )
    raise Conflict("freeze_not_yours", "Another firm froze this lot, and only it can unfreeze it.")
