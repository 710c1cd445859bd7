"""Looking at surprise counts: those ordered or to be walked, their challenges, and what was captured of a lot."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from marketplace.inventory.models import Inspection, Lot
from marketplace.inventory.places.models import Site
from marketplace.inventory.rules.lots import LotState
from marketplace.pledges.shortages.opening import tells_clean_counts
from marketplace.quantity import Quantity, unit_of
from marketplace.stocktakes.models import Capture, Challenge, Phone, Stocktake
from marketplace.stocktakes.rules.sampling import Stack
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.readings import LatestReading
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200
LONG_UNSEEN = timedelta(days=90)
STANDING = (
    LotState.VERIFIED,
    LotState.RESERVED,
    LotState.PLEDGED,
    LotState.FROZEN,
    LotState.IN_DISPOSAL,
    LotState.SOLD,
)
GRAVE = ("CRITICAL", "MAJOR")


def find_stocktake(ws: Workspace, stocktake_id: UUID, *, lock: bool = False) -> Stocktake:
    """One count that the viewer ordered or walks."""
    wanted = select(Stocktake).where(Stocktake.id == stocktake_id)
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("stocktake_unknown", "There is no such surprise count.")
    return found


def list_stocktakes(ws: Workspace, *, status: str | None = None) -> list[Stocktake]:
    """The viewer's counts, newest first."""
    wanted = rooms.granted(ws, Stocktake, Stocktake.id, kind="stocktake")
    if status:
        wanted = wanted.where(Stocktake.status == status)
    return list(ws.session.scalars(wanted.order_by(Stocktake.id.desc()).limit(MOST_ROWS)))


@tells_clean_counts
def last_clean_count(ws: Workspace, site_id: UUID) -> datetime | None:
    """When a count that the viewer ordered or walked last looked at everything on a site and found it whole."""
    clean = (Stocktake.whole, Stocktake.status == "CLOSED", Stocktake.statement["failed"].as_integer() == 0)
    return ws.session.scalar(select(func.max(Stocktake.ended_at)).where(Stocktake.site_id == site_id, *clean))


def find_challenge(ws: Workspace, challenge_id: UUID, *, lock: bool = False) -> Challenge:
    """One challenge of a count that the viewer ordered or walks."""
    wanted = select(Challenge).where(Challenge.id == challenge_id)
    if lock:
        wanted = wanted.with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None or (found.opened_at is None and not _ordered(ws, found.stocktake_id)):
        raise NotFound("challenge_unknown", "There is no such challenge.")
    return found


def challenges_of(ws: Workspace, stocktake_id: UUID) -> list[Challenge]:
    """The count's challenges in the order of the walk. Whoever only walks learns of a lot when it is opened, not before."""
    wanted = select(Challenge).where(Challenge.stocktake_id == stocktake_id)
    if not _ordered(ws, stocktake_id):
        wanted = wanted.where(Challenge.opened_at.is_not(None))
    return list(ws.session.scalars(wanted.order_by(Challenge.place)))


def left_in(ws: Workspace, stocktake_id: UUID) -> int:
    """How many lots are still to be shown."""
    wanted = select(func.count()).where(Challenge.stocktake_id == stocktake_id, Challenge.outcome.is_(None))
    return ws.session.scalar(wanted) or 0


def captures_of(ws: Workspace, stocktake_id: UUID) -> list[Capture]:
    """What was sent for a count, in order, as far as the viewer may see the lots."""
    return list(ws.session.scalars(select(Capture).where(Capture.stocktake_id == stocktake_id).order_by(Capture.id)))


def captures_of_lot(ws: Workspace, lot_id: UUID, *, limit: int = 20) -> list[Capture]:
    """Accepted pictures of a lot, newest first."""
    wanted = select(Capture).where(Capture.lot_id == lot_id, Capture.accepted)
    return list(ws.session.scalars(wanted.order_by(Capture.id.desc()).limit(limit)))


def newest_captures(ws: Workspace, lot_ids: Sequence[UUID]) -> dict[UUID, tuple[str | None, datetime]]:
    """Grade and time of the newest accepted picture of each of these lots."""
    wanted = select(Capture.lot_id, Capture.grade, Capture.taken_at).where(
        Capture.lot_id.in_(lot_ids), Capture.accepted
    )
    return {
        lot_id: (grade, at) for lot_id, grade, at in ws.session.execute(wanted.order_by(Capture.id))
    }  # the newest stays


