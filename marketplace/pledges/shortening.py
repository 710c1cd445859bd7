"""Taking units off the pledges of a lot, from the lowest on, and how many of them may go while a second bank holds the rest too."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.items.pieces import require_whole
from marketplace.inventory.models import Lot
from marketplace.inventory.standing import ends
from marketplace.pledges.holding import end_pledge
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import IN_FORCE
from marketplace.pledges.rules.lifecycle import PledgeState
from marketplace.pledges.rules.ranges import Units, carve, without
from marketplace.quantity import Quantity, base_units
from tenants.errors import Conflict
from tenants.workspace import Workspace


def in_force(ws: Workspace, deal_id: UUID, lot: Lot, *, rank: int) -> Sequence[Pledge]:
    """What the deal holds of a lot in this rank, lowest units first, held for a change."""
    wanted = (
        select(Pledge)
        .where(Pledge.deal_id == deal_id, Pledge.lot_id == lot.id, Pledge.status.in_(IN_FORCE), Pledge.rank == rank)
        .order_by(Pledge.units)
        .with_for_update(key_share=True)
    )
    return ws.session.scalars(wanted).all()


def take_off(ws: Workspace, deal_id: UUID, lot: Lot, leaving: Quantity, *, rank: int = 1) -> tuple[Units, ...]:
    """Take units off the deal's pledges on the lot, lowest first; a pledge that holds nothing any more ends."""
    pledges = in_force(ws, deal_id, lot, rank=rank)
    spans = carve([Units(*ends(one.units)) for one in pledges], base_units(leaving))
    require_whole(ws, lot, [(span.start, span.end) for span in spans])
    for pledge in pledges:
        _shorten(ws, pledge, spans)
    ws.session.flush()
    return spans


def _shorten(ws: Workspace, pledge: Pledge, spans: tuple[Units, ...]) -> None:
    held = Units(*ends(pledge.units))
    if not any(span.overlaps(held) for span in spans):
        return
    kept = without([held], spans)
    if kept:
        pledge.units = Range(kept[0].start, kept[0].end)
        pledge.quantity = Quantity.from_base_units(kept[0].count, pledge.unit).amount
        return
    end_pledge(ws, pledge, PledgeState.RELEASED)


def first_alone(ws: Workspace, deal_id: UUID, lot: Lot) -> int:
    """How many units may go before the first that a second bank holds too: goods leave a pledge from its lowest unit on (`take_off`)."""
    behind, left = [Units(*ends(one)) for one in lot.held_behind], 0
    for held in (Units(*ends(one.units)) for one in in_force(ws, deal_id, lot, rank=1)):
        lowest = next((part.count for part in without([held], behind) if part.start == held.start), 0)
        left += lowest
        if lowest < held.count:
            break
    return left


def stands_behind(lot: Lot, left: int, *, field: str) -> Conflict:
    free = str(Quantity.from_base_units(max(left, 0), lot.unit))
    return Conflict("second_rank_stands", "A second bank holds these goods too: it has to give up its rank first. Without it, %(free)s may go.", field=field, free=free)  # fmt: skip
