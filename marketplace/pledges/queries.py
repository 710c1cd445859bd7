"""Looking at pledges: through the deal's room, so that no bank sees another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState
from marketplace.pledges.models import ControlRecord, Pledge, ReleaseExecution, ReleaseOrder
from marketplace.pledges.rules.lifecycle import PledgeState, ReleaseState
from marketplace.quantity import Quantity, base_units
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

OFFERED = (PledgeState.DRAFT, PledgeState.SIGNED, PledgeState.REGISTERED)
IN_FORCE = (PledgeState.ACTIVE, PledgeState.IMPAIRED, PledgeState.ENFORCING)
LIVE = OFFERED + IN_FORCE
MOST_ROWS = 200
NOTHING = Decimal(0)


@dataclass(frozen=True)
class DealPledges:
    """One deal's pledges on one line of a list: how much of what, where, in which state."""

    deal_id: UUID
    pledges: tuple[Pledge, ...]

    @property
    def status(self) -> str:
        """The weakest state among those that count: the pledge is only as good as its last lot."""
        states = [PledgeState(one.status) for one in self.counting]
        return min(states, key=list(PledgeState).index)

    @property
    def counting(self) -> tuple[Pledge, ...]:
        """Those that are offered or in force; once all are ended, all: what was released or sold is held no more."""
        return tuple(one for one in self.pledges if one.status in LIVE) or self.pledges

    @property
    def since(self) -> datetime:
        """Since when the first of them stands, or was offered."""
        return min(one.active_at or one.offered_at for one in self.counting)

    @property
    def totals(self) -> dict[str, Decimal]:
        """Quantity held by unit; amounts of different units are never joined."""
        sums: dict[str, Decimal] = {}
        for one in self.counting:
            sums[one.unit] = sums.get(one.unit, NOTHING) + one.quantity
        return sums


def pledges_of_deal(ws: Workspace, deal_id: UUID, *, live: bool = True) -> list[Pledge]:
    """The pledges under a deal, by lot and units; `live`: those offered or in force."""
    wanted = select(Pledge).where(Pledge.deal_id == deal_id).order_by(Pledge.lot_id, Pledge.units)
    return list(ws.session.scalars(wanted.where(Pledge.status.in_(LIVE)) if live else wanted))


def pledges_of_lot(ws: Workspace, lot_id: UUID, *, live: bool = True) -> list[Pledge]:
    """The pledges on a lot that the viewer may see: the owner all of them, a bank its own."""
    wanted = select(Pledge).where(Pledge.lot_id == lot_id).order_by(Pledge.units)
    return list(ws.session.scalars(wanted.where(Pledge.status.in_(LIVE)) if live else wanted))


def list_pledges(
    ws: Workspace,
    *,
    status: str | None = None,
    text: str | None = None,
    live: bool = False,
    cursor: UUID | None = None,
    limit: int = 50,
) -> list[Pledge]:
    """Pledges of all the viewer's deals, newest first. `status`: one, or several between commas. `cursor` is the last id of the page before."""
    wanted = rooms.granted(ws, Pledge, Pledge.deal_id, kind="deal")
    if live:
        wanted = wanted.where(Pledge.status.in_(LIVE))
    if status:
        wanted = wanted.where(Pledge.status.in_(status.split(",")))
    if text:
        named = Pledge.lot_number.icontains(text, autoescape=True) | Pledge.product_name.icontains(
            text, autoescape=True
        )
        wanted = wanted.where(named)
    if cursor is not None:
        wanted = wanted.where(Pledge.id < cursor)
    return list(ws.session.scalars(wanted.order_by(Pledge.id.desc()).limit(min(limit, MOST_ROWS))))


def count_pledges(ws: Workspace) -> dict[str, int]:
    """In how many deals of the viewer's there are pledges in each state."""
    mine = rooms.granted(ws, Pledge, Pledge.deal_id, kind="deal")
    deals = func.count(func.distinct(Pledge.deal_id))
    rows = ws.session.execute(mine.with_only_columns(Pledge.status, deals).group_by(Pledge.status))
    return {status: count for status, count in rows}  # noqa: C416 (rows are no pairs to mypy)


