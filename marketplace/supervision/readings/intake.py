"""Taking in what devices signed: once each, in their chain's order, as evidence and as series of points.

The door has verified every signature already. Whatever order the batches arrive in, the same rows come of them: a batch's place in its chain is taken
once, its points lie in event time, and the alarm rules see the batches in chain order (`folding`). Everything here is done for all of a firm's
devices together, in the caller's one transaction: nothing is acknowledged before that commits.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, select, text

from marketplace.supervision.devices.keys import turn_key
from marketplace.supervision.models.devices import Device, DeviceState, StateInHand
from marketplace.supervision.models.readings import BatchPlace, ReadingBatch
from marketplace.supervision.readings.counting import Fates, counts
from marketplace.supervision.readings.ports import Continuity, SignedBatch, Standing, Tip, standing
from marketplace.supervision.readings.spreading import Place, spread
from marketplace.supervision.readings.writing import Rows, column_of, write_all
from marketplace.supervision.seals.sealing import seal_later
from marketplace.supervision.watching import listening
from marketplace.supervision.watching.folding import Link, fold_next, fold_waiting, is_abreast, sites_among, span_of
from marketplace.supervision.watching.judging import Sites, convene
from marketplace.supervision.watching.lenses import Row
from marketplace.supervision.watching.linking import check_links
from marketplace.supervision.watching.remembering import Memory
from tenants.database import among
from tenants.errors import NotFound
from tenants.workspace import Workspace, act_as_device

LIVE_FOR = timedelta(minutes=5)
STATE = [column.name for column in DeviceState.__table__.columns]
STATE_GOES_ON = "on conflict (tenant_id, device_id) do update set " + ", ".join(
    f"{name} = excluded.{name}" for name in STATE if name not in ("tenant_id", "device_id")
)
assert [one.name for one in fields(StateInHand)] == STATE, "a row in hand has the columns of its table, in their order"
DESKS = (
    select(Device, *DeviceState.__table__.columns)
    .join(DeviceState, (DeviceState.tenant_id == Device.tenant_id) & (DeviceState.device_id == Device.id))
    .where(Device.tenant_id == bindparam("tenant_id"), among(Device.id, "device_ids"), Device.revoked_at.is_(None))
    .order_by(Device.id)
    .with_for_update(of=DeviceState, key_share=True)
)
KNOWN = text("""
select p.device_id, p.boot, p.sequence, p.digest
  from unnest(cast(:device_ids as uuid[]), cast(:boots as bigint[]), cast(:sequences as bigint[])) claimed(device_id, boot, sequence)
  join house.batch_place p using (device_id, boot, sequence) where p.tenant_id = :tenant_id
""")


@dataclass
class Desk:
    """One device while its messages are taken: its register entry, its locked state, and what was new."""

    device: Device
    state: StateInHand
    fresh: list[tuple[SignedBatch, Standing]] = field(default_factory=list)

    @property
    def tip(self) -> Tip | None:
        """The end of its chain as far as we know it."""
        state = self.state
        if state.boot is None or state.sequence is None or state.digest is None:
            return None
        return Tip(state.boot, state.sequence, state.digest)

    def is_past(self, batch: SignedBatch) -> bool:
        """Whether its history goes as far as this batch claims, so that its place may be taken."""
        return self.tip is not None and (batch.boot, batch.sequence) <= (self.tip.boot, self.tip.sequence)


@dataclass(frozen=True)
class Taken:
    """What became of the batches: how each stands to its device's history, and the lots, sites and devices that they told something new of."""

    standings: list[Standing]
    touched: set[UUID]


def take_batches(ws: Workspace, batches: Sequence[SignedBatch]) -> list[Standing]:
    """Take batches of this firm's devices, whose signatures were verified. Tells for each how it stands to the device's history.

    A DUPLICATE changes nothing. A CONFLICT (another body in a place that is taken) is not stored: it raises the tamper alarm. All others are stored.
    """
    return take_in(ws, batches).standings


