"""A buyer says what is wrong with the goods, with its evidence; the seller answers, and the supervisor of the goods reports what it knows."""

from decimal import Decimal
from uuid import UUID

from marketplace.disposal.accepting.collecting import require_buyer
from marketplace.disposal.accepting.events import (
    DisputeAnswered,
    FindingAsked,
    FindingReported,
    GoodsDisputed,
    ProceedsHeld,
)
from marketplace.disposal.accepting.models import Acceptance, SaleDispute
from marketplace.disposal.accepting.queries import find_acceptance, find_dispute, price_kept
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import find_auction, find_disposal, find_settlement
from marketplace.disposal.rules.accepting import ACCEPTANCE, Ground, contested_of, settle_until
from marketplace.disposal.rules.afterwards import require_in_time
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

LONGEST = 2000


def raise_dispute(
    ws: Workspace,
    auction_id: UUID,
    *,
    ground: str,
    words: str,
    found: Quantity | None = None,
    contested: Money | None = None,
) -> SaleDispute:
    """Say what is wrong with bought goods, in time. `found`: how much there is by the buyer's own count. Papers that show it are added to the dispute.

    From now on what it contests of the price is held (`contested`; all of it unless it says less), and goods that are not collected stay where they are.
    """
    ws.may("accept_goods")
    auction, waiting = find_auction(ws, auction_id), find_acceptance(ws, auction_id, lock=True)
    require_buyer(ws, waiting)
    disputed = ACCEPTANCE.next_state(waiting.state, "dispute")
    due = waiting.due_at
    assert due is not None, "its time runs"
    require_in_time(ws.now, due)
    dispute = _written(ws, auction, waiting, _ground(ground), checked_words(words))
    dispute.found = _counted(dispute, found)
    price = price_kept(ws, find_settlement(ws, auction_id))
    held = contested_of(price, contested, handed_over=waiting.handed_at is not None)
    dispute.price_minor, dispute.contested_minor = price.minor, held.minor
    waiting.status = disputed
    rooms.found(ws, dispute.id, kind="dispute", role="buyer")
    rooms.share(ws, dispute.id, to=waiting.tenant_id, role="seller", onward=True)
    ws.session.add(dispute)
    ws.session.flush()
    fact = GoodsDisputed(dispute_id=dispute.id, auction_id=auction_id, title=auction.title, ground=dispute.ground, words=dispute.words)  # fmt: skip
    ws.record(fact, on=dispute.id)
    return dispute


def hear_dispute(ws: Workspace, dispute_id: UUID) -> None:
    """The seller's side follows: the goods' supervisor is let in, a release that was not used waits, the parties of the deal learn that money is held.

    Both sides have their time to settle it; when that is over it is looked at whether they did.
    """
    dispute = find_dispute(ws, dispute_id)
    file = find_disposal(ws, dispute.auction_id)
    order = find_handover(ws, dispute.auction_id, lock=True)
    if order.status == "ORDERED":
        order.status = "HELD"
    rooms.share(ws, dispute.id, to=file.supervisor_id, role="supervisor")
    ws.set_timer("accepting.escalate_dispute", key=str(dispute.id), due=dispute.settle_by, stream_id=dispute.id)
    ws.record(FindingAsked(dispute_id=dispute.id, title=dispute.title), on=dispute.id)
    ws.record(ProceedsHeld(auction_id=dispute.auction_id, title=dispute.title, held=dispute.contested), on=file.deal_id)


def answer_dispute(ws: Workspace, dispute_id: UUID, *, words: str) -> SaleDispute:
    """The seller's answer, once. Nothing is decided before it while there is time to settle the dispute."""
    ws.may("settle_sale")
    dispute = find_dispute(ws, dispute_id, lock=True)
    require_seller(ws, dispute)
    if dispute.answer is not None:
        raise Conflict("dispute_answered", "This dispute is answered already.")
    dispute.answer, dispute.answered_by, dispute.answered_at = checked_words(words), ws.member.name, ws.now
    ws.session.flush()
    ws.record(DisputeAnswered(dispute_id=dispute.id, title=dispute.title), on=dispute.id)
    return dispute


def report_finding(ws: Workspace, dispute_id: UUID, *, words: str, found: Quantity | None = None) -> SaleDispute:
    """What the supervisor knows of these goods, from its inspections and devices; once, and before it is decided."""
    ws.may("inspect_lot")
    dispute = find_dispute(ws, dispute_id, lock=True)
    if "supervisor" not in rooms.my_roles(ws, dispute.id):
        raise NotFound("dispute_unknown", "There is no such dispute.")
    if dispute.finding is not None or dispute.decision is not None:
        raise Conflict("finding_closed", "The report was given, or the dispute is decided.")
    dispute.finding, dispute.finding_by, dispute.finding_at = checked_words(words), ws.member.name, ws.now
    dispute.finding_found = _counted(dispute, found)
    ws.session.flush()
    ws.record(FindingReported(dispute_id=dispute.id, title=dispute.title), on=dispute.id)
    return dispute


def require_seller(ws: Workspace, dispute: SaleDispute) -> None:
    """Refuse, as not found, who did not sell these goods."""
    if dispute.seller_id != ws.tenant_id:
        raise NotFound("dispute_unknown", "There is no such dispute.")


def checked_words(written: str) -> str:
    """What a side has to say; refuses too little and too much of it."""
    said = written.strip()
    if not 10 <= len(said) <= LONGEST:
        raise Invalid("words_wrong", "Write 10 to %(most)s characters.", field="words", most=LONGEST)
    return said


def _written(ws: Workspace, auction: Auction, waiting: Acceptance, ground: Ground, words: str) -> SaleDispute:
    return SaleDispute(
        tenant_id=ws.tenant_id,
        id=new_id(),
        auction_id=auction.auction_id,
        attempt=waiting.attempt,
        seller_id=waiting.tenant_id,
        number=auction.number,
        title=auction.title,
        quantity=auction.quantity,
        unit=auction.unit,
        currency=auction.currency,
        ground=ground.value,
        words=words,
        raised_by=ws.member.name,
        raised_at=ws.now,
        settle_by=settle_until(ws.now),
        reduction_minor=0,
    )


def _ground(named: str) -> Ground:
    try:
        return Ground(named)
    except ValueError as unknown:
        raise Invalid("ground_unknown", "Choose what is wrong from the list.", field="ground") from unknown


def _counted(dispute: SaleDispute, found: Quantity | None) -> Decimal | None:
    """A count in the unit of the goods. Refuses less than nothing."""
    if found is None:
        return None
    counted = found.to(dispute.unit, field="found").amount
    if counted < 0:
        raise Invalid("found_negative", "A count is not negative.", field="found")
    return counted
