"""From the opening to the hammer and the price paid: timers open and close, the highest valid bid wins, losers have their deposits back."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.disposal.accepting.collecting import await_collection
from marketplace.disposal.announcing import set_closing
from marketplace.disposal.envelopes import let_deposits_go
from marketplace.disposal.events import (
    AuctionCancelled,
    AuctionOpened,
    BalanceConfirmed,
    BuyerDefaulted,
    LotHammered,
    LotUnsold,
)
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.outages.queries import is_silent_over
from marketplace.disposal.queries import find_auction, find_disposal, is_seller, phase, registrations, settlement_of
from marketplace.disposal.registering import add_move, checked_reference, return_deposit
from marketplace.disposal.rules.accepting import received_lines
from marketplace.disposal.rules.lifecycle import AUCTION, DEPOSIT, AuctionState, DepositState
from marketplace.disposal.settling.curing import cure_of, cured_until
from marketplace.disposal.settling.owing import await_payment, owe_price
from marketplace.ledger.actions import post
from marketplace.money import Money
from tenants.errors import Conflict, NotFound
from tenants.events import Fact
from tenants.workspace import Workspace

OPEN_LIMITS = text("select gate.open_limits(:auction)")
UNMASK = text("select * from gate.unmask(:auction, :paddle)")


def open_bidding(ws: Workspace, auction_id: UUID) -> None:
    """The start has come, and no order holds it back. Running again changes nothing (invariant 44)."""
    auction = find_auction(ws, auction_id, lock=True)
    if auction.status != AuctionState.ANNOUNCED or ws.now < auction.opens_at or auction.halted_at is not None:
        return
    move(ws, auction, AuctionState.OPEN, AuctionOpened(auction_id=auction_id, title=auction.title))


def close_bidding(ws: Workspace, auction_id: UUID) -> None:
    """The end has come: sold to who stands by the rules of its kind, at or above the reserve, or not sold. An end that moved meanwhile is waited for, and a
    house that is silent is no house to close in; running again changes nothing.
    """
    auction = find_auction(ws, auction_id, lock=True)
    if auction.halted_at is not None:  # the end is not known: whoever lifts the order has it closed
        return
    if auction.status == AuctionState.ANNOUNCED and ws.now >= auction.opens_at:
        open_bidding(ws, auction_id)
    if auction.status != AuctionState.OPEN:
        return
    if ws.now < auction.ends_at:
        set_closing(ws, auction)
        return
    if is_silent_over(
        ws, auction.ends_at
    ):  # the sign of life that ends the silence rules on this sale, and has it closed when it ends then
        return
    auction.closed_at = ws.now
    _open_seals(ws, auction)
    if auction.standing is not None and auction.reserve_met:
        _knock_down(ws, auction, auction.standing)
    else:
        _leave_unsold(ws, auction)


def confirm_balance(ws: Workspace, auction_id: UUID, *, reference: str) -> Settlement:
    """The seller's bank has booked the balance: the deposit is applied, the price is paid, the buyer may have its goods. The proceeds are held until it
    has accepted them. Refuses where nothing is due.
    """
    ws.may("settle_sale")
    auction, settlement = _due(ws, auction_id)
    checked = checked_reference(reference)
    _end_deposit(ws, auction, settlement, "apply", "A")
    settlement.status, settlement.paid_at, settlement.payment_reference = "PAID", ws.now, checked
    disposal = find_disposal(ws, auction_id)
    post(
        ws,
        deal_id=disposal.deal_id,
        key=f"auction:{auction_id}:receipts",
        narrative="Proceeds of %(number)s received.",
        facts={"number": auction.number},
        entries=received_lines(settlement.price, settlement.premium),
    )
    auction.settled_minor, auction.settled_paddle = settlement.price_minor, settlement.paddle
    await_collection(ws, auction, disposal, settlement)
    paid = AUCTION.next_state(AuctionState(auction.status), "confirm_payment")
    move(ws, auction, paid, BalanceConfirmed(auction_id=auction_id, title=auction.title, price=settlement.price))
    return settlement


def miss_payment(ws: Workspace, auction_id: UUID, attempt: int) -> None:
    """The winner's time is up: it has defaulted, and its deposit is forfeited (网拍 24). Changes nothing where it paid; a payment that was announced
    in time is waited for as long as a clerical slip may take.
    """
    auction = find_auction(ws, auction_id, lock=True)
    settlement = ws.session.get(Settlement, (auction_id, attempt))
    if settlement is None or settlement.status != "DUE" or auction.status != AuctionState.SOLD:
        return
    until = cured_until(auction, settlement)
    if ws.now < until and cure_of(ws, settlement) is not None:
        await_payment(ws, settlement, until)
        return
    _end_deposit(ws, auction, settlement, "forfeit", "F")
    settlement.status = "DEFAULTED"
    defaulted = AUCTION.next_state(AuctionState.SOLD, "miss_payment")
    fact = BuyerDefaulted(
        auction_id=auction_id, title=auction.title, paddle=settlement.paddle, deposit=settlement.deposit
    )
    move(ws, auction, defaulted, fact)


def call_off(ws: Workspace, auction: Auction, because: str | dict[str, Any]) -> None:
    """End a sale before the hammer; all deposits go back. `because`: somebody's words, or a sentence that each reads in its own language."""
    cancelled = AUCTION.next_state(AuctionState(auction.status), "cancel")
    auction.closed_at = ws.now
    for enrolled in registrations(ws, auction.auction_id):
        return_deposit(ws, auction, enrolled.registration.registration_id)
    move(ws, auction, cancelled, AuctionCancelled(auction_id=auction.auction_id, title=auction.title, because=because))


