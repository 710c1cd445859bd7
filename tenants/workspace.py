"""The workspace: who acts, for whom, in which transaction, at what time. The only begin and commit.

`enter` opens a transaction, has the database itself establish the tenant from a key that only the rightful holder has, and gives the action its
Workspace. Leaving commits; raising rolls back; nothing else commits.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tenants.database import DEVICES, engine, new_id
from tenants.errors import NotAllowed
from tenants.events import REACTIONS, Fact, audience_of, subscribers_of
from tenants.permissions import PERMISSIONS, allowed

NOBODY = UUID(int=0)
APPEND = text(
    "select gate.append_event(:id, :stream, :kind, :at, :role, :audience, :facts, :evidence, cast(:subscribers as jsonb))"
)
APPEND_ALL = text("""
select gate.append_events(cast(:stream as uuid[]), :kind, :at, :role, :audience, cast(:facts as text[]), cast(:evidence as text[]), cast(:subscribers as jsonb))
""")
SET_TIMER = text("select gate.set_timer(:subscriber, :key, :due, :stream, cast(:facts as jsonb))")
SET_TIMERS = text(
    "select gate.set_timers(:subscriber, cast(:keys as text[]), cast(:dues as timestamptz[]), cast(:streams as uuid[]))"
)


class SignedOut(Exception):
    """The session, token, delivery or device that was to open the workspace is not (or no longer) good."""


@dataclass(frozen=True)
class Member:
    """The person (or the system, or a device) who acts, in the organisation it acts for."""

    tenant_id: UUID
    person_id: UUID
    name: str
    email: str
    locale: str
    organisation: str
    kinds: frozenset[str]
    jobs: frozenset[str]
    scopes: frozenset[str] | None
    session_id: UUID | None = None

    @property
    def is_system(self) -> bool:
        """A reaction, a timer or a device acts, not a person."""
        return self.person_id == NOBODY and not self.is_visitor

    @property
    def is_visitor(self) -> bool:
        """Somebody who has not signed in: sees what is published, may do nothing."""
        return self.tenant_id == NOBODY


@dataclass(frozen=True)
class SessionKey:
    """A person's session or API token."""

    token: str


@dataclass(frozen=True)
class DeliveryKey:
    """An open delivery: the worker acts for its tenant until it is done."""

    delivery_id: UUID


@dataclass(frozen=True)
class DeviceKey:
    """A device whose signature was checked."""

    device_id: UUID


@dataclass(frozen=True)
class WitnessKey:
    """A witness of the log whose signature was checked."""

    public: bytes


@dataclass(frozen=True)
class VisitorKey:
    """Nobody's key: opens what is published, to look at."""


@dataclass
class Workspace:
    """What every action and query is given first."""

    session: Session
    member: Member
    now: datetime

    @property
    def tenant_id(self) -> UUID:
        return self.member.tenant_id

    @property
    def person_id(self) -> UUID:
        return self.member.person_id

    def can(self, capability: str) -> bool:
        """Whether this member's role allows it; the system may do what its reactions call for."""
        if self.member.is_system:
            assert capability in PERMISSIONS
            return True
        return allowed(capability, kinds=self.member.kinds, jobs=self.member.jobs, scopes=self.member.scopes)

    def may(self, capability: str) -> None:
        """Refuse what this member's role does not allow."""
        if not self.can(capability):
            raise NotAllowed("not_allowed", "Your role does not allow this.", capability=capability)

    def record(self, fact: Fact, *, on: UUID, evidence: Sequence[UUID | str] = ()) -> int:
        """Record a fact in the chain of the stream `on`, with the ids or hashes of its evidence. Returns its sequence there."""
        self.session.flush()
        made = self.session.execute(APPEND, self.telling(type(fact)) | _event(fact, on, evidence))
        return int(made.scalar_one())

    def record_all(self, facts: Sequence[tuple[Fact, UUID, Sequence[UUID | str]]]) -> None:
        """The same for many at once: fact, stream and evidence of each, all of one kind and each on a stream of its own."""
        self.session.flush()
        if not facts:
            return
        said, streams, proofs = zip(*facts, strict=True)
        assert len({type(fact) for fact in said}) == 1, "one kind at a time"
        assert len({*streams}) == len(streams), "a stream is named once"
        each = {"stream": list(streams), "facts": [one.as_text() for one in said], "evidence": [_evidence(one) for one in proofs]}  # fmt: skip
        self.session.execute(APPEND_ALL, self.telling(type(said[0])) | each)

    def telling(self, kind: type[Fact]) -> dict[str, object]:
        """What all events of one kind have in common now, as the gate takes it: for a statement that words many facts itself."""
        role = "/".join(sorted(self.member.jobs)) or "system"
        return {
            "kind": kind.__name__,
            "at": self.now,
            "role": role,
            "audience": audience_of(kind),
            "subscribers": subscribers_of(kind),
        }

    def set_timer(self, subscriber: str, *, key: str, due: datetime, stream_id: UUID, **facts: Any) -> None:
        """Have a reaction of ours run at `due`; setting the same key again moves it while it has not run."""
        assert subscriber in REACTIONS, f"no reaction named {subscriber}"
        self.session.flush()
        self.session.execute(
            SET_TIMER,
            {"subscriber": subscriber, "key": key, "due": due, "stream": stream_id, "facts": json.dumps(facts)},
        )

    def set_timers(self, subscriber: str, timers: Sequence[tuple[str, datetime, UUID]]) -> None:
        """The same for many at once: key, time and stream of each."""
        assert subscriber in REACTIONS, f"no reaction named {subscriber}"
        if not timers:
            return
        keys, dues, streams = (list(column) for column in zip(*timers, strict=True))
        self.session.flush()
        self.session.execute(SET_TIMERS, {"subscriber": subscriber, "keys": keys, "dues": dues, "streams": streams})


