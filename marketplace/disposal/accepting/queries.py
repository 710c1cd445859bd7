"""Looking at what waits for a buyer's yes, and at disputes."""

from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select

from marketplace.disposal.accepting.models import Acceptance, SaleDispute
from marketplace.disposal.models.settlements import Distribution, Handover, Settlement
from marketplace.disposal.rules.accepting import FINAL, UNDONE, AcceptanceState
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.organisations import Kind
from tenants.workspace import Workspace

MOST_ROWS = 200


def acceptance_of(ws: Workspace, auction_id: UUID, *, lock: bool = False) -> Acceptance | None:
    """The latest purchase of a sale that was paid: for the seller and that buyer."""
    wanted = select(Acceptance).where(Acceptance.auction_id == auction_id).order_by(Acceptance.attempt.desc()).limit(1)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    return ws.session.scalars(wanted).one_or_none()


def find_acceptance(ws: Workspace, auction_id: UUID, *, lock: bool = False) -> Acceptance:
    """The same; refuses where nothing was paid that the viewer may know of."""
    found = acceptance_of(ws, auction_id, lock=lock)
    if found is None:
        raise NotFound("acceptance_unknown", "No goods wait to be accepted here.")
    return found


def price_kept(ws: Workspace, settlement: Settlement) -> Money:
    """The price, less what of it went back to the buyer."""
    found = ws.session.get(Acceptance, (settlement.auction_id, settlement.attempt))
    return settlement.price - found.reduction if found else settlement.price


def goods_left(ws: Workspace, order: Handover) -> Quantity:
    """How much of sold goods may still be handed over: all of them, or what the table of a shortage left of them to their buyer."""
    left = ws.session.scalar(select(func.gate.sale_left(order.auction_id)))
    return order.goods if left is None else min(order.goods, Quantity.from_base_units(left, order.unit))


def undisputed_of(ws: Workspace, found: Acceptance | None) -> Money | None:
    """What of a price its open dispute leaves to distribute; None where none is open, or it holds all of it."""
    dispute = dispute_of(ws, found) if found and found.state is AcceptanceState.DISPUTED else None
    return (dispute.undisputed or None) if dispute else None


def find_dispute(ws: Workspace, dispute_id: UUID, *, lock: bool = False) -> SaleDispute:
    """One dispute, for its buyer, its seller and the goods' supervisor."""
    wanted = select(SaleDispute).where(SaleDispute.id == dispute_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("dispute_unknown", "There is no such dispute.")
    return found


def dispute_of(ws: Workspace, acceptance: Acceptance) -> SaleDispute | None:
    """The dispute about a purchase, if there is one."""
    wanted = select(SaleDispute).where(
        SaleDispute.auction_id == acceptance.auction_id, SaleDispute.attempt == acceptance.attempt
    )
    return ws.session.scalars(wanted).one_or_none()


def list_disputes(ws: Workspace, *, cursor: UUID | None = None, limit: int = 50) -> list[SaleDispute]:
    """Disputes in which the viewer takes part, newest first. `cursor`: the last id of the page before."""
    wanted = rooms.granted(ws, SaleDispute, SaleDispute.id, kind="dispute").order_by(SaleDispute.id.desc())
    if cursor is not None:
        wanted = wanted.where(SaleDispute.id < cursor)
    return list(ws.session.scalars(wanted.limit(min(limit, MOST_ROWS))))


def to_accept(ws: Workspace) -> list[Acceptance]:
    """The viewer's own purchases that wait for its yes, the one whose time is over first on top."""
    mine = select(Settlement.auction_id).where(Settlement.buyer_id == ws.tenant_id)
    waiting = select(Acceptance).where(
        Acceptance.auction_id.in_(mine), Acceptance.tenant_id != ws.tenant_id, Acceptance.status == AcceptanceState.TO_ACCEPT
    )  # fmt: skip
    return list(ws.session.scalars(waiting.order_by(Acceptance.accept_by)))


def count_free_proceeds(ws: Workspace) -> int:
    """Sales of the viewer's whose proceeds, or what a dispute leaves of them, are free and not distributed yet."""
    begun = exists().where(Distribution.auction_id == Acceptance.auction_id)
    ended = begun.where(Distribution.held_minor == 0)
    partly = exists().where(
        SaleDispute.auction_id == Acceptance.auction_id, SaleDispute.attempt == Acceptance.attempt,
        SaleDispute.contested_minor < SaleDispute.price_minor, Acceptance.status == AcceptanceState.DISPUTED,
    )  # fmt: skip
    free = or_(and_(Acceptance.status.in_(FINAL), ~ended), and_(partly, ~begun))
    waiting = select(func.count()).select_from(Acceptance).where(Acceptance.tenant_id == ws.tenant_id, free)
    return int(ws.session.scalar(waiting) or 0)


def count_refunds_owed(ws: Workspace) -> int:
    """Buyers of the viewer's who have money coming back: reduced prices, and purchases undone whose goods are back, or gone."""
    owed = select(func.count()).select_from(Acceptance).where(
        Acceptance.tenant_id == ws.tenant_id, Acceptance.refund_minor > 0, Acceptance.refunded_at.is_(None),
        Acceptance.status.in_(FINAL | UNDONE),
    )  # fmt: skip
    return int(ws.session.scalar(owed) or 0)


def count_open_disputes(ws: Workspace) -> int:
    """Disputes that wait for the viewer's word: the seller's answer or decision, the supervisor's report, the mediator's proposal."""
    undecided = [one for one in list_disputes(ws) if one.decision is None and one.tenant_id != ws.tenant_id]
    mediates = Kind.PLATFORM in ws.member.kinds
    return sum(one.seller_id == ws.tenant_id or (one.proposal if mediates else one.finding) is None for one in undecided)  # fmt: skip
