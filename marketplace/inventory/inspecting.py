"""Inspecting goods: the supervisor counts, a colleague confirms, and the least of documents, scale and count is what there is."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory import events
from marketplace.inventory.items.pieces import received, settle_items
from marketplace.inventory.models import Inspection, Lot, LotUnits
from marketplace.inventory.queries import find_lot, identity_of, weighings_of
from marketplace.inventory.rules import weighing as weighing_rules
from marketplace.inventory.rules.items import require_counted
from marketplace.inventory.rules.lots import LotState, next_state
from marketplace.inventory.rules.moisture import require_moisture
from marketplace.inventory.rules.shelf_life import confirmed_expiry
from marketplace.inventory.shelf_life.expiring import watch_expiry
from marketplace.quantity import Quantity, base_units, least
from tenants import approvals
from tenants.approvals import Approval, upon_approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.events import sentence
from tenants.workspace import Workspace


def inspect_lot(
    ws: Workspace,
    lot_id: UUID,
    *,
    counted: Quantity,
    passed: bool,
    note: str = "",
    expires_on: date | None = None,
    moisture: Decimal | None = None,
    moisture_certificate: str = "",
    evidence: Sequence[UUID] = (),
) -> Approval:
    """Count the goods in their bin and put the finding before a colleague. On approval the lot is VERIFIED at the least of documented, weighed and
    counted, or REJECTED where the inspection did not pass. `expires_on`: the day of expiry that stands on the goods, in place of the declared one.

    `moisture`: the share of the weight that is water, as a certificate says.

    Refuses a lot of another supervisor, one that was not received, a passed inspection with a variance above the product's tolerance, an expiry
    that these goods cannot have, and a moisture without its certificate.
    """
    ws.may("inspect_lot")
    lot = _of_own_supervision(ws, lot_id)
    found = counted.to(lot.unit, field="counted")
    next_state(LotState(lot.status), "verify" if passed else "reject")
    if passed:
        _require_passable(ws, lot, found, expires_on)
        require_moisture(moisture, moisture_certificate.strip())
    elif not note.strip():
        raise Invalid("reason_missing", "Say why.", field="note")
    inspection = _written_down(
        ws, lot, found, passed=passed, expires_on=expires_on, moisture=moisture, moisture_certificate=moisture_certificate.strip(), note=note.strip()
    )  # fmt: skip
    ws.session.add(inspection)
    fact = events.LotInspected(lot_id=lot.id, number=lot.number, counted=found, passed=passed)
    ws.record(fact, on=lot.id, evidence=evidence)
    summary = _in_a_sentence(lot, inspection)
    return approvals.propose(ws, "approve_inspection", subject_id=lot.id, summary=summary, inspection_id=str(inspection.id))  # fmt: skip


def _written_down(ws: Workspace, lot: Lot, found: Quantity, **said: Any) -> Inspection:
    return Inspection(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        counted=found.amount,
        unit=lot.unit,
        inspector=ws.member.name,
        inspected_at=ws.now,
        **said,
    )


def _require_passable(ws: Workspace, lot: Lot, found: Quantity, expires_on: date | None) -> None:
    """Quantity, items and expiry are such as a verification may confirm."""
    _verification(ws, lot, found)
    _require_items_counted(ws, lot, found)
    _expiry(lot, expires_on)


def _in_a_sentence(lot: Lot, inspection: Inspection) -> dict[str, Any]:
    """What the colleague reads, with the day of expiry and the moisture that it would confirm."""
    found: dict[str, Any] = {"lot": lot.number, "counted": Quantity(inspection.counted, inspection.unit)}
    if not inspection.passed:
        return sentence("Reject lot %(lot)s: %(counted)s counted", **found)
    expires_on = _expiry(lot, inspection.expires_on)
    if inspection.moisture is not None:
        found |= {
            "moisture": f"{(inspection.moisture * 100).normalize():f}%",
            "certificate": inspection.moisture_certificate,
        }
        if expires_on is None:
            return sentence("Verify lot %(lot)s: %(counted)s counted, moisture %(moisture)s by certificate %(certificate)s", **found)  # fmt: skip
        return sentence("Verify lot %(lot)s: %(counted)s counted, moisture %(moisture)s by certificate %(certificate)s, expires on %(expires_on)s", **found, expires_on=expires_on)  # fmt: skip
    if expires_on is None:
        return sentence("Verify lot %(lot)s: %(counted)s counted", **found)
    return sentence("Verify lot %(lot)s: %(counted)s counted, expires on %(expires_on)s", **found, expires_on=expires_on)  # fmt: skip


@upon_approval("approve_inspection")
def _conclude_inspection(ws: Workspace, approval: Approval) -> None:
    lot, inspection = _of_own_supervision(ws, approval.subject_id), _inspection(ws, approval)
    counted = Quantity(inspection.counted, inspection.unit)
    inspection.outcome = "verified" if inspection.passed else "rejected"
    inspection.decided_by, inspection.decided_at = ws.member.name, ws.now
    lot.status = next_state(LotState(lot.status), "verify" if inspection.passed else "reject")
    if not inspection.passed:
        fact = events.LotRejected(lot_id=lot.id, number=lot.number, reason=inspection.note)
        ws.record(fact, on=lot.id, evidence=[inspection.id, approval.id])
        return
    found = _verification(ws, lot, counted)
    _require_items_counted(ws, lot, counted)
    verified_qty = received(ws, lot) or found.verified
    lot.verified_qty, lot.verified_at = verified_qty.amount, ws.now
    lot.expires_on, lot.moisture = _expiry(lot, inspection.expires_on), inspection.moisture
    ws.session.flush()
    settle_items(ws, lot)
    units = Range(0, base_units(verified_qty))
    ws.session.add(LotUnits(tenant_id=lot.tenant_id, lot_id=lot.id, units=units))
    assert lot.weighed is not None
    verified = events.LotVerified(
        lot_id=lot.id, number=lot.number, documented=lot.documented, weighed=lot.weighed, counted=counted, verified=verified_qty,
        variance_rate=found.variance_rate,
    )  # fmt: skip
    proof = [inspection.id, approval.id, *(one.id for one in weighings_of(ws, lot.id))]
    ws.record(verified, on=lot.id, evidence=proof)
    watch_expiry(ws, lot)


@upon_rejection("approve_inspection")
def _return_inspection(ws: Workspace, approval: Approval) -> None:
    inspection = _inspection(ws, approval)
    inspection.outcome, inspection.decided_by, inspection.decided_at = "returned", ws.member.name, ws.now


def _of_own_supervision(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.supervisor_id != ws.tenant_id:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    return lot


def _verification(ws: Workspace, lot: Lot, counted: Quantity) -> weighing_rules.Verification:
    """Both scales and count against the documents; the least of the three is what counts."""
    if identity_of(ws, lot.id).bound_at is None:
        raise Conflict("identity_bound", "The lot has no digital identity bound to it.")
    assert lot.weighed is not None, "a received lot is weighed"
    weighing_rules.verify(lot.documented, lot.weighed, lot.tolerance)
    weighing_rules.verify(lot.documented, counted, lot.tolerance)
    return weighing_rules.verify(lot.documented, least(lot.weighed, counted), lot.tolerance)


def _expiry(lot: Lot, found: date | None) -> date | None:
    return confirmed_expiry(found, lot.expires_on, lot.produced_on, made_of_others=lot.conversion_id is not None)


def _require_items_counted(ws: Workspace, lot: Lot, counted: Quantity) -> None:
    came = received(ws, lot)
    if came is not None:
        require_counted(counted, came)


def _inspection(ws: Workspace, approval: Approval) -> Inspection:
    return ws.session.get_one(Inspection, (ws.tenant_id, UUID(approval.payload["inspection_id"])))
