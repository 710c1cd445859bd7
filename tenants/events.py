"""Facts and events: what happened, told once, in words that every later use can build on.

A Fact is recorded by an action through `Workspace.record`. It becomes one Event: an append-only row in the hash chain of its stream (a lot, a deal room,
a firm), written by the database itself. In the same transaction come the feed entries of all who may read it and one Delivery for each subscriber.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import Access

if TYPE_CHECKING:
    from tenants.workspace import Workspace

READ_ONLY = frozenset({"select"})


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened, in the past tense. A subclass lists its facts as fields and documents itself in one line.

    `says`: the sentence people read, with `%(field)s` places. `audience`: roles on the stream that may read it (None: all who hold a grant).
    `tells`: roles whose members get a notification. `link`: where to look, a path with `{field}` or `{stream}` places.
    `tells_once`: it may be recorded on several streams at once that tell the same matter, and a firm gets one notification of it.
    `moves`: roles whose firms' lists look again, without being told anything. `quiet`: for the record, not for people's feeds.
    """

    says: ClassVar[str]
    audience: ClassVar[frozenset[str] | None] = None
    tells: ClassVar[frozenset[str]] = frozenset()
    tells_once: ClassVar[bool] = False
    moves: ClassVar[frozenset[str]] = frozenset()
    link: ClassVar[str] = ""
    quiet: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        KINDS[cls.__name__] = cls

    def as_text(self) -> str:
        """Canonical JSON: sorted keys, no spaces, exact decimals as text. The chain's digest covers these very characters."""
        return json.dumps(
            {f.name: _plain(getattr(self, f.name)) for f in fields(self)},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )


KINDS: dict[str, type[Fact]] = {}


@dataclass(frozen=True)
class Subscription:
    """Who reacts to a kind of fact: once for each tenant that holds one of `roles` on the stream (`actor`: the acting tenant)."""

    name: str
    roles: frozenset[str]
    react: Callable[["Workspace", "Happened"], None]


@dataclass(frozen=True)
class Happened:
    """What a reaction is given: the event's place and facts (or, for a timer, the facts it was set with)."""

    stream_id: UUID
    sequence: int
    kind: str
    facts: dict[str, Any]


SUBSCRIPTIONS: dict[str, list[Subscription]] = {}
REACTIONS: dict[str, Subscription] = {}


def reacts_to(
    *kinds: type[Fact], roles: set[str]
) -> Callable[[Callable[["Workspace", Happened], None]], Callable[["Workspace", Happened], None]]:
    """Subscribe a reaction: `@reacts_to(AlarmRaised, roles={"bank"})`. Without kinds it is reached by timers only."""

    def subscribe(react: Callable[["Workspace", Happened], None]) -> Callable[["Workspace", Happened], None]:
        slice_name = react.__module__.removesuffix(".reactions").rpartition(".")[2]
        subscription = Subscription(f"{slice_name}.{react.__name__}", frozenset(roles), react)
        REACTIONS[subscription.name] = subscription
        for kind in kinds:
            SUBSCRIPTIONS.setdefault(kind.__name__, []).append(subscription)
        return react

    return subscribe


def subscribers_of(fact: type[Fact]) -> str:
    """The subscriptions of this kind of fact, as the database takes them. `live` is always there: somebody may be watching."""
    wanted = [{"name": s.name, "roles": sorted(s.roles)} for s in SUBSCRIPTIONS.get(fact.__name__, [])]
    if fact.tells:
        wanted.append({"name": "notifications.notify", "roles": sorted(fact.tells)})
    return json.dumps([*wanted, {"name": "live", "roles": ["actor", *sorted(fact.moves)]}])


def audience_of(fact: type[Fact]) -> str:
    """The audience as stored: `*`, or role names between commas so that a policy can look one up."""
    return "*" if fact.audience is None else "," + ",".join(sorted(fact.audience)) + ","


class Stream(Base):
    """The head of one hash chain; locked while an event is appended, so that a chain has one writer at a time."""

    __tablename__ = "stream"
    __access__ = Access(own=False, about="stream_id", read=frozenset({"*"}), verbs=READ_ONLY, custodian=True)

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Event(Base):
    """One fact in its chain: hash = sha256(previous hash || digest), digest = sha256 of the event's text (`gate.event_text`)."""

    __tablename__ = "event"
    __access__ = Access(about="stream_id", read=frozenset({"*"}), verbs=READ_ONLY, custodian=True, audience=True)
    __table_args__ = (UniqueConstraint("stream_id", "id"), Index(None, "tenant_id", "at"))

    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    kind: Mapped[str]
    tenant_id: Mapped[UUID]
    person_id: Mapped[UUID]
    actor: Mapped[str]
    at: Mapped[datetime]
    audience: Mapped[str]
    facts: Mapped[str]
    evidence: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def values(self) -> dict[str, Any]:
        """The facts, parsed."""
        return cast("dict[str, Any]", json.loads(self.facts))


class FeedItem(Base):
    """One event in one tenant's feed: written with the event, so that a feed is a plain page of one's own rows."""

    __tablename__ = "feed_item"
    __access__ = Access(verbs=READ_ONLY, custodian=True)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    stream_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)


class Delivery(Base):
    """An outbox row: one reaction owed to one tenant, or a timer of its own. Done in the reaction's transaction, so it happens once."""

    __tablename__ = "delivery"
    __access__ = Access(verbs=READ_ONLY, custodian=True)
    __table_args__ = (
        Index(
            "uq_delivery_timer",
            "tenant_id",
            "subscriber",
            "timer_key",
            unique=True,
            postgresql_where="timer_key is not null",
        ),
        Index("ix_delivery_due", "due_at", "id", postgresql_where="done_at is null"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber: Mapped[str]
    stream_id: Mapped[UUID | None]
    sequence: Mapped[int]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    timer_key: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    leased_until: Mapped[datetime | None]
    failure: Mapped[str | None]
    done_at: Mapped[datetime | None]


def sentence(msgid: str, **facts: object) -> dict[str, Any]:
    """A sentence as it is kept: untranslated, its places filled at the reader's door in the reader's language."""
    return {"word": msgid, "facts": {name: _plain(fact) for name, fact in facts.items()}}


def _plain(value: object) -> object:
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    raise TypeError(f"a fact may not hold a {type(value).__name__}: floats and objects have no exact text")
