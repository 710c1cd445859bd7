"""Sealed bids: an envelope is handed in by its hash, opened by its bidder after the close, and one that stays shut costs its deposit where the regime says so.

The amount is nowhere in the house before it is opened: salt and hash are made on the bidder's own machine. The database decides both acts under the auction's
lock and writes them into the same book as any bid (`sql/kinds.sql`).
"""

from uuid import UUID

from sqlalchemy import select, text

from marketplace.disposal.answers import HIGHEST_LIMIT, Answer, Outcome
from marketplace.disposal.events import EnvelopeForfeited
from marketplace.disposal.kind_terms import WITH_ENVELOPES
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.models.registrations import Paddle
from marketplace.disposal.queries import find_auction, registrations
from marketplace.disposal.registering import add_move, return_deposit
from marketplace.disposal.rules.lifecycle import DEPOSIT, DepositState
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from marketplace.disposal.rules.sealing import SALT_BYTES
from marketplace.money import Money
from tenants.errors import Invalid
from tenants.workspace import Workspace

HAND_IN = text("select * from gate.hand_in(:auction, :seal, :key)")
OPEN = text("select * from gate.open_envelope(:auction, :amount, :salt, :key)")
UNMASK = text("select registration_id from gate.unmask(:auction, :paddle)")
SEAL_BYTES = 32


def hand_in_envelope(ws: Workspace, auction_id: UUID, *, seal: bytes, key: UUID) -> Answer:
    """Hand in a sealed bid: `seal` is the hash of paddle, amount and salt (`rules.sealing.seal_envelope`). It binds, once, until the hammer.

    What is refused is in the answer, and in the book. Refuses what is no hash, and whoever may not bid.
    """
    ws.may("place_bid")
    find_auction(ws, auction_id)
    if len(seal) != SEAL_BYTES:
        raise Invalid("seal_unreadable", "A seal is a SHA-256 hash: 64 hexadecimal digits.", field="seal")
    return _answered(ws, HAND_IN, auction=auction_id, seal=seal, key=key)


def open_envelope(ws: Workspace, auction_id: UUID, *, amount: Money, salt: bytes, key: UUID) -> Answer:
    """Open the envelope that this workspace handed in, while envelopes are opened. Refuses another currency and a salt of another length."""
    ws.may("place_bid")
    auction = find_auction(ws, auction_id)
    if amount.currency != auction.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="amount", currency=auction.currency)
    if not 0 < amount.minor <= HIGHEST_LIMIT:
        raise Invalid("amount_not_positive", "A bid is above zero.", field="amount")
    if len(salt) != SALT_BYTES:
        raise Invalid("salt_unreadable", "A salt has 64 hexadecimal digits.", field="salt")
    return _answered(ws, OPEN, auction=auction_id, amount=amount.minor, salt=salt, key=key)


def my_envelope(ws: Workspace, auction: Auction) -> tuple[Bid | None, Bid | None]:
    """The lines of the book in which the viewer handed in an envelope, and in which it was opened."""
    mine = select(Paddle.number).where(Paddle.auction_id == auction.auction_id, Paddle.tenant_id == ws.tenant_id)
    lines = select(Bid).where(
        Bid.auction_id == auction.auction_id, Bid.paddle.in_(mine), Bid.outcome.in_(("SEALED", "OPENED"))
    )
    found = {bid.outcome: bid for bid in ws.session.scalars(lines)}
    return found.get("SEALED"), found.get("OPENED")


def let_deposits_go(ws: Workspace, auction: Auction, *, keep: UUID | None = None) -> None:
    """With the hammer: losers have their deposits back, but for those whose envelope stayed shut, where the regime says that it costs them."""
    shut = _shut(ws, auction)
    for enrolled in registrations(ws, auction.auction_id):
        registration_id = enrolled.registration.registration_id
        if registration_id in shut and enrolled.deposit_state is DepositState.HELD:
            _forfeit(ws, auction, registration_id)
        elif registration_id != keep:
            return_deposit(ws, auction, registration_id)


def _forfeit(ws: Workspace, auction: Auction, registration_id: UUID) -> None:
    state = DEPOSIT.next_state(DepositState.HELD, "forfeit")
    add_move(ws, auction, registration_id, "OUT", state, auction.deposit, f"{auction.number}-E")
    fact = EnvelopeForfeited(auction_id=auction.auction_id, title=auction.title, amount=auction.deposit)
    ws.record(fact, on=registration_id)


def _shut(ws: Workspace, auction: Auction) -> set[UUID]:
    """Registrations whose envelope was handed in and never opened."""
    if auction.kind not in WITH_ENVELOPES or not REGIMES[RegimeName(auction.regime)].unopened_forfeits:
        return set()
    opened = select(Bid.paddle).where(Bid.auction_id == auction.auction_id, Bid.outcome == "OPENED")
    handed = select(Bid.paddle).where(
        Bid.auction_id == auction.auction_id, Bid.outcome == "SEALED", Bid.paddle.not_in(opened)
    )
    asked = [{"auction": auction.auction_id, "paddle": paddle} for paddle in ws.session.scalars(handed).all()]
    return {ws.session.execute(UNMASK, one).scalar_one() for one in asked}


def _answered(ws: Workspace, call: object, **asked: object) -> Answer:
    _ord, outcome, *told = ws.session.execute(call, asked).one()  # type: ignore[call-overload]
    ws.session.expire_all()
    return Answer(Outcome(outcome), *told)
