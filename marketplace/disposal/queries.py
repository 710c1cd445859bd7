"""Looking at sales: the public room, one's own bids, and the seller's file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.kind_terms import SEALED
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.bids import COUNTED, Bid, BidSlip
from marketplace.disposal.models.registrations import DepositMove, Paddle, Registration
from marketplace.disposal.models.settlements import Distribution, Settlement, WaterfallLine
from marketplace.disposal.outages.queries import sale_time, stands_still
from marketplace.disposal.rules.kinds.terms import Stage, clock_of, stage_at
from marketplace.disposal.rules.lifecycle import AuctionState, DepositState
from marketplace.money import Money
from tenants.errors import NotFound
from tenants.workspace import Workspace

LIVE = (AuctionState.ANNOUNCED, AuctionState.OPEN)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A bidder as its seller sees it: who, and where its deposit stands. Not which paddle."""

    registration: Registration
    held: DepositMove | None
    out: DepositMove | None

    @property
    def deposit_state(self) -> DepositState | None:
        """None while the deposit has not come in."""
        if self.out:
            return DepositState(self.out.outcome)
        return DepositState.HELD if self.held else None


@dataclass(frozen=True, slots=True)
class MyPlace:
    """Where the viewer stands in an auction."""

    registration: Registration | None
    deposit_state: DepositState | None
    paddle: int | None
    highest_minor: int | None
    limit_minor: int | None
    leads: bool


NOWHERE = MyPlace(None, None, None, None, None, False)


@dataclass(frozen=True, slots=True)
class Tally:
    """All deposits of an auction (invariant 29): what came in is what is held, returned, applied or forfeited."""

    received: Money
    returned: Money
    applied: Money
    forfeited: Money

    @property
    def held(self) -> Money:
        """What came in and has not gone out."""
        return self.received - self.returned - self.applied - self.forfeited


