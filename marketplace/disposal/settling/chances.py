"""The second chance: after a default the goods are offered to the runner-up at its own last bid, before they are put up again.

One officer proposes, another offers; the runner-up answers in time and pays its deposit again; the seller's side concludes. A no, or silence, leads to the
next bidder or to a new attempt. For voluntary sales alone.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.closing import move
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.bids import COUNTED, Bid
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction, find_disposal, is_seller, settlement_of
from marketplace.disposal.registering import add_move, checked_reference
from marketplace.disposal.rules.afterwards import (
    AFTERWARDS,
    CHANCE,
    OPEN_CHANCES,
    Afterwards,
    ChanceState,
    LastBid,
    require_in_time,
    runner_up,
)
from marketplace.disposal.rules.lifecycle import AUCTION, DEPOSIT, AuctionState
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from marketplace.disposal.settling.events import (
    SecondChanceAccepted,
    SecondChanceDeclined,
    SecondChanceLapsed,
    SecondChanceOffered,
    SecondChanceProposed,
    SecondChanceTaken,
)
from marketplace.disposal.settling.models import SecondChance
from marketplace.disposal.settling.owing import owe_price
from marketplace.disposal.settling.queries import chance_is_open, chance_of, find_chance
from marketplace.financing.rules.deals import DealState
from marketplace.financing.steps import state_of
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, NotFound
from tenants.events import Fact, sentence
from tenants.workspace import Workspace

UNMASK = text("select * from gate.unmask(:auction, :paddle)")


def propose_second_chance(ws: Workspace, auction_id: UUID) -> Approval:
    """Propose to offer the goods to the runner-up at its last bid. Refuses where the law has no second chance, no runner-up is left, or the goods are up again."""
    ws.may("prepare_disposal")
    auction = _defaulted(ws, auction_id)
    bid = _next_bid(ws, auction)
    price = Money(bid.amount_minor, auction.currency)
    ws.record(SecondChanceProposed(auction_id=auction_id, title=auction.title, price=price), on=auction_id)
    summary = sentence("Offer %(auction)s to the runner-up, paddle %(paddle)s, for %(price)s", auction=auction.number, paddle=bid.paddle, price=price)  # fmt: skip
    return approvals.propose(ws, "approve_second_chance", subject_id=auction_id, summary=summary, paddle=bid.paddle)


@upon_approval("approve_second_chance")
def offer_second_chance(ws: Workspace, approval: Approval) -> None:
    """Offer as approved. Refuses where another bidder is next by now."""
    auction = _defaulted(ws, approval.subject_id)
    bid, terms = _next_bid(ws, auction), terms_of(auction)
    if bid.paddle != approval.payload["paddle"]:
        raise Conflict("runner_up_moved", "Another bidder is the runner-up by now. Propose it again.")
    bidder = ws.session.execute(UNMASK, {"auction": auction.auction_id, "paddle": bid.paddle}).one()
    earlier = settlement_of(ws, auction.auction_id)
    last = max(earlier.attempt if earlier else 1, *(row.attempt for row in chances(ws, auction.auction_id)), 1)
    offered = SecondChance(
        auction_id=auction.auction_id,
        attempt=last + 1,
        tenant_id=ws.tenant_id,
        registration_id=bidder.registration_id,
        paddle=bid.paddle,
        status=CHANCE.next_state(None, "offer"),
        currency=auction.currency,
        price_minor=bid.amount_minor,
        deposit_minor=0 if terms.deposit_within is None else min(auction.deposit_minor, bid.amount_minor),
        offered_at=ws.now,
        answer_by=ws.now + terms.chance_for,
    )
    ws.session.add(offered)
    told = SecondChanceOffered(auction_id=auction.auction_id, title=auction.title, price=offered.price, deposit=offered.deposit, answer_by=offered.answer_by)  # fmt: skip
    ws.record(told, on=offered.registration_id)
    _expire_at(ws, offered, offered.answer_by)


def answer_second_chance(ws: Workspace, auction_id: UUID, *, accept: bool) -> SecondChance:
    """The runner-up says yes or no, once and in time. A yes binds it like a bid; the deposit is due again where the offer asks for one."""
    ws.may("place_bid")
    auction, offered = find_auction(ws, auction_id), find_chance(ws, auction_id, lock=True)
    if is_seller(ws, auction):
        raise NotFound("chance_unknown", "No second chance is offered here.")
    answered = CHANCE.next_state(ChanceState(offered.status), "accept" if accept else "decline")
    require_in_time(ws.now, offered.answer_by)
    within = terms_of(auction).deposit_within
    offered.status, offered.answered_at = answered, ws.now
    offered.deposit_by = ws.now + within if accept and within and offered.deposit_minor else None
    facts: dict[str, Any] = {"auction_id": auction_id, "title": auction.title}
    fact: Fact = SecondChanceAccepted(**facts, price=offered.price) if accept else SecondChanceDeclined(**facts)
    ws.record(fact, on=offered.registration_id)
    return offered


def confirm_second_deposit(ws: Workspace, auction_id: UUID, *, reference: str) -> Settlement:
    """The seller's bank has booked the runner-up's new deposit: the goods are its, the balance is due. Refuses before its yes and after the time."""
    ws.may("confirm_deposit")
    auction, offered = find_auction(ws, auction_id, lock=True), find_chance(ws, auction_id, lock=True)
    if not is_seller(ws, auction):
        raise NotFound("chance_unknown", "No second chance is offered here.")
    CHANCE.next_state(ChanceState(offered.status), "take")
    require_in_time(ws.now, offered.deposit_by or offered.answer_by)
    checked = checked_reference(reference)
    state = DEPOSIT.next_state(None, "receive")
    add_move(ws, auction, offered.registration_id, "IN", state, offered.deposit, checked, attempt=offered.attempt)
    return _take(ws, auction, offered)


def take_up(ws: Workspace, auction_id: UUID) -> None:
    """The runner-up has said yes, and the seller's side follows: sold where no deposit is asked again, else a time to pay it. Again changes nothing."""
    auction, offered = find_auction(ws, auction_id, lock=True), chance_of(ws, auction_id)
    if offered is None or offered.status != ChanceState.ACCEPTED:
        return
    if offered.deposit_minor and offered.deposit_by:
        _expire_at(ws, offered, offered.deposit_by)
    else:
        _take(ws, auction, offered)


