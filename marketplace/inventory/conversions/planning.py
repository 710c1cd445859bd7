"""Planning to make other lots of lots: what the owner wants, tried against the rules, each new lot named already.

New lots stand DECLARED, with identities of their own, from the plan on; their goods come with its carrying out. A plan is given up when its declarations
expire. Goods under a hold are never transformed, because a pledge is on these goods and no others.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.conversions import events
from marketplace.inventory.conversions.models import Conversion, LotDescent
from marketplace.inventory.declaring import Keepers, new_lot
from marketplace.inventory.items.pieces import require_whole
from marketplace.inventory.models import Lot, LotUnits
from marketplace.inventory.places.queries import find_product
from marketplace.inventory.queries import lock_lots
from marketplace.inventory.rules import conversion as rules
from marketplace.inventory.rules.conversion import CONVERSION, ConversionKind, ConversionState
from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.inventory.standing import ends, require_movable
from marketplace.quantity import Quantity
from marketplace.states import Actor
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

STEPS = {ConversionKind.SPLIT: "split", ConversionKind.MERGE: "merge", ConversionKind.TRANSFORM: "transform"}


def propose_split(ws: Workspace, lot_id: UUID, *, parts: Sequence[Quantity], reason: str = "") -> Conversion:
    """Plan to split a lot into `parts`, in the order of its units. Refuses parts that do not add up to the lot exactly."""
    ws.may("convert_lot")
    (lot,) = _own_lots(ws, [lot_id], ConversionKind.SPLIT)
    wanted = [part.to(lot.unit) for part in parts]
    moves = rules.split_moves(_units_of(ws, lot), wanted)
    require_whole(ws, lot, [(move.start, move.end) for move in moves])
    plan = _plan(ws, ConversionKind.SPLIT, [lot], reason)
    children = [_child(ws, plan, lot, part) for part in wanted]
    return _propose(ws, plan, [lot], children, moves)


def propose_merge(ws: Workspace, lot_ids: Sequence[UUID], *, reason: str = "") -> Conversion:
    """Plan to merge lots into one. Refuses lots that differ in product, grade, unit, owner, keepers, site or kind."""
    ws.may("convert_lot")
    lots = _own_lots(ws, lot_ids, ConversionKind.MERGE)
    moves = rules.merge_moves([_units_of(ws, lot) for lot in lots])
    rules.require_alike([_likeness(lot) for lot in lots])
    plan = _plan(ws, ConversionKind.MERGE, lots, reason)
    return _propose(ws, plan, lots, [_child(ws, plan, lots[0], plan.input)], moves)


def propose_transformation(
    ws: Workspace,
    lot_ids: Sequence[UUID],
    *,
    outputs: Sequence[tuple[UUID, Quantity]],
    loss: Quantity,
    reason: str = "",
) -> Conversion:
    """Plan to use lots up in making others: `outputs` of products, and the `loss` to expect; together exactly what goes in, in one unit.

    Refuses goods that anybody holds, and lots that lie on different sites or with different keepers.
    """
    ws.may("convert_lot")
    lots = _own_lots(ws, lot_ids, ConversionKind.TRANSFORM)
    first, products = lots[0], [(find_product(ws, product_id), quantity) for product_id, quantity in outputs]
    if any(
        (one.site_id, one.supervisor_id, one.unit) != (first.site_id, first.supervisor_id, first.unit) for one in lots
    ):
        raise Conflict("inputs_apart", "Lots that are transformed together lie on one site, in one unit.", field="lots")
    if any(product.unit != first.unit for product, _ in products):
        raise Invalid("output_unit", "Output is weighed in the unit of what goes in.", field="outputs")
    made, lost = [quantity.to(first.unit) for _, quantity in products], loss.to(first.unit)
    rules.require_plan_balanced([_verified(lot) for lot in lots], made, lost)
    plan = _plan(ws, ConversionKind.TRANSFORM, lots, reason, lost)
    children = [
        new_lot(ws, product, quantity, _keepers(first), conversion_id=plan.id)[0]
        for (product, _), quantity in zip(products, made, strict=True)
    ]
    return _propose(ws, plan, lots, children, [])


def _own_lots(ws: Workspace, lot_ids: Sequence[UUID], kind: ConversionKind) -> list[Lot]:
    lots = lock_lots(ws, sorted(set(lot_ids)))
    if len(set(lot_ids)) < len(lot_ids) or not lot_ids:
        raise Invalid("lots_count", "Between 2 and %(most)s lots are merged.", field="lots", most=rules.MOST_PARTS)
    busy = ws.session.scalars(
        select(LotDescent.parent_number)
        .join(Conversion, Conversion.id == LotDescent.conversion_id)
        .where(LotDescent.parent_id.in_(lot_ids), Conversion.status == ConversionState.PROPOSED)
    ).first()
    if busy:
        raise Conflict("already_planned", "Lot %(number)s is part of another plan.", field="lots", number=busy)
    for lot in lots:
        if lot.tenant_id != ws.tenant_id:
            raise NotFound("lot_unknown", "There is no such lot.")
        require_movable(lot)
        require_convertible(lot, kind)
    return lots


def require_convertible(lot: Lot, kind: str) -> None:
    """Refuse a lot that cannot be split, merged or transformed as it stands."""
    LOT.find(LotState(lot.status), STEPS[ConversionKind(kind)])
    if lot.receipted:
        raise Conflict("receipt_outstanding", "A receipt stands for these goods: it has to be surrendered first.")
    if lot.short_qty:
        raise Conflict("lot_short", "More of lot %(number)s is held than is there.", number=lot.number)
    if kind == ConversionKind.TRANSFORM and lot.held_qty:
        raise Conflict("nothing_pledged", "Part of this lot is pledged or promised.", field="lots")


def _plan(
    ws: Workspace, kind: ConversionKind, lots: Sequence[Lot], reason: str, loss: Quantity | None = None
) -> Conversion:
    first, whole = lots[0], sum((_verified(lot) for lot in lots[1:]), _verified(lots[0]))
    plan = Conversion(
        tenant_id=ws.tenant_id,
        id=new_id(),
        kind=kind,
        status=CONVERSION.advance(None, "propose", actor=Actor.SME),
        warehouse_id=first.warehouse_id,
        supervisor_id=first.supervisor_id,
        site_id=first.site_id,
        unit=first.unit,
        input_qty=whole.amount,
        planned_loss_qty=loss.amount if loss else Decimal(0),
        loss_qty=Decimal(0),
        tolerance=min(lot.tolerance for lot in lots),
        held=any(lot.held_qty for lot in lots),
        reason=reason.strip()[:500],
        proposed_by=ws.member.name,
        proposed_at=ws.now,
    )
    ws.session.add(plan)
    rooms.found(ws, plan.id, kind="conversion", role="owner")
    for firm, role in {(plan.warehouse_id, "warehouse"), (plan.supervisor_id, "supervisor"), *_lenders(ws, lots)}:
        rooms.share(ws, plan.id, to=firm, role=role)
    return plan


def _child(ws: Workspace, plan: Conversion, like: Lot, quantity: Quantity) -> Lot:
    """A new lot of the same goods with the same keepers; those who may see the old lots as lenders see it too."""
    product = find_product(ws, like.product_id)
    told = {"reference": like.reference, "origin": like.origin}
    lot, _ = new_lot(ws, product, quantity, _keepers(like), **told, conversion_id=plan.id)
    lot.grade, lot.tolerance, lot.price_code, lot.tracking = like.grade, like.tolerance, like.price_code, like.tracking
    return lot


def _propose(
    ws: Workspace, plan: Conversion, parents: Sequence[Lot], children: Sequence[Lot], moves: Sequence[rules.Move]
) -> Conversion:
    ws.session.flush()
    for child in children:
        for firm, role in _lenders(ws, parents):
            rooms.share(ws, child.id, to=firm, role=role, onward=True)
    if plan.kind == ConversionKind.TRANSFORM:
        ws.session.add_all(_line(plan, parent, child, None) for parent in parents for child in children)
    else:
        ws.session.add_all(_line(plan, parents[move.parent], children[move.child], move) for move in moves)
    into = [child.number for child in children]
    for lot in parents:
        fact = events.ConversionProposed(
            conversion_id=plan.id, lot_id=lot.id, number=lot.number, conversion=plan.kind, into=into, reason=plan.reason
        )
        ws.record(fact, on=lot.id)
    return plan


def _line(plan: Conversion, parent: Lot, child: Lot, move: rules.Move | None) -> LotDescent:
    carried = {} if move is None else {
        "parent_units": Range(move.start, move.end),
        "child_units": Range(move.child_start, move.child_start + move.count),
        "quantity": Quantity.from_base_units(move.count, plan.unit).amount,
    }  # fmt: skip
    return LotDescent(
        tenant_id=plan.tenant_id,
        id=new_id(),
        conversion_id=plan.id,
        kind=plan.kind,
        parent_id=parent.id,
        parent_number=parent.number,
        child_id=child.id,
        child_number=child.number,
        product_name=child.product_name,
        unit=plan.unit,
        **carried,
    )


def _keepers(lot: Lot) -> Keepers:
    return Keepers(lot.site_id, lot.site_name, lot.warehouse_id, lot.supervisor_id)


def _lenders(ws: Workspace, lots: Sequence[Lot]) -> set[tuple[UUID, str]]:
    """Banks that may see lots of which something is held: who holds nothing of a lot needs to know nothing of what becomes of it."""
    held = [lot for lot in lots if lot.held_qty]
    return {(one.tenant_id, "bank") for lot in held for one in rooms.participants(ws, lot.id) if one.role == "bank"}


def _likeness(lot: Lot) -> rules.Likeness:
    ids = (lot.tenant_id, lot.warehouse_id, lot.supervisor_id, lot.site_id)
    owner, warehouse, supervisor, site = map(str, ids)
    return rules.Likeness(str(lot.product_id), lot.grade, lot.unit, owner, warehouse, supervisor, site, lot.tracking)


def _verified(lot: Lot) -> Quantity:
    assert lot.verified is not None, "a convertible lot is verified"
    return lot.verified


def _units_of(ws: Workspace, lot: Lot) -> list[tuple[int, int]]:
    wanted = select(LotUnits.units).where(LotUnits.tenant_id == lot.tenant_id, LotUnits.lot_id == lot.id)
    return sorted(ends(one) for one in ws.session.scalars(wanted))
