"""A lot's way in: declared by its owner, weighed in by the warehouse, verified by the supervisor's four eyes.

What follows from pledges, disposals and shipments is in `standing.py`, freezes in `freezing.py`, places in `places.py`; all are offered here.
"""

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from marketplace.inventory import events
from marketplace.inventory.freezing import freeze_lot, report_loss, unfreeze_lot
from marketplace.inventory.models import Bin, BinStay, Inspection, Lot, LotIdentity, LotUnits, Product, Site, Weighing
from marketplace.inventory.places import calibrate_scale, draw_bin, name_product, open_site
from marketplace.inventory.queries import find_lot, find_product, find_site, identity_of, weighings_of
from marketplace.inventory.rules import weighing as weighing_rules
from marketplace.inventory.rules.identity import LotIdentity as Gs1Identity
from marketplace.inventory.rules.identity import digital_link
from marketplace.inventory.rules.lots import LOT, LotState, next_state
from marketplace.inventory.standing import (
    mark_departed,
    mark_enforced,
    mark_pledged,
    mark_released,
    mark_sold,
    reserve_lot,
    share_lot,
    shrink_verified,
    take_out,
    unreserve_lot,
)
from marketplace.quantity import Quantity, base_units, least
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace

__all__ = [
    "add_weighing",
    "calibrate_scale",
    "declare_lot",
    "draw_bin",
    "freeze_lot",
    "inspect_lot",
    "mark_departed",
    "mark_enforced",
    "mark_pledged",
    "mark_released",
    "mark_sold",
    "name_product",
    "open_site",
    "receive_lot",
    "report_loss",
    "reserve_lot",
    "share_lot",
    "shrink_verified",
    "take_out",
    "unfreeze_lot",
    "unreserve_lot",
]

EXCLUSION, UNIQUE = "23P01", "23505"
# Without I, L, O and U: read aloud over a loading ramp, none is taken for another (Crockford).
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def declare_lot(
    ws: Workspace,
    *,
    product_id: UUID,
    quantity: Quantity,
    site_id: UUID,
    supervisor_id: UUID,
    reference: str = "",
    origin: str = "",
    pieces: int | None = None,
    batch: str = "",
) -> Lot:
    """Announce goods to a warehouse: so much of a product, as its papers (`reference`) say. A claim; scales and inspectors will decide.

    The lot gets its digital identity: the product's GTIN with `batch`, the producer's batch or heat number, or else the lot's own number. Refuses a
    quantity that is not above zero, a supervisor that is no supervisor or the owner itself, and a batch that is declared already, by whomever.
    """
    ws.may("declare_lot")
    product, site = find_product(ws, product_id), find_site(ws, site_id)
    documented = _documented(quantity, product)
    _require_supervisor(ws, supervisor_id)
    lot = Lot(
        **_of_product(product),
        tenant_id=ws.tenant_id,
        id=new_id(),
        number=_new_number(ws),
        reference=reference.strip(),
        origin=origin.strip(),
        pieces=pieces,
        documented_qty=documented.amount,
        status=next_state(None, "declare"),
        warehouse_id=site.tenant_id,
        supervisor_id=supervisor_id,
        site_id=site.id,
        site_name=site.name,
        declared_at=ws.now,
    )
    ws.session.add(lot)
    rooms.found(ws, lot.id, kind="lot", role="owner")
    rooms.share(ws, lot.id, to=lot.warehouse_id, role="warehouse")
    rooms.share(ws, lot.id, to=supervisor_id, role="supervisor")
    identity = _name_in_the_world(ws, lot, product, batch.strip())
    due = LOT.due_at(LotState.DECLARED, "expire", ws.now)
    ws.set_timer("inventory.expire_declaration", key=f"expire:{lot.id}", due=due, stream_id=lot.id)
    fact = events.LotDeclared(
        lot_id=lot.id, number=lot.number, product=lot.product_name, quantity=documented, site_id=site.id, identity=identity.path
    )  # fmt: skip
    ws.record(fact, on=lot.id, evidence=[reference] if reference else [])
    ws.session.refresh(lot)
    return lot


