"""Folding batches into the alarm rules in the order of the device's own chain, whatever order they arrived in.

A batch that follows the last folded one is folded at once. One ahead of a gap waits for the missing one until patience ends; then the gap is an alarm
and the rules go on without it. One that comes later still is folded where it belongs: the rules start again from what they remembered there, and what
they find anew is told, while an alarm that the whole history does not bear out is cleared (it is never unsaid).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, tuple_, update

from marketplace.supervision.alarms.raising import clear_active
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Attachment, Device, DeviceState
from marketplace.supervision.models.readings import BatchPlace, ReadingSeries
from marketplace.supervision.rules.breaches import Change
from marketplace.supervision.watching.judging import TYPES_OF, Court, convene
from marketplace.supervision.watching.lenses import Row
from marketplace.supervision.watching.listening import raise_of_device
from marketplace.supervision.watching.remembering import Memory
from marketplace.supervision.watching.telling import tell
from marketplace.supervision.watching.walking import Found, walk
from tenants.workspace import Workspace

PATIENCE = timedelta(minutes=2)
MOST_KEPT = 60
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

    def follows(self, state: DeviceState) -> bool:
        """Whether nothing can lie between this batch and the last folded one."""
        boot, sequence = state.folded_boot, state.folded_sequence
        if boot is None or sequence is None:
            return self.sequence == 0
        if self.previous is not None and self.previous == state.folded_digest:
            return True
        same = (self.boot, self.sequence) == (boot, sequence + 1)
        return same or (self.boot == boot + 1 and self.sequence == 0 and self.previous is None)

    def precedes(self, state: DeviceState) -> bool:
        """Whether the rules are past it already."""
        return state.folded_boot is not None and (self.boot, self.sequence) < (state.folded_boot, state.folded_sequence)


def is_abreast(state: DeviceState) -> bool:
    """Whether the rules have folded the furthest batch that is stored, so that none of the earlier ones waits."""
    return (state.folded_boot, state.folded_sequence) == (state.boot, state.sequence)


def fold_next(
    ws: Workspace, device: Device, state: DeviceState, court: Court, link: Link, site_id: UUID | None
) -> Memory:
    """Fold the batch that follows, tell what it shows, and return what the rules remember now."""
    memory, found = walk(device, court, state.rules, link.boot, link.sequence, link.rows)
    state.rules = memory = _without_old_subjects(memory, link.rows)
    state.folded_boot, state.folded_sequence, state.folded_digest = link.boot, link.sequence, link.digest
    if found:
        tell(ws, device, court, found, site_id=site_id, evidence=[link.digest.hex()])
    return memory


def _without_old_subjects(memory: Memory, rows: Sequence[Row]) -> Memory:
    """A bin sees many lots come and go: what was remembered of the earlier ones is let go once it grows."""
    if len(memory) <= MOST_KEPT:
        return memory
    present = {str(row["subject_id"]) for row in rows}
    return {key: kept for key, kept in memory.items() if "|" not in key or key.split("|")[1] in present}


def fold_waiting(ws: Workspace, device: Device, state: DeviceState, *, patience: timedelta = PATIENCE) -> None:
    """Fold what is stored and not folded yet, as far as the chain allows; past a gap only once patience has ended."""
    places = ws.session.scalars(
        select(BatchPlace)
        .where(BatchPlace.tenant_id == ws.tenant_id, BatchPlace.device_id == device.id, BatchPlace.folded.is_(False))
        .order_by(BatchPlace.boot, BatchPlace.sequence)
    ).all()
    links = links_of(ws, device.id, places)
    court, site_id = court_of(ws, device, [row for link in links for row in link.rows])
    for place, link in zip(places, links, strict=True):
        if link.precedes(state):
            _fold_late(ws, device, state, court, link, site_id)
        elif link.follows(state) or ws.now - place.received_at >= patience:
            if not link.follows(state):
                _tell_gap(ws, device, state)
            place.after = fold_next(ws, device, state, court, link, site_id)
        else:
            due = place.received_at + patience
            ws.set_timer(GIVE_UP, key=f"{device.id}:{place.boot}:{place.sequence}", due=due, stream_id=device.id)
            break
        place.folded = True
    ws.session.flush()
    if not state.missing:
        clear_active(ws, device.id, "gap", at=ws.now)


def court_of(ws: Workspace, device: Device, rows: Sequence[Row]) -> tuple[Court, UUID | None]:
    """Who judges these readings, and the site that the device is at."""
    subjects = {row["subject_id"] for row in rows}
    site_id = sites_of(ws, {device.id}).get(device.id)
    sites = dict.fromkeys(subjects, site_id) if site_id else {}
    return convene(ws, subjects, sites, metrics={row["metric"] for row in rows}), site_id


def sites_of(ws: Workspace, device_ids: set[UUID]) -> dict[UUID, UUID]:
    """The site that each device is at now."""
    rows = ws.session.execute(
        select(Attachment.device_id, Attachment.site_id).where(
            Attachment.tenant_id == ws.tenant_id,
            Attachment.device_id.in_(device_ids),
            Attachment.during.contains(ws.now),
        )
    )
    return {device_id: site_id for device_id, site_id in rows}  # noqa: C416 (rows are no pairs to mypy)


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
        .order_by(ReadingSeries.first_at)
    ):
        rows.setdefault((row.boot, row.sequence), []).append(row_of(row))
    return [Link(p.boot, p.sequence, p.digest, p.previous, rows.get((p.boot, p.sequence), ())) for p in places]


def row_of(row: ReadingSeries) -> Row:
    """A stored series as the fold takes it."""
    names = (
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


def _fold_late(
    ws: Workspace, device: Device, state: DeviceState, court: Court, late: Link, site_id: UUID | None
) -> None:
    """Start again from what was remembered just before this batch, and go through all that came after it."""
    before, following = _around(ws, device.id, late)
    memory, found = walk(device, court, before, late.boot, late.sequence, late.rows)
    _remember(ws, device.id, late, memory)
    links = links_of(ws, device.id, following)
    court, _ = court_of(ws, device, [row for link in (late, *links) for row in link.rows])
    for place, link in zip(following, links, strict=True):
        memory, more = walk(device, court, memory, link.boot, link.sequence, link.rows)
        place.after = memory
        found.extend(more)
    if _levels(memory) == _levels(state.rules):  # the scale stands where it was told to stand
        found = [one for one in found if one.kind != "measured"]
    state.rules = {**{key: kept for key, kept in state.rules.items() if "|" not in key}, **memory}
    _reconcile(ws, device, court, late, found, site_id)


def _levels(memory: Memory) -> dict[str, object]:
    return {key: kept[1] for key, kept in memory.items() if key.startswith("level|")}


def _around(ws: Workspace, device_id: UUID, late: Link) -> tuple[Memory, Sequence[BatchPlace]]:
    """What the rules remembered before this place, and the folded places behind it in order."""
    mine = (BatchPlace.tenant_id == ws.tenant_id, BatchPlace.device_id == device_id, BatchPlace.folded.is_(True))
    place = tuple_(BatchPlace.boot, BatchPlace.sequence)
    before = ws.session.scalars(
        select(BatchPlace)
        .where(*mine, place < tuple_(late.boot, late.sequence))
        .order_by(BatchPlace.boot.desc(), BatchPlace.sequence.desc())
        .limit(1)
    ).first()
    after = ws.session.scalars(
        select(BatchPlace)
        .where(*mine, place > tuple_(late.boot, late.sequence))
        .order_by(BatchPlace.boot, BatchPlace.sequence)
    ).all()
    return (before.after or {}) if before else {}, after


def _remember(ws: Workspace, device_id: UUID, link: Link, memory: Memory) -> None:
    ws.session.execute(
        update(BatchPlace)
        .where(
            BatchPlace.tenant_id == ws.tenant_id,
            BatchPlace.device_id == device_id,
            BatchPlace.boot == link.boot,
            BatchPlace.sequence == link.sequence,
        )
        .values(after=memory)
    )


def _reconcile(
    ws: Workspace, device: Device, court: Court, late: Link, found: Sequence[Found], site_id: UUID | None
) -> None:
    """Tell what the whole history shows and was not told; clear what was told and the whole history does not bear out."""
    since = min((row["first_at"] for row in late.rows), default=None)
    if since is None:
        return
    kinds = {kind for row in late.rows for kind in TYPES_OF.get(row["metric"], ())}
    told = ws.session.scalars(
        select(Alarm).where(
            Alarm.tenant_id == ws.tenant_id,
            Alarm.device_id == device.id,
            Alarm.type.in_(kinds),
            Alarm.raised_at >= since,
        )
    ).all()
    raised = {(one.kind, one.at) for one in found if one.change is Change.RAISED}
    for alarm in told:
        if alarm.cleared_at is None and (alarm.type, alarm.raised_at) not in raised:
            clear_active(ws, device.id, alarm.type, at=ws.now)
    known = {(alarm.type, alarm.raised_at) for alarm in told}
    measured = [one for one in found if one.kind == "measured"][-1:]
    fresh = [
        one for one in found if one.kind in kinds and (one.change is Change.CLEARED or (one.kind, one.at) not in known)
    ]
    tell(ws, device, court, [*fresh, *measured], site_id=site_id, evidence=[late.digest.hex()])


def _tell_gap(ws: Workspace, device: Device, state: DeviceState) -> None:
    raise_of_device(ws, device, "gap", "MINOR", GAP_SAYS, missing=state.missing or "?")
