"""Rooms and grants: the only way in which two tenants share rows.

An object (a lot, a deal, an auction, a shipment) is founded by one tenant, which may let others in, each in a role. Policies look the grant up;
list pages start from the viewer's own grants, so that they stay fast at a thousand tenants.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from tenants.database import Base
from tenants.errors import NotFound
from tenants.policies import Access
from tenants.workspace import Workspace


class Grant(Base):
    """One tenant's sight of one object in one role, while it lasts. Written by the gate alone."""

    __tablename__ = "access_grant"
    __table_args__ = ({"schema": "gate"},)
    __access__ = Access(verbs=frozenset({"select"}), custodian=True)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    object_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    may_share: Mapped[bool]
    granted_by: Mapped[UUID]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Participant:
    """A firm in a room, in its role."""

    tenant_id: UUID
    organisation: str
    role: str
    since: datetime


def found(ws: Workspace, object_id: UUID, *, kind: str, role: str) -> None:
    """Found an object: the acting tenant holds it in `role` and may share it."""
    ws.session.execute(select(func.gate.found(object_id, kind, role, ws.now)))


def share(ws: Workspace, object_id: UUID, *, to: UUID, role: str, onward: bool = False) -> None:
    """Let another tenant see the object in `role`; `onward`: it may let others in too. Refuses an object that is not the actor's to share."""
    _guarded(ws.session, select(func.gate.share(object_id, to, role, onward, ws.now)))


def end_share(ws: Workspace, object_id: UUID, *, to: UUID, role: str) -> None:
    """Take the sight away again: it takes effect on that tenant's next statement."""
    _guarded(ws.session, select(func.gate.unshare(object_id, to, role, ws.now)))


def open_to_all(ws: Workspace, object_id: UUID, *, role: str, kind: str) -> None:
    """Let anybody join in `role`, as buyers do at a public auction."""
    _guarded(ws.session, select(func.gate.open_to_all(object_id, role, kind)))


def join(ws: Workspace, object_id: UUID) -> None:
    """Join a room that stands open. Refuses, as not found, one that does not."""
    _guarded(ws.session, select(func.gate.join_room(object_id, ws.now)))


def participants(ws: Workspace, object_id: UUID) -> list[Participant]:
    """Who takes part, as far as the viewer may know."""
    rows = ws.session.execute(text("select * from gate.participants(:object_id)"), {"object_id": object_id})
    return [Participant(*row) for row in rows]


def participant(ws: Workspace, object_id: UUID, role: str) -> UUID:
    """The tenant that holds `role` in the room; there must be one."""
    for one in participants(ws, object_id):
        if one.role == role:
            return one.tenant_id
    raise NotFound("participant_missing", "Nobody takes part as %(role)s.", role=role)


def my_roles(ws: Workspace, object_id: UUID) -> frozenset[str]:
    """The viewer's own roles on an object; empty where it has none."""
    rows = ws.session.scalars(
        select(Grant.role).where(
            Grant.tenant_id == ws.tenant_id, Grant.object_id == object_id, Grant.ended_at.is_(None)
        )
    )
    return frozenset(rows)


def require(ws: Workspace, object_id: UUID) -> None:
    """Refuses, as not found, an object in which the viewer takes no part: what is somebody else's answers like what never was."""
    if not my_roles(ws, object_id):
        raise NotFound("object_unknown", "There is no such thing.")


def granted(
    ws: Workspace, entity: Any, object_column: InstrumentedAttribute[UUID], *, kind: str, roles: set[str] | None = None
) -> Select[Any]:
    """A list that starts from the viewer's grants of `kind`, newest first: `granted(ws, Lot, Lot.id, kind="lot")`."""
    start = select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.kind == kind, Grant.ended_at.is_(None))
    if roles:
        start = start.where(Grant.role.in_(roles))
    return select(entity).where(object_column.in_(start))


def _guarded(session: Session, statement: Select[Any]) -> None:
    try:
        with session.begin_nested():
            session.execute(statement)
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") in {"42501", "23503"}:
            raise NotFound("object_unknown", "There is no such thing to share.") from refused
        raise
