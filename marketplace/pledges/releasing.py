"""Letting pledged goods go: the bank orders it with four eyes, the warehouse weighs out, and never more than was ordered (放货)."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.standing import require_movable
from marketplace.pledges import events
from marketplace.pledges.agreeing import require_floor
from marketplace.pledges.models import Pledge, ReleaseExecution, ReleaseOrder
from marketplace.pledges.queries import find_order
from marketplace.pledges.ranks.events import RankGivenUp
from marketplace.pledges.rules.lifecycle import RELEASE_ORDER, PledgeState, ReleaseState
from marketplace.pledges.rules.ranges import Units
from marketplace.pledges.rules.release import require_within_order
from marketplace.pledges.shortages.limits import require_within_share
from marketplace.pledges.shortening import first_alone, in_force, stands_behind, take_off
from marketplace.pledges.substitutions import close_substitution
from marketplace.quantity import Quantity, base_units
from marketplace.states import Actor
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

ReleaseGuard = Callable[[Workspace, UUID, UUID, Quantity], None]
RELEASE_GUARDS: list[ReleaseGuard] = []


def guards_release(guard: ReleaseGuard) -> ReleaseGuard:
    """Register a rule of a higher slice that may refuse a release (deal, lot, quantity): that what stays still carries the loan (invariant 21)."""
    RELEASE_GUARDS.append(guard)
    return guard


def request_release(ws: Workspace, deal_id: UUID, *, lot_id: UUID, quantity: Quantity, because: str) -> None:
    """The borrower asks the bank to let goods go. Refuses more than this deal holds of the lot."""
    ws.may("request_release")
    lot = find_lot(ws, lot_id)
    wanted = require_releasable_now(ws, deal_id, lot, quantity)
    fact = events.ReleaseRequested(
        deal_id=deal_id, lot_id=lot.id, number=lot.number, quantity=wanted, because=_reason(because)
    )
    ws.record(fact, on=deal_id)


def order_release(
    ws: Workspace,
    deal_id: UUID,
    *,
    lot_id: UUID,
    quantity: Quantity,
    because: str,
    substitution_id: UUID | None = None,
) -> Approval:
    """Propose an order to let `quantity` of a lot go; on a colleague's approval the warehouse may weigh it out.

    Refuses more than the deal holds and has not ordered yet, frozen goods, stock below its control floor, and what a guard of the loan refuses; all
    asked again on approval. `substitution_id`: the exchange that this release is the second half of. Where the deal holds the goods in second rank alone,
    approval gives that rank up and no more: the goods stay with the first bank, which may let them go then.
    """
    ws.may("order_release")
    if "bank" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    lot = find_lot(ws, lot_id, lock=True)
    wanted, reason = _orderable(ws, deal_id, lot, quantity), _reason(because)
    return approvals.propose(
        ws,
        "approve_release",
        subject_id=lot.id,
        summary=sentence(
            "Release %(quantity)s of lot %(lot)s: %(because)s", quantity=wanted, lot=lot.number, because=reason
        ),
        deal_id=str(deal_id),
        amount=str(wanted.amount),
        because=reason,
        substitution_id=str(substitution_id) if substitution_id else None,
    )


@upon_approval("approve_release")
def _order(ws: Workspace, approval: Approval) -> None:
    deal_id, lot = UUID(approval.payload["deal_id"]), find_lot(ws, approval.subject_id, lock=True)
    quantity = _orderable(ws, deal_id, lot, Quantity.of(approval.payload["amount"], lot.unit))
    if approval.payload.get("substitution_id"):
        close_substitution(ws, deal_id, UUID(approval.payload["substitution_id"]))
    if not in_force(ws, deal_id, lot, rank=1):
        give_up_rank(ws, deal_id, lot, quantity, approval)
        return
    proofs = {"ltv_within_initial", "valuation_fresh"}  # the guards' own names: they have been asked
    order = ReleaseOrder(
        tenant_id=ws.tenant_id,
        id=new_id(),
        deal_id=deal_id,
        lot_id=lot.id,
        lot_number=lot.number,
        product_name=lot.product_name,
        ordered=quantity.amount,
        executed=0,
        unit=lot.unit,
        status=RELEASE_ORDER.advance(ReleaseState.REQUESTED, "order", actor=Actor.BANK, met=proofs),
        because=approval.payload["because"],
        ordered_by=approval.maker,
        approved_by=ws.member.name,
        ordered_at=ws.now,
    )
    ws.session.add(order)
    fact = events.ReleaseOrdered(
        deal_id=deal_id, order_id=order.id, lot_id=lot.id, number=lot.number, quantity=quantity, because=order.because
    )
    ws.record(fact, on=deal_id, evidence=[approval.id])


def execute_release(ws: Workspace, order_id: UUID, *, weighed: Quantity) -> ReleaseOrder:
    """Weigh goods out under a release order: they leave the pledge, the lot and the warehouse in one act.

    Refuses another warehouse's lot, a frozen lot, an order that is closed, more than it still releases (invariant 5), and goods behind which a second
    bank has come since the order was given.
    """
    ws.may("execute_release")
    lot = find_lot(ws, find_order(ws, order_id).lot_id, lock=True)
    if ws.tenant_id not in (lot.warehouse_id, lot.supervisor_id):
        raise NotAllowed("lot_elsewhere", "This lot is announced to another warehouse.")
    require_movable(lot)
    order = find_order(ws, order_id, lock=True)
    leaving = weighed.to(lot.unit, field="weighed")
    require_within_share(ws, order.deal_id, lot, leaving, field="weighed")
    require_within_order(Quantity(order.ordered, order.unit), Quantity(order.executed, order.unit), leaving)
    closed = RELEASE_ORDER.next_state(ReleaseState(order.status), "execute")
    if lot.held_behind and base_units(leaving) > (left := first_alone(ws, order.deal_id, lot)):
        raise stands_behind(lot, left, field="weighed")
    spans = take_off(ws, order.deal_id, lot, leaving)
    order.executed += leaving.amount
    if order.executed == order.ordered:
        order.status, order.closed_at = closed, ws.now
    ws.session.add(_execution(ws, order, leaving, spans))
    inventory.take_out(ws, lot, leaving, spans=[(span.start, span.end) for span in spans])
    inventory.mark_released(ws, lot.id)
    fact = events.ReleaseExecuted(
        deal_id=order.deal_id, order_id=order.id, lot_id=lot.id, number=lot.number, weighed=leaving, remaining=Quantity(order.remaining, order.unit)
    )  # fmt: skip
    ws.record(fact, on=order.deal_id)
    return order


def revoke_release(ws: Workspace, order_id: UUID) -> ReleaseOrder:
    """Take back what an order has not released yet. One officer may: it only ever keeps goods in."""
    ws.may("order_release")
    lot = find_lot(ws, find_order(ws, order_id).lot_id, lock=True)
    order = find_order(ws, order_id, lock=True)
    if order.tenant_id != ws.tenant_id:
        raise NotAllowed("order_not_yours", "Another firm gave this order.")
    _revoke(ws, order)
    fact = events.ReleaseRevoked(
        deal_id=order.deal_id, order_id=order.id, lot_id=lot.id, number=lot.number, remaining=Quantity(order.ordered - order.executed, order.unit)
    )  # fmt: skip
    ws.record(fact, on=order.deal_id)
    return order


def close_orders(ws: Workspace, deal_id: UUID) -> None:
    """End a deal's open orders with its pledges; the caller holds the lots and records why."""
    wanted = select(ReleaseOrder).where(ReleaseOrder.deal_id == deal_id, ReleaseOrder.status == ReleaseState.ORDERED)
    for order in ws.session.scalars(wanted.with_for_update(key_share=True)):
        _revoke(ws, order)


