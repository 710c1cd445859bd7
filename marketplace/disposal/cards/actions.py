"""Paying a deposit by card: the bidder opens the provider's page; from then on what the provider and the ledger of deposits say is brought together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.disposal.cards.events import (
    CardAmountDiffers,
    CardDepositOpened,
    CardDepositRefused,
    CardDepositTaken,
    CardHoldLapsed,
)
from marketplace.disposal.cards.models import CardDeposit
from marketplace.disposal.cards.ports import Hold, HoldWish, PaymentProvider, payment_provider
from marketplace.disposal.events import DepositConfirmed
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.registrations import DepositMove, Registration
from marketplace.disposal.queries import find_auction, takes_deposits
from marketplace.disposal.registering import add_move, find_registration, require_before_end
from marketplace.disposal.rules.cards import (
    CARD,
    HOLD,
    LIVE,
    MARGIN,
    CardState,
    Seen,
    Unfit,
    is_taken_at_once,
    next_step,
    require_card_fits,
    unfit,
)
from marketplace.disposal.rules.lifecycle import DEPOSIT, DepositState
from tenants.database import engine
from tenants.errors import Conflict
from tenants.workspace import Workspace

NOTICE = text("select gate.notice_payment(:event, :kind, :auction, :registration)")


def open_card_deposit(ws: Workspace, auction_id: UUID) -> CardDeposit:
    """Open the provider's page for this firm's deposit, or give the one that is open.

    The amount is held, or taken at once for a sale that ends later than a hold lasts. Refuses where no cards are taken, before registration, after the
    end, and a deposit that is in or that no card payment can be.
    """
    ws.may("register_bidder")
    provider = _required()
    auction = find_auction(ws, auction_id)
    registration = find_registration(ws, auction_id, ws.tenant_id)
    if registration is None:
        raise Conflict("registration_missing", "Register for the sale first.")
    require_before_end(ws, auction)
    if _move(ws, registration.auction_id, registration.registration_id, "IN") is not None:
        raise Conflict("deposit_confirmed", "This deposit is confirmed already.")
    last = last_card(ws, registration)
    if last is not None and last.status in LIVE:
        if provider.find_hold(last.checkout_id).seen is not Seen.GONE:
            return last
        _step(ws, last, "expire")
    require_card_fits(auction.deposit)
    return _open(ws, provider, auction, registration, (last.attempt if last else 0) + 1)


def follow_card(ws: Workspace, auction_id: UUID, registration_id: UUID) -> None:
    """Ask the provider how the live hold of a registration stands, and take the steps that are due. Done again it changes nothing. The seller's side."""
    auction = find_auction(ws, auction_id)  # not locked: nobody's bid waits for a provider
    card = ws.session.scalars(
        select(CardDeposit)
        .where(CardDeposit.auction_id == auction_id, CardDeposit.registration_id == registration_id)
        .where(CardDeposit.status.in_(LIVE))
        .with_for_update()
    ).one_or_none()
    if card is None:
        return
    provider = _required()
    hold = provider.find_hold(card.checkout_id)
    over = not takes_deposits(auction, ws.now)
    while step := _due(ws, card, hold, over=over):
        hold = _take(ws, provider, auction, card, hold, step)


def last_card(ws: Workspace, registration: Registration) -> CardDeposit | None:
    """The latest try of a registration to pay by card."""
    tries = select(CardDeposit).where(
        CardDeposit.auction_id == registration.auction_id, CardDeposit.registration_id == registration.registration_id
    )
    return ws.session.scalars(tries.order_by(CardDeposit.attempt.desc()).limit(1)).one_or_none()


def cards_of(ws: Workspace, auction_id: UUID) -> list[CardDeposit]:
    """Every try to pay by card in one sale, as far as the viewer may know: the seller all, a bidder its own."""
    return list(ws.session.scalars(select(CardDeposit).where(CardDeposit.auction_id == auction_id)))


def take_notice(event_id: str, kind: str, auction_id: UUID, registration_id: UUID) -> str:
    """The provider has told of something, by a message whose signature was checked: have it looked into, once for each message.

    Returns `taken`, `seen` or `unknown`. Nobody is signed in, so the database itself puts it before the seller's side.
    """
    asked = {"event": event_id, "kind": kind, "auction": auction_id, "registration": registration_id}
    with Session(engine()) as session, session.begin():
        return str(session.execute(NOTICE, asked).scalar_one())


def _required() -> PaymentProvider:
    provider = payment_provider()
    if provider is None:
        raise Conflict("cards_not_taken", "No cards are taken here. Transfer the deposit instead.")
    return provider


def _open(
    ws: Workspace, provider: PaymentProvider, auction: Auction, registration: Registration, attempt: int
) -> CardDeposit:
    card = CardDeposit(
        auction_id=auction.auction_id,
        registration_id=registration.registration_id,
        attempt=attempt,
        tenant_id=ws.tenant_id,
        status=CARD.next_state(None, "open"),
        currency=auction.currency,
        amount_minor=auction.deposit_minor,
        opened_at=ws.now,
        moved_at=ws.now,
    )
    takes = is_taken_at_once(auction.ends_at, ws.now)
    wish = HoldWish(key=f"{card.key}:{'charge' if takes else 'open'}", takes=takes, auction_id=auction.auction_id, registration_id=registration.registration_id, amount=card.amount,
                    number=auction.number, title=auction.title, locale=ws.member.locale)  # fmt: skip
    opened = provider.open_hold(wish)
    card.checkout_id, card.url = opened.checkout_id, opened.url
    try:
        with ws.session.begin_nested():
            ws.session.add(card)
    except IntegrityError:  # a colleague was faster by a moment, and was given the same page under the same key
        return open_card_deposit(ws, auction.auction_id)
    fact = CardDepositOpened(
        auction_id=auction.auction_id, title=auction.title, amount=card.amount, attempt=card.attempt
    )
    ws.record(fact, on=registration.registration_id)
    return card


