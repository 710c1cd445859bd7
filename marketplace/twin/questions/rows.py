"""What an answer is made of, and which goods a question is about: what the asker was let in to see, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, func, select

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE
from tenants import rooms
from tenants.events import Event
from tenants.rooms import Grant
from tenants.workspace import Workspace

MOST_ROWS = 100
MOST_LOTS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an answer: a lot, an alarm or a deal by its name, what is said of it, and since or at when."""

    kind: Literal["lot", "alarm", "deal"]
    id: UUID
    name: str
    says: dict[str, Any]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """The lines, the weightiest first. `is_partial`: there is more than was looked at or is shown."""

    rows: Sequence[Row]
    is_partial: bool = False

    @classmethod
    def of(cls, found: Sequence[Row], is_partial: bool = False) -> "Rows":
        """As many as are shown."""
        return cls(tuple(found[:MOST_ROWS]), is_partial or len(found) > MOST_ROWS)


def lots_seen(ws: Workspace) -> Select[Any]:
    """The ids of all lots that the asker was let in to see: a list from its own grants."""
    return select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.kind == "lot", Grant.ended_at.is_(None))


def lots_there(ws: Workspace) -> tuple[list[Lot], bool]:
    """Lots that are still there, newest first, and whether there are more than are looked at."""
    wanted = rooms.granted(ws, Lot, Lot.id, kind="lot").where(Lot.status.not_in(GONE)).order_by(Lot.id.desc())
    found = list(ws.session.scalars(wanted.limit(MOST_LOTS + 1)))
    return found[:MOST_LOTS], len(found) > MOST_LOTS


def lots_numbered(ws: Workspace, number: str) -> list[Lot]:
    """Lots that go by this number, whatever the case of its letters. (Each firm numbers its own: a bank may see two.)"""
    wanted = rooms.granted(ws, Lot, Lot.id, kind="lot").where(func.lower(Lot.number) == number.lower())
    return list(ws.session.scalars(wanted.order_by(Lot.id).limit(MOST_ROWS)))


def events_seen(
    ws: Workspace, kinds: Sequence[str], start: datetime | None, end: datetime, most: int
) -> tuple[list[Event], bool]:
    """Events of these kinds of the lots that the asker sees, newest first, and whether there are more."""
    wanted = select(Event).where(Event.stream_id.in_(lots_seen(ws)), Event.kind.in_(kinds), Event.at <= end)
    if start is not None:
        wanted = wanted.where(Event.at >= start)
    found = list(ws.session.scalars(wanted.order_by(Event.at.desc(), Event.sequence.desc()).limit(most + 1)))
    return found[:most], len(found) > most
