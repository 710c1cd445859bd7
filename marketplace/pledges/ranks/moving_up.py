"""When the first rank has ended: the database has moved up what stood behind it, and the second bank's own room follows."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.inventory import actions as inventory
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.events import RankMovedUp
from marketplace.pledges.ranks.queries import find_consent
from marketplace.pledges.rules.lifecycle import PledgeState
from tenants.workspace import Workspace


def take_rank(ws: Workspace, consent_id: UUID) -> None:
    """Tell the second bank's deal. Goods that it was enforcing already in second rank go to disposal now."""
    consent = find_consent(ws, consent_id)
    deal_id = consent.second_deal_id
    held = [one for one in pledges_of_deal(ws, deal_id, live=False) if one.consent_id == consent.id]
    moved = [one for one in held if not _waits(one)]
    for lot_id in sorted({one.lot_id for one in moved if one.status == PledgeState.ENFORCING}):
        if find_lot(ws, lot_id, lock=True).standing == LotState.PLEDGED:
            inventory.mark_enforced(ws, lot_id)
    if moved:
        ws.record(RankMovedUp(deal_id=deal_id, lots=len({one.lot_id for one in moved})), on=deal_id)


def _waits(pledge: Pledge) -> bool:
    """Whether it still stands behind a first rank."""
    return pledge.rank > 1 and pledge.ended_at is None


def stand_behind(ws: Workspace, pledges: Sequence[Pledge]) -> None:
    """The second bank's pledges came into force: the consent says so, for the day on which the first bank shares out proceeds."""
    for consent_id in sorted({one.consent_id for one in pledges if one.consent_id and one.rank > 1}):
        find_consent(ws, consent_id, lock=True).in_force_at = ws.now


def stand_down(ws: Workspace, pledges: Sequence[Pledge]) -> None:
    """The second bank holds nothing by these consents any more."""
    for consent_id in sorted({one.consent_id for one in pledges if one.consent_id and one.rank > 1}):
        find_consent(ws, consent_id, lock=True).in_force_at = None
