"""A firm's record: its feed in words and its events whole, so that it can be kept, checked and taken away."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, text, tuple_

from tenants.errors import Invalid, NotFound
from tenants.events import KINDS, Event, FeedItem
from tenants.members import Member
from tenants.organisations import Organisation
from tenants.workspace import NOBODY, Workspace


@dataclass(frozen=True)
class Told:
    """One event as people read it: the sentence's msgid and facts, who did it, for which firm, where to look."""

    at: datetime
    kind: str
    says: str
    facts: dict[str, Any]
    who: str
    organisation: str
    link: str
    stream_id: UUID
    sequence: int
    id: UUID


def activity(
    ws: Workspace, *, after: "Place | None" = None, kinds: Collection[str] | None = None, limit: int = 50
) -> list[Told]:
    """What concerns this firm, newest first; of some kinds only, where they are named. `after`: the place of the last event of the page before."""
    in_feed = (FeedItem.stream_id == Event.stream_id) & (FeedItem.sequence == Event.sequence)
    wanted = select(Event).join(FeedItem, in_feed).where(FeedItem.tenant_id == ws.tenant_id)
    wanted = wanted.where(_told_to_people() if kinds is None else Event.kind.in_(kinds))
    if after:
        wanted = wanted.where(tuple_(FeedItem.at, Event.id) < tuple_(after.at, after.id))
    newest_first = wanted.order_by(FeedItem.at.desc(), Event.id.desc())
    return _told(ws, list(ws.session.scalars(newest_first.limit(limit))))


@dataclass(frozen=True)
class Place:
    """Where a page of a feed ended. Many events may share one moment, so it names the event too."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}.{self.id}"

    @classmethod
    def read(cls, written: str) -> "Place":
        """The place as a link carries it. Refuses what no page of ours gave."""
        at, _, event_id = written.rpartition(".")
        try:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise ValueError
            return cls(moment, UUID(event_id))
        except ValueError as unreadable:
            raise Invalid("cursor_unknown", "There is no such page.", field="cursor") from unreadable


def events_of(ws: Workspace, stream_id: UUID, *, limit: int = 200) -> list[Told]:
    """What happened in one stream (a lot, a deal, an auction), as far as the viewer may know; newest first."""
    events = select(Event).where(Event.stream_id == stream_id, _told_to_people())
    return _told(ws, list(ws.session.scalars(events.order_by(Event.sequence.desc()).limit(limit))))


def sequence_of(ws: Workspace, stream_id: UUID) -> int:
    """The stream's newest sequence that the viewer may see: what a live page starts from."""
    newest = select(Event.sequence).where(Event.stream_id == stream_id).order_by(Event.sequence.desc()).limit(1)
    return ws.session.scalar(newest) or 0


def find_stream(ws: Workspace, stream_id: UUID) -> None:
    """Refuses, as not found, a stream of which the viewer may read nothing: its chain is not for them to check."""
    if not sequence_of(ws, stream_id):
        raise NotFound("stream_unknown", "There is no such record.")


def export_lines(ws: Workspace) -> Iterator[str]:
    """The firm's whole record as JSON lines: each event that it may read, with what it takes to check it.

    The digest is sha256 of `gate.event_text` (fields joined by line feeds); each stream's chain is hash = sha256(previous hash || digest),
    beginning from sha256 of the stream's id. Digests of events meant for others are there too, without their words.
    """
    for stream_id in streams_of(ws):
        for line in chain_of(ws, stream_id):
            yield json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n"


def streams_of(ws: Workspace) -> list[UUID]:
    """Every record of which something stands in the firm's feed."""
    mine = select(FeedItem.stream_id).where(FeedItem.tenant_id == ws.tenant_id).distinct()
    return list(ws.session.scalars(mine.order_by(FeedItem.stream_id)))


def chain_of(ws: Workspace, stream_id: UUID) -> Iterator[dict[str, Any]]:
    """One stream's chain from its first event: what the viewer may read in words, the others by digest; nothing where it takes no part there."""
    seen = {e.sequence: e for e in ws.session.scalars(select(Event).where(Event.stream_id == stream_id))}
    for link in ws.session.execute(text("select * from gate.chain(:stream)"), {"stream": stream_id}):
        yield _line(stream_id, link, seen.get(link.sequence))


def broken_links(ws: Workspace, stream_id: UUID) -> list[int]:
    """Sequences at which a stream's chain does not follow from what stands before; none in an honest record."""
    checked = text(
        "select sequence from (select c.sequence, c.hash, sha256(coalesce(lag(c.hash) over (order by c.sequence),"
        " sha256(convert_to(cast(:stream as text), 'UTF8'))) || c.digest) as follows from gate.chain(:stream) c) x where hash <> follows"
    )
    return list(ws.session.scalars(checked, {"stream": stream_id}))


def _told_to_people() -> ColumnElement[bool]:
    """All but what stands in the record alone."""
    return Event.kind.not_in([name for name, kind in KINDS.items() if kind.quiet])


def _told(ws: Workspace, events: list[Event]) -> list[Told]:
    named = select(Organisation.id, Organisation.name).where(Organisation.id.in_({e.tenant_id for e in events}))
    firms = {row.id: row.name for row in ws.session.execute(named)}
    known = select(Member.person_id, Member.name).where(Member.tenant_id == ws.tenant_id)
    people = {row.person_id: row.name for row in ws.session.execute(known)}
    return [_one(event, firms.get(event.tenant_id, ""), people) for event in events]


def _one(event: Event, firm: str, people: dict[UUID, str]) -> Told:
    kind = KINDS.get(event.kind)
    who = "" if event.person_id == NOBODY else people.get(event.person_id, "")
    link = kind.link.format(stream=event.stream_id, **event.values) if kind else ""
    says = kind.says if kind else event.kind
    return Told(event.at, event.kind, says, event.values, who, firm, link, event.stream_id, event.sequence, event.id)


def _line(stream_id: UUID, link: Any, event: Event | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "stream": str(stream_id),
        "sequence": link.sequence,
        "digest": link.digest.hex(),
        "hash": link.hash.hex(),
    }
    if event is None:
        return line
    return line | {
        "kind": event.kind,
        "at": event.at.isoformat(),
        "tenant": str(event.tenant_id),
        "person": str(event.person_id),
        "actor": event.actor,
        "facts": event.facts,
        "evidence": event.evidence,
    }
