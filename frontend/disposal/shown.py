"""What the pages of a sale show, made ready for the templates."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from frontend.disposal.cards import CardPlace, card_place
from frontend.disposal.first_refusals.told import Rights, rights_shown
from frontend.disposal.kinds.stages import Envelopes, envelopes_of, prices_ahead, stage_word, time_word, way_through
from frontend.language import ZONE, day_text, money, translate
from marketplace.disposal.accepting.models import Acceptance
from marketplace.disposal.accepting.queries import acceptance_of, undisputed_of
from marketplace.disposal.charges.actions import USUAL_DAYS, cost_of_bid
from marketplace.disposal.envelopes import my_envelope
from marketplace.disposal.kind_terms import WITH_ENVELOPES, KindName
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.models.settlements import Distribution, WaterfallLine
from marketplace.disposal.outages.models import HaltOrder, OutageRuling
from marketplace.disposal.outages.queries import orders_of, rulings_of, sale_time
from marketplace.disposal.queries import (
    NOWHERE,
    MyPlace,
    book,
    distribution_of,
    find_disposal,
    is_seller,
    least_bid,
    my_place,
    phase,
    settlement_of,
    stage,
    taker_of,
    takes_bids,
)
from marketplace.disposal.rules.charges import TotalCost
from marketplace.disposal.rules.kinds.terms import Stage
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.settling.models import SecondChance
from marketplace.disposal.settling.queries import chance_of
from marketplace.money import Money
from tenants.workspace import Workspace

LADDER, ENVELOPES = 14, 500
NO_REFUSALS = ("ACCEPTED", "MATCHED", "RAISED", "SEALED", "OPENED", "OFFERED", "WITHDRAWN", "DECLINED")
WAY = (
    ("ANNOUNCED", "Announced"),
    ("OPEN", "Bidding open"),
    ("SOLD", "Sold"),
    ("PAID", "Paid"),
    ("HANDED_OVER", "With the buyer"),
    ("CLOSED", "Distributed"),
)
ENDINGS = {"NO_SALE": "Not sold", "BUYER_DEFAULT": "Buyer defaulted", "RESCINDED": "Undone", "CANCELLED": "Called off"}


@dataclass(frozen=True)
class Room:
    """One auction as its page shows it to this viewer."""

    auction: Auction
    phase: str
    halts: list[OutageRuling]
    orders: list[HaltOrder]
    open: bool
    seller: bool
    operator: bool
    place: MyPlace
    ladder: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    settlement: Any
    steps: list[dict[str, str]]
    statement: Distribution | None
    undisputed: Money | None
    acceptance: Acceptance | None
    per_unit: Any
    reserve: Money | None
    card: CardPlace | None
    chance: SecondChance | None
    cost: TotalCost | None
    stage: str
    least: Money
    sealed: str | None  # the hash in hex
    opened: Money | None
    taker: bool
    way: list[dict[str, Any]]
    ahead: list[tuple[datetime, Money]]
    envelopes: Envelopes | None
    stage_word: str | None
    time_word: str
    rights: Rights | None
    cost_days: int = USUAL_DAYS

    @property
    def opens_envelopes_at(self) -> datetime:
        """When envelopes begin to be opened."""
        own = self.auction.own
        return self.auction.ends_at - (own.best or timedelta(0)) - (own.opening or timedelta(0))

    @property
    def stage_ends_at(self) -> datetime:
        """When what counts now stops to count."""
        if self.stage == Stage.SEALING:
            return self.opens_envelopes_at
        if self.stage == Stage.OPENING:
            return self.auction.ends_at - (self.auction.own.best or timedelta(0))
        return self.auction.ends_at

    @property
    def ends_clock(self) -> str:
        """When it ends, to the second: with a soft close each of them counts."""
        return clock(self.auction.ends_at)

    @property
    def winner(self) -> bool:
        """Whether the viewer won, with the hammer or by a second chance."""
        return self.settlement is not None and self.place.paddle == self.settlement.paddle and self.settlement.status != "DEFAULTED"  # fmt: skip


def room_of(ws: Workspace, auction: Auction) -> Room:
    """Everything that moves on the page of an auction."""
    visitor = ws.member.is_visitor
    place = NOWHERE if visitor else my_place(ws, auction)
    settlement = None if visitor else settlement_of(ws, auction.auction_id)
    seller = is_seller(ws, auction)
    acceptance = None if visitor else acceptance_of(ws, auction.auction_id)
    return Room(
        auction=auction,
        phase=phase(auction, ws.now).value,
        halts=rulings_of(ws, auction.auction_id) if auction.resumes_at else [],
        orders=orders_of(ws, auction.auction_id),
        open=takes_bids(auction, ws.now),
        seller=seller,
        operator=ws.can("halt_sale"),
        place=place,
        ladder=ladder(_latest(ws, auction), auction, place.paddle, ws.now),
        refused=_refused(ws, auction, place.paddle),
        settlement=settlement,
        steps=way_of(phase(auction, ws.now)),
        statement=_statement(ws, auction) if seller else None,
        undisputed=undisputed_of(ws, acceptance) if seller else None,
        acceptance=acceptance,
        per_unit=_per_unit(auction, ws.now),
        reserve=auction.money(find_disposal(ws, auction.auction_id).reserve_minor) if seller else None,
        card=card_place(ws, auction, place),
        **_staged(ws, auction, place),
        chance=None if visitor else chance_of(ws, auction.auction_id),
        cost=None if auction.closed_at else cost_of_bid(ws, auction),
        rights=rights_shown(ws, auction),
    )


def _staged(ws: Workspace, auction: Auction, place: MyPlace) -> dict[str, Any]:
    """What sales that do not ascend show: the stage, the price that counts, and the viewer's own envelope."""
    sealed, opened = my_envelope(ws, auction) if place.paddle and auction.kind in WITH_ENVELOPES else (None, None)
    now_counts = stage(auction, ws.now).value
    return {
        "stage": now_counts,
        "way": way_through(auction, now_counts),
        "ahead": prices_ahead(auction, sale_time(auction, ws.now)),
        "envelopes": envelopes_of(ws, auction),
        "stage_word": stage_word(now_counts),
        "time_word": time_word(now_counts),
        "least": least_bid(auction, ws.now),
        "sealed": sealed.limit_seal.hex() if sealed and sealed.limit_seal else None,
        "opened": auction.money(opened.amount_minor) if opened else None,
        "taker": auction.kind is KindName.DUTCH_SEALED_BEST
        and place.paddle is not None
        and place.paddle == taker_of(ws, auction),
    }


