"""Taking hold of pledges: lots first and in order, no unit twice, each step as listed, no end before its beginning."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError

from marketplace.inventory.queries import lock_lots
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.rules.lifecycle import PLEDGE, PledgeState
from marketplace.states import Actor
from tenants import rooms
from tenants.errors import Conflict
from tenants.workspace import Workspace

# An exclusion constraint, or a deadlock over the same units: either way somebody else has them.
TWICE = {"23P01", "40P01"}


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


def held_pledges(ws: Workspace, deal_id: UUID, states: Sequence[PledgeState], *, needed: bool = True) -> list[Pledge]:
    """The deal's pledges in these states, their lots' rows held first, in order."""
    lot_ids = sorted({one.lot_id for one in pledges_of_deal(ws, deal_id) if one.status in states})
    if lot_ids:
        lock_lots(ws, lot_ids)
    wanted = (
        select(Pledge).where(Pledge.deal_id == deal_id, Pledge.status.in_(states)).order_by(Pledge.lot_id, Pledge.units)
    )
    found = ws.session.scalars(wanted.with_for_update(key_share=True)).all()
    if needed and not found:
        rooms.require(ws, deal_id)
        raise Conflict("nothing_pledged", "There are no goods of this deal in that state.")
    return list(found)


def next_step(pledge: Pledge, action: str, actor: Actor, *met: str) -> PledgeState:
    return PLEDGE.advance(PledgeState(pledge.status), action, actor=actor, met=met)


def end_pledge(ws: Workspace, pledge: Pledge, status: PledgeState) -> None:
    """End a hold: never before it began, whatever the clock says now."""
    begun = pledge.during.lower
    assert begun is not None
    pledge.during = Range(begun, max(ws.now, begun + timedelta(microseconds=1)))
    pledge.status, pledge.ended_at = status, ws.now
