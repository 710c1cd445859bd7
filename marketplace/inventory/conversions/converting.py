"""Making other lots of lots: banks that hold part of them consent, the warehouse carries it out.

What is held moves with its units, to the unit. The goods are moved by the gate (`conversion_constraints.py`); here is asked whether they may, and told that
they did.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory.conversions import events
from marketplace.inventory.conversions.descent import find_conversion, lines_of
from marketplace.inventory.conversions.models import Conversion, ConversionConsent
from marketplace.inventory.conversions.planning import require_convertible
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import identity_of, lock_lots
from marketplace.inventory.receiving import put_into_bin, take_in
from marketplace.inventory.rules import conversion as rules
from marketplace.inventory.rules.conversion import CONVERSION, ConversionKind, ConversionState
from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.inventory.shelf_life.expiring import watch_expiry
from marketplace.inventory.standing import end_stay, require_movable
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

CARRY_OUT = text("select gate.carry_out_conversion(:conversion, :output)")
GATE_REFUSES = "55000"
ConversionGuard = Callable[[Workspace, Conversion, Sequence[Lot]], None]
CONVERSION_GUARDS: list[ConversionGuard] = []


@dataclass(frozen=True)
class Place:
    """Where a new lot goes, and for goods that are weighed anew what the scale said."""

    bin_id: UUID
    gross: Quantity | None = None
    tare: Quantity | None = None


def guards_conversion(guard: ConversionGuard) -> ConversionGuard:
    """Register a rule of a higher slice that may refuse to plan or carry out a conversion of these lots (who holds them, what is ordered of them)."""
    CONVERSION_GUARDS.append(guard)
    return guard


def consent_to_conversion(ws: Workspace, conversion_id: UUID) -> Approval:
    """A bank that holds part of the old lots proposes to consent; on a colleague's approval its pledges may move with their units."""
    plan = find_conversion(ws, conversion_id)
    if "bank" not in rooms.my_roles(ws, plan.id):
        raise NotFound("conversion_unknown", "There is no such plan.")
    _require_open(plan)
    numbers = ", ".join(sorted({one.parent_number for one in lines_of(ws, plan.id)}))
    merges = plan.kind == ConversionKind.MERGE
    summary = sentence(
        "Consent to the merge of lots %(lots)s" if merges else "Consent to the split of lot %(lots)s", lots=numbers
    )
    return approvals.propose(ws, "approve_conversion", subject_id=plan.id, summary=summary)


@upon_approval("approve_conversion")
def _consent(ws: Workspace, approval: Approval) -> None:
    plan = find_conversion(ws, approval.subject_id)
    _require_open(plan)
    if ws.session.get(ConversionConsent, (ws.tenant_id, plan.id)) is not None:
        return
    given = {"given_by": ws.member.name, "given_at": ws.now}
    ws.session.add(ConversionConsent(tenant_id=ws.tenant_id, conversion_id=plan.id, approval_id=approval.id, **given))
    for lot_id, number in _parents(ws, plan):
        if "bank" in rooms.my_roles(ws, lot_id):
            fact = events.ConversionConsented(conversion_id=plan.id, lot_id=lot_id, number=number)
            ws.record(fact, on=lot_id, evidence=[approval.id])


def carry_out_conversion(ws: Workspace, conversion_id: UUID, *, places: Mapping[UUID, Place]) -> Conversion:
    """The warehouse does it: each new lot gets a bin and its label, the old ones end, all in one act.

    Refuses another warehouse, a plan that the goods have outgrown, a held lot without its bank's consent, an open release order, and output of a
    transformation whose loss differs from the declared one by more than the product's tolerance.
    """
    ws.may("carry_out_conversion")
    plan = find_conversion(ws, conversion_id, lock=True)
    if plan.warehouse_id != ws.tenant_id:
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    _require_open(plan)
    parents, children = _lots_of(ws, plan)
    if sum(lot.verified_qty or 0 for lot in parents) != plan.input_qty:
        raise Conflict("plan_outgrown", "The goods changed since this was planned: plan it anew.")
    for lot in parents:
        require_movable(lot)
        require_convertible(lot, plan.kind)
    for guard in CONVERSION_GUARDS:
        guard(ws, plan, parents)
    placed = {lot.id: _place_of(places, lot) for lot in children}
    loss = _weighed_loss(plan, children, placed)
    plan.closed_by, plan.closed_at = ws.member.name, ws.now
    for lot in parents:
        end_stay(ws, lot)
    _move(ws, plan, plan.input - loss, [*parents, *children])
    for lot in children:
        _lay_down(ws, plan, lot, placed[lot.id])
    _tell(ws, plan, parents, children)
    return plan