def take_in(ws: Workspace, batches: Sequence[SignedBatch]) -> Taken:
    """The same, telling also what was touched."""
    desks = open_desks(ws, {batch.device_id for batch in batches})
    told = _all_stand(ws, desks, batches)
    first_today = any(not _was_heard_today(ws, desk.state) for desk in desks.values())
    fates: Fates = Counter()
    for batch, found in zip(batches, told, strict=True):
        _note(ws, desks[batch.device_id], batch, found, fates)
        if batch.renewed and desks[batch.device_id].device.next_key:
            act_as_device(ws, batch.device_id)
            turn_key(ws, desks[batch.device_id].device)
    busy = [desk for desk in desks.values() if desk.fresh]
    said = spread(ws, [(desk.device, batch, is_late(ws, batch)) for desk in busy for batch, _ in desk.fresh])
    rows = [row for each in said.by_place.values() for row in each]
    sites = sites_among(said.attachments, rows)
    folded = _fold_at_once(ws, busy, said.by_place, sites)
    new = [*_evidence(ws, busy, folded), *said.written]
    waiting = [desk for desk in busy if not is_abreast(desk.state) or any(place_of(one) not in folded for one, _ in desk.fresh)]  # fmt: skip
    if waiting:  # they are folded from what is stored
        write_all(ws, new)
        new = []
    for desk in waiting:
        fold_waiting(ws, desk.device, desk.state)
        check_links(ws, desk.device, [batch for batch, found in desk.fresh if found.kind is Continuity.LATE])
    for batch, found in zip(batches, told, strict=True):
        listening.hear(ws, desks[batch.device_id].device, desks[batch.device_id].state, batch, found)
    timers = listening.next_looks(ws, ((desk.device, desk.state) for desk in busy))
    write_all(ws, [*new, counts(ws, fates), _known_now(desks.values())])
    ws.set_timers(listening.WATCH_SILENCE, timers)
    if busy and first_today:
        seal_later(ws)
    subjects = {row["subject_id"] for row in rows}
    there = {site for stays in sites.values() for _, site in stays}
    return Taken(told, subjects | there | {desk.device.id for desk in busy})


def open_desks(ws: Workspace, device_ids: set[UUID]) -> dict[UUID, Desk]:
    """Lock the devices' states, always in the same order, so that a device's history has one writer at a time."""
    rows = ws.session.execute(DESKS, {"tenant_id": ws.tenant_id, "device_ids": [*device_ids]})
    desks = {device.id: Desk(device, StateInHand(*known)) for device, *known in rows}
    for device_id in device_ids - desks.keys():
        raise NotFound("unknown_device", "No device of this name is enrolled.", device_id=device_id)
    return desks


def is_late(ws: Workspace, batch: SignedBatch) -> bool:
    """Whether its newest reading is older than what counts as live: then it is history, never a present state."""
    return ws.now - batch.samples.last_at > LIVE_FOR


def _was_heard_today(ws: Workspace, state: StateInHand) -> bool:
    """Whether a message of this device has seen to today's sealing."""
    return state.heard_at is not None and state.heard_at.astimezone(UTC).date() == ws.now.astimezone(UTC).date()


def place_of(batch: SignedBatch) -> Place:
    """The place in its device's chain that a batch claims."""
    return batch.device_id, batch.boot, batch.sequence


def _all_stand(ws: Workspace, desks: dict[UUID, Desk], batches: Sequence[SignedBatch]) -> list[Standing]:
    known = _known(ws, [batch for batch in batches if desks[batch.device_id].is_past(batch)])
    told: dict[int, Standing] = {}
    in_order = sorted(
        enumerate(batches), key=lambda one: (one[1].boot, one[1].sequence)
    )  # of each device; all that counts
    for number, batch in in_order:
        told[number] = _stand(desks[batch.device_id], batch, known)
    return [told[number] for number in range(len(batches))]


def _known(ws: Workspace, batches: Sequence[SignedBatch]) -> dict[Place, bytes]:
    """The digests that hold the places these batches claim."""
    claimed = {
        "device_ids": column_of("uuid", (batch.device_id for batch in batches)),
        "boots": column_of("bigint", (batch.boot for batch in batches)),
        "sequences": column_of("bigint", (batch.sequence for batch in batches)),
    }
    rows = ws.session.execute(KNOWN, claimed | {"tenant_id": ws.tenant_id}) if batches else ()
    return {(device_id, boot, sequence): digest for device_id, boot, sequence, digest in rows}