def ladder(bids: list[Bid], auction: Auction, mine: int | None, now: datetime) -> list[dict[str, Any]]:
    """Accepted bids, the standing one first; a bid that moved the end says so, and one of another day names it."""
    shown: list[dict[str, Any]] = []
    for bid, before in pairwise([*bids, None]):
        assert bid is not None
        earlier = before.ends_at if before else auction.own.first_end(auction.closes_at)
        notes = [translate("by right of first refusal")] if bid.outcome == "MATCHED" else []
        notes += [translate("by limit")] if bid.origin == "LIMIT" else []
        late = bid.ends_at > earlier and bid.ends_at - bid.at == timedelta(seconds=auction.soft_close_seconds)
        notes += [translate("extended to %(time)s", time=clock(bid.ends_at))] if late else []
        shown.append(
            {
                "amount": money(auction.money(bid.amount_minor)),
                "paddle": bid.paddle,
                "bidder": translate("Paddle %(number)s", number=bid.paddle),
                "at": bid.at,
                "shown_at": clock(bid.at) if _day(bid.at) == _day(now) else f"{day_text(bid.at)} {clock(bid.at)}",
                "mine": bid.paddle == mine,
                "best": False,
                "note": " · ".join(notes),
                "minor": bid.amount_minor,
            }
        )
    # Envelopes are opened in any order: the best offer stands on top, of equals the earlier envelope, which leads.
    if auction.kind in WITH_ENVELOPES:
        shown.sort(key=lambda row: (-row["minor"], row["paddle"] != auction.standing_paddle))
    if shown:
        shown[0]["best"] = True
    return shown[:LADDER]


def _latest(ws: Workspace, auction: Auction) -> list[Bid]:
    """The last accepted bids and the one before them; every opened envelope, since the best of them may have come first."""
    most = ENVELOPES if auction.kind in WITH_ENVELOPES else LADDER + 1
    return book(ws, auction.auction_id, limit=most, accepted=True)


def increments(auction: Auction) -> str:
    """The table of increments in a line: the step, and larger ones from higher prices on."""
    (_, step), *larger = auction.increments.rungs
    told = [translate("from %(price)s: %(step)s", price=money(floor), step=money(size)) for floor, size in larger]
    return "; ".join([money(step), *told])


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def clock(moment: datetime) -> str:
    """The time of day to the second, in the house's zone."""
    return f"{moment.astimezone(ZONE):%H:%M:%S}"


def way_of(state: AuctionState) -> list[dict[str, str]]:
    """The sale's way as steps: where it stands, and how it ended where it ended early."""
    if state.value in ENDINGS:
        ended = {"label": translate(ENDINGS[state.value]), "status": "failed"}
        return [{"label": translate("Announced"), "status": "done"}, ended]
    order = [code for code, _ in WAY]
    reached = "OPEN" if state is AuctionState.PAUSED else state.value
    at = order.index(reached) if reached in order else 0
    return [
        {
            "label": translate(word),
            "status": "done" if place < at or code == "CLOSED" == reached else "now" if place == at else "next",
        }
        for place, (code, word) in enumerate(WAY)
    ]


RANKS = {
    "COSTS": "Costs of the sale",
    "TAX": "Value-added tax",
    "INTEREST": "Interest",
    "PRINCIPAL": "Principal",
    "JUNIOR": "Junior claim",
    "SURPLUS": "Surplus to the pledgor",
}
CLAIMANTS = {
    "storage": "Storage costs",
    "enforcement": "Costs of enforcement",
    "commission": "Commission",
    "selling again": "Costs of selling again",
    "tax authority": "Tax authority",
    "bank": "The bank",
    "bank fees": "Fees of the bank",
    "pledgor": "The pledgor",
}


def _statement(ws: Workspace, auction: Auction) -> Distribution | None:
    found = distribution_of(ws, auction.auction_id)
    return found[0] if found else None


def claimant(line: WaterfallLine) -> str:
    """To whom a line goes, in words."""
    return translate(CLAIMANTS[line.label]) if line.label in CLAIMANTS else line.label


def _refused(ws: Workspace, auction: Auction, paddle: int | None) -> list[dict[str, Any]]:
    """The viewer's own refused bids among the last ones."""
    if paddle is None:
        return []
    latest = book(ws, auction.auction_id, limit=100)
    return [
        {"amount": money(auction.money(bid.amount_minor)), "at": bid.at, "why": bid.outcome}
        for bid in latest
        if bid.paddle == paddle and bid.outcome not in NO_REFUSALS
    ][:5]


def _per_unit(auction: Auction, now: datetime) -> Any:
    falling = stage(auction, now) is Stage.CLOCK
    price = auction.sold or auction.standing or (least_bid(auction, now) if falling else auction.start)
    return price.times(1 / auction.goods.exact) if auction.quantity else None
