"""Counting what became of devices' messages: each fate has its number, for the device's page and for whoever asks why a reading is missing."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from marketplace.supervision.models.alarms import IntakeCount
from tenants.workspace import Workspace

Fates = Counter[tuple[UUID, str]]


def keep_counts(ws: Workspace, fates: Fates) -> None:
    """Add to today's counts, all devices in one statement."""
    if not fates:
        return
    statement = insert(IntakeCount)
    ws.session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "device_id", "day", "fate"],
            set_={
                "messages": IntakeCount.messages + statement.excluded.messages,
                "last_at": statement.excluded.last_at,
            },
        ),
        [_row(ws, device_id, fate, messages) for (device_id, fate), messages in sorted(fates.items(), key=str)],
    )


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
