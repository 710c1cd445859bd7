"""The pledgor's word on a floor below the valuation: asked with the announcement, answered once. A yes by two of its people, or by its one; a no by any who may answer."""

from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.negotiating.events import FloorAgreed, FloorConsentAsked, FloorRefused
from marketplace.disposal.negotiating.models import FloorConsent
from marketplace.disposal.pledgors_people import takes_two
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

ACT = "agree_floor"


def ask_consent(ws: Workspace, auction: Auction, file: Disposal) -> None:
    """Ask the pledgor, where goods are put up for negotiation below their valuation (Civil Code 436: by reference to the market)."""
    valuation = Money(file.valuation_minor, auction.currency)
    if auction.start >= valuation:
        return
    asked = FloorConsent(
        auction_id=auction.auction_id,
        tenant_id=ws.tenant_id,
        deal_id=file.deal_id,
        borrower_id=file.borrower_id,
        title=auction.title,
        currency=auction.currency,
        floor_minor=auction.start_minor,
        valuation_minor=file.valuation_minor,
        asked_at=ws.now,
        ends_at=auction.closes_at,
    )
    ws.session.add(asked)
    fact = FloorConsentAsked(auction_id=auction.auction_id, title=auction.title, floor=auction.start, valuation=valuation)  # fmt: skip
    ws.record(fact, on=file.deal_id)


def answer_floor(ws: Workspace, auction_id: UUID, *, agree: bool) -> FloorConsent:
    """Agree that the goods may go below their valuation, or not. A yes waits for a colleague where the firm has one who may decide; the answer binds.

    Refuses anybody but the pledgor, a second answer, and one after the sale.
    """
    ws.may("answer_floor")
    asked = _asked(ws, auction_id)
    if not agree:
        _answer(ws, asked, False, by=ws.member.name)
        ws.record(FloorRefused(auction_id=auction_id, title=asked.title), on=asked.deal_id)
    elif takes_two(ws, ACT):
        summary = sentence("Agree that %(goods)s may go below the valuation of %(valuation)s, down to %(floor)s", goods=asked.title, valuation=asked.valuation, floor=asked.floor)  # fmt: skip
        approvals.propose(ws, ACT, subject_id=auction_id, summary=summary)
    else:
        ws.may(ACT)
        _agree(ws, asked, ws.member.name)
    return asked


@upon_approval(ACT)
def agree_as_two(ws: Workspace, approval: Approval) -> None:
    """The second of the pledgor's people agrees."""
    _agree(ws, _asked(ws, approval.subject_id), f"{approval.maker}, {ws.member.name}", approval)


def consent_of(ws: Workspace, auction_id: UUID) -> FloorConsent | None:
    """The question and its answer: for seller and pledgor. None where none was needed."""
    return ws.session.get(FloorConsent, auction_id)


def find_consent(ws: Workspace, auction_id: UUID, *, lock: bool = False) -> FloorConsent:
    """The same; refuses where nobody was asked."""
    wanted = select(FloorConsent).where(FloorConsent.auction_id == auction_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    asked = ws.session.scalars(wanted).one_or_none()
    if asked is None:
        raise NotFound("floor_unknown", "Nobody is asked about a floor here.")
    return asked


def floors_to_answer(ws: Workspace) -> list[FloorConsent]:
    """What the viewer's firm, as pledgor, is asked and may still answer."""
    open_ones = select(FloorConsent).where(
        FloorConsent.borrower_id == ws.tenant_id, FloorConsent.agreed.is_(None), FloorConsent.ends_at > ws.now
    )
    return list(ws.session.scalars(open_ones.order_by(FloorConsent.ends_at)))


def _asked(ws: Workspace, auction_id: UUID) -> FloorConsent:
    """The question, held, for its pledgor while it is open."""
    asked = find_consent(ws, auction_id, lock=True)
    if asked.borrower_id != ws.tenant_id:
        raise NotFound("floor_unknown", "Nobody is asked about a floor here.")
    if asked.agreed is not None:
        raise Conflict("floor_answered", "This is answered already.")
    if ws.now >= asked.ends_at:
        raise Conflict("sale_ended", "The sale has ended.")
    return asked


def _agree(ws: Workspace, asked: FloorConsent, by: str, approval: Approval | None = None) -> None:
    _answer(ws, asked, True, by=by)
    fact = FloorAgreed(auction_id=asked.auction_id, title=asked.title, floor=asked.floor)
    ws.record(fact, on=asked.deal_id, evidence=[approval.id] if approval else [])


def _answer(ws: Workspace, asked: FloorConsent, agreed: bool, *, by: str) -> None:
    asked.agreed, asked.answered_at, asked.answered_by = agreed, ws.now, by
