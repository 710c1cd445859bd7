"""A pledge from offer to end. Every act first holds the rows of its lots, in the order of their ids; only then are units looked for, taken or given back.

Orders to let goods go are in `releasing.py` and are offered here too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot, LotUnits
from marketplace.inventory.queries import inspections_of, lock_lots
from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.inventory.standing import ends, require_movable
from marketplace.pledges import events
from marketplace.pledges.models import ControlRecord, Pledge
from marketplace.pledges.queries import IN_FORCE, OFFERED, control_records, pledges_of_deal, pledges_of_lot
from marketplace.pledges.releasing import (
    close_orders,
    execute_release,
    guards_release,
    order_release,
    request_release,
    revoke_release,
)
from marketplace.pledges.rules import control as control_rules
from marketplace.pledges.rules.lifecycle import PLEDGE, PledgeState
from marketplace.pledges.rules.ranges import Units, place
from marketplace.quantity import Quantity
from marketplace.states import Actor
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace

__all__ = [
    "cancel_pledges",
    "confirm_control",
    "enforce_pledges",
    "execute_release",
    "guards_release",
    "impair_pledges",
    "offer_pledge",
    "order_release",
    "propose_control",
    "realise_pledge",
    "register_pledges",
    "release_pledges",
    "request_release",
    "revoke_release",
]

MOST_LOTS = 200
TWICE = {
    "23P01",
    "40P01",
}  # an exclusion constraint, or a deadlock over the same units: either way somebody else has them


def offer_pledge(ws: Workspace, *, deal_id: UUID, bank_id: UUID, goods: list[tuple[UUID, Quantity]]) -> list[Pledge]:
    """Put goods at a bank's disposal under a deal: each quantity takes base units of its lot that nobody holds, and the lots are reserved.

    One pledge for each unbroken range. Refuses another's lots, more than is verified and free, frozen goods, and units that somebody else took in
    the same moment, without saying who. An offer that no control record follows is given back after seven days.
    """
    ws.may("request_financing")
    if "borrower" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    _require_bank(ws, bank_id)
    wanted = _wanted(goods)
    with no_unit_twice(ws):
        lots = lock_lots(ws, sorted(wanted))
        made = [pledge for lot in lots for pledge in _place(ws, lot, wanted[lot.id], deal_id, bank_id)]
        ws.session.add_all(made)
        ws.session.flush()
    for lot in lots:
        inventory.reserve_lot(ws, lot.id, deal_id=deal_id)
        rooms.share(ws, lot.id, to=bank_id, role="bank", onward=True)
        rooms.share(ws, deal_id, to=lot.warehouse_id, role="warehouse")
        rooms.share(ws, deal_id, to=lot.supervisor_id, role="supervisor")
    due = LOT.due_at(LotState.RESERVED, "expire_reservation", ws.now)
    ws.set_timer("pledges.give_back_offer", key=f"offer:{made[0].id}", due=due, stream_id=deal_id)
    fact = events.PledgesOffered(deal_id=deal_id, bank_id=bank_id, lots=len(lots), goods=goods_list(made))
    ws.record(fact, on=deal_id)
    return made


def register_pledges(ws: Workspace, deal_id: UUID, *, certificate: str) -> list[Pledge]:
    """Enter the certificate of the registry (动产融资统一登记) for the goods offered under a deal: the search was clear and the filing made.

    A possessory pledge needs none; it shows third parties what there is. Refuses an empty certificate and a deal with nothing offered.
    """
    ws.may("propose_approval")
    if not certificate.strip():
        raise Invalid("missing", "This must be filled in.", field="certificate")
    pledges = _locked(ws, deal_id, OFFERED)
    for pledge in pledges:
        if pledge.status == PledgeState.DRAFT:
            pledge.status = _step(pledge, "sign", Actor.BANK, "both_signed", "contract_complete")
        pledge.status = _step(pledge, "register", Actor.BANK, "registry_clear", "registry_certificate")
        pledge.certificate = certificate.strip()
    ws.record(events.PledgesRegistered(deal_id=deal_id, certificate=certificate.strip()), on=deal_id)
    return pledges


def confirm_control(
    ws: Workspace,
    deal_id: UUID,
    *,
    statement: str,
    keys_held: bool = True,
    goods_segregated: bool = True,
    devices_online: bool = True,
    evidence: Sequence[UUID | str] = (),
) -> ControlRecord:
    """The supervisor signs that it controls the goods offered under a deal, for the bank: keys held, goods apart and marked, devices online.

    Its evidence are the inspections that verified the lots, and what is given. Refuses an empty statement, goods that are frozen or gone, and
    control that lacks one of the three (Interpretation on Security 55: control must be real).
    """
    ws.may("confirm_control")
    if not statement.strip():
        raise Invalid("statement_missing", "Say how the goods are controlled.", field="statement")
    mine = [one for one in _locked(ws, deal_id, OFFERED) if one.supervisor_id == ws.tenant_id]
    if not mine:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    _require_real_control(keys_held, goods_segregated, devices_online)
    record = ControlRecord(
        tenant_id=ws.tenant_id,
        id=new_id(),
        deal_id=deal_id,
        principal_id=mine[0].bank_id,
        mode=control_rules.SupervisionMode.CONTROL,
        statement=statement.strip(),
        keys_held=keys_held,
        goods_segregated=goods_segregated,
        devices_online=devices_online,
        lots=goods_list(mine),
        evidence=[str(item) for item in (*_inspections(ws, mine), *evidence)],
        signed_by=ws.member.name,
        effective_at=ws.now,
    )
    ws.session.add(record)
    fact = events.ControlConfirmed(
        deal_id=deal_id, control_id=record.id, lots=len({one.lot_id for one in mine}), statement=record.statement
    )
    ws.record(fact, on=deal_id, evidence=record.evidence)
    return record


def propose_control(ws: Workspace, deal_id: UUID) -> Approval:
    """The bank accepts control, with four eyes; on approval the pledges offered under the deal are ACTIVE and their lots PLEDGED.

    Refuses while a supervisor of the goods has not confirmed control for this bank.
    """
    ws.may("propose_approval")
    pledges = _locked(ws, deal_id, OFFERED)
    for pledge in pledges:
        _control_of(ws, pledge)
    totals = ", ".join(sorted({str(one["quantity"]) + " " + str(one["product"]) for one in goods_list(pledges)}))
    return approvals.propose(ws, "accept_control", subject_id=deal_id, summary=f"Accept control over {totals}"[:500])


@upon_approval("accept_control")
def _activate(ws: Workspace, approval: Approval) -> None:
    deal_id = approval.subject_id
    pledges = _locked(ws, deal_id, OFFERED)
    for pledge in pledges:
        record = _control_of(ws, pledge)
        if pledge.status == PledgeState.DRAFT:  # the pledgor signed by offering, the pledgee signs by accepting
            pledge.status = _step(pledge, "sign", Actor.BANK, "both_signed", "contract_complete")
        proofs = ("supervisor_controls", "devices_online", "quantity_verified_free", "possessory_reason")
        pledge.status = _step(pledge, "accept_control", Actor.BANK, *proofs)
        pledge.control_id, pledge.active_at = record.id, ws.now
    ws.session.flush()
    lot_ids = sorted({one.lot_id for one in pledges})
    for lot_id in lot_ids:
        inventory.mark_pledged(ws, lot_id)
    fact = events.PledgesActivated(deal_id=deal_id, control_id=record.id, lots=len(lot_ids), goods=goods_list(pledges))
    ws.record(fact, on=deal_id, evidence=[approval.id, record.id])


def cancel_pledges(
    ws: Workspace, deal_id: UUID, *, because: str, offered_before: datetime | None = None
) -> list[Pledge]:
    """Give goods back that were offered (until `offered_before`) and never came into force; nothing happens where there are none."""
    pledges = _locked(ws, deal_id, OFFERED, needed=False)
    pledges = [one for one in pledges if offered_before is None or one.offered_at <= offered_before]
    if not pledges:
        return []
    for pledge in pledges:
        _end(ws, pledge, PLEDGE.next_state(PledgeState(pledge.status), "cancel"))
    lots = _set_free(ws, pledges)
    ws.record(events.PledgesCancelled(deal_id=deal_id, lots=lots, because=because), on=deal_id)
    return pledges


def release_pledges(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    """The debt is paid, which the caller has shown: every pledge of the deal ends, open release orders with them, and the bank loses sight of the lots.

    A pledge is accessory to its debt (Civil Code 393), so this is never refused to the bank.
    """
    pledges = _locked(ws, deal_id, (*OFFERED, *IN_FORCE), needed=False)
    if not pledges:
        return []
    close_orders(ws, deal_id)
    for pledge in pledges:
        action = "release" if pledge.status in IN_FORCE else "cancel"
        _end(ws, pledge, PLEDGE.next_state(PledgeState(pledge.status), action))
    lots = _set_free(ws, pledges)
    ws.record(events.PledgesReleased(deal_id=deal_id, lots=lots), on=deal_id)
    return pledges


def impair_pledges(ws: Workspace, deal_id: UUID, *, because: str) -> list[Pledge]:
    """Control has been lost for more than two hours: the pledges are in doubt until it is restored."""
    pledges = [one for one in _locked(ws, deal_id, IN_FORCE) if one.status == PledgeState.ACTIVE]
    for pledge in pledges:
        pledge.status = PLEDGE.next_state(PledgeState.ACTIVE, "impair")
    if pledges:
        ws.record(events.PledgesImpaired(deal_id=deal_id, because=because), on=deal_id)
    return pledges


def enforce_pledges(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    """Begin to realise the pledges after a default that the bank declared with four eyes, which the caller has carried out: lots go to disposal and open
    release orders end. The goods never become the bank's (Civil Code 401, 428). Refuses a deal without pledges in force.
    """
    pledges = _locked(ws, deal_id, IN_FORCE)
    close_orders(ws, deal_id)
    for pledge in pledges:
        pledge.status = PLEDGE.next_state(PledgeState(pledge.status), "enforce")
    ws.session.flush()
    lot_ids = sorted({one.lot_id for one in pledges})
    for lot_id in lot_ids:
        inventory.mark_enforced(ws, lot_id)
    ws.record(events.PledgesEnforced(deal_id=deal_id, lots=len(lot_ids)), on=deal_id)
    return pledges


def realise_pledge(ws: Workspace, deal_id: UUID, lot_id: UUID) -> list[Pledge]:
    """The goods of a lot were sold and the proceeds distributed, which the caller has shown: its pledges have done their work."""
    pledges = [one for one in _locked(ws, deal_id, IN_FORCE) if one.lot_id == lot_id]
    if not pledges:
        raise Conflict("nothing_pledged_here", "This deal holds nothing of that lot.")
    for pledge in pledges:
        _end(ws, pledge, PLEDGE.next_state(PledgeState(pledge.status), "realise"))
    ws.session.flush()
    total = sum((one.amount for one in pledges[1:]), pledges[0].amount)
    fact = events.PledgeRealised(deal_id=deal_id, lot_id=lot_id, number=pledges[0].lot_number, quantity=total)
    ws.record(fact, on=deal_id)
    return pledges


@contextmanager
def no_unit_twice(ws: Workspace) -> Iterator[None]:
    """Units that another pledge took, found out by constraint or by deadlock, are refused in words that do not tell whose they are."""
    try:
        with ws.session.begin_nested():
            yield
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") not in TWICE:
            raise
        raise Conflict("already_encumbered", "These goods are already encumbered.", field="quantity") from refused


def goods_list(pledges: Sequence[Pledge]) -> list[dict[str, str]]:
    """What is pledged, lot by lot, for a fact and for the pledge list (质押清单)."""
    lots: dict[UUID, list[Pledge]] = {}
    for pledge in pledges:
        lots.setdefault(pledge.lot_id, []).append(pledge)
    return [
        {
            "lot_id": str(lot_id),
            "number": parts[0].lot_number,
            "product": parts[0].product_name,
            "quantity": str(sum((one.amount for one in parts[1:]), parts[0].amount)),
        }
        for lot_id, parts in lots.items()
    ]


def _wanted(goods: list[tuple[UUID, Quantity]]) -> dict[UUID, Quantity]:
    if not 1 <= len(goods) <= MOST_LOTS:
        raise Invalid("goods_missing", "Choose between 1 and %(most)s lots.", field="goods", most=MOST_LOTS)
    wanted = dict(goods)
    if len(wanted) < len(goods):
        raise Invalid("lot_twice", "Each lot may be offered once.", field="goods")
    return wanted


def _require_bank(ws: Workspace, bank_id: UUID) -> None:
    if Kind.BANK not in find_organisation(ws.session, bank_id).kinds:
        raise Invalid("bank_unknown", "Choose a bank from the list.", field="bank_id")


def _place(ws: Workspace, lot: Lot, quantity: Quantity, deal_id: UUID, bank_id: UUID) -> list[Pledge]:
    if lot.tenant_id != ws.tenant_id:
        raise NotFound("lot_unknown", "There is no such lot.")
    require_movable(lot)
    if lot.verified is None:
        raise Conflict("lot_not_verified", "Lot %(number)s is not verified.", field="goods", number=lot.number)
    units = select(LotUnits.units).where(LotUnits.tenant_id == lot.tenant_id, LotUnits.lot_id == lot.id)
    spans = place(
        [Units(*ends(one)) for one in ws.session.scalars(units)],
        [Units(*ends(one)) for one in lot.held],
        quantity.to(lot.unit),
    )
    begun = _not_before_the_last(ws, lot)
    return [_pledge(ws, lot, span, begun, deal_id, bank_id) for span in spans]


def _pledge(ws: Workspace, lot: Lot, span: Units, begun: datetime, deal_id: UUID, bank_id: UUID) -> Pledge:
    return Pledge(
        tenant_id=lot.tenant_id,
        id=new_id(),
        deal_id=deal_id,
        lot_id=lot.id,
        lot_number=lot.number,
        product_name=lot.product_name,
        grade=lot.grade,
        site_name=lot.site_name,
        bank_id=bank_id,
        supervisor_id=lot.supervisor_id,
        warehouse_id=lot.warehouse_id,
        rank=1,
        units=Range(span.start, span.end),
        during=Range(begun, None),
        quantity=Quantity.from_base_units(span.count, lot.unit).amount,
        unit=lot.unit,
        status=PLEDGE.next_state(None, "draft"),
        offered_at=ws.now,
    )


def _not_before_the_last(ws: Workspace, lot: Lot) -> datetime:
    """Now; or, where the clock was set back, the moment at which the last pledge on the lot ended."""
    last = select(func.max(func.upper(Pledge.during))).where(Pledge.lot_id == lot.id, ~func.upper_inf(Pledge.during))
    return max(ws.now, ws.session.scalar(last) or ws.now)


def _locked(ws: Workspace, deal_id: UUID, states: Sequence[PledgeState], *, needed: bool = True) -> list[Pledge]:
    """The deal's pledges in these states, their lots' rows held first, in order."""
    lot_ids = sorted({one.lot_id for one in pledges_of_deal(ws, deal_id) if one.status in states})
    if lot_ids:
        lock_lots(ws, lot_ids)
    wanted = (
        select(Pledge).where(Pledge.deal_id == deal_id, Pledge.status.in_(states)).order_by(Pledge.lot_id, Pledge.units)
    )
    found = ws.session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    if needed and not found:
        raise Conflict("nothing_pledged", "There are no goods of this deal in that state.")
    return list(found)


def _step(pledge: Pledge, action: str, actor: Actor, *met: str) -> PledgeState:
    return PLEDGE.advance(PledgeState(pledge.status), action, actor=actor, met=met)


def _control_of(ws: Workspace, pledge: Pledge) -> ControlRecord:
    """The newest control record that covers this pledge, tested against the law."""
    for record in control_records(ws, pledge.deal_id):
        if record.tenant_id == pledge.supervisor_id and str(pledge.lot_id) in {one["lot_id"] for one in record.lots}:
            stated = control_rules.ControlRecord(
                supervisor=str(record.tenant_id),
                principal=str(record.principal_id),
                mode=control_rules.SupervisionMode(record.mode),
                effective_at=record.effective_at,
                evidence_ids=tuple(record.evidence),
            )
            control_rules.require_control(stated, str(pledge.bank_id), {str(pledge.tenant_id)}, ws.now)
            return record
    raise Conflict("supervisor_controls", "No supervisor of the bank controls the goods yet.")


def _require_real_control(keys_held: bool, goods_segregated: bool, devices_online: bool) -> None:
    if not keys_held:
        raise Conflict("keys_not_held", "Who does not hold the keys does not control the goods.", field="keys_held")
    if not goods_segregated:
        raise Conflict(
            "goods_not_segregated", "Goods under control lie apart and are marked.", field="goods_segregated"
        )
    if not devices_online:
        raise Conflict(
            "devices_online", "The devices that watch these goods are not all online.", field="devices_online"
        )


def _inspections(ws: Workspace, pledges: Sequence[Pledge]) -> list[UUID]:
    lot_ids = dict.fromkeys(one.lot_id for one in pledges)
    return [one.id for lot_id in lot_ids for one in inspections_of(ws, lot_id) if one.outcome == "verified"]


def _end(ws: Workspace, pledge: Pledge, status: PledgeState) -> None:
    """End a hold: never before it began, whatever the clock says now."""
    begun = pledge.during.lower
    assert begun is not None
    pledge.during = Range(begun, max(ws.now, begun + timedelta(microseconds=1)))
    pledge.status, pledge.ended_at = status, ws.now


def _set_free(ws: Workspace, pledges: Sequence[Pledge]) -> int:
    """Free the lots whose last hold ended; a bank that holds nothing of a lot any more loses sight of it. Returns how many lots."""
    ws.session.flush()
    lot_ids = sorted({one.lot_id for one in pledges})
    for lot_id in lot_ids:
        inventory.mark_released(ws, lot_id)
        for bank_id in {one.bank_id for one in pledges if one.lot_id == lot_id}:
            if not any(one.bank_id == bank_id for one in pledges_of_lot(ws, lot_id)):
                rooms.end_share(ws, lot_id, to=bank_id, role="bank")
    return len(lot_ids)
