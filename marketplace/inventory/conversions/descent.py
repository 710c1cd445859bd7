"""Looking at how lots came to be: plans, and the family tree of a lot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.inventory.conversions.models import Conversion, ConversionConsent, LotDescent
from marketplace.inventory.models import Inspection, Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.conversion import ConversionState
from marketplace.inventory.rules.lots import CONVERTIBLE
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_GENERATIONS = 50
DESCENDANTS = text("""
with recursive line as (
  select 1 as generation, d.* from house.lot_descent d where d.parent_id = :lot and d.moved_at is not null
  union all
  select line.generation + 1, d.* from line join house.lot_descent d on d.tenant_id = line.tenant_id and d.parent_id = line.child_id and d.moved_at is not null
   where line.generation < :most)
select generation, child_id, min(child_number), min(product_name), min(kind), sum(quantity), min(unit), min(moved_at) from line group by generation, child_id""")

LAST_INSPECTED = text("""
select family.lot_id, max(inspection.inspected_at)
  from (select lot_id, lot_id as relative from unnest(cast(:lots as uuid[])) lot_id
        union all
        select made.lot_id, a.lot_id from unnest(cast(:made as uuid[])) made (lot_id) cross join lateral gate.lot_ancestry(made.lot_id) a) family
 cross join lateral (select i.inspected_at from house.inspection i where i.lot_id = family.relative and i.outcome = 'verified') inspection
 group by family.lot_id""")


@dataclass(frozen=True)
class Relative:
    """A lot in another's family: `generation` -1 is a parent, -2 a grandparent, 1 a child. `lot_id` is None where the viewer may not see the lot."""

    generation: int
    lot_id: UUID | None
    number: str
    product_name: str
    kind: str
    quantity: Quantity | None
    at: datetime | None


def find_conversion(ws: Workspace, conversion_id: UUID, *, lock: bool = False) -> Conversion:
    """A plan that the viewer takes part in."""
    wanted = select(Conversion).where(Conversion.id == conversion_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("conversion_unknown", "There is no such plan.")
    return found


def open_conversions(ws: Workspace) -> list[Conversion]:
    """Plans that wait, newest first."""
    wanted = rooms.granted(ws, Conversion, Conversion.id, kind="conversion")
    return list(
        ws.session.scalars(
            wanted.where(Conversion.status == ConversionState.PROPOSED).order_by(Conversion.id.desc()).limit(100)
        )
    )


def lines_of(ws: Workspace, conversion_id: UUID) -> list[LotDescent]:
    """Which old lot goes into which new one, in order."""
    wanted = select(LotDescent).where(LotDescent.conversion_id == conversion_id)
    return list(ws.session.scalars(wanted.order_by(LotDescent.parent_id, LotDescent.parent_units, LotDescent.child_id)))


def consents_of(ws: Workspace, conversion_id: UUID) -> list[ConversionConsent]:
    """The banks' consents, as far as the viewer may see them."""
    wanted = select(ConversionConsent).where(ConversionConsent.conversion_id == conversion_id)
    return list(ws.session.scalars(wanted.order_by(ConversionConsent.given_at)))


def plan_for(ws: Workspace, lot_id: UUID) -> Conversion | None:
    """The open plan that would end this lot, or that it is waiting to be made by."""
    lines = select(LotDescent.conversion_id).where((LotDescent.parent_id == lot_id) | (LotDescent.child_id == lot_id))
    wanted = select(Conversion).where(Conversion.id.in_(lines), Conversion.status == ConversionState.PROPOSED)
    return ws.session.scalars(wanted.order_by(Conversion.id)).first()


def family_of(ws: Workspace, lot_id: UUID) -> list[Relative]:
    """Ancestors and descendants of a lot, oldest first: of its ancestors all that there are, of its descendants those that the viewer may see."""
    find_lot(ws, lot_id)
    found = [*_ancestors(ws, lot_id), *_descendants(ws, lot_id)]
    visible = set(ws.session.scalars(select(Lot.id).where(Lot.id.in_({row[1] for row in found}))))
    shown = [
        Relative(generation, one if one in visible else None, number, product, kind, None if amount is None else Quantity(amount, unit), at)
        for generation, one, number, product, kind, amount, unit, at in found
    ]  # fmt: skip
    return sorted(shown, key=lambda one: (one.generation, one.number))


def inspections_behind(ws: Workspace, lot_id: UUID) -> list[Inspection]:
    """The inspections that a lot's quantity rests on: its own, or those of the lots that its units come from; as far as the viewer sees them."""
    family = [lot_id, *(ancestor for _, ancestor, *_ in _ancestors(ws, lot_id))]
    wanted = select(Inspection).where(Inspection.lot_id.in_(family), Inspection.outcome == "verified")
    return list(ws.session.scalars(wanted.order_by(Inspection.id.desc())))


def last_inspected(ws: Workspace, lots: Sequence[Lot]) -> dict[UUID, datetime]:
    """When the supervisor last counted the goods of each lot, or those they come from, as far as the viewer sees it; asked for all lots at once."""
    made = [lot.id for lot in lots if lot.conversion_id is not None]  # only what a plan made has ancestors
    rows = ws.session.execute(LAST_INSPECTED, {"lots": [lot.id for lot in lots], "made": made})
    return {lot_id: at for lot_id, at in rows}  # noqa: C416 (rows are no pairs to mypy)


def mergeable_with(ws: Workspace, lot: Lot) -> list[Lot]:
    """The owner's other lots that could be merged with this one."""
    like = (
        Lot.product_id == lot.product_id, Lot.grade == lot.grade, Lot.unit == lot.unit, Lot.site_id == lot.site_id,
        Lot.supervisor_id == lot.supervisor_id, Lot.tracking == lot.tracking,
    )  # fmt: skip
    wanted = select(Lot).where(Lot.tenant_id == ws.tenant_id, Lot.id != lot.id, Lot.status.in_(CONVERTIBLE), *like)
    return list(ws.session.scalars(wanted.order_by(Lot.id)))


def _ancestors(ws: Workspace, lot_id: UUID) -> list[tuple[Any, ...]]:
    rows = ws.session.execute(text("select * from gate.lot_ancestry(:lot)"), {"lot": lot_id})
    return [tuple(row) for row in rows]


def _descendants(ws: Workspace, lot_id: UUID) -> list[tuple[Any, ...]]:
    rows = ws.session.execute(DESCENDANTS, {"lot": lot_id, "most": MOST_GENERATIONS})
    return [tuple(row) for row in rows]
