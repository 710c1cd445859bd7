"""Looking at shortages: the totals for all who claim, one's own lines, and the whole table for the supervisor that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, select

from marketplace.exact import half_up
from marketplace.pledges.rules.shortages import TITLES, Line
from marketplace.pledges.shortages.models import Shortage, ShortageLine, ShortageLot, ShortageObjection
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Sums:
    """Lines of one claimant together: as owner or holder of receipts, or else as a bank."""

    claimed: Quantity
    taken: Quantity
    share: Quantity | None


def find_shortage(ws: Workspace, shortage_id: UUID, *, lock: bool = False) -> Shortage:
    """A shortage that the viewer decides, keeps goods of or claims in. `lock`: hold it until the act is done."""
    if lock:
        ws.session.execute(select(func.gate.hold_shortage(shortage_id)))
    found = ws.session.scalars(
        select(Shortage).where(Shortage.id == shortage_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("shortage_unknown", "There is no such shortage.")
    return found


def list_shortages(
    ws: Workspace, *, open_only: bool = False, cursor: UUID | None = None, limit: int = 50
) -> list[Shortage]:
    """The viewer's shortages, newest first. `cursor` is the last id of the page before."""
    wanted = rooms.granted(ws, Shortage, Shortage.id, kind="shortage").order_by(Shortage.id.desc())
    if open_only:
        wanted = wanted.where(Shortage.status == "OPEN")
    if cursor is not None:
        wanted = wanted.where(Shortage.id < cursor)
    return list(ws.session.scalars(wanted.limit(min(limit, MOST_ROWS))))


def count_open(ws: Workspace) -> int:
    """How many of them stand open."""
    mine = rooms.granted(ws, Shortage, Shortage.id, kind="shortage").where(Shortage.status == "OPEN")
    return ws.session.scalar(mine.with_only_columns(func.count())) or 0


def lines_of(ws: Workspace, shortage_id: UUID) -> list[ShortageLine]:
    """The lines that the viewer may see: its own, or all where it decides; owners' first, in the order of lots."""
    wanted = select(ShortageLine).where(ShortageLine.shortage_id == shortage_id)
    order = (ShortageLine.title_id, ShortageLine.lot_number, ShortageLine.kind.desc(), ShortageLine.rank, ShortageLine.id)  # fmt: skip
    return list(ws.session.scalars(wanted.order_by(*order).execution_options(populate_existing=True)))


def lots_of(ws: Workspace, shortage_id: UUID) -> list[ShortageLot]:
    """The lots that it stopped: the viewer's own, or all for who keeps them."""
    wanted = select(ShortageLot).where(ShortageLot.shortage_id == shortage_id).order_by(ShortageLot.lot_number)
    return list(ws.session.scalars(wanted.execution_options(populate_existing=True)))


def shortages_of_lots(ws: Workspace, lot_ids: Sequence[UUID]) -> list[Shortage]:
    """The open shortages of the viewer's in which these lots lie."""
    of_lines = select(ShortageLine.shortage_id).where(ShortageLine.lot_id.in_(lot_ids))
    of_lots = select(ShortageLot.shortage_id).where(ShortageLot.lot_id.in_(lot_ids))
    wanted = select(Shortage).where(Shortage.status == "OPEN", Shortage.id.in_(of_lines.union_all(of_lots)))
    return list(ws.session.scalars(wanted.order_by(Shortage.id))) if lot_ids else []


def objections_of(ws: Workspace, shortage_id: UUID) -> list[ShortageObjection]:
    """The viewer's own objections, or all of them where it decides; newest first."""
    wanted = select(ShortageObjection).where(ShortageObjection.shortage_id == shortage_id)
    return list(ws.session.scalars(wanted.order_by(ShortageObjection.id.desc())))


def find_objection(ws: Workspace, objection_id: UUID, *, lock: bool = False) -> ShortageObjection:
    """An objection of the viewer's own, or to a shortage that it decides."""
    wanted = select(ShortageObjection).where(ShortageObjection.id == objection_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("objection_unknown", "There is no such objection.")
    return found


def as_lines(rows: Sequence[ShortageLine]) -> list[Line]:
    """Rows as the rules take them."""
    return [
        Line(
            str(one.id), one.kind, str(one.tenant_id), str(one.title_id), str(one.lot_id), one.claimed_units,
            one.taken_units, str(one.deal_id or ""), one.rank,
        )
        for one in rows
    ]  # fmt: skip


def sums_of(rows: Sequence[ShortageLine], unit: str) -> Sums:
    """Lines together, without those that stand behind others and so are no goods of their own."""
    counted = [one for one in rows if one.kind in TITLES] or [one for one in rows if one.rank == 1]
    shares = [one.share_units for one in counted]
    drawn = sum(one for one in shares if one is not None) if None not in shares else None
    claimed, taken = sum(one.claimed_units for one in counted), sum(one.taken_units for one in counted)
    return Sums(
        Quantity.from_base_units(claimed, unit),
        Quantity.from_base_units(taken, unit),
        None if drawn is None else Quantity.from_base_units(drawn, unit),
    )


def part_found(shortage: Shortage) -> Decimal:
    """What part of all that is claimed was found, to a hundredth of a per cent."""
    return half_up(Fraction(shortage.found_units, max(1, shortage.claimed_units)), 4)