def _revoke(ws: Workspace, order: ReleaseOrder) -> None:
    order.status, order.closed_at = RELEASE_ORDER.next_state(ReleaseState(order.status), "revoke"), ws.now


def _orderable(ws: Workspace, deal_id: UUID, lot: Lot, quantity: Quantity) -> Quantity:
    require_movable(lot)
    wanted = require_releasable_now(ws, deal_id, lot, quantity)
    require_within_share(ws, deal_id, lot, wanted, field="quantity")
    _require_nothing_behind(ws, deal_id, lot, wanted)
    require_floor(ws, deal_id, wanted)
    for guard in RELEASE_GUARDS:
        guard(ws, deal_id, lot.id, wanted)
    return wanted


def require_releasable_now(ws: Workspace, deal_id: UUID, lot: Lot, quantity: Quantity) -> Quantity:
    """The quantity in the lot's unit; refuses more than the deal's pledges in force hold and open orders have not taken."""
    wanted = quantity.to(lot.unit)
    if base_units(wanted) <= 0:
        raise Invalid("quantity_not_positive", "Nothing leaves by this order.", field="quantity")
    held = select(Pledge.quantity).where(
        Pledge.deal_id == deal_id,
        Pledge.lot_id == lot.id,
        Pledge.status.in_((PledgeState.ACTIVE, PledgeState.IMPAIRED)),
    )
    ordered = select(ReleaseOrder.ordered - ReleaseOrder.executed).where(
        ReleaseOrder.deal_id == deal_id, ReleaseOrder.lot_id == lot.id, ReleaseOrder.status == ReleaseState.ORDERED
    )
    left = sum(ws.session.scalars(held), start=wanted.amount * 0) - sum(
        ws.session.scalars(ordered), start=wanted.amount * 0
    )
    if wanted.amount > left:
        raise Conflict(
            "beyond_pledge",
            "This deal holds %(left)s of the lot that no order releases yet.",
            field="quantity",
            left=str(Quantity(max(left, left * 0), lot.unit)),
        )
    return wanted


