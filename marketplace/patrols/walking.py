"""Walking a round: at each checkpoint the officer's phone signs what it saw, and sends it at once or when there is a line again."""

from uuid import UUID

from sqlalchemy import select

from marketplace.duty.queries import own_shifts
from marketplace.inventory.places.models import Site
from marketplace.patrols.events import CheckpointSeen, PatrolLate, PatrolWalked, ScanRefused
from marketplace.patrols.models import Checkpoint, Patrol, PatrolRoute, PatrolScan
from marketplace.patrols.queries import (
    accepted_scans,
    checkpoints_of,
    find_called,
    is_heard_now,
    newer_missed,
    route_of,
    seen_in,
)
from marketplace.patrols.rules import scans as rules
from marketplace.patrols.rules.rounds import PATROL, PatrolState, Seen
from marketplace.patrols.rules.windows import MINUTE
from marketplace.patrols.words import FAULTS, LATE_SAYS
from marketplace.states import Actor
from marketplace.stocktakes.models import Phone
from marketplace.stocktakes.phones import phone_that_signs
from marketplace.stocktakes.rules.challenges import Place
from marketplace.stocktakes.rules.statements import hash_of, require_signed
from marketplace.supervision.alarms.raising import clear_active, raise_alarm
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace


def scan_checkpoint(ws: Workspace, patrol_id: UUID, *, phone_id: UUID, statement: str, signature: str) -> PatrolScan:
    """Take what a phone says of a checkpoint. It is kept whatever it says; only one without a fault counts.

    `statement` is what the phone signed, `signature` base64 of r and s. Refuses what the phone's key did not sign, a statement about another round, and a
    round that is over for longer than a day. The same statement again is the same scan.
    """
    ws.may("stand_duty")
    patrol = find_called(ws, patrol_id, lock=True)
    phone, said = phone_that_signs(ws, phone_id), rules.read_statement(statement)
    signed = require_signed(phone.public_key, statement, signature)
    if said.patrol_id != patrol_id:
        raise Invalid("statement_of_another", "The statement is about another round.", field="statement")
    known = ws.session.scalars(select(PatrolScan).where(PatrolScan.statement_sha256 == hash_of(statement))).one_or_none()  # fmt: skip
    if known is not None:
        return known
    if not is_heard_now(ws, patrol):
        raise Conflict("patrol_over", "This round is over.")
    points = checkpoints_of(ws, patrol.route_id)
    scan = _scanned(ws, patrol, points, phone, said, statement, signed)
    route = route_of(ws, patrol, lock=True)
    route.head = hash_of(f"{scan.statement_sha256}:{signed.hex()}")
    _tell(ws, patrol, points, scan)
    _end_if_seen(ws, patrol, route, points)
    return scan


def _scanned(
    ws: Workspace, patrol: Patrol, points: list[Checkpoint], phone: Phone, said: rules.Said, statement: str, signed: bytes
) -> PatrolScan:  # fmt: skip
    point, carrier = _point_of(patrol, points, said.seen)
    site = _place_of(ws, patrol)
    assert patrol.called_at, "only a round that was called is walked"
    assert patrol.due_at, "a round that was called is due"
    known = rules.Scan(
        said, point is not None, ws.now, phone.enrolled_at, said.previous == phone.head, _on_duty(ws, said),
        rules.Stand(float(point.x), float(point.y), said.taken_at) if point else None, _before(ws, patrol, points, said),
    )  # fmt: skip
    faults, doubts = rules.faults_of(known, site, patrol.called_at), rules.doubts_of(known, site, patrol.due_at)
    phone.sent, phone.head = phone.sent + 1, hash_of(statement)
    scan = PatrolScan(
        tenant_id=ws.tenant_id, id=new_id(), route_id=patrol.route_id, patrol_id=patrol.id, checkpoint_id=point.id if point else None,
        carrier=carrier, phone_id=phone.id, fingerprint=phone.fingerprint, statement=statement, statement_sha256=hash_of(statement),
        signature=signed, latitude=said.place and f"{said.place.latitude:.6f}", longitude=said.place and f"{said.place.longitude:.6f}",
        accepted=not faults, faults=[*faults], doubts=[*doubts], taken_by=ws.member.name, taken_at=said.taken_at, received_at=ws.now,
    )  # fmt: skip
    ws.session.add(scan)
    ws.session.flush()
    return scan


