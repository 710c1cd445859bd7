"""Offers and counter-offers in a negotiated sale (协议转让): what stands in a room, who may answer it, and when a bargain is struck.

An offer that names until when it may be accepted binds its maker; it is taken back only where it was not made firm (Civil Code 476). A counter-offer ends the
offer that it answers (478, 488), and acceptance in time makes the contract (483). Pledged goods sold by agreement go by reference to the market (436): below
their valuation only once the pledgor has agreed to the floor.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.disposal.rules.lifecycle import BIDDER_ELIGIBLE, DEPOSIT_HELD, PRICE_FAIR
from marketplace.money import Money
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid


class Side(StrEnum):
    """Who made an offer."""

    BUYER = "BUYER"
    SELLER = "SELLER"


class OfferState(StrEnum):
    """Where an offer stands. EXPIRED and LAPSED (the sale ended otherwise) follow from the hour and from the sale."""

    OPEN = "OPEN"
    IMPROVED = "IMPROVED"
    COUNTERED = "COUNTERED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    ACCEPTED = "ACCEPTED"
    LAPSED = "LAPSED"


NOT_FIRM = Guard("not_firm", "A firm offer is not withdrawn before it ends.")
STANDS_OPEN = Guard("stands_open", "No offer stands open here.")
_S = OfferState
_BOTH = (Actor.BUYER, Actor.CORE_ENTERPRISE, Actor.BANK)
OFFER = Machine[OfferState](
    "Offer",
    step(None, "make", _S.OPEN, *_BOTH, guards=(DEPOSIT_HELD, BIDDER_ELIGIBLE)),
    step(_S.OPEN, "improve", _S.IMPROVED, *_BOTH, guards=(STANDS_OPEN,)),
    step(_S.OPEN, "counter", _S.COUNTERED, *_BOTH, guards=(STANDS_OPEN,)),
    step(_S.OPEN, "decline", _S.DECLINED, *_BOTH, guards=(STANDS_OPEN,)),
    step(_S.OPEN, "withdraw", _S.WITHDRAWN, *_BOTH, guards=(STANDS_OPEN, NOT_FIRM)),
    step(_S.OPEN, "accept", _S.ACCEPTED, *_BOTH, guards=(STANDS_OPEN, PRICE_FAIR)),
    step(_S.OPEN, "expire", _S.EXPIRED, Actor.SYSTEM),
    step(_S.OPEN, "lapse", _S.LAPSED, Actor.SYSTEM),
)
MOST_TIMES = 10  # what is above so many times the least price can only be a slip of the finger


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What was published, and how far the seller may go. `floor`: the least price; `market`: the goods' valuation, known to the seller alone; `agreed`:
    whether the pledgor has agreed to a floor below it; `binds_for`: how long an offer stands open.
    """

    floor: Money
    market: Money | None
    agreed: bool
    binds_for: timedelta
    opens_at: datetime
    ends_at: datetime

    @property
    def least(self) -> Money:
        """The least at which a bargain may be struck now."""
        return self.floor if self.agreed or self.market is None else max(self.floor, self.market)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One offer or counter-offer: it may be accepted before `expires_at`, and taken back until then only where it is not `firm`."""

    side: Side
    amount: Money
    firm: bool
    made_at: datetime
    expires_at: datetime
    state: OfferState = OfferState.OPEN


Room = tuple[Proposal, ...]


def standing(room: Room, at: datetime) -> Proposal | None:
    """The offer that waits for an answer at `at`: the last one, while it is open."""
    last = room[-1] if room else None
    return last if last and last.state is OfferState.OPEN and at < last.expires_at else None


def require_running(bounds: Bounds, at: datetime) -> None:
    """Refuse what comes before the opening, or from the end on."""
    if at < bounds.opens_at:
        raise Conflict("sale_not_open", "The sale has not begun.")
    if at >= bounds.ends_at:
        raise Conflict("sale_ended", "The sale has ended.")


def require_seen(room: Room, seen: int) -> None:
    """Refuse to act upon a room in which another offer has come since one looked. `seen`: how many offers one saw."""
    if seen != len(room):
        raise Conflict("offer_moved", "Another offer has come since. Look at it first.", field="seen")


def propose(room: Room, side: Side, amount: Money, *, firm: bool, at: datetime, bounds: Bounds) -> Room:
    """The room after an offer. It ends the other side's open one; one's own open offer is only outdone by what is better for the other side."""
    require_running(bounds, at)
    _require_price(side, amount, bounds)
    last = standing(room, at)
    if last and last.side is side and not _better(side, amount, last.amount):
        raise Conflict("offer_not_better", "Your offer stands. A new one has to be better for the other side.", field="amount")  # fmt: skip
    ended = _after(room, at, "improve" if last and last.side is side else "counter")
    return (*ended, Proposal(side, amount, firm, at, min(at + bounds.binds_for, bounds.ends_at), OFFER.next_state(None, "make")))  # fmt: skip


def withdraw(room: Room, side: Side, *, at: datetime, bounds: Bounds) -> Room:
    """The room after one's own offer is taken back. Refuses a firm one."""
    require_running(bounds, at)
    last = _standing_of(room, side, at)
    if last.firm:
        raise Conflict("offer_firm", NOT_FIRM.because)
    return _ended(room, "withdraw")


