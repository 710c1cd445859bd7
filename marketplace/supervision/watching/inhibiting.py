"""A gateway that is lost takes the voices of the devices behind it with it: one alarm for all of them, and what they watch is unknown, never fine.

Only lesser silences are held back. Cutting a site's power must not buy a thief more than two hours: the silence of a device that alone controls goods is
CRITICAL then, whatever became of its gateway (domain.md section 7, site-level inhibition).
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Attachment, Device, DeviceState
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.devices import SILENT_AFTER_INTERVALS
from tenants.workspace import Workspace

LOOK_AGAIN = timedelta(minutes=5)
LOST = ("power", "silence")


def is_inhibited(ws: Workspace, device: Device, severity: Severity) -> bool:
    """Whether this silence is explained by the loss of every gateway that could have carried the device's voice."""
    if severity is Severity.CRITICAL or device.kind == "gateway":
        return False
    gateways = _gateways_of(ws, device)
    return bool(gateways) and all(_is_lost(ws, gateway, state) for gateway, state in gateways)


def _gateways_of(ws: Workspace, device: Device) -> list[tuple[Device, DeviceState]]:
    """The gateway that signs for it; for a device with a key of its own, all gateways of the firm at its site."""
    wanted = select(Device, DeviceState).join(
        DeviceState, (DeviceState.tenant_id == Device.tenant_id) & (DeviceState.device_id == Device.id)
    )
    mine = wanted.where(Device.tenant_id == ws.tenant_id, Device.kind == "gateway", Device.revoked_at.is_(None))
    behind = device.gateway_id
    chosen = mine.where(Device.id == behind) if behind else mine.where(Device.id.in_(_attached_beside(ws, device.id)))
    return [(gateway, state) for gateway, state in ws.session.execute(chosen)]


def _attached_beside(ws: Workspace, device_id: UUID) -> list[UUID]:
    here = select(Attachment.site_id).where(
        Attachment.tenant_id == ws.tenant_id, Attachment.device_id == device_id, func.upper_inf(Attachment.during)
    )
    beside = select(Attachment.device_id).where(
        Attachment.tenant_id == ws.tenant_id, Attachment.site_id.in_(here), func.upper_inf(Attachment.during)
    )
    return list(ws.session.scalars(beside))


def _is_lost(ws: Workspace, gateway: Device, state: DeviceState) -> bool:
    """It said that its mains failed, or has itself not been heard for three of its intervals."""
    if state.heard_at is None or ws.now - state.heard_at > SILENT_AFTER_INTERVALS * timedelta(seconds=gateway.interval_seconds):  # fmt: skip
        return True
    holds = select(Alarm.id).where(
        Alarm.tenant_id == ws.tenant_id,
        Alarm.originator_id == gateway.id,
        Alarm.type.in_(LOST),
        Alarm.cleared_at.is_(None),
    )
    return ws.session.scalars(holds.limit(1)).first() is not None
