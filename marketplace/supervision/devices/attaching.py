"""Where devices watch: a lot, a bin, or a hall (a zone or a whole site) and whatever lies there. One place at a time; to move one takes four eyes."""

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.shipments import routes
from marketplace.shipments.journeys import trackers_of
from marketplace.shipments.models import RouteAcceptance
from marketplace.shipments.queries import find_shipment
from marketplace.supervision.alarms.raising import clear_active
from marketplace.supervision.devices.enrolment import find_device, state_of
from marketplace.supervision.devices.targets import Target, place_for
from marketplace.supervision.events import DeviceAttached, DeviceDetached, DeviceRevoked
from marketplace.supervision.models.devices import Attachment, Device
from marketplace.supervision.models.readings import LatestReading
from marketplace.supervision.queries import place_names
from marketplace.supervision.watching.listening import start_watch
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

TRACKERS = ("position", "combined")
MOMENT = timedelta(microseconds=1)


def attach_device(
    ws: Workspace,
    device_id: UUID,
    *,
    lot_id: UUID | None = None,
    bin_id: UUID | None = None,
    zone_id: UUID | None = None,
    site_id: UUID | None = None,
    tare_kg: Decimal = Decimal(0),
) -> Attachment:
    """Let a device watch one lot, a bin, or a hall (a zone, or a whole site) and whatever lies there. It sits in one place at a time.

    The first place is given by one person; to move a device that has watched before takes four eyes (`propose_move`). Refuses the pledgor of the lot,
    whoever does not keep or supervise what lies there, a revoked device, and in a hall a device whose word is of single goods (`IN_HALLS`).
    """
    ws.may("enrol_device")
    device = find_device(ws, device_id, lock=True)
    if latest_attachment(ws, device_id):
        raise Conflict("move_needs_four_eyes", "This device has watched elsewhere: moving it takes a second person.")
    return _attach(ws, device, Target(lot_id, bin_id, zone_id, site_id), tare_kg)


def propose_move(
    ws: Workspace,
    device_id: UUID,
    *,
    because: str,
    lot_id: UUID | None = None,
    bin_id: UUID | None = None,
    zone_id: UUID | None = None,
    site_id: UUID | None = None,
    tare_kg: Decimal = Decimal(0),
) -> Approval:
    """Propose to move a device; a colleague decides. What may not be attached is refused now, not only then."""
    ws.may("enrol_device")
    device = find_device(ws, device_id)
    target = Target(lot_id, bin_id, zone_id, site_id)
    _, _, place = place_for(ws, device, target)
    if not because.strip():
        raise Invalid("reason_missing", "Say why the device is moved.", field="because")
    return approvals.propose(
        ws,
        "move_device",
        subject_id=device_id,
        summary=sentence(
            "%(device)s → %(place)s: %(because)s", device=device.name, place=place, because=because.strip()[:200]
        ),
        tare_kg=str(tare_kg),
        **{name: str(one) if one else None for name, one in asdict(target).items()},
    )


@upon_approval("move_device")
def _move(ws: Workspace, approval: Approval) -> None:
    """The checker agreed: detach, and attach anew at the same moment."""
    device = find_device(ws, approval.subject_id, lock=True)
    current = latest_attachment(ws, device.id)
    if current and current.until is None:
        _end(ws, device, current)
    asked = approval.payload
    named = {one.name: UUID(asked[one.name]) if asked.get(one.name) else None for one in fields(Target)}
    _attach(ws, device, Target(**named), Decimal(asked["tare_kg"]))


def detach_device(ws: Workspace, device_id: UUID) -> Attachment:
    """End the watch. Refuses a device that watches nothing."""
    ws.may("enrol_device")
    device = find_device(ws, device_id, lock=True)
    current = latest_attachment(ws, device_id)
    if current is None or current.until is not None:
        raise Conflict("not_attached", "This device is not attached to anything.")
    _end(ws, device, current)
    return current


def end_watch(ws: Workspace, lot_id: UUID) -> None:
    """The last of the lot has left: the firm's devices that watched it are free for other goods, and nobody waits for their word any more.

    A tracker that rides with the goods speaks of them until they are delivered (`end_ride`).
    """
    riding = set(trackers_of(ws, lot_id=lot_id))
    watching = select(Attachment).where(
        Attachment.tenant_id == ws.tenant_id, Attachment.lot_id == lot_id, func.upper_inf(Attachment.during)
    )
    for current in ws.session.scalars(watching).all():
        if current.device_id not in riding:
            _let_go(ws, current)


def end_ride(ws: Workspace, shipment_id: UUID) -> None:
    """The goods were handed over: the firm's tracker that rode with them is free for others."""
    for tracker_id in trackers_of(ws, shipment_id=shipment_id):
        current = latest_attachment(ws, tracker_id)
        if current and current.until is None:
            _let_go(ws, current)


