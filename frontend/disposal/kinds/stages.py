"""The way of a sale that does not ascend, as its page draws it: which act counts when, what the clock will show next, how many envelopes there are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from frontend.language import ZONE, day_text, time_text, translate
from marketplace.disposal.kind_terms import FALLING, WITH_ENVELOPES, KindName
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.rules.kinds.terms import Stage, clock_of
from marketplace.money import Money
from tenants.workspace import Workspace

MOST_STEPS = 60
WORDS = {
    Stage.CLOCK: ("The price falls", "Time left"),
    Stage.TAKING: ("Open to the first taker", "Time left"),
    Stage.BIDDING: ("The day of bidding", "Time left"),
    Stage.SEALING: ("Envelopes are handed in", "To hand in"),
    Stage.OPENING: ("Envelopes are opened", "To open"),
    Stage.BEST: ("The last word", "For the last word"),
    Stage.BARGAINING: ("Offers in rooms", "Time left"),
}


@dataclass(frozen=True, slots=True)
class Envelopes:
    """How many were handed in, and how many of them are open: anyone can count them in the book."""

    handed: int
    opened: int


def envelopes_of(ws: Workspace, auction: Auction) -> Envelopes | None:
    """None where the kind of sale has none."""
    if auction.kind not in WITH_ENVELOPES:
        return None
    found = ws.session.execute(
        select(Bid.outcome, func.count())
        .where(Bid.auction_id == auction.auction_id, Bid.outcome.in_(("SEALED", "OPENED")))
        .group_by(Bid.outcome)
    )
    counts = {outcome: int(count) for outcome, count in found}
    return Envelopes(counts.get("SEALED", 0), counts.get("OPENED", 0))


def stage_word(stage: str) -> str | None:
    """What counts now, in words; None where it is plain bidding, or nothing."""
    return translate(WORDS[Stage(stage)][0]) if Stage(stage) in WORDS else None


def time_word(stage: str) -> str:
    """What the time that is left is for."""
    return translate(WORDS[Stage(stage)][1]) if Stage(stage) in WORDS else translate("Time left")


def way_through(auction: Auction, stage: str) -> list[dict[str, Any]]:
    """The stages of such a sale as steps, with the times that are known; none of a sale by rising bids."""
    if auction.kind is KindName.ENGLISH:
        return []
    windows = _windows(auction)
    at = next(
        (place for place, (code, *_) in enumerate(windows) if code == stage),
        -1 if stage == Stage.BEFORE else len(windows),
    )
    steps = [
        {"label": translate(WORDS[code][0]), "status": _status(place, at), "note": _span(begins, ends)}
        for place, (code, begins, ends) in enumerate(windows)
    ]
    return [
        *steps,
        {
            "label": translate("Hammer"),
            "status": _status(len(windows), at),
            "note": _span(auction.ends_at if _known(auction) else None, None),
        },
    ]


def prices_ahead(auction: Auction, now: datetime) -> list[tuple[datetime, Money]]:
    """What a falling clock will show from its next steps on, down to its floor."""
    if auction.kind not in FALLING or auction.standing_paddle is not None:
        return []
    clock, found = clock_of(auction.own, auction.start, auction.runs_from), list[tuple[datetime, Money]]()
    step = max(0, (now - clock.starts_at) // clock.every) + 1
    while len(found) < MOST_STEPS and (not found or found[-1][1] > clock.floor):
        at = clock.starts_at + step * clock.every
        if clock.price_at(at - clock.every) == clock.floor:
            break
        found.append((at, clock.price_at(at)))
        step += 1
    return found


def _known(auction: Auction) -> bool:
    """Whether the end is certain: after a falling price it depends on who stops it when."""
    return (
        auction.kind is not KindName.DUTCH_SEALED_BEST
        or auction.standing_paddle is not None
        or auction.closed_at is not None
    )


def _windows(auction: Auction) -> list[tuple[Stage, datetime | None, datetime | None]]:
    own, ends = auction.own, auction.ends_at
    if auction.kind is KindName.FIXED and auction.contest_seconds:
        begun = auction.standing_paddle is not None
        return [
            (Stage.TAKING, auction.opens_at, None if begun else ends),
            (Stage.BIDDING, None, ends if begun else None),
        ]
    if auction.kind in (KindName.DUTCH, KindName.FIXED):
        return [(Stage.CLOCK if auction.kind is KindName.DUTCH else Stage.TAKING, auction.opens_at, ends)]
    if auction.kind is KindName.NEGOTIATED:
        return [(Stage.BARGAINING, auction.opens_at, ends)]
    if auction.kind is not KindName.DUTCH_SEALED_BEST:
        return [(Stage.SEALING, auction.opens_at, auction.sealed_until), (Stage.OPENING, auction.sealed_until, ends)]
    assert own.sealing is not None
    assert own.opening is not None
    assert own.best is not None
    if auction.standing_paddle is None:
        return [
            (Stage.CLOCK, auction.opens_at, None),
            *((code, None, None) for code in (Stage.SEALING, Stage.OPENING, Stage.BEST)),
        ]
    last = ends - own.best
    opening, stopped = last - own.opening, last - own.opening - own.sealing
    return [
        (Stage.CLOCK, auction.opens_at, stopped),
        (Stage.SEALING, stopped, opening),
        (Stage.OPENING, opening, last),
        (Stage.BEST, last, ends),
    ]


def _status(place: int, at: int) -> str:
    return "done" if place < at else "now" if place == at else "next"


def _span(begins: datetime | None, ends: datetime | None) -> str:
    """From when until when, as far as it is known; the second day is named where it is another."""
    if begins is None:
        return ""
    told = f"{day_text(begins)} {time_text(begins)}"
    if ends is None:
        return told
    same = begins.astimezone(ZONE).date() == ends.astimezone(ZONE).date()
    return f"{told} – {time_text(ends)}" if same else f"{told} – {day_text(ends)} {time_text(ends)}"