def _tell(ws: Workspace, patrol: Patrol, points: list[Checkpoint], scan: PatrolScan) -> None:
    evidence: list[UUID | str] = [scan.id, scan.statement_sha256]
    if not scan.accepted:
        because = sentence(FAULTS[rules.Fault(scan.faults[0])])
        ws.record(ScanRefused(patrol_id=patrol.id, number=patrol.number, by=scan.taken_by, because=because), on=patrol.route_id, evidence=evidence)  # fmt: skip
        return
    name = next(one.name for one in points if one.id == scan.checkpoint_id)
    left = len(seen_in(ws, patrol, points).missing)
    fact = CheckpointSeen(patrol_id=patrol.id, number=patrol.number, checkpoint=name, by=scan.taken_by, taken_at=scan.taken_at, left=left)  # fmt: skip
    ws.record(fact, on=patrol.route_id, evidence=evidence)


def _end_if_seen(ws: Workspace, patrol: Patrol, route: PatrolRoute, points: list[Checkpoint]) -> None:
    """The last checkpoint was seen: the round is walked, in time or late, and what was missing is there again."""
    seen = seen_in(ws, patrol, points)
    if seen.ends_by is None:
        return
    patrol.status = PATROL.advance(PatrolState(patrol.status), seen.ends_by, actor=Actor.SUPERVISOR, met=seen.proofs).value  # fmt: skip
    patrol.ended_at = ws.now
    if not newer_missed(ws, patrol):
        clear_active(ws, route.id, "patrol_missed", at=ws.now)
    if seen.late:
        _say_late(ws, patrol, route, points, seen)
    else:
        ws.record(PatrolWalked(patrol_id=patrol.id, number=patrol.number, name=route.name, checkpoints=len(points)), on=route.id)  # fmt: skip


def _say_late(ws: Workspace, patrol: Patrol, route: PatrolRoute, points: list[Checkpoint], seen: Seen) -> None:
    """An alarm of its own, over already: somebody takes note of it and says what it was."""
    names = ", ".join(one.name for one in points if one.id in seen.late)
    raise_alarm(
        ws, type="patrol_late", severity="MINOR", because=LATE_SAYS, about_id=route.id, site_id=route.site_id, raised_at=patrol.due_at, over_at=ws.now,
        evidence=[patrol.id], number=patrol.number, site=route.site_name, late=len(seen.late), checkpoints=len(points), names=names,
    )  # fmt: skip
    ws.record(PatrolLate(patrol_id=patrol.id, number=patrol.number, name=route.name, late=len(seen.late), checkpoints=len(points)), on=route.id)  # fmt: skip


def _point_of(patrol: Patrol, points: list[Checkpoint], seen: str) -> tuple[Checkpoint | None, str | None]:
    """The checkpoint whose label or tag was seen, and which of the two."""
    for point in points:
        if rules.shown(patrol.id, point.label) == seen:
            return point, "QR"
        if point.tag and rules.shown(patrol.id, point.tag) == seen:
            return point, "RFID"
    return None, None


def _before(ws: Workspace, patrol: Patrol, points: list[Checkpoint], said: rules.Said) -> rules.Stand | None:
    """Where the round was before, by the phones' own times."""
    earlier = [one for one in accepted_scans(ws, patrol.id) if one.taken_at <= said.taken_at]
    last = max(earlier, key=lambda one: one.taken_at, default=None)
    if last is None:
        return None
    point = next(one for one in points if one.id == last.checkpoint_id)
    return rules.Stand(float(point.x), float(point.y), last.taken_at)


def _on_duty(ws: Workspace, said: rules.Said) -> bool | None:
    """Whether the officer stood on the roster then; None where nobody did."""
    shifts = own_shifts(ws, after=said.taken_at, before=said.taken_at + MINUTE)
    then = [one for one in shifts if one.starts_at <= said.taken_at]
    return ws.person_id in {one.officer_id for one in then} if then else None


def _place_of(ws: Workspace, patrol: Patrol) -> Place | None:
    wanted = select(Site.latitude, Site.longitude).join(PatrolRoute, PatrolRoute.site_id == Site.id)
    latitude, longitude = ws.session.execute(wanted.where(PatrolRoute.id == patrol.route_id)).one()
    return None if latitude is None or longitude is None else Place(float(latitude), float(longitude))
