"""Damaged goods that are sound after all, or in part: repaired, dried, sorted, and inspected anew by two people of their supervisor."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from marketplace.inventory.found_events import LotMended
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.items import SERIALISED
from marketplace.inventory.rules.lots import LotState, next_state
from marketplace.inventory.standing import end_if_empty, write_down
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.events import sentence
from tenants.workspace import Workspace

MEND = text("select gate.mend_lot(:lot)")
LONGEST = 500


def propose_mending(
    ws: Workspace, lot_id: UUID, *, left: Quantity, because: str, evidence: Sequence[UUID] = ()
) -> Approval:
    """Put the new inspection of a damaged lot before a colleague: `left` of it is sound, and the rest is scrapped (all of it, where nothing is).

    Goods that were never verified are received goods again, to be inspected like others.

    Refuses a lot of another supervisor, one that is not damaged, more than was there before the damage, no reason and no evidence; and less
    than all of a lot that is kept item by item, whose scrapped items are named first.
    """
    ws.may("inspect_lot")
    lot = _damaged(ws, lot_id)
    sound = _sound(lot, left)
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    if not evidence:
        raise Invalid("evidence_missing", "A new inspection needs its report or a photo.", field="photo")
    summary = sentence("Damaged lot %(lot)s: %(left)s is sound, the rest is scrapped: %(because)s", lot=lot.number, left=sound, because=because.strip()[:LONGEST])  # fmt: skip
    return approvals.propose(
        ws,
        "approve_mending",
        subject_id=lot.id,
        summary=summary,
        left=str(sound.amount),
        because=because.strip()[:LONGEST],
        evidence=[str(one) for one in evidence],
    )


@upon_approval("approve_mending")
def mend_lot(ws: Workspace, approval: Approval) -> None:
    """A second inspector agrees: what is sound stands as it would had it never been damaged (pledged, to be sold, sold, frozen or free); what is not is written off."""
    lot, told = _damaged(ws, approval.subject_id), approval.payload
    sound = _sound(lot, Quantity.of(told["left"], lot.unit))
    ws.session.flush()
    ws.session.execute(MEND, {"lot": lot.id})
    ws.session.refresh(lot)
    proof = [approval.id, *told["evidence"]]
    ws.record(LotMended(lot_id=lot.id, number=lot.number, left=sound, because=told["because"]), on=lot.id, evidence=proof)  # fmt: skip
    if lot.verified is not None and sound < lot.verified:
        write_down(ws, lot, sound, told["because"], proof)
        if not lot.is_frozen and lot.standing in (LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED):
            end_if_empty(ws, lot)


def _damaged(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.supervisor_id != ws.tenant_id:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    next_state(LotState(lot.status), "mend", kept=LotState.VERIFIED)
    return lot


def _sound(lot: Lot, left: Quantity) -> Quantity:
    """What is sound, in the lot's unit: nothing to all of what was verified, or received."""
    sound, before = left.to(lot.unit, field="left"), lot.verified or lot.weighed
    assert before is not None, "goods that were never received are not damaged here"
    if not 0 <= sound.amount <= before.amount:
        raise Invalid("more_than_was", "Before the damage there were %(before)s.", field="left", before=before)
    if lot.tracking == SERIALISED and sound != before:
        raise Conflict("items_not_named", "This lot is kept item by item: name the items that are missing.", field="left")  # fmt: skip
    return sound
