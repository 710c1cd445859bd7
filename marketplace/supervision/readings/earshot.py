"""Under which devices of halls goods lay, and when: what those said then is in the goods' record, beside what their own devices said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, text

from tenants.workspace import Workspace

EARSHOT = text(
    "select lot_id, tenant_id, device_id, first_at, last_at from gate.earshot(cast(:lots as uuid[]), :since, :until)"
)


@dataclass(frozen=True, slots=True)
class Ear:
    """A stretch of time in which a lot lay where a device hangs; `until` is None while it lasts."""

    lot_id: UUID
    tenant_id: UUID
    device_id: UUID
    since: datetime
    until: datetime | None

    def covers(self, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[bool]:
        """What was said wholly within it. A message of which a part tells of another time is not in the goods' record."""
        return and_(first >= self.since, last < self.until) if self.until else first >= self.since


def ears_of(ws: Workspace, lot_ids: Sequence[UUID], since: datetime, until: datetime) -> list[Ear]:
    """The devices under which these lots lay at some moment of that time, as far as the viewer sees the lots; one for each stretch."""
    if not lot_ids:
        return []
    told = {"lots": list(lot_ids), "since": since, "until": until}
    return [Ear(*row) for row in ws.session.execute(EARSHOT, told)]


def in_record(table: Any, subject_id: UUID, ears: Sequence[Ear]) -> ColumnElement[bool]:
    """Rows of `table` (readings, their roll-ups or seals) about this subject, or heard where it lay."""
    first, last = _span(table)
    heard = [
        and_(table.tenant_id == ear.tenant_id, table.subject_id == ear.device_id, ear.covers(first, last))
        for ear in ears
    ]
    return or_(table.subject_id == subject_id, *heard)


def _span(table: Any) -> tuple[Any, Any]:
    return (table.start_at, table.start_at) if hasattr(table, "start_at") else (table.first_at, table.last_at)