def _stand(desk: Desk, batch: SignedBatch, known: dict[Place, bytes]) -> Standing:
    """How this batch stands; where it is new, its place is taken and the tip moves."""
    found = standing(batch, tip=desk.tip, stored=known.get(place_of(batch)))
    if found.kind in (Continuity.DUPLICATE, Continuity.CONFLICT):
        return found
    known[place_of(batch)] = batch.digest
    desk.fresh.append((batch, found))
    state = desk.state
    if found.kind is Continuity.LATE:
        state.missing = max(0, state.missing - 1)
    else:
        state.missing += found.missing or 0
        state.boot, state.sequence, state.digest = batch.boot, batch.sequence, batch.digest
    return found


def _note(ws: Workspace, desk: Desk, batch: SignedBatch, found: Standing, fates: Fates) -> None:
    """Count its fate, and what its device has said by now."""
    state = desk.state
    state.heard_at = ws.now
    late = found.kind is Continuity.NEXT and is_late(ws, batch)
    fates[desk.device.id, "late" if late else str(found.kind)] += 1
    if found.kind in (Continuity.DUPLICATE, Continuity.CONFLICT):
        return
    newest_at = batch.samples.last_at
    state.batches += 1
    state.samples += len(batch.samples)
    state.last_event_at = max(state.last_event_at or newest_at, newest_at)
    for series in batch.samples.series:
        value = series.values[-1]
        if series.metric == "battery" and isinstance(value, Decimal):
            state.battery = min(max(value, Decimal(0)), Decimal(100))
        elif series.metric == "firmware":
            state.firmware = str(value)


def _fold_at_once(
    ws: Workspace, desks: Sequence[Desk], rows: Mapping[Place, list[Row]], sites: Sites
) -> dict[Place, Memory]:
    """Fold the batches that follow on what is folded already: nearly all. What the rules remembered after each, by its place."""
    ready = [desk for desk in desks if Link(*_chain(desk.fresh[0][0]), ()).follows(desk.state)]
    if not ready:
        return {}
    watched = [row for desk in ready for batch, _ in desk.fresh for row in rows.get(place_of(batch), ())]
    metrics = {row["metric"] for row in watched}
    court = convene(ws, {row["subject_id"] for row in watched}, sites, metrics=metrics, span=span_of(watched))
    folded: dict[Place, Memory] = {}
    for desk in ready:
        for batch, _ in desk.fresh:
            link = Link(*_chain(batch), rows.get(place_of(batch), ()))
            if not link.follows(desk.state):
                break
            folded[place_of(batch)] = fold_next(ws, desk.device, desk.state, court, link)
    return folded


def _chain(batch: SignedBatch) -> tuple[int, int, bytes, bytes | None]:
    return batch.boot, batch.sequence, batch.digest, batch.previous


def _evidence(ws: Workspace, desks: Sequence[Desk], folded: dict[Place, Memory]) -> Iterator[Rows]:
    """The places and the bodies."""
    fresh = [(batch, found) for desk in desks for batch, found in desk.fresh]
    yield Rows(BatchPlace, [_place_row(ws, batch, found, folded) for batch, found in fresh])
    yield Rows(ReadingBatch, [_body_row(ws, batch) for batch, _ in fresh])


def _known_now(desks: Iterable[Desk]) -> Rows:
    """What is known of the devices now."""
    return Rows(DeviceState, [{name: getattr(desk.state, name) for name in STATE} for desk in desks], STATE_GOES_ON)


def _place_row(ws: Workspace, batch: SignedBatch, found: Standing, folded: dict[Place, Memory]) -> dict[str, object]:
    return {
        "tenant_id": ws.tenant_id,
        "device_id": batch.device_id,
        "boot": batch.boot,
        "sequence": batch.sequence,
        "digest": batch.digest,
        "previous": batch.previous,
        "standing": str(found.kind),
        "missing": found.missing,
        "sent_at": batch.sent_at,
        "received_at": ws.now,
        "first_at": batch.samples.first_at,
        "last_at": batch.samples.last_at,
        "samples": len(batch.samples),
        "folded": place_of(batch) in folded,
        "sealed": False,
        "after": folded.get(place_of(batch)),
    }


def _body_row(ws: Workspace, batch: SignedBatch) -> dict[str, object]:
    return {
        "tenant_id": ws.tenant_id,
        "device_id": batch.device_id,
        "boot": batch.boot,
        "sequence": batch.sequence,
        "received_at": ws.now,
        "content_type": batch.content_type,
        "signature": batch.signature,
        "body": batch.body,
    }
