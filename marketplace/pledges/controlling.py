"""Control: a pledge exists from the moment a supervisor of the bank really controls the goods, and no longer than it does."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.inventory import actions as inventory
from marketplace.inventory.conversions.descent import inspections_behind
from marketplace.pledges import events
from marketplace.pledges.affiliation import pledgor_circle, require_unrelated
from marketplace.pledges.agreeing import require_signed
from marketplace.pledges.by_receipt import require_endorsed
from marketplace.pledges.holding import goods_list, held_pledges, next_step
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.models import ControlRecord, Pledge
from marketplace.pledges.paper_events import ControlRestored
from marketplace.pledges.queries import IN_FORCE, OFFERED, control_records, pledges_of_deal
from marketplace.pledges.ranks.moving_up import stand_behind
from marketplace.pledges.rules import control as control_rules
from marketplace.pledges.rules.lifecycle import PLEDGE, PledgeState
from marketplace.states import Actor
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, Refused
from tenants.events import sentence
from tenants.workspace import Workspace

ACCEPTABLE = (*OFFERED, PledgeState.IMPAIRED)
CONTROLLED = ("supervisor_controls", "devices_online", "quantity_verified_free")


def register_pledges(ws: Workspace, deal_id: UUID, *, certificate: str) -> list[Pledge]:
    """Enter the certificate of the registry (动产融资统一登记) for the goods offered under a deal: the search was clear and the filing made.

    A possessory pledge needs none; it shows third parties what there is. Refuses an empty certificate and a deal with nothing offered.
    """
    ws.may("propose_approval")
    if not certificate.strip():
        raise Invalid("missing", "This must be filled in.", field="certificate")
    pledges = held_pledges(ws, deal_id, OFFERED)
    for pledge in pledges:
        if pledge.status == PledgeState.DRAFT:
            pledge.status = next_step(pledge, "sign", Actor.BANK, "both_signed", "contract_complete")
        pledge.status = next_step(pledge, "register", Actor.BANK, "registry_clear", "registry_certificate")
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
    """The supervisor signs that it controls the goods offered under a deal, for the bank: keys held, goods apart and marked, devices online; or, after
    control was lost, the goods that it controls again.

    Its evidence are the inspections that verified the lots, and what is given. Refuses an empty statement, goods that are frozen or gone, a supervisor
    that is related to the pledgor, and control that lacks one of the three (Interpretation on Security 55: control must be real).
    """
    ws.may("confirm_control")
    if not statement.strip():
        raise Invalid("statement_missing", "Say how the goods are controlled.", field="statement")
    states = OFFERED if standing_loss(ws, deal_id) is None else (*OFFERED, *IN_FORCE)
    mine = [one for one in held_pledges(ws, deal_id, states) if one.supervisor_id == ws.tenant_id]
    if not mine:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    _require_real_control(keys_held, goods_segregated, devices_online)
    for pledgor_id in {one.tenant_id for one in mine}:
        require_unrelated(ws, pledgor_id, ws.tenant_id, deal_id)
    record = _controlled(ws, mine, statement.strip(), evidence)
    ws.session.add(record)
    lots = len({one.lot_id for one in mine})
    fact = events.ControlConfirmed(deal_id=deal_id, control_id=record.id, lots=lots, statement=record.statement)
    ws.record(fact, on=deal_id, evidence=record.evidence)
    return record


def propose_control(ws: Workspace, deal_id: UUID) -> Approval:
    """The bank accepts control, with four eyes; on approval the pledges offered under the deal, and those in doubt, are ACTIVE and their lots PLEDGED.

    Refuses while a supervisor of the goods has not confirmed control for this bank (after a loss, anew), or has not signed the agreement on it, and while
    a receipt by which goods are pledged is not endorsed.
    """
    ws.may("propose_approval")
    pledges = held_pledges(ws, deal_id, ACCEPTABLE)
    require_signed(ws, pledges)
    require_endorsed(ws, [one for one in pledges if one.status != PledgeState.IMPAIRED])
    for pledge in pledges:
        _control_of(ws, pledge)
    lots = [str(one["number"]) for one in goods_list(pledges)]
    summary = sentence("Accept control over the goods of lots %(lots)s", lots=lots)
    return approvals.propose(ws, "accept_control", subject_id=deal_id, summary=summary)


@upon_approval("accept_control")
def _activate(ws: Workspace, approval: Approval) -> None:
    deal_id = approval.subject_id
    pledges = held_pledges(ws, deal_id, ACCEPTABLE)
    require_signed(ws, pledges)
    doubtful = [one for one in pledges if one.status == PledgeState.IMPAIRED]
    offered = [one for one in pledges if one.status != PledgeState.IMPAIRED]
    require_endorsed(ws, offered)
    if doubtful:
        _restore(ws, doubtful, approval)
    if offered:
        _bring_into_force(ws, offered, approval)


def _restore(ws: Workspace, pledges: Sequence[Pledge], approval: Approval) -> None:
    """The goods are under control again: the pledge is in doubt no more."""
    for pledge in pledges:
        record = _control_of(ws, pledge)
        pledge.status, pledge.control_id = next_step(pledge, "restore_control", Actor.BANK, *CONTROLLED), record.id
    lots, deal_id = len({one.lot_id for one in pledges}), pledges[0].deal_id
    fact = ControlRestored(deal_id=deal_id, control_id=record.id, lots=lots)
    ws.record(fact, on=deal_id, evidence=[approval.id, record.id])


def _bring_into_force(ws: Workspace, pledges: Sequence[Pledge], approval: Approval) -> None:
    deal_id = pledges[0].deal_id
    for pledge in pledges:
        record = _control_of(ws, pledge)
        if pledge.status == PledgeState.DRAFT:  # the pledgor signed by offering, the pledgee signs by accepting
            pledge.status = next_step(pledge, "sign", Actor.BANK, "both_signed", "contract_complete")
        pledge.status = next_step(pledge, "accept_control", Actor.BANK, *CONTROLLED, "possessory_reason")
        pledge.control_id, pledge.active_at = record.id, ws.now
    stand_behind(ws, pledges)
    ws.session.flush()
    lot_ids = sorted({one.lot_id for one in pledges})
    for lot_id in lot_ids:
        inventory.mark_pledged(ws, lot_id)
    fact = events.PledgesActivated(deal_id=deal_id, control_id=record.id, lots=len(lot_ids), goods=goods_list(pledges))
    ws.record(fact, on=deal_id, evidence=[approval.id, record.id])


def impair_pledges(ws: Workspace, deal_id: UUID, *, because: str) -> list[Pledge]:
    """Control has been lost for more than two hours: the pledges are in doubt until it is restored. Goods that are held no more are in no doubt."""
    pledges = [one for one in held_pledges(ws, deal_id, IN_FORCE, needed=False) if one.status == PledgeState.ACTIVE]
    for pledge in pledges:
        pledge.status = PLEDGE.next_state(PledgeState.ACTIVE, "impair")
    if pledges:
        ws.record(events.PledgesImpaired(deal_id=deal_id, because=because), on=deal_id)
    return pledges


def waiting_for_control(ws: Workspace, deal_id: UUID) -> list[str]:
    """The numbers of lots that are offered under a deal, or in doubt, and that no supervisor has confirmed to control since: nobody can accept those yet."""
    waiting = []
    for pledge in pledges_of_deal(ws, deal_id):
        if pledge.status in ACCEPTABLE:
            try:
                _control_of(ws, pledge)
            except Refused:
                waiting.append(pledge.lot_number)
    return list(dict.fromkeys(waiting))


def _control_of(ws: Workspace, pledge: Pledge) -> ControlRecord:
    """The newest control record that covers this pledge, tested against the law. None does while a report of lost control stands, and none from before the
    goods were offered: it told of other goods of the lot, or of an earlier pledge.
    """
    if standing_loss(ws, pledge.deal_id) is not None:
        raise Conflict("supervisor_controls", "No supervisor of the bank controls the goods yet.")
    for record in control_records(ws, pledge.deal_id):
        if record.effective_at < pledge.offered_at:
            continue
        if record.tenant_id == pledge.supervisor_id and str(pledge.lot_id) in {one["lot_id"] for one in record.lots}:
            stated = control_rules.ControlRecord(
                supervisor=str(record.tenant_id),
                principal=str(record.principal_id),
                mode=control_rules.SupervisionMode(record.mode),
                effective_at=record.effective_at,
                evidence_ids=tuple(record.evidence),
            )
            control_rules.require_control(stated, str(pledge.bank_id), pledgor_circle(ws, pledge), ws.now)
            return record
    raise Conflict("supervisor_controls", "No supervisor of the bank controls the goods yet.")


def _controlled(
    ws: Workspace, pledges: Sequence[Pledge], statement: str, evidence: Sequence[UUID | str]
) -> ControlRecord:
    """The record of real control over these goods: whoever lacks one of the three signs nothing."""
    return ControlRecord(
        tenant_id=ws.tenant_id,
        id=new_id(),
        deal_id=pledges[0].deal_id,
        principal_id=pledges[0].bank_id,
        mode=control_rules.SupervisionMode.CONTROL,
        statement=statement,
        keys_held=True,
        goods_segregated=True,
        devices_online=True,
        lots=goods_list(pledges),
        evidence=[str(item) for item in (*_inspections(ws, pledges), *evidence)],
        signed_by=ws.member.name,
        effective_at=ws.now,
    )


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
    return list(dict.fromkeys(one.id for lot_id in lot_ids for one in inspections_behind(ws, lot_id)))
