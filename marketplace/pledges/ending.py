"""How pledges end: given back before they were any, released with the debt, or enforced and realised."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from marketplace.inventory import actions as inventory
from marketplace.pledges import events
from marketplace.pledges.controlling import impair_pledges
from marketplace.pledges.holding import end_pledge, held_pledges
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import IN_FORCE, OFFERED, pledges_of_lot
from marketplace.pledges.ranks.consenting import tell_ended, tell_enforced
from marketplace.pledges.ranks.moving_up import stand_down
from marketplace.pledges.releasing import close_orders
from marketplace.pledges.rules.lifecycle import PLEDGE, PledgeState, is_impaired
from tenants import rooms
from tenants.errors import Conflict
from tenants.workspace import Workspace


def cancel_pledges(
    ws: Workspace, deal_id: UUID, *, because: str, offered_before: datetime | None = None
) -> list[Pledge]:
    """Give goods back that were offered (until `offered_before`) and never came into force; nothing happens where there are none."""
    pledges = held_pledges(ws, deal_id, OFFERED, needed=False)
    pledges = [one for one in pledges if offered_before is None or one.offered_at <= offered_before]
    if not pledges:
        return []
    for pledge in pledges:
        end_pledge(ws, pledge, PLEDGE.next_state(PledgeState(pledge.status), "cancel"))
    lots = _set_free(ws, pledges)
    ws.record(events.PledgesCancelled(deal_id=deal_id, lots=lots, because=because), on=deal_id)
    return pledges


def release_pledges(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    """The debt is paid, which the caller has shown: every pledge of the deal ends, open release orders with them, and the bank loses sight of the lots.

    A pledge is accessory to its debt (Civil Code 393), so this is never refused to the bank. What stands behind it in second rank moves up,
    and goods that were to be sold for this debt are not in disposal any more.
    """
    pledges = held_pledges(ws, deal_id, (*OFFERED, *IN_FORCE), needed=False)
    if not pledges:
        return []
    close_orders(ws, deal_id)
    spared = {one.lot_id for one in pledges if one.status == PledgeState.ENFORCING and one.rank == 1}
    for pledge in pledges:
        action = "release" if pledge.status in IN_FORCE else "cancel"
        end_pledge(ws, pledge, PLEDGE.next_state(PledgeState(pledge.status), action))
    ws.session.flush()
    for lot_id in sorted(spared):
        inventory.mark_spared(ws, lot_id)
    lots = _set_free(ws, pledges)
    stand_down(ws, pledges)
    ws.record(events.PledgesReleased(deal_id=deal_id, lots=lots), on=deal_id)
    tell_ended(ws, deal_id)
    return pledges


def enforce_pledges(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    """Begin to realise the pledges after a default that the bank declared with four eyes, which the caller has carried out: lots go to disposal and open
    release orders end. The goods never become the bank's (Civil Code 401, 428). Refuses a deal without pledges in force.
    Goods held in second rank stay where they are: the first bank sells them, or they move up.
    """
    pledges = held_pledges(ws, deal_id, IN_FORCE)
    close_orders(ws, deal_id)
    for pledge in pledges:
        pledge.status = PLEDGE.next_state(PledgeState(pledge.status), "enforce")
    ws.session.flush()
    for lot_id in sorted({one.lot_id for one in pledges if one.rank == 1}):
        inventory.mark_enforced(ws, lot_id)
    ws.record(events.PledgesEnforced(deal_id=deal_id, lots=len({one.lot_id for one in pledges})), on=deal_id)
    tell_enforced(ws, deal_id)
    return pledges


def lift_enforcement(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    """The default is taken back, which the caller has carried out with four eyes: what was to be sold is a pledge again, in doubt where control was reported lost."""
    pledges = held_pledges(ws, deal_id, [PledgeState.ENFORCING])
    for pledge in pledges:
        pledge.status = PLEDGE.next_state(PledgeState(pledge.status), "lift_enforcement")
    ws.session.flush()
    for lot_id in sorted({one.lot_id for one in pledges if one.rank == 1}):
        inventory.mark_spared(ws, lot_id)
    loss = standing_loss(ws, deal_id)
    if loss is not None and is_impaired(loss.lost_at, ws.now):
        impair_pledges(ws, deal_id, because=loss.because)
    ws.record(events.EnforcementLifted(deal_id=deal_id, lots=len({one.lot_id for one in pledges})), on=deal_id)
    return pledges


def realise_pledge(ws: Workspace, deal_id: UUID, lot_id: UUID) -> list[Pledge]:
    """The goods of a lot were sold and the proceeds distributed, which the caller has shown: its pledges have done their work."""
    pledges = [one for one in held_pledges(ws, deal_id, IN_FORCE) if one.lot_id == lot_id and one.rank == 1]
    if not pledges:
        raise Conflict("nothing_pledged_here", "This deal holds nothing of that lot.")
    for pledge in pledges:
        end_pledge(ws, pledge, PLEDGE.next_state(PledgeState(pledge.status), "realise"))
    ws.session.flush()
    total = sum((one.amount for one in pledges[1:]), pledges[0].amount)
    fact = events.PledgeRealised(deal_id=deal_id, lot_id=lot_id, number=pledges[0].lot_number, quantity=total)
    ws.record(fact, on=deal_id)
    tell_ended(ws, deal_id, lot_id=lot_id)
    return pledges


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
