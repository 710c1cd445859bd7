"""Taking devices on, putting them where they watch, and letting them go. By the supervisor or the warehouse, never by the pledgor."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.events import (
    DeviceCalibrated,
    DeviceEnrolled,
)
from marketplace.supervision.models.devices import Device, DeviceState
from marketplace.supervision.rules.keys import checked_public_key, fingerprint
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

KEEPERS = frozenset({"supervisor", "warehouse"})
INTERVAL_SECONDS = 300
MOMENT = timedelta(microseconds=1)


def enrol_device(
    ws: Workspace,
    *,
    kind: str,
    name: str,
    public_key: bytes,
    serial: str = "",
    interval_seconds: int = INTERVAL_SECONDS,
    accuracy: str = "",
    deviation: Decimal = Decimal(0),
    calibrated_until: date | None = None,
    certificate: str = "",
) -> Device:
    """Take a device on under its own Ed25519 key. Refuses weak and malformed keys, a key enrolled before, and an unknown kind."""
    ws.may("enrol_device")
    _check_description(kind, name, interval_seconds, deviation)
    key = checked_public_key(public_key)
    _refuse_known_key(ws, key)
    device = Device(
        tenant_id=ws.tenant_id,
        id=new_id(),
        public_key=key,
        kind=kind,
        name=name.strip(),
        serial=serial.strip(),
        accuracy=accuracy.strip(),
        deviation=deviation,
        calibrated_until=calibrated_until,
        certificate=certificate.strip(),
        interval_seconds=interval_seconds,
        enrolled_at=ws.now,
        enrolled_by=ws.member.name,
    )
    ws.session.add_all([device, DeviceState(tenant_id=ws.tenant_id, device_id=device.id)])
    rooms.found(ws, device.id, kind="device", role="owner")
    ws.record(
        DeviceEnrolled(device_id=device.id, name=device.name, kind=kind, key_fingerprint=fingerprint(key)), on=device.id
    )
    return device


def find_device(ws: Workspace, device_id: UUID, *, lock: bool = False) -> Device:
    """One of this firm's devices; somebody else's is not found."""
    device = ws.session.get(Device, (ws.tenant_id, device_id), with_for_update={"key_share": True} if lock else None)
    if device is None:
        raise NotFound("device_unknown", "There is no such device.")
    return device


def state_of(ws: Workspace, device_id: UUID) -> DeviceState:
    """What is known of the device from its own messages, locked."""
    return ws.session.get_one(DeviceState, (ws.tenant_id, device_id), with_for_update={"key_share": True})


def record_calibration(ws: Workspace, device_id: UUID, *, until: date, certificate: str) -> Device:
    """Enter a new certificate of calibration. Refuses one that ends before today."""
    ws.may("enrol_device")
    device = find_device(ws, device_id, lock=True)
    if until < ws.now.date():
        raise Invalid("calibration_past", "This calibration has already expired.", field="until")
    if not certificate.strip():
        raise Invalid("certificate_missing", "Give the number of the certificate.", field="certificate")
    device.calibrated_until, device.certificate = until, certificate.strip()
    ws.record(
        DeviceCalibrated(device_id=device.id, name=device.name, until=until, certificate=device.certificate),
        on=device.id,
    )
    return device


def _refuse_known_key(ws: Workspace, key: bytes) -> None:
    known = select(Device.id).where(Device.tenant_id == ws.tenant_id, Device.public_key == key)
    if ws.session.scalars(known).first():
        raise Conflict("key_known", "A device with this key is already enrolled.", field="public_key")


def _check_description(kind: str, name: str, interval_seconds: int, deviation: Decimal) -> None:
    if kind not in PROFILES:
        raise Invalid("kind_unknown", "This kind of device is not known.", field="kind")
    if not 1 <= len(name.strip()) <= 80:
        raise Invalid("name_wrong", "Give the device a name of 1 to 80 characters.", field="name")
    if not 1 <= interval_seconds <= 86400:
        raise Invalid(
            "interval_wrong", "A device sends at least once a day: 1 to 86400 seconds.", field="interval_seconds"
        )
    if not 0 <= deviation < 100_000:
        raise Invalid(
            "deviation_wrong", "The deviation is a figure of the sensor's unit, at least zero.", field="deviation"
        )