def close_conversion(ws: Workspace, conversion_id: UUID, *, because: str) -> Conversion:
    """Give a plan up: its owner withdraws, the warehouse or a bank that holds part of the lots refuses. The lots stay as they are."""
    plan = find_conversion(ws, conversion_id, lock=True)
    mine = plan.tenant_id == ws.tenant_id
    ws.may(
        "convert_lot" if mine else "carry_out_conversion" if plan.warehouse_id == ws.tenant_id else "approve_conversion"
    )
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    give_up(ws, plan, "withdraw" if mine else "refuse", because.strip()[:500])
    return plan


def give_up(ws: Workspace, plan: Conversion, action: str, because: str | None = None) -> None:
    """Close an open plan; the new lots, of which there are no goods, expire with it."""
    plan.status = CONVERSION.next_state(ConversionState(plan.status), action)
    plan.closed_by, plan.closed_because, plan.closed_at = ws.member.name, because, ws.now
    parents, children = _lots_of(ws, plan)
    for lot in children:
        lot.status = LOT.next_state(LotState(lot.status), "expire")
    for lot in (*parents, *children):
        what: dict[str, Any] = {"conversion_id": plan.id, "lot_id": lot.id, "number": lot.number}
        if because is None:
            ws.record(events.ConversionExpired(**what), on=lot.id)
        else:
            ws.record(events.ConversionClosed(**what, status=plan.status, because=because), on=lot.id)


def _parents(ws: Workspace, plan: Conversion) -> list[tuple[UUID, str]]:
    return sorted({(one.parent_id, one.parent_number) for one in lines_of(ws, plan.id)})


def _lots_of(ws: Workspace, plan: Conversion) -> tuple[list[Lot], list[Lot]]:
    """Old and new lots of a plan, all held, in the order of their ids."""
    lines = lines_of(ws, plan.id)
    old, new = {one.parent_id for one in lines}, {one.child_id for one in lines}
    held = lock_lots(ws, sorted(old | new))
    return [lot for lot in held if lot.id in old], [lot for lot in held if lot.id in new]


def _require_open(plan: Conversion) -> None:
    if plan.status != ConversionState.PROPOSED:
        raise Conflict("plan_closed", "This plan is closed.")


def _place_of(places: Mapping[UUID, Place], lot: Lot) -> Place:
    if lot.id not in places:
        raise Invalid("place_missing", "Say where lot %(number)s goes.", field=f"bin_{lot.id}", number=lot.number)
    return places[lot.id]


def _weighed_loss(plan: Conversion, children: Sequence[Lot], placed: Mapping[UUID, Place]) -> Quantity:
    if plan.kind != ConversionKind.TRANSFORM:
        return Quantity.zero(plan.unit)
    nets = []
    for lot in children:
        place = placed[lot.id]
        if place.gross is None or place.tare is None:
            raise Invalid("no_weighing", "There is no weighing to verify the quantity with.", field=f"gross_{lot.id}")
        nets.append(place.gross.to(plan.unit) - place.tare.to(plan.unit))
    return rules.weighed_loss(plan.input, nets, plan.planned_loss, plan.tolerance)


def _move(ws: Workspace, plan: Conversion, output: Quantity, lots: Sequence[Lot]) -> None:
    """Have the gate move the goods; what it refuses that no guard foresaw is a plan that no longer fits."""
    ws.session.flush()
    try:
        with ws.session.begin_nested():
            ws.session.execute(CARRY_OUT, {"conversion": plan.id, "output": output.amount})
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") != GATE_REFUSES:
            raise
        raise Conflict("plan_outgrown", "The goods changed since this was planned: plan it anew.") from refused
    for row in (plan, *lots):
        ws.session.refresh(row)


def _lay_down(ws: Workspace, plan: Conversion, lot: Lot, place: Place) -> None:
    if plan.kind != ConversionKind.TRANSFORM:
        put_into_bin(ws, lot, place.bin_id)
        return
    assert place.gross is not None
    assert place.tare is not None
    take_in(ws, lot, gross=place.gross, tare=place.tare, bin_id=place.bin_id)


def _tell(ws: Workspace, plan: Conversion, parents: Sequence[Lot], children: Sequence[Lot]) -> None:
    of, into = [lot.number for lot in parents], [lot.number for lot in children]
    for lot in parents:
        what: dict[str, Any] = {"conversion_id": plan.id, "lot_id": lot.id, "number": lot.number, "into": into}
        went = Quantity(lot.converted_qty, lot.unit)
        if plan.kind == ConversionKind.SPLIT:
            ws.record(events.LotSplit(**what, quantity=went), on=lot.id)
        elif plan.kind == ConversionKind.MERGE:
            ws.record(events.LotMerged(**what, quantity=went), on=lot.id)
        else:
            ws.record(events.LotTransformed(**what, quantity=went, loss=plan.loss), on=lot.id)
    for lot in children:
        found = lot.verified or lot.weighed
        assert found is not None
        fact = events.LotMade(
            conversion_id=plan.id, lot_id=lot.id, number=lot.number, of=of, quantity=found, identity=identity_of(ws, lot.id).path
        )  # fmt: skip
        ws.record(fact, on=lot.id)
        if lot.verified is not None:
            watch_expiry(ws, lot)