def give_up_rank(ws: Workspace, deal_id: UUID, lot: Lot, quantity: Quantity, approval: Approval) -> None:
    """The second bank holds so much less of a lot in second rank, lowest units first: those that the first bank would let go first."""
    take_off(ws, deal_id, lot, quantity, rank=2)
    fact = RankGivenUp(deal_id=deal_id, lot_id=lot.id, number=lot.number, quantity=quantity, because=approval.payload["because"])  # fmt: skip
    ws.record(fact, on=deal_id, evidence=[approval.id])


def _require_nothing_behind(ws: Workspace, deal_id: UUID, lot: Lot, wanted: Quantity) -> None:
    """Refuse goods that a second bank holds too: it gives its rank on them up first."""
    if not lot.held_behind or not in_force(ws, deal_id, lot, rank=1):
        return
    orders = select(ReleaseOrder).where(ReleaseOrder.deal_id == deal_id, ReleaseOrder.lot_id == lot.id)
    promised = sum(base_units(Quantity(one.remaining, one.unit)) for one in ws.session.scalars(orders))
    left = first_alone(ws, deal_id, lot) - promised
    if base_units(wanted) > left:
        raise stands_behind(lot, left, field="quantity")


def _execution(ws: Workspace, order: ReleaseOrder, leaving: Quantity, spans: tuple[Units, ...]) -> ReleaseExecution:
    return ReleaseExecution(
        tenant_id=ws.tenant_id,
        id=new_id(),
        deal_id=order.deal_id,
        order_id=order.id,
        lot_id=order.lot_id,
        weighed=leaving.amount,
        unit=leaving.unit,
        units=[[span.start, span.end] for span in spans],
        executed_by=ws.member.name,
        executed_at=ws.now,
    )


def _reason(because: str) -> str:
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    return because.strip()[:500]
