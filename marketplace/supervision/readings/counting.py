"""Counting what became of devices' messages: each fate has its number, for the device's page and for whoever asks why a reading is missing."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from marketplace.supervision.models.alarms import IntakeCount
from marketplace.supervision.readings.writing import Rows
from tenants.workspace import Workspace

Fates = Counter[tuple[UUID, str]]
ADDED_UP = (
    "on conflict (tenant_id, device_id, day, fate) do update set"
    " messages = house.intake_count.messages + excluded.messages, last_at = excluded.last_at"
)


def counts(ws: Workspace, fates: Fates) -> Rows:
    """What is added to today's counts."""
    rows = [_row(ws, device_id, fate, messages) for (device_id, fate), messages in sorted(fates.items(), key=str)]
    return Rows(IntakeCount, rows, ADDED_UP)


def _row(ws: Workspace, device_id: UUID, fate: str, messages: int) -> dict[str, object]:
    return {
        "tenant_id": ws.tenant_id,
        "device_id": device_id,
        "day": _midnight(ws.now),
        "fate": fate,
        "messages": messages,
        "last_at": ws.now,
    }


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