def _due(ws: Workspace, card: CardDeposit, hold: Hold, *, over: bool) -> str | None:
    out = _move(ws, card.auction_id, card.registration_id, "OUT")
    outcome = DepositState(out.outcome) if out else None
    lapses_soon = card.lapses_at is not None and ws.now >= card.lapses_at - MARGIN
    return next_step(CardState(card.status), hold.seen, outcome, over=over, lapses_soon=lapses_soon)


def _take(ws: Workspace, provider: PaymentProvider, auction: Auction, card: CardDeposit, hold: Hold, step: str) -> Hold:
    """One step: first with the provider, where it is not done there yet, then here. A crash in between does it again under the same key."""
    card.payment_id = card.payment_id or hold.payment_id
    if step == "hold":
        return _adopt(ws, provider, auction, card, hold)
    if step == "expire" and hold.seen is Seen.AWAITED:
        provider.close_page(card.checkout_id, key=f"{card.key}:close")
    elif step in ("release", "capture", "refund"):
        hold = _asked_for(provider, card, hold, step)
    if step == "capture":
        card.taken_minor = hold.taken.minor
        facts: dict[str, Any] = {"auction_id": auction.auction_id, "title": auction.title, "amount": card.amount}
        same = hold.taken == card.amount
        taken = CardDepositTaken(**facts) if same else CardAmountDiffers(**facts, taken=hold.taken)
        ws.record(taken, on=card.registration_id)
    if step == "lapse":
        lapsed = CardHoldLapsed(auction_id=auction.auction_id, title=auction.title, amount=card.amount)
        ws.record(lapsed, on=card.registration_id)
    _step(ws, card, step)
    return hold


def _asked_for(provider: PaymentProvider, card: CardDeposit, hold: Hold, step: str) -> Hold:
    """What the provider has not done yet, done; and how it stands then."""
    assert card.payment_id is not None, "what is held has a payment"
    key = f"{card.key}:{step}"
    if step == "release" and hold.seen is Seen.HELD:
        provider.release(card.payment_id, key=key)
    elif step == "capture" and hold.seen is Seen.HELD:
        provider.capture(card.payment_id, card.amount, key=key)
    elif step == "refund" and hold.seen is Seen.CAPTURED:
        provider.refund(card.payment_id, hold.taken, key=key)
    else:
        return hold
    return provider.find_hold(card.checkout_id)


def _adopt(ws: Workspace, provider: PaymentProvider, auction: Auction, card: CardDeposit, hold: Hold) -> Hold:
    """A hold has come, or the amount was taken: it becomes the deposit and the bidder draws its paddle, or it is let go at once with the reason."""
    lapses_at = None if hold.seen is Seen.CAPTURED else hold.lapses_at or card.opened_at + HOLD
    why_not = unfit(
        hold.amount,
        card.amount,
        in_already=_move(ws, card.auction_id, card.registration_id, "IN") is not None,
        over=not takes_deposits(auction, ws.now),
        ends_at=auction.ends_at,
        lapses_at=lapses_at,
    )
    if why_not is None and not takes_deposits(find_auction(ws, card.auction_id, lock=True), ws.now):
        why_not = Unfit.SALE_ENDED  # the hammer fell while the provider was asked
    if why_not is not None:
        card.because = why_not
        hold = _asked_for(provider, card, hold, "release" if hold.seen is Seen.HELD else "refund")
        refused = CardDepositRefused(auction_id=auction.auction_id, title=auction.title, amount=hold.amount, because=why_not)  # fmt: skip
        ws.record(refused, on=card.registration_id)
        _step(ws, card, "refuse")
        return hold
    assert card.payment_id is not None, "what is held has a payment"
    card.lapses_at = lapses_at
    state = DEPOSIT.next_state(None, "receive")
    add_move(ws, auction, card.registration_id, "IN", state, card.amount, card.payment_id[:64])
    confirmed = DepositConfirmed(auction_id=auction.auction_id, title=auction.title, amount=card.amount, reference=card.payment_id[:64])  # fmt: skip
    ws.record(confirmed, on=card.registration_id)
    _step(ws, card, "hold")
    if lapses_at is not None:
        look_again(ws, card.auction_id, card.registration_id, lapses_at - MARGIN)
    return hold


def look_again(ws: Workspace, auction_id: UUID, registration_id: UUID, due: datetime) -> None:
    """Have the hold looked at once more at a time."""
    key = f"{registration_id}:{due.isoformat()}"
    ws.set_timer("cards.follow_card", key=key, due=due, stream_id=auction_id, registration_id=str(registration_id))


def _step(ws: Workspace, card: CardDeposit, step: str) -> None:
    card.status, card.moved_at = CARD.next_state(CardState(card.status), step), ws.now


def _move(ws: Workspace, auction_id: UUID, registration_id: UUID, side: str) -> DepositMove | None:
    return ws.session.get(DepositMove, (auction_id, registration_id, 1, side))