def expire_chance(ws: Workspace, auction_id: UUID, attempt: int) -> None:
    """No answer, or no deposit, in time. Again changes nothing."""
    offered = ws.session.get(SecondChance, (auction_id, attempt), with_for_update=True)
    if offered is None or offered.status not in OPEN_CHANCES or ws.now < (offered.deposit_by or offered.answer_by):
        return
    offered.status = CHANCE.next_state(ChanceState(offered.status), "lapse")
    lapsed = SecondChanceLapsed(auction_id=auction_id, title=find_auction(ws, auction_id).title)
    ws.record(lapsed, on=offered.registration_id)


def chances(ws: Workspace, auction_id: UUID) -> list[SecondChance]:
    """All second chances of a sale, the latest first."""
    rows = select(SecondChance).where(SecondChance.auction_id == auction_id).order_by(SecondChance.attempt.desc())
    return list(ws.session.scalars(rows))


def terms_of(auction: Auction) -> Afterwards:
    """What holds after the hammer of this sale."""
    return AFTERWARDS[RegimeName(auction.regime)]


def _take(ws: Workspace, auction: Auction, offered: SecondChance) -> Settlement:
    """Sold after all: the next settlement begins, with a confirmation and a deadline of its own."""
    offered.status = CHANCE.next_state(ChanceState(offered.status), "take")
    bidder = ws.session.execute(UNMASK, {"auction": auction.auction_id, "paddle": offered.paddle}).one()
    settlement = owe_price(
        ws,
        auction,
        attempt=offered.attempt,
        registration_id=offered.registration_id,
        buyer_id=bidder.tenant_id,
        paddle=offered.paddle,
        price=offered.price,
        deposit=offered.deposit,
    )
    auction.settled_paddle = offered.paddle
    sold = AUCTION.next_state(AuctionState(auction.status), "second_chance")
    move(ws, auction, sold, SecondChanceTaken(auction_id=auction.auction_id, title=auction.title, paddle=offered.paddle, price=offered.price))  # fmt: skip
    return settlement


