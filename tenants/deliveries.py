"""Carrying out deliveries: a reaction and its done-mark in one transaction, so that its effects in the database happen once.

RQ and Valkey only say "look at this delivery"; whether it is still owed is decided here, under the row's lock.
"""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tenants.database import engine
from tenants.events import REACTIONS, Event, Happened
from tenants.workspace import NOBODY, Member, Workspace


@dataclass(frozen=True)
class Claimed:
    """A delivery that the relay holds a lease on."""

    id: UUID
    tenant_id: UUID
    subscriber: str
    stream_id: UUID | None
    sequence: int


def claim(most: int = 200, lease_seconds: int = 60) -> list[Claimed]:
    """Lease what is due, oldest first. Several relays never hold the same delivery at once."""
    statement = text("select * from gate.claim_deliveries(:most, make_interval(secs => :lease))")
    with Session(engine()) as session, session.begin():
        rows = session.execute(statement, {"most": most, "lease": lease_seconds})
        return [Claimed(*row) for row in rows]


def finish_live(ids: list[UUID]) -> None:
    """Live hints are done once sent; losing one is harmless, since pages refetch by sequence."""
    with Session(engine()) as session, session.begin():
        session.execute(text("select gate.finish_live(:ids)"), {"ids": ids})


def carry_out(delivery_id: UUID) -> bool:
    """Run the reaction that this delivery owes. False where it is not owed (done, not due, or held by another worker).

    A reaction that raises leaves nothing behind but the counted failure; the relay offers it again, later each time.
    """
    try:
        return _react(delivery_id)
    except Exception as failure:
        with Session(engine()) as session, session.begin():
            session.execute(
                text("select gate.fail_delivery(:id, :reason)"), {"id": delivery_id, "reason": repr(failure)}
            )
        raise


def _react(delivery_id: UUID) -> bool:
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        owed = session.execute(text("select * from gate.enter_delivery(:id)"), {"id": delivery_id}).one_or_none()
        if owed is None:
            return False
        member = Member(
            owed.tenant_id,
            NOBODY,
            owed.subscriber,
            "",
            "en",
            owed.organisation,
            frozenset(owed.kinds),
            frozenset(),
            None,
        )
        ws = Workspace(session, member, owed.moment)
        happened = _happened(session, owed.stream_id, owed.sequence, owed.facts)
        if happened is not None:
            REACTIONS[owed.subscriber].react(ws, happened)
        session.flush()
        session.execute(text("select gate.finish_delivery(:id)"), {"id": delivery_id})
        return True


def _happened(session: Session, stream_id: UUID, sequence: int, facts: dict[str, object] | None) -> Happened | None:
    """What is owed a reaction; None where this tenant may not read the event (any more): its sight of the stream ended meanwhile, so nothing is owed."""
    if not sequence:
        return Happened(stream_id, 0, "Timer", facts or {})
    event = session.scalars(select(Event).where(Event.stream_id == stream_id, Event.sequence == sequence)).one_or_none()
    return None if event is None else Happened(stream_id, sequence, event.kind, json.loads(event.facts))