def by_deal(pledges: Sequence[Pledge]) -> list[DealPledges]:
    """The same grouped by deal, in the order in which the deals first appear."""
    deals: dict[UUID, list[Pledge]] = {}
    for pledge in pledges:
        deals.setdefault(pledge.deal_id, []).append(pledge)
    return [DealPledges(deal_id, tuple(group)) for deal_id, group in deals.items()]


def covered(pledge: Pledge, lot: Lot) -> Quantity:
    """How much of a pledge is still there. After a loss, holders of one fungible mass share what is left pro rata (UCC 7-207; Interpretation on
    Security 59): pledged x verified / held, rounded down to a base unit, so that no gram is counted twice.
    """
    held, verified = lot.held_qty, lot.verified_qty or NOTHING
    if held <= verified:
        return pledge.amount
    share = base_units(pledge.amount) * base_units(Quantity(verified, lot.unit))
    return Quantity.from_base_units(share // base_units(Quantity(held, lot.unit)), pledge.unit)


def release_authority(ws: Workspace, lot_id: UUID) -> Decimal:
    """How much of the lot may leave now, in its unit: what is free, and what the bank's open orders release; all of it once it is sold.

    Nothing while it is frozen or in disposal. What was weighed out under an order counts as departed (`lot.departed_qty`) from then on: whoever
    watches the gate compares all that went out with `departed_qty` plus this.
    """
    lot = find_lot(ws, lot_id)
    if lot.status == LotState.SOLD:
        return lot.verified_qty or NOTHING
    if lot.status not in (LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED):
        return NOTHING
    open_orders = select(func.coalesce(func.sum(ReleaseOrder.ordered - ReleaseOrder.executed), 0)).where(
        ReleaseOrder.lot_id == lot_id, ReleaseOrder.status == ReleaseState.ORDERED
    )
    return lot.loose_qty + Decimal(ws.session.scalar(open_orders) or 0)


def release_orders(
    ws: Workspace,
    *,
    deal_id: UUID | None = None,
    lot_id: UUID | None = None,
    open_only: bool = False,
    cursor: UUID | None = None,
    limit: int = 50,
) -> list[ReleaseOrder]:
    """Release orders of the viewer's deals, newest first."""
    wanted = rooms.granted(ws, ReleaseOrder, ReleaseOrder.deal_id, kind="deal").order_by(ReleaseOrder.id.desc())
    if deal_id is not None:
        wanted = wanted.where(ReleaseOrder.deal_id == deal_id)
    if lot_id is not None:
        wanted = wanted.where(ReleaseOrder.lot_id == lot_id)
    if open_only:
        wanted = wanted.where(ReleaseOrder.status == ReleaseState.ORDERED)
    if cursor is not None:
        wanted = wanted.where(ReleaseOrder.id < cursor)
    return list(ws.session.scalars(wanted.limit(min(limit, MOST_ROWS))))


def find_order(ws: Workspace, order_id: UUID, *, lock: bool = False) -> ReleaseOrder:
    """A release order of one of the viewer's deals."""
    wanted = select(ReleaseOrder).where(ReleaseOrder.id == order_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("release_order_unknown", "There is no such release order.")
    return found


def executions_of(ws: Workspace, order_id: UUID) -> list[ReleaseExecution]:
    """What was weighed out under an order, in order."""
    wanted = select(ReleaseExecution).where(ReleaseExecution.order_id == order_id).order_by(ReleaseExecution.id)
    return list(ws.session.scalars(wanted))


def control_records(ws: Workspace, deal_id: UUID) -> list[ControlRecord]:
    """The supervisors' control records under a deal, newest first."""
    wanted = select(ControlRecord).where(ControlRecord.deal_id == deal_id).order_by(ControlRecord.id.desc())
    return list(ws.session.scalars(wanted))