def has_picture(ws: Workspace, photo_sha256: str) -> bool:
    """Whether this very picture came before."""
    return ws.session.scalar(select(Capture.id).where(Capture.photo_sha256 == photo_sha256).limit(1)) is not None


def find_phone(ws: Workspace, phone_id: UUID, *, lock: bool = False) -> Phone:
    """A phone of one's own firm."""
    found = ws.session.get(Phone, (ws.tenant_id, phone_id), with_for_update=lock)
    if found is None:
        raise NotFound("phone_unknown", "There is no such phone.")
    return found


def list_phones(ws: Workspace) -> list[Phone]:
    """The firm's phones, newest first."""
    return list(ws.session.scalars(select(Phone).order_by(Phone.revoked_at.is_not(None), Phone.id.desc())))


def countable_sites(ws: Workspace) -> list[Site]:
    """Sites with goods that the viewer may have counted."""
    start = _countable(ws).subquery()
    return list(ws.session.scalars(select(Site).where(Site.id.in_(select(start.c.site_id))).order_by(Site.name)))


def countable_lots(ws: Workspace, site_id: UUID, *, owner_id: UUID | None = None) -> list[Lot]:
    """Goods at a site that the viewer supervises or lends on, in the order of their bins; `owner_id`: of one owner alone."""
    wanted = _countable(ws).where(Lot.site_id == site_id)
    if owner_id:
        wanted = wanted.where(Lot.tenant_id == owner_id)
    return list(ws.session.scalars(wanted.order_by(Lot.bin_code, Lot.number)))


def stacks_of(ws: Workspace, lots: Sequence[Lot]) -> list[Stack]:
    """The lots as the draw sees them, with what makes each a risk: an open alarm, no sensor, long unseen."""
    ids = {lot.id for lot in lots}
    alarmed = set(ws.session.scalars(select(Alarm.lot_id).where(Alarm.lot_id.in_(ids), Alarm.closed_at.is_(None), Alarm.severity.in_(GRAVE))))  # fmt: skip
    watched = set(ws.session.scalars(select(LatestReading.subject_id).where(LatestReading.subject_id.in_(ids), LatestReading.ended_at.is_(None))))  # fmt: skip
    seen = _last_seen(ws, ids)
    return [
        Stack(
            lot.id,
            grams_of(lot, _book(lot)),
            reasons=_reasons(lot.id in alarmed, lot.id in watched, seen.get(lot.id), ws.now),
            certain=lot.id in alarmed,
        )
        for lot in lots
    ]


def grams_of(lot: Lot, quantity: Quantity) -> int | None:
    """The mass of so much of the lot in grams, None where its unit and product tell no weight."""
    dimension = unit_of(quantity.unit).dimension
    if dimension == "mass":
        return int(quantity.exact_in("GRM"))
    return int(quantity.amount * lot.unit_kg * 1000) if dimension == "count" and lot.unit_kg else None


def _book(lot: Lot) -> Quantity:
    return lot.verified or Quantity.zero(lot.unit)


def _countable(ws: Workspace) -> Select[Any]:
    granted = rooms.granted(ws, Lot, Lot.id, kind="lot", roles={"supervisor", "bank"})
    return granted.where(Lot.status.in_(STANDING), Lot.verified_qty > Decimal(0), Lot.departed_at.is_(None))


def _reasons(alarmed: bool, watched: bool, seen: datetime | None, now: datetime) -> tuple[str, ...]:
    found = {"ALARM": alarmed, "UNWATCHED": not watched, "LONG_UNSEEN": seen is None or now - seen > LONG_UNSEEN}
    return tuple(name for name, holds in found.items() if holds)


def _last_seen(ws: Workspace, ids: set[UUID]) -> dict[UUID, datetime]:
    inspected = select(Inspection.lot_id, Inspection.inspected_at.label("at")).where(Inspection.lot_id.in_(ids))
    captured = select(Capture.lot_id, Capture.taken_at.label("at")).where(Capture.lot_id.in_(ids), Capture.accepted)
    both = inspected.union_all(captured).subquery()
    rows = ws.session.execute(select(both.c.lot_id, func.max(both.c.at)).group_by(both.c.lot_id))
    return {lot_id: at for lot_id, at in rows}  # noqa: C416 (rows are no pairs to mypy)


def _ordered(ws: Workspace, stocktake_id: UUID) -> bool:
    return "orderer" in rooms.my_roles(ws, stocktake_id)