def move(ws: Workspace, auction: Auction, to: AuctionState, fact: Fact) -> None:
    """Take the auction to a state and record it: the room's version counts every step beside every bid."""
    auction.status = to
    auction.version += 1
    ws.record(fact, on=auction.auction_id)


def _open_seals(ws: Workspace, auction: Auction) -> None:
    """Show what was sealed, the reserve with the terms and each limit with its bid, so that anyone can tell whether both were kept to."""
    ws.session.execute(OPEN_LIMITS, {"auction": auction.auction_id})
    file = find_disposal(ws, auction.auction_id)
    auction.opened_reserve_minor, auction.opened_salt = file.reserve_minor, file.reserve_salt


def _knock_down(ws: Workspace, auction: Auction, price: Money) -> None:
    assert auction.standing_paddle is not None
    winner = ws.session.execute(UNMASK, {"auction": auction.auction_id, "paddle": auction.standing_paddle}).one()
    auction.sold_minor, auction.winning_paddle = price.minor, auction.standing_paddle
    let_deposits_go(ws, auction, keep=winner.registration_id)
    facts: dict[str, Any] = {"auction_id": auction.auction_id, "title": auction.title}
    sold = AUCTION.next_state(AuctionState.OPEN, "knock_down")
    hammered = LotHammered(
        **facts, paddle=auction.standing_paddle, price=price, bids=auction.sequence, chain=auction.chain_hash.hex()
    )
    move(ws, auction, sold, hammered)
    owe_price(
        ws,
        auction,
        attempt=1,
        registration_id=winner.registration_id,
        buyer_id=winner.tenant_id,
        paddle=auction.standing_paddle,
        price=price,
        deposit=auction.deposit,
    )


def _leave_unsold(ws: Workspace, auction: Auction) -> None:
    let_deposits_go(ws, auction)
    unsold = AUCTION.next_state(AuctionState.OPEN, "close_unsold")
    fact = LotUnsold(
        auction_id=auction.auction_id, title=auction.title, bids=auction.sequence, chain=auction.chain_hash.hex()
    )
    move(ws, auction, unsold, fact)


def _end_deposit(ws: Workspace, auction: Auction, settlement: Settlement, step: str, letter: str) -> None:
    """Apply or forfeit the winner's deposit, where one is held for this purchase."""
    if settlement.deposit_minor or settlement.attempt == 1:
        state = DEPOSIT.next_state(DepositState.HELD, step)
        reference = f"{auction.number}-{letter}"
        add_move(ws, auction, settlement.registration_id, "OUT", state, settlement.deposit, reference, attempt=settlement.attempt)  # fmt: skip


def _due(ws: Workspace, auction_id: UUID) -> tuple[Auction, Settlement]:
    auction = find_auction(ws, auction_id, lock=True)
    settlement = settlement_of(ws, auction_id)
    if settlement is None or not is_seller(ws, auction):
        raise NotFound("settlement_unknown", "There is nothing to pay here.")
    if settlement.status != "DUE" or phase(auction, ws.now) is not AuctionState.SOLD:
        raise Conflict("settlement_closed", "Nothing is due any more.")
    return auction, settlement
