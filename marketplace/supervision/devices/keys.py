"""A device's change of key. Two people agree on the new one; it becomes the device's own with the first message that it signs.

So nothing that the device signed before and still has to send is lost, and no moment has two keys: from that message on the key before it opens nothing,
and a message under it is a forgery. A key that may be in strange hands is no case for this: the device is revoked and enrolled anew.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.supervision.devices.enrolment import find_device, refuse_known_key
from marketplace.supervision.events import DeviceKeyChanged
from marketplace.supervision.models.devices import Device, RetiredKey
from marketplace.supervision.rules.keys import checked_public_key, fingerprint
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def propose_key(ws: Workspace, device_id: UUID, *, public_key: bytes, because: str) -> Approval:
    """Propose a device's next key; a colleague decides. Refuses weak and known keys, a revoked device, and one that a gateway signs for."""
    ws.may("enrol_device")
    device = find_device(ws, device_id)
    _refuse_keyless(device)
    key = checked_public_key(public_key)
    refuse_known_key(ws, key)
    if not because.strip():
        raise Invalid("reason_missing", "Say why the key is changed.", field="because")
    return approvals.propose(
        ws, "rotate_device_key", subject_id=device_id, public_key=key.hex(),
        summary=sentence(
            "%(device)s: new key %(fingerprint)s: %(because)s",
            device=device.name, fingerprint=fingerprint(key), because=because.strip()[:200],
        ),
    )  # fmt: skip


@upon_approval("rotate_device_key")
def _expect_key(ws: Workspace, approval: Approval) -> None:
    """The checker agreed: the new key waits for the device's first message under it."""
    device = find_device(ws, approval.subject_id, lock=True)
    _refuse_keyless(device)
    key = bytes.fromhex(approval.payload["public_key"])
    refuse_known_key(ws, key)
    device.next_key = key


def turn_key(ws: Workspace, device: Device) -> None:
    """The device has spoken under its next key: that is its key now, and the one before is kept for what it signed."""
    assert device.public_key is not None
    assert device.next_key is not None
    before, since = device.public_key, _since(ws, device)
    ws.session.add(
        RetiredKey(tenant_id=ws.tenant_id, public_key=before, device_id=device.id, since=since, until=ws.now)
    )
    device.public_key, device.next_key = device.next_key, None
    device.x509, device.x509_until = None, None
    ws.record(
        DeviceKeyChanged(
            device_id=device.id,
            name=device.name,
            key_fingerprint=fingerprint(device.public_key),
            retired_fingerprint=fingerprint(before),
        ),
        on=device.id,
    )


def retired_keys(ws: Workspace, device_id: UUID) -> list[RetiredKey]:
    """The keys that a device had before, newest first."""
    rows = ws.session.scalars(
        select(RetiredKey)
        .where(RetiredKey.tenant_id == ws.tenant_id, RetiredKey.device_id == device_id)
        .order_by(RetiredKey.until.desc())
    )
    return list(rows)


def _since(ws: Workspace, device: Device) -> datetime:
    last: datetime | None = ws.session.scalar(
        select(func.max(RetiredKey.until)).where(
            RetiredKey.tenant_id == ws.tenant_id, RetiredKey.device_id == device.id
        )
    )
    return last or device.enrolled_at


def _refuse_keyless(device: Device) -> None:
    if device.revoked_at:
        raise Conflict("device_revoked", "A revoked device gets no new key: enrol it anew.")
    if device.public_key is None:
        raise Conflict("gateway_signs", "This sensor has no key of its own: its gateway signs for it.")
