"""Taking devices on, putting them where they watch, and letting them go. By the supervisor or the warehouse, never by the pledgor."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.supervision.devices.certificates import Certificate
from marketplace.supervision.devices.claims import Claim
from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.events import (
    DeviceCalibrated,
    DeviceEnrolled,
    FirmwareExpected,
)
from marketplace.supervision.models.devices import Device, DeviceState, RetiredKey
from marketplace.supervision.rules.keys import checked_public_key, fingerprint
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

KEEPERS = frozenset({"supervisor", "warehouse"})
INTERVAL_SECONDS = 300
FIRMWARE_LONGEST = 256  # characters: a metric that is text has no more
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What its keeper, or its label, says of a device; see `Device` for the meaning of each. Refuses an unknown kind and figures out of range.

    `firmware`: what it should report of itself, where the keeper knows.
    """

    kind: str
    name: str
    serial: str = ""
    accuracy: str = ""
    deviation: Decimal = Decimal(0)
    calibrated_until: date | None = None
    certificate: str = ""
    interval_seconds: int = INTERVAL_SECONDS
    firmware: str = ""

    def __post_init__(self) -> None:
        if self.kind not in PROFILES:
            raise Invalid("kind_unknown", "This kind of device is not known.", field="kind")
        if not 1 <= len(self.name.strip()) <= 80:
            raise Invalid("name_wrong", "Give the device a name of 1 to 80 characters.", field="name")
        if not 1 <= self.interval_seconds <= 86400:
            raise Invalid(
                "interval_wrong", "A device sends at least once a day: 1 to 86400 seconds.", field="interval_seconds"
            )
        if not 0 <= self.deviation < 100_000:
            raise Invalid(
                "deviation_wrong", "The deviation is a figure of the sensor's unit, at least zero.", field="deviation"
            )

    def as_kept(self) -> dict[str, Any]:
        """The same as columns of `Device`, without spaces around the words."""
        kept = {name: said.strip() if isinstance(said, str) else said for name, said in asdict(self).items()}
        return kept | {"firmware_expected": kept.pop("firmware") or None}


def enrol_device(
    ws: Workspace,
    described: Described,
    *,
    public_key: bytes | None = None,
    gateway_id: UUID | None = None,
    x509: Certificate | None = None,
) -> Device:
    """Take a device on under its own Ed25519 key, or a simple sensor under the gateway that signs for it.

    Refuses weak and malformed keys, a key enrolled before, and a device that has both a key and a gateway, or neither. `x509`: the certificate that its
    key was read from.
    """
    ws.may("enrol_device")
    key = _own_key(ws, described.kind, public_key, gateway_id)
    device = Device(
        tenant_id=ws.tenant_id,
        id=new_id(),
        public_key=key,
        gateway_id=gateway_id,
        x509=x509.der if x509 else None,
        x509_until=x509.until if x509 else None,
        enrolled_at=ws.now,
        enrolled_by=ws.member.name,
        **described.as_kept(),
    )
    ws.session.add_all([device, DeviceState(tenant_id=ws.tenant_id, device_id=device.id)])
    rooms.found(ws, device.id, kind="device", role="owner")
    fact = DeviceEnrolled(
        device_id=device.id, name=device.name, kind=device.kind, key_fingerprint=fingerprint(key) if key else None
    )
    ws.record(fact, on=device.id)
    return device


def find_device(ws: Workspace, device_id: UUID, *, lock: bool = False) -> Device:
    """One of this firm's devices; somebody else's is not found."""
    device = ws.session.get(Device, (ws.tenant_id, device_id), with_for_update={"key_share": True} if lock else None)
    if device is None:
        raise NotFound("device_unknown", "There is no such device.")
    return device


def gateways_of(ws: Workspace) -> list[Device]:
    """The firm's gateways that may sign for simple sensors below them."""
    mine = (Device.tenant_id == ws.tenant_id, Device.kind == "gateway", Device.revoked_at.is_(None))
    return list(ws.session.scalars(select(Device).where(*mine).order_by(Device.name)))


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


def claim_device(ws: Workspace, *, claim: Claim, name: str) -> Device:
    """Take a device on as its scanned label describes it (`claims`): the supervisor gives only the name."""
    said = asdict(claim)
    return enrol_device(ws, public_key=said.pop("public_key"), described=Described(name=name, **said))


def expect_firmware(ws: Workspace, device_id: UUID, *, firmware: str) -> Device:
    """Enter what the device should report of its firmware from now on (nothing: anything will do). Another report is an alarm."""
    ws.may("enrol_device")
    device = find_device(ws, device_id, lock=True)
    if len(firmware.strip()) > FIRMWARE_LONGEST:
        raise Invalid("firmware_wrong", "A firmware's digest or version has 256 characters at most.", field="firmware")
    device.firmware_expected = firmware.strip() or None
    ws.record(
        FirmwareExpected(device_id=device.id, name=device.name, firmware=device.firmware_expected or "–"), on=device.id
    )
    return device


def _own_key(ws: Workspace, kind: str, public_key: bytes | None, gateway_id: UUID | None) -> bytes | None:
    """The device's key; None where a gateway signs for it."""
    if (public_key is None) == (gateway_id is None):
        raise Invalid(
            "key_missing", "A device has a key of its own, or a gateway that signs for it.", field="public_key"
        )
    if public_key is None:
        assert gateway_id is not None
        _check_gateway(ws, kind, gateway_id)
        return None
    key = checked_public_key(public_key)
    refuse_known_key(ws, key)
    return key


def _check_gateway(ws: Workspace, kind: str, gateway_id: UUID) -> None:
    gateway = ws.session.get(Device, (ws.tenant_id, gateway_id))
    if gateway is None or gateway.kind != "gateway" or gateway.revoked_at or kind == "gateway":
        raise Invalid("gateway_wrong", "Only an enrolled gateway signs for a sensor below it.", field="gateway_id")


def refuse_known_key(ws: Workspace, key: bytes) -> None:
    """A key stands for one device, once: neither another's, nor one that was retired."""
    known = select(Device.id).where(
        Device.tenant_id == ws.tenant_id, or_(Device.public_key == key, Device.next_key == key)
    )
    retired = select(RetiredKey.device_id).where(RetiredKey.tenant_id == ws.tenant_id, RetiredKey.public_key == key)
    if ws.session.scalars(known.union_all(retired)).first():
        raise Conflict("key_known", "A device with this key is already enrolled.", field="public_key")