def _event(fact: Fact, on: UUID, evidence: Sequence[UUID | str]) -> dict[str, object]:
    """What an event has of its own."""
    return {
        "id": new_id(),
        "stream": on,
        "facts": fact.as_text(),
        "evidence": _evidence(evidence),
    }


def _evidence(evidence: Sequence[UUID | str]) -> str:
    return json.dumps([str(item) for item in evidence])


@contextmanager
def enter(key: SessionKey | DeviceKey | WitnessKey | VisitorKey, *, read_only: bool = False) -> Iterator[Workspace]:
    """One request, one message: one workspace, one transaction. A GET enters read only, so that no look can change anything."""
    by = engine(DEVICES if isinstance(key, DeviceKey) else None)
    with Session(by, expire_on_commit=False) as session, session.begin():
        if read_only:
            session.execute(text("set transaction read only"))
        member, now = _stand_in(session, key)
        yield Workspace(session, member, now)


def act_as_device(ws: Workspace, device_id: UUID) -> None:
    """In a device's workspace that takes the messages of several devices of one firm: what follows is this one's doing.

    Nothing where a person or a reaction acts.
    """
    if ws.member.is_system and ws.member.name.startswith("device "):
        ws.session.execute(text("select gate.enter_device(:device_id)"), {"device_id": device_id})


def _stand_in(session: Session, key: SessionKey | DeviceKey | WitnessKey | VisitorKey) -> tuple[Member, datetime]:
    if isinstance(key, VisitorKey):
        moment: datetime = session.execute(text("select gate.enter_visitor()")).scalar_one()
        return Member(NOBODY, NOBODY, "", "", "en", "", frozenset(), frozenset(), None), moment
    try:
        if isinstance(key, SessionKey):
            row = session.execute(text("select * from gate.enter(:token)"), {"token": key.token}).one()
            return person_of(row), row.moment
        if isinstance(key, WitnessKey):
            row = session.execute(text("select * from gate.enter_witness(:key)"), {"key": key.public}).one()
            return _system(row.tenant_id, row.organisation, row.kinds, "witness"), row.moment
        row = session.execute(text("select * from gate.enter_device(:device_id)"), {"device_id": key.device_id}).one()
        return _system(row.tenant_id, row.organisation, row.kinds, f"device {key.device_id}"), row.moment
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") == "28000":
            raise SignedOut from refused
        raise


def person_of(row: Any) -> Member:
    """Who the gate's `member_facts` tell of."""
    return Member(
        row.tenant_id,
        row.person_id,
        row.person_name,
        row.email,
        row.locale,
        row.organisation,
        frozenset(row.kinds),
        frozenset(row.jobs),
        None if row.scopes is None else frozenset(row.scopes),
        row.session_id,
    )


def _system(tenant_id: UUID, organisation: str, kinds: list[str], name: str) -> Member:
    return Member(tenant_id, NOBODY, name, "", "en", organisation, frozenset(kinds), frozenset(), None)
