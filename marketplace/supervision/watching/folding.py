"""Folding batches into the alarm rules in the order of the device's own chain, whatever order they arrived in.

A batch that follows the last folded one is folded at once. One ahead of a gap waits for the missing one until patience ends; then the gap is an alarm
and the rules go on without it. One that comes later still is folded where it belongs: the rules start again from what they remembered there, go on until
they remember what they remembered anyway, and what was told of that stretch is put right (`correcting`): the same messages lead to the same alarms,
whenever they come.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import Range

from marketplace.supervision.alarms.raising import clear_active
from marketplace.supervision.models.devices import AnyState, Attachment, Device
from marketplace.supervision.models.readings import BatchPlace, ReadingSeries
from marketplace.supervision.readings.spreading import attachments_of
from marketplace.supervision.watching.correcting import Stretch, correct
from marketplace.supervision.watching.judging import Court, Sites, convene, together
from marketplace.supervision.watching.lenses import Row
from marketplace.supervision.watching.listening import raise_of_device
from marketplace.supervision.watching.remembering import Memory, of_rules, without_old_subjects
from marketplace.supervision.watching.standing import Place, spoken
from marketplace.supervision.watching.telling import tell
from marketplace.supervision.watching.walking import Found, walk
from tenants.workspace import Workspace

PATIENCE = timedelta(minutes=2)
MOST_KEPT = 60
AT_ONCE = 200
GAP_SAYS = "Messages of %(device)s are missing: %(missing)s so far."
GIVE_UP = "supervision.give_up_gap"


@dataclass(frozen=True, slots=True)
class Link:
    """A batch as the fold sees it: its place in the chain and what it says."""

    boot: int
    sequence: int
    digest: bytes
    previous: bytes | None
    rows: Sequence[Row]

    def follows(self, state: AnyState) -> bool:
        """Whether nothing can lie between this batch and the last folded one."""
        boot, sequence = state.folded_boot, state.folded_sequence
        if boot is None or sequence is None:
            return self.sequence == 0
        if self.previous is not None and self.previous == state.folded_digest:
            return True
        same = (self.boot, self.sequence) == (boot, sequence + 1)
        return same or (self.boot == boot + 1 and self.sequence == 0 and self.previous is None)


def is_past(state: AnyState, place: BatchPlace) -> bool:
    """Whether the rules are past this place already."""
    return state.folded_boot is not None and (place.boot, place.sequence) < (state.folded_boot, state.folded_sequence)


def is_abreast(state: AnyState) -> bool:
    """Whether the rules have folded the furthest batch that is stored, so that none of the earlier ones waits."""
    return (state.folded_boot, state.folded_sequence) == (state.boot, state.sequence)


def fold_next(ws: Workspace, device: Device, state: AnyState, court: Court, link: Link) -> Memory:
    """Fold the batch that follows, tell what it shows, and return what the rules remember now."""
    memory, said = _step(device, court, of_rules(state.rules), link)
    _go_on(state, memory)
    state.folded_boot, state.folded_sequence, state.folded_digest = link.boot, link.sequence, link.digest
    if said:
        tell(ws, device, court, said, evidence=[link.digest.hex()])
    return memory


def _step(device: Device, court: Court, memory: Memory, link: Link) -> tuple[Memory, list[Found]]:
    """One batch through the rules: the same memory and batch lead to the same, whether it is folded for the first time or again."""
    after, found = walk(device, court, memory, link.boot, link.sequence, link.rows)
    said = spoken(after, found, (link.boot, link.sequence))
    return without_old_subjects(after, {str(row["subject_id"]) for row in link.rows}, most=MOST_KEPT), said


def _go_on(state: AnyState, memory: Memory) -> None:
    """The rules remember this now; how the device behaves is another matter."""
    state.rules = {key: kept for key, kept in state.rules.items() if "|" not in key} | memory


def fold_waiting(ws: Workspace, device: Device, state: AnyState, *, patience: timedelta = PATIENCE) -> None:
    """Fold what is stored and not folded yet, as far as the chain allows; past a gap only once patience has ended."""
    places = ws.session.scalars(
        select(BatchPlace)
        .where(BatchPlace.tenant_id == ws.tenant_id, BatchPlace.device_id == device.id, BatchPlace.folded.is_(False))
        .order_by(BatchPlace.boot, BatchPlace.sequence)
    ).all()
    late = [place for place in places if is_past(state, place)]
    if late:
        refold(ws, device, state, late)
    places = places[len(late) :]
    links = links_of(ws, device.id, places)
    court = court_of(ws, [row for link in links for row in link.rows])
    for place, link in zip(places, links, strict=True):
        if not link.follows(state) and ws.now - place.received_at < patience:
            due = place.received_at + patience
            ws.set_timer(GIVE_UP, key=f"{device.id}:{place.boot}:{place.sequence}", due=due, stream_id=device.id)
            break
        if not link.follows(state):
            _tell_gap(ws, device, state)
        place.after = fold_next(ws, device, state, court, link)
        place.folded = True
    ws.session.flush()
    if not state.missing:
        clear_active(ws, device.id, "gap", at=ws.now)


def refold(ws: Workspace, device: Device, state: AnyState, late: Sequence[BatchPlace]) -> None:
    """Judge the chain again from the first of these late batches on, until the rules remember what they remembered before, or to where they are."""
    first = (late[0].boot, late[0].sequence)
    memory = before = _before(ws, device.id, first)
    said: list[Found] = []
    waiting, same, last, courts = {_place(one) for one in late}, False, first, []
    for places in _from(ws, device.id, first, state):
        links = links_of(ws, device.id, places)
        courts.append(court_of(ws, [row for link in links for row in link.rows]))
        for place, link in zip(places, links, strict=True):
            memory, more = _step(device, courts[-1], memory, link)
            said.extend(more)
            waiting.discard(_place(place))
            last, same = _place(place), place.folded and not waiting and place.after == memory
            place.after, place.folded = memory, True
            if same:
                break
        if same:
            break
    ws.session.flush()
    stretch = Stretch(first, last, before, [one for one in said if one.kind != "measured"], reaches_tip=not same)
    evidence = [one.digest.hex() for one in late]
    court = together(courts)
    correct(ws, device, court, stretch, evidence=evidence)
    if not same:
        _tell_level(ws, device, court, state, memory, said, evidence)
        _go_on(state, memory)


def _tell_level(
    ws: Workspace, device: Device, court: Court, state: AnyState, memory: Memory, said: Sequence[Found], evidence: Sequence[str]
) -> None:  # fmt: skip
    """Tell where the scale stands, where that is not what was told last."""
    measured = [one for one in said if one.kind == "measured"]
    if measured and _levels(memory) != _levels(state.rules):
        tell(ws, device, court, measured[-1:], evidence=evidence)


def _levels(memory: Memory) -> dict[str, object]:
    return {key: kept[1] for key, kept in memory.items() if key.startswith("level|")}


def _place(one: BatchPlace) -> Place:
    return one.boot, one.sequence


def _before(ws: Workspace, device_id: UUID, first: Place) -> Memory:
    """What the rules remembered before this place."""
    memory = ws.session.scalars(
        select(BatchPlace.after)
        .where(
            BatchPlace.tenant_id == ws.tenant_id,
            BatchPlace.device_id == device_id,
            BatchPlace.folded.is_(True),
            tuple_(BatchPlace.boot, BatchPlace.sequence) < tuple_(*first),
        )
        .order_by(BatchPlace.boot.desc(), BatchPlace.sequence.desc())
        .limit(1)
    ).first()
    return memory or {}


def _from(ws: Workspace, device_id: UUID, first: Place, state: AnyState) -> Iterator[Sequence[BatchPlace]]:
    """The stored batches from this place on as far as the rules are, so many at a time."""
    place = tuple_(BatchPlace.boot, BatchPlace.sequence)
    until = tuple_(state.folded_boot, state.folded_sequence)
    wanted = select(BatchPlace).where(BatchPlace.tenant_id == ws.tenant_id, BatchPlace.device_id == device_id)
    ahead = place >= tuple_(*first)
    while found := ws.session.scalars(
        wanted.where(ahead, place <= until).order_by(BatchPlace.boot, BatchPlace.sequence).limit(AT_ONCE)
    ).all():
        yield found
        ahead = place > tuple_(*_place(found[-1]))


def court_of(ws: Workspace, rows: Sequence[Row]) -> Court:
    """Who judges these readings."""
    subjects = {row["subject_id"] for row in rows}
    return convene(ws, subjects, sites_of(ws, rows), metrics={row["metric"] for row in rows}, span=span_of(rows))


def sites_of(ws: Workspace, rows: Sequence[Row]) -> Sites:
    """Where the goods were of which these readings speak, from when on: where the device sat that read them."""
    if not rows:
        return {}
    return sites_among(attachments_of(ws, {row["device_id"] for row in rows}, span_of(rows)), rows)


def span_of(rows: Sequence[Row]) -> Range[datetime]:
    """From the first of these readings to the last; empty where there are none."""
    if not rows:
        return Range(empty=True)
    return Range(min(row["first_at"] for row in rows), max(row["last_at"] for row in rows), bounds="[]")


def sites_among(attachments: Sequence[Attachment], rows: Sequence[Row]) -> Sites:
    """The same, where it is known where the devices sat."""
    sat: dict[UUID, list[Attachment]] = defaultdict(list)
    for one in attachments:
        sat[one.device_id].append(one)
    found: dict[UUID, set[tuple[datetime, UUID]]] = {}
    for row in rows:
        for one in sat[row["device_id"]]:
            if one.covers(row["first_at"]):
                found.setdefault(row["subject_id"], set()).add((one.since, one.site_id))
    return {subject: sorted(stays) for subject, stays in found.items()}


def links_of(ws: Workspace, device_id: UUID, places: Sequence[BatchPlace]) -> list[Link]:
    """Stored batches with what they say."""
    if not places:
        return []
    where = tuple_(ReadingSeries.boot, ReadingSeries.sequence).in_([(p.boot, p.sequence) for p in places])
    when = ReadingSeries.first_at.between(min(p.first_at for p in places), max(p.last_at for p in places))
    rows: dict[tuple[int, int], list[Row]] = {}
    for row in ws.session.scalars(
        select(ReadingSeries)
        .where(ReadingSeries.tenant_id == ws.tenant_id, ReadingSeries.device_id == device_id, when, where)
        .order_by(ReadingSeries.first_at, ReadingSeries.metric, ReadingSeries.channel)
    ):
        rows.setdefault((row.boot, row.sequence), []).append(row_of(row))
    return [Link(p.boot, p.sequence, p.digest, p.previous, rows.get((p.boot, p.sequence), ())) for p in places]


def row_of(row: ReadingSeries) -> Row:
    """A stored series as the fold takes it."""
    names = (
        "device_id",
        "subject_id",
        "metric",
        "channel",
        "first_at",
        "last_at",
        "points",
        "least",
        "greatest",
        "offsets",
        "values",
        "trusted",
    )
    return {name: getattr(row, name) for name in names}


def _tell_gap(ws: Workspace, device: Device, state: AnyState) -> None:
    raise_of_device(ws, device, "gap", "MINOR", GAP_SAYS, missing=state.missing or "?")
