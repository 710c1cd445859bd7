"""What people and devices may do in supervision."""

from typing import Any
from uuid import UUID

from marketplace.quantity import Quantity
from marketplace.supervision.models.alarms import Alarm
from tenants.workspace import Workspace


def raise_alarm(
    ws: Workspace,
    *,
    type: str,  # noqa: A002
    severity: str,
    because: str,
    lot_id: UUID | None = None,
    site_id: UUID | None = None,
    **facts: Any,
) -> Alarm:
    """Raise an alarm about a lot or a site, or refresh the active one of the same originator and type."""
    raise NotImplementedError


def record_gate_exit(ws: Workspace, lot_id: UUID, *, quantity: Quantity) -> Alarm | None:
    """Record that goods left through the gate; without release authority: a CRITICAL alarm, and the lot is frozen."""
    raise NotImplementedError