def find_auction(ws: Workspace, auction_id: UUID, *, lock: bool = False) -> Auction:
    """The auction, as the market sees it. `lock`: FOR NO KEY UPDATE, as bids take it."""
    wanted = select(Auction).where(Auction.auction_id == auction_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    auction = ws.session.scalars(wanted).one_or_none()
    if auction is None:
        raise NotFound("auction_unknown", "There is no such auction.")
    return auction


def find_disposal(ws: Workspace, auction_id: UUID) -> Disposal:
    """The seller's own file. Nobody else finds it."""
    disposal = ws.session.get(Disposal, auction_id)
    if disposal is None:
        raise NotFound("auction_unknown", "There is no such auction.")
    return disposal


def is_seller(ws: Workspace, auction: Auction) -> bool:
    """Whether the viewer sells here."""
    return auction.tenant_id == ws.tenant_id


def list_auctions(
    ws: Workspace, *, status: str | None = None, mine: bool = False, cursor: UUID | None = None, limit: int = 50
) -> list[Auction]:
    """Auctions, newest first: all that are published, or those that the viewer sells."""
    wanted = select(Auction).order_by(Auction.auction_id.desc()).limit(limit)
    if mine:
        wanted = wanted.where(Auction.tenant_id == ws.tenant_id)
    if status:
        wanted = wanted.where(Auction.status == status)
    if cursor:
        wanted = wanted.where(Auction.auction_id < cursor)
    return list(ws.session.scalars(wanted))


def attempts_before(ws: Workspace, auction: Auction) -> list[Auction]:
    """The earlier attempts to sell the same goods, the latest first: each names the one before it. Public, like every sale."""
    found: list[Auction] = []
    while auction.predecessor_id is not None:
        auction = find_auction(ws, auction.predecessor_id)
        found.append(auction)
    return found


def phase(auction: Auction, now: datetime) -> AuctionState:
    """What an auction is by the clock, which the timers follow within moments: open from its start, ended at its end."""
    state = AuctionState(auction.status)
    if state in LIVE and stands_still(auction, now):
        return AuctionState.PAUSED
    if state is AuctionState.ANNOUNCED and auction.opens_at <= now < auction.ends_at:
        return AuctionState.OPEN
    return state


def takes_bids(auction: Auction, now: datetime) -> bool:
    """Whether a bid at `now` would be in time."""
    return (
        AuctionState(auction.status) in LIVE
        and auction.opens_at <= now < auction.ends_at
        and not stands_still(auction, now)
    )


def takes_deposits(auction: Auction, now: datetime) -> bool:
    """Whether a deposit at `now` would be in time: until bidding ends, or the last envelope is handed in."""
    return AuctionState(auction.status) in LIVE and sale_time(auction, now) < (
        auction.sealed_until if auction.kind in SEALED else auction.ends_at
    )


def stage(auction: Auction, now: datetime) -> Stage:
    """Which act counts at `now`."""
    times = {"opens_at": auction.opens_at, "closes_at": auction.sealed_until, "ends_at": auction.ends_at}
    if AuctionState(auction.status) not in LIVE:
        return Stage.OVER
    return stage_at(auction.own, sale_time(auction, now), **times, taken=auction.standing_paddle is not None)


def taker_of(ws: Workspace, auction: Auction) -> int | None:
    """The paddle that stopped a falling clock: the first bid that was taken."""
    first = select(Bid.paddle).where(Bid.auction_id == auction.auction_id, Bid.outcome == "ACCEPTED")
    return ws.session.scalar(first.order_by(Bid.sequence).limit(1))


def least_bid(auction: Auction, now: datetime) -> Money:
    """The lowest bid that counts at `now`: the start price, what the clock shows, or a step above the standing bid. An envelope counts from the start price on."""
    if auction.kind in SEALED:
        return auction.start
    if stage(auction, now) is Stage.CLOCK:
        return price_on_clock(auction, now)
    return Money(auction.least_minor, auction.currency)


def price_on_clock(auction: Auction, now: datetime) -> Money:
    """What a falling clock shows at `now`, which stands while the sale does."""
    return clock_of(auction.own, auction.start, auction.runs_from).price_at(sale_time(auction, now))


def book(
    ws: Workspace, auction_id: UUID, *, before: int | None = None, limit: int = 50, accepted: bool = False
) -> list[Bid]:
    """The book of bids, latest first."""
    wanted = select(Bid).where(Bid.auction_id == auction_id).order_by(Bid.sequence.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Bid.sequence < before)
    if accepted:
        wanted = wanted.where(Bid.outcome.in_(COUNTED))
    return list(ws.session.scalars(wanted))


def my_place(ws: Workspace, auction: Auction) -> MyPlace:
    """The viewer's registration, deposit, paddle and best bid."""
    registration = _my_registration(ws, auction.auction_id)
    if registration is None:
        return NOWHERE
    [enrolled] = _with_deposits(ws, auction.auction_id, [registration])
    paddle = ws.session.scalar(
        select(Paddle.number).where(Paddle.auction_id == auction.auction_id, Paddle.tenant_id == ws.tenant_id)
    )
    highest = None
    if paddle is not None:
        best = select(Bid.amount_minor).where(
            Bid.auction_id == auction.auction_id, Bid.paddle == paddle, Bid.outcome.in_(("ACCEPTED", "MATCHED"))
        )
        highest = ws.session.scalar(best.order_by(Bid.sequence.desc()).limit(1))
    leads = paddle is not None and paddle == auction.standing_paddle
    return MyPlace(registration, enrolled.deposit_state, paddle, highest, _my_limit(ws, auction.auction_id), leads)


def _my_limit(ws: Workspace, auction_id: UUID) -> int | None:
    """The most that the house may bid for the viewer, in minor units."""
    limits = select(BidSlip.limit_minor).where(
        BidSlip.auction_id == auction_id, BidSlip.tenant_id == ws.tenant_id, BidSlip.stands, BidSlip.limit_minor.is_not(None)
    )  # fmt: skip
    return ws.session.scalar(limits.order_by(BidSlip.limit_minor.desc()).limit(1))


def my_auctions(ws: Workspace, *, limit: int = 50) -> list[tuple[Auction, MyPlace]]:
    """The auctions in which the viewer is registered, those that end first on top, ended ones after."""
    mine = select(Registration.auction_id).where(Registration.tenant_id == ws.tenant_id)
    known = select(Auction).where(Auction.auction_id.in_(mine))
    rows = ws.session.scalars(known.order_by(Auction.closed_at.is_not(None), Auction.ends_at).limit(limit))
    return [(auction, my_place(ws, auction)) for auction in rows]


def my_slips(ws: Workspace, auction_id: UUID) -> list[BidSlip]:
    """The viewer's own counterfoils: who of its people bid what."""
    slips = select(BidSlip).where(BidSlip.auction_id == auction_id, BidSlip.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(slips.order_by(BidSlip.sequence.desc())))


def registrations(ws: Workspace, auction_id: UUID) -> list[Enrolled]:
    """Who registered, in the order in which they came; a bidder finds only itself."""
    rows = ws.session.scalars(
        select(Registration)
        .where(Registration.auction_id == auction_id)
        .order_by(Registration.registered_at, Registration.tenant_id)
    )
    return _with_deposits(ws, auction_id, list(rows))


def tally(ws: Workspace, auction: Auction) -> Tally:
    """The sums of an auction's deposits, as far as the viewer may see them (the seller: all)."""
    sums = dict.fromkeys(("HELD", "RETURNED", "APPLIED", "FORFEITED"), 0)
    moves = ws.session.scalars(select(DepositMove).where(DepositMove.auction_id == auction.auction_id))
    for move in moves:
        sums[move.outcome] += move.amount_minor
    received, returned, applied, forfeited = (Money(minor, auction.currency) for minor in sums.values())
    return Tally(received, returned, applied, forfeited)


def settlement_of(ws: Workspace, auction_id: UUID) -> Settlement | None:
    """What the latest winner owes: for the seller and that bidder."""
    rows = select(Settlement).where(Settlement.auction_id == auction_id).order_by(Settlement.attempt.desc()).limit(1)
    return ws.session.scalars(rows).one_or_none()


def find_settlement(ws: Workspace, auction_id: UUID) -> Settlement:
    """The same; refuses where nothing is owed that the viewer may know of."""
    found = settlement_of(ws, auction_id)
    if found is None:
        raise NotFound("settlement_unknown", "There is nothing to pay here.")
    return found


def distribution_of(ws: Workspace, auction_id: UUID) -> tuple[Distribution, list[WaterfallLine]] | None:
    """The statement of the proceeds, its lines by rank: for the parties of the deal. Where they were shared out in two parts, the second states the whole."""
    latest = select(Distribution).where(Distribution.auction_id == auction_id).order_by(Distribution.part.desc())
    distribution = ws.session.scalars(latest.limit(1)).one_or_none()
    if distribution is None:
        return None
    mine = (WaterfallLine.auction_id == auction_id, WaterfallLine.part == distribution.part)
    lines = select(WaterfallLine).where(*mine).order_by(WaterfallLine.position)
    return distribution, list(ws.session.scalars(lines))


def disposals_of_deal(ws: Workspace, deal_id: UUID) -> list[Auction]:
    """The sales out of one deal: for its bank."""
    files = select(Disposal.auction_id).where(Disposal.tenant_id == ws.tenant_id, Disposal.deal_id == deal_id)
    return list(
        ws.session.scalars(select(Auction).where(Auction.auction_id.in_(files)).order_by(Auction.announced_at.desc()))
    )


def _my_registration(ws: Workspace, auction_id: UUID) -> Registration | None:
    wanted = select(Registration).where(Registration.auction_id == auction_id, Registration.tenant_id == ws.tenant_id)
    return ws.session.scalars(wanted).one_or_none()


def _with_deposits(ws: Workspace, auction_id: UUID, rows: Sequence[Registration]) -> list[Enrolled]:
    wanted = select(DepositMove).where(
        DepositMove.auction_id == auction_id, DepositMove.registration_id.in_([row.registration_id for row in rows])
    )
    moves = {(move.registration_id, move.attempt, move.side): move for move in ws.session.scalars(wanted)}
    last = {row.registration_id: 1 for row in rows} | {key: attempt for key, attempt, _ in sorted(moves)}
    return [
        Enrolled(row, *(moves.get((row.registration_id, last[row.registration_id], side)) for side in ("IN", "OUT")))
        for row in rows
    ]