def accept_route(ws: Workspace, shipment_id: UUID, *, tracker_id: UUID) -> RouteAcceptance:
    """Let goods travel by the latest plan of their way, watched by a tracker of one's own that is attached to them.

    Refuses a device that tells no place or watches other goods, and whatever `shipments.routes.accept_route` refuses.
    """
    ws.may("accept_route")
    shipment = find_shipment(ws, shipment_id)
    device = find_device(ws, tracker_id)
    current = latest_attachment(ws, tracker_id)
    if device.kind not in TRACKERS or current is None or current.until or current.lot_id != shipment.lot_id:
        raise Invalid(
            "not_riding", "Choose a device that tells its place and is attached to these goods.", field="tracker_id"
        )
    return routes.accept_route(ws, shipment_id, tracker_id=tracker_id, tracker=device.name)


def trackers_for(ws: Workspace, lot_id: UUID) -> list[Device]:
    """The firm's devices that tell their place and are attached to these goods."""
    here = select(Attachment.device_id).where(
        Attachment.tenant_id == ws.tenant_id, Attachment.lot_id == lot_id, func.upper_inf(Attachment.during)
    )
    mine = select(Device).where(Device.tenant_id == ws.tenant_id, Device.id.in_(here), Device.kind.in_(TRACKERS))
    return list(ws.session.scalars(mine.order_by(Device.name)))


def _let_go(ws: Workspace, current: Attachment) -> None:
    device = find_device(ws, current.device_id, lock=True)
    _end(ws, device, current)
    clear_active(ws, device.id, "silence", at=ws.now)


def revoke_device(ws: Workspace, device_id: UUID, *, because: str) -> Device:
    """Its key opens nothing from the next message on. What it said before stays; it is never un-revoked."""
    ws.may("enrol_device")
    device = find_device(ws, device_id, lock=True)
    if device.revoked_at:
        raise Conflict("already_revoked", "This device is already revoked.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why the device is revoked.", field="because")
    current = latest_attachment(ws, device_id)
    if current and current.until is None:
        _end(ws, device, current)
    device.revoked_at, device.revoked_because = ws.now, because.strip()
    ws.record(DeviceRevoked(device_id=device.id, name=device.name, because=device.revoked_because), on=device.id)
    return device


def latest_attachment(ws: Workspace, device_id: UUID) -> Attachment | None:
    """Where the device sits, or sat last."""
    return ws.session.scalars(
        select(Attachment)
        .where(Attachment.tenant_id == ws.tenant_id, Attachment.device_id == device_id)
        .order_by(func.lower(Attachment.during).desc())
        .limit(1)
    ).first()


def _attach(ws: Workspace, device: Device, target: Target, tare_kg: Decimal) -> Attachment:
    if device.revoked_at:
        raise Conflict("device_revoked", "A revoked device cannot watch anything.")
    if not 0 <= tare_kg < Decimal(10) ** 9:
        raise Invalid("tare_wrong", "The tare is a weight in kilograms, at least zero.", field="tare_kg")
    site_id, stream, place = place_for(ws, device, target)
    attachment = Attachment(
        tenant_id=ws.tenant_id,
        id=new_id(),
        device_id=device.id,
        lot_id=target.lot_id,
        bin_id=target.bin_id,
        zone_id=target.zone_id,
        site_id=site_id,
        during=Range(_free_from(ws, device.id), None, bounds="[)"),
        tare_kg=tare_kg,
        attached_by=ws.member.name,
    )
    ws.session.add(attachment)
    start_watch(ws, device, state_of(ws, device.id))
    ws.record(
        DeviceAttached(device_id=device.id, name=device.name, kind=device.kind, place=place), on=stream or device.id
    )
    return attachment


def _free_from(ws: Workspace, device_id: UUID) -> datetime:
    """Now; or the end of the place before, where that lies a moment ahead."""
    before = latest_attachment(ws, device_id)
    return max(ws.now, before.until) if before and before.until else ws.now


def _end(ws: Workspace, device: Device, current: Attachment) -> None:
    until = max(ws.now, current.since + MOMENT)
    current.during = Range(current.since, until, bounds="[)")
    _close_latest(ws, device.id)
    place = current.lot_id or device.id
    ws.record(DeviceDetached(device_id=device.id, name=device.name, place=_name_of(ws, current)), on=place)


def _name_of(ws: Workspace, attachment: Attachment) -> str:
    return place_names(ws, [attachment])[attachment.id]


def _close_latest(ws: Workspace, device_id: UUID) -> None:
    """Its last values are history now: they no longer speak for any lot."""
    for row in ws.session.scalars(
        select(LatestReading).where(LatestReading.tenant_id == ws.tenant_id, LatestReading.device_id == device_id)
    ):
        row.ended_at = ws.now
