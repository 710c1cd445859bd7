"""Patterns in the bids of one's own ended sale, for the seller's officers and auditors: reasons to look, never a verdict."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Shape
from frontend.disposal.blueprint import api, pages
from frontend.language import percent, translate
from frontend.pages import render
from marketplace.disposal.integrity import Noticed, signals_of
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.signals import Reason, Trait
from tenants.workspace import Workspace


class Firm(Shape):
    """A bidder of an ended sale."""

    name: str
    paddle: int


class ReasonView(Shape):
    """What was noticed, in words, and the figure it rests on."""

    trait: Trait
    figure: float
    told: str


class SignalView(Shape):
    """A reason to look at one bidder, or at two together; from five points on."""

    kind: Annotated[str, Field(pattern="^(SHILL|RING)$")]
    points: int
    firms: list[Firm]
    reasons: list[ReasonView]


class Signals(Shape):
    """Patterns in the bids of an ended sale, the gravest first."""

    items: list[SignalView]


@pages.look("/auctions/<uuid:auction_id>/signals")
def show_signals(ws: Workspace, auction_id: UUID) -> Any:
    noticed = signals_of(ws, auction_id)
    return render("disposal/signals.html", auction=find_auction(ws, auction_id), noticed=noticed, because=because)


@api.look("/auctions/<uuid:auction_id>/signals", gives=Signals)
def list_signals(ws: Workspace, auction_id: UUID) -> Any:
    """Patterns in the bids of one's own ended sale that a person should look at; never a verdict."""
    return {"items": [_shown(each) for each in signals_of(ws, auction_id)]}


def because(reason: Reason) -> str:
    """A reason in words, with its figure."""
    share, count = percent(reason.figure, 0), round(reason.figure)
    words = {
        Trait.RELATED: lambda: translate("Is related to the seller, the debtor or a keeper of the goods, as the register of owners has it today."),
        Trait.OUTBIDS_ITSELF: lambda: translate("Bid above its own standing bid."),
        Trait.SELDOM_WINS: lambda: translate("Did not win %(share)s of the sales that it bid in.", share=share),
        Trait.NEVER_WON: lambda: translate("Bid in %(count)s sales and won none.", count=count),
        Trait.BIDS_MUCH: lambda: translate("Made %(share)s of all bids.", share=share),
        Trait.SELLERS_REGULAR: lambda: translate("%(share)s of the sales that it bid in were this seller’s.", share=share),
        Trait.LEAST_STEPS: lambda: translate("%(share)s of its answers were by the least step.", share=share),
        Trait.ANSWERS_AT_ONCE: lambda: translate("Answered rivals within %(count)s seconds, as a rule.", count=count),
        Trait.SILENT_AT_THE_END: lambda: translate("Stopped before the last tenth of the time."),
        Trait.TAKE_TURNS: lambda: translate("Met in %(count)s sales and won by turns.", count=count),
        Trait.NEVER_CONTEST: lambda: translate("In %(share)s of them neither answered the other, and the price stayed near the start.", share=share),
    }  # fmt: skip
    return words[reason.trait]()


def _shown(noticed: Noticed) -> dict[str, Any]:
    return {
        "kind": "RING" if noticed.signal.is_ring else "SHILL",
        "points": noticed.signal.points,
        "firms": [{"name": name, "paddle": paddle} for name, paddle in noticed.firms],
        "reasons": [
            {"trait": reason.trait, "figure": reason.figure, "told": because(reason)}
            for reason in noticed.signal.reasons
        ],
    }