def _defaulted(ws: Workspace, auction_id: UUID) -> Auction:
    """The sale whose buyer defaulted, held. Refuses any other, and one whose goods are up again or offered already."""
    auction = find_auction(ws, auction_id, lock=True)
    if not is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    AUCTION.next_state(AuctionState(auction.status), "second_chance")
    if not REGIMES[RegimeName(auction.regime)].second_chance:
        raise Conflict("second_chance_allowed", "This kind of sale has no second chance.")
    if chance_is_open(ws, auction_id):
        raise Conflict("chance_open", "The runner-up is asked already.")
    if _up_again(ws, auction):
        raise Conflict("already_for_sale", "These goods are for sale already.")
    if state_of(ws, find_disposal(ws, auction_id).deal_id) is DealState.RECOVERED:
        raise Conflict("debt_paid", "The debt for which these goods were to be sold is paid.")
    return auction


def _next_bid(ws: Workspace, auction: Auction) -> LastBid:
    accepted = (
        select(Bid)
        .where(
            Bid.auction_id == auction.auction_id,
            Bid.outcome.in_(COUNTED),
            Bid.amount_minor >= auction.lowest.minor,
        )
        .order_by(Bid.sequence)
    )
    handed = _handed_in(ws, auction)
    last = {
        bid.paddle: LastBid(bid.paddle, bid.amount_minor, handed.get(bid.paddle, bid.sequence))
        for bid in ws.session.scalars(accepted)
    }
    had = select(Settlement.paddle).where(Settlement.auction_id == auction.auction_id)
    passed = {*ws.session.scalars(had), *(row.paddle for row in chances(ws, auction.auction_id))}
    bid = runner_up(list(last.values()), passed)
    if bid is None:
        raise Conflict("no_runner_up", "No other bidder is left to ask.")
    reserve = find_disposal(ws, auction.auction_id).reserve_minor
    if reserve is not None and bid.amount_minor < reserve:
        raise Conflict("below_reserve", "The runner-up's last bid is below the reserve.")
    return bid


def _handed_in(ws: Workspace, auction: Auction) -> dict[int, int]:
    """Where in the book each envelope was handed in: that, not its opening, says which of equals came first."""
    sealed = select(Bid.paddle, Bid.sequence).where(Bid.auction_id == auction.auction_id, Bid.outcome == "SEALED")
    return {row.paddle: row.sequence for row in ws.session.execute(sealed)}


def _up_again(ws: Workspace, auction: Auction) -> bool:
    """Whether these goods were put up in another sale since."""
    file = find_disposal(ws, auction.auction_id)
    others = select(Disposal.auction_id).where(Disposal.tenant_id == ws.tenant_id, Disposal.deal_id == file.deal_id, Disposal.lot_id == file.lot_id)  # fmt: skip
    later = select(Auction.auction_id).where(
        Auction.auction_id.in_(others), Auction.announced_at > auction.announced_at
    )
    return ws.session.scalars(later.limit(1)).first() is not None


def _expire_at(ws: Workspace, offered: SecondChance, due: datetime) -> None:
    key = f"{offered.auction_id}:{offered.attempt}:{due.isoformat()}"
    ws.set_timer("settling.expire_second_chance", key=key, due=due, stream_id=offered.auction_id, attempt=offered.attempt)  # fmt: skip