def receive_lot(
    ws: Workspace,
    lot_id: UUID,
    *,
    gross: Quantity,
    tare: Quantity,
    bin_id: UUID,
    photo_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> Lot:
    """Weigh declared goods in, put them into a free bin and the label on them. For goods that are counted, `gross` is the count and `tare` nothing.

    Refuses a lot for another warehouse, a bin of another site or one that is taken, gross not above tare, and a scale whose calibration is over.
    """
    ws.may("receive_lot")
    lot, place = _at_own_warehouse(ws, lot_id), _own_bin(ws, bin_id)
    lot.status = next_state(LotState(lot.status), "receive")
    if place.site_id != lot.site_id:
        raise Invalid("bin_elsewhere", "This bin is not on the lot's site.", field="bin_id")
    passed = _weigh(ws, lot, gross=gross, tare=tare, photo_id=photo_id, ticket=ticket, vehicle=vehicle)
    lot.weighed_qty, lot.received_at = passed.net.amount, ws.now
    lot.bin_id, lot.bin_code = place.id, place.code
    _occupy(ws, lot, place)
    identity_of(ws, lot.id).bound_at = ws.now
    fact = events.LotReceived(
        lot_id=lot.id, number=lot.number, gross=passed.gross, tare=passed.tare, net=passed.net, site_id=lot.site_id, bin_id=place.id, bin=place.code
    )  # fmt: skip
    ws.record(fact, on=lot.id, evidence=[photo_id] if photo_id else [])
    return lot


def add_weighing(
    ws: Workspace,
    lot_id: UUID,
    *,
    gross: Quantity,
    tare: Quantity,
    photo_id: UUID | None = None,
    ticket: str = "",
    vehicle: str = "",
) -> Lot:
    """Add a further truckload to a lot that is being received. Refuses one that is inspected already."""
    ws.may("receive_lot")
    lot = _at_own_warehouse(ws, lot_id)
    if lot.status != LotState.RECEIVED or lot.weighed is None:
        raise Conflict("lot_not_receiving", "Goods are added between receipt and inspection only.")
    passed = _weigh(ws, lot, gross=gross, tare=tare, photo_id=photo_id, ticket=ticket, vehicle=vehicle)
    lot.weighed_qty = (lot.weighed + passed.net).amount
    fact = events.LotWeighed(lot_id=lot.id, number=lot.number, gross=passed.gross, tare=passed.tare, net=passed.net)
    ws.record(fact, on=lot.id, evidence=[photo_id] if photo_id else [])
    return lot


def inspect_lot(
    ws: Workspace, lot_id: UUID, *, counted: Quantity, passed: bool, note: str = "", evidence: Sequence[UUID] = ()
) -> Approval:
    """Count the goods in their bin and put the finding before a colleague. On approval the lot is VERIFIED at the least of documented, weighed and
    counted, or REJECTED where the inspection did not pass.

    Refuses a lot of another supervisor, one that was not received, and a passed inspection with a variance above the product's tolerance.
    """
    ws.may("inspect_lot")
    lot = _of_own_supervision(ws, lot_id)
    found = counted.to(lot.unit)
    next_state(LotState(lot.status), "verify" if passed else "reject")
    if passed:
        _verification(ws, lot, found)
    elif not note.strip():
        raise Invalid("reason_missing", "Say why.", field="note")
    inspection = Inspection(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        counted=found.amount,
        unit=lot.unit,
        passed=passed,
        note=note.strip(),
        inspector=ws.member.name,
        inspected_at=ws.now,
    )
    ws.session.add(inspection)
    ws.record(
        events.LotInspected(lot_id=lot.id, number=lot.number, counted=found, passed=passed),
        on=lot.id,
        evidence=evidence,
    )
    summary = f"{'Verify' if passed else 'Reject'} lot {lot.number}: {found} counted"
    return approvals.propose(
        ws, "approve_inspection", subject_id=lot.id, summary=summary, inspection_id=str(inspection.id)
    )


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
    lot.verified_qty, lot.verified_at = found.verified.amount, ws.now
    ws.session.flush()
    units = Range(0, base_units(found.verified))
    ws.session.add(LotUnits(tenant_id=lot.tenant_id, lot_id=lot.id, units=units))
    assert lot.weighed is not None
    verified = events.LotVerified(
        lot_id=lot.id, number=lot.number, documented=lot.documented, weighed=lot.weighed, counted=counted, verified=found.verified,
        variance_rate=found.variance_rate,
    )  # fmt: skip
    proof = [inspection.id, approval.id, *(one.id for one in weighings_of(ws, lot.id))]
    ws.record(verified, on=lot.id, evidence=proof)


@upon_rejection("approve_inspection")
def _return_inspection(ws: Workspace, approval: Approval) -> None:
    inspection = _inspection(ws, approval)
    inspection.outcome, inspection.decided_by, inspection.decided_at = "returned", ws.member.name, ws.now


def _documented(quantity: Quantity, product: Product) -> Quantity:
    documented = quantity.to(product.unit)
    if base_units(documented) <= 0:
        raise Invalid("quantity_not_positive", "The documented quantity must be above zero.", field="quantity")
    if product.retired_at is not None:
        raise Conflict("product_retired", "This product is no longer traded.", field="product_id")
    return documented


def _require_supervisor(ws: Workspace, supervisor_id: UUID) -> None:
    """Who pledges may not be who watches (invariant 7)."""
    try:
        supervisor = find_organisation(ws.session, supervisor_id)
    except NotFound as unknown:
        raise Invalid("supervisor_unknown", "Choose a supervisor from the list.", field="supervisor_id") from unknown
    if Kind.SUPERVISOR not in supervisor.kinds:
        raise Invalid("supervisor_unknown", "Choose a supervisor from the list.", field="supervisor_id")
    if supervisor.id == ws.tenant_id:
        raise Conflict("supervisor_affiliated", "The supervisor is related to the pledgor.", field="supervisor_id")


def _of_product(product: Product) -> dict[str, object]:
    """What a lot keeps of its product, so that those who see the lot need not see the owner's product list."""
    return {
        "product_id": product.id,
        "product_name": product.name,
        "grade": product.grade,
        "hs_code": product.hs_code,
        "unit": product.unit,
        "price_code": product.price_code,
        "tolerance": product.tolerance,
    }


def _new_number(ws: Workspace) -> str:
    """A number to say on the telephone: the day, and five letters at random, so that it tells nobody how many there are."""
    return f"L{ws.now:%y%m%d}-" + "".join(secrets.choice(LETTERS) for _ in range(5))


def _name_in_the_world(ws: Workspace, lot: Lot, product: Product, batch: str) -> LotIdentity:
    name = Gs1Identity(gtin=product.gtin, batch=batch or lot.number)
    identity = LotIdentity(
        tenant_id=lot.tenant_id,
        lot_id=lot.id,
        scheme="LGTIN",
        gtin=name.gtin,
        batch=name.batch,
        path=digital_link(name, ""),
        product_name=lot.product_name,
        grade=lot.grade,
        custodian_id=lot.warehouse_id,
        issued_at=ws.now,
    )
    try:
        with ws.session.begin_nested():
            ws.session.add(identity)
    except IntegrityError as taken:
        if getattr(taken.orig, "sqlstate", "") != UNIQUE:
            raise
        raise Conflict("identity_taken", "These goods are declared already under this batch.", field="batch") from taken
    return identity


def _at_own_warehouse(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.warehouse_id != ws.tenant_id:
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    return lot


def _of_own_supervision(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.supervisor_id != ws.tenant_id:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    return lot


def _own_bin(ws: Workspace, bin_id: UUID) -> Bin:
    place = ws.session.get(Bin, (ws.tenant_id, bin_id))
    if place is None:
        raise Invalid("bin_unknown", "Choose a bin of this site.", field="bin_id")
    return place


def _weigh(
    ws: Workspace, lot: Lot, *, gross: Quantity, tare: Quantity, photo_id: UUID | None, ticket: str, vehicle: str
) -> weighing_rules.Weighing:
    site = ws.session.get_one(Site, (ws.tenant_id, lot.site_id))
    passed = weighing_rules.Weighing(
        gross=gross.to(lot.unit),
        tare=tare.to(lot.unit),
        taken_at=ws.now,
        signed=True,  # entered by a member in a verified session, which the event's chain keeps
        calibrated_until=site.scale_calibrated_until,
    )
    weighing_rules.weighed([passed])
    row = Weighing(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        site_id=lot.site_id,
        gross=passed.gross.amount,
        tare=passed.tare.amount,
        unit=lot.unit,
        ticket=ticket.strip(),
        vehicle=vehicle.strip(),
        photo_id=photo_id,
        calibrated_until=passed.calibrated_until,
        weighed_by=ws.member.name,
        weighed_at=ws.now,
    )
    ws.session.add(row)
    return passed


def _occupy(ws: Workspace, lot: Lot, place: Bin) -> None:
    """Begin the lot's stay in the bin. The database refuses a second lot there at the same time."""
    latest = select(func.max(func.upper(BinStay.during))).where(
        BinStay.tenant_id == ws.tenant_id, BinStay.bin_id == place.id, ~func.upper_inf(BinStay.during)
    )
    since = max(ws.now, ws.session.scalar(latest) or ws.now)
    stay = BinStay(tenant_id=ws.tenant_id, id=new_id(), bin_id=place.id, lot_id=lot.id, during=Range(since, None))
    try:
        with ws.session.begin_nested():
            ws.session.add(stay)
    except IntegrityError as taken:
        if getattr(taken.orig, "sqlstate", "") != EXCLUSION:
            raise
        raise Conflict("bin_occupied", "Another lot lies in bin %(bin)s.", field="bin_id", bin=place.code) from taken


def _verification(ws: Workspace, lot: Lot, counted: Quantity) -> weighing_rules.Verification:
    """Both scales and count against the documents; the least of the three is what counts."""
    if identity_of(ws, lot.id).bound_at is None:
        raise Conflict("identity_bound", "The lot has no digital identity bound to it.")
    assert lot.weighed is not None, "a received lot is weighed"
    weighing_rules.verify(lot.documented, lot.weighed, lot.tolerance)
    weighing_rules.verify(lot.documented, counted, lot.tolerance)
    return weighing_rules.verify(lot.documented, least(lot.weighed, counted), lot.tolerance)


def _inspection(ws: Workspace, approval: Approval) -> Inspection:
    return ws.session.get_one(Inspection, (ws.tenant_id, UUID(approval.payload["inspection_id"])))