def decline(room: Room, side: Side, *, at: datetime, bounds: Bounds) -> Room:
    """The room after the other side's offer is turned down."""
    require_running(bounds, at)
    _standing_of(room, _other(side), at)
    return _ended(room, "decline")


def accept(room: Room, side: Side, *, at: datetime, bounds: Bounds) -> Room:
    """The room in which the bargain is struck. Refuses below the least price of now."""
    require_running(bounds, at)
    _require_least(_standing_of(room, _other(side), at).amount, bounds)
    return _ended(room, "accept")


def told_state(proposal: Proposal, *, at: datetime, ended: bool) -> OfferState:
    """What an offer is at `at`; `ended`: the sale is over."""
    if proposal.state is not OfferState.OPEN:
        return proposal.state
    if at >= proposal.expires_at:
        return OfferState.EXPIRED
    return OfferState.LAPSED if ended else OfferState.OPEN


def needs_two(amount: Money, *, alone: Money | None, market: Money, passed_over: Money | None) -> bool:
    """Whether a second officer has to agree to the seller's word: above what one officer may bind it to, below the valuation, or past a higher open offer.

    `alone`: up to which one officer may; none: never. `passed_over`: the best of the other open offers.
    """
    beyond = alone is None or amount > alone
    return beyond or amount < market or (passed_over is not None and passed_over > amount)


def require_reason(amount: Money, *, passed_over: Money | None, because: str) -> None:
    """Refuse to pass over a higher open offer without saying why: everybody will see, by paddle, that it was there."""
    if passed_over is not None and passed_over > amount and not because.strip():
        raise Invalid("because_missing", "An offer of %(higher)s stands open elsewhere. Say why this one is taken.", field="because", higher=passed_over)  # fmt: skip


def _require_price(side: Side, amount: Money, bounds: Bounds) -> None:
    if amount.currency != bounds.floor.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="amount", currency=bounds.floor.currency)
    if amount < bounds.floor:
        raise Conflict("offer_too_low", "Offers begin at %(least)s.", field="amount", least=bounds.floor)
    if amount.minor > bounds.floor.minor * MOST_TIMES:
        raise Conflict("offer_too_high", "This is more than ten times the least price of %(least)s. Check the figure.", field="amount", least=bounds.floor)  # fmt: skip
    if side is Side.SELLER:
        _require_least(amount, bounds)


def _require_least(amount: Money, bounds: Bounds) -> None:
    if amount < bounds.least:
        raise Conflict("consent_missing", "Below the valuation of %(value)s the pledgor has to agree first.", field="amount", value=bounds.least)  # fmt: skip


def _better(side: Side, amount: Money, than: Money) -> bool:
    return amount > than if side is Side.BUYER else amount < than


def _other(side: Side) -> Side:
    return Side.SELLER if side is Side.BUYER else Side.BUYER


def _standing_of(room: Room, side: Side, at: datetime) -> Proposal:
    last = standing(room, at)
    if last is None:
        raise Conflict("stands_open", STANDS_OPEN.because)
    if last.side is not side:
        raise Conflict("offer_whose", "The other side answers an offer; its maker improves or withdraws it.")
    return last


def _after(room: Room, at: datetime, action: str) -> Room:
    """The room once its open offer, if any, has given way to a new one."""
    if not room or room[-1].state is not OfferState.OPEN:
        return room
    return _ended(room, action if at < room[-1].expires_at else "expire")


def _ended(room: Room, action: str) -> Room:
    return (*room[:-1], replace(room[-1], state=OFFER.next_state(room[-1].state, action)))
