"""A deposit by card as pages and calls show it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from frontend import problems
from frontend.language import translate
from marketplace.disposal.cards.actions import last_card
from marketplace.disposal.cards.models import CardDeposit
from marketplace.disposal.cards.ports import payment_provider
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.queries import MyPlace
from marketplace.disposal.rules.cards import CardState, Unfit, is_taken_at_once, require_card_fits
from tenants.errors import Conflict
from tenants.workspace import Workspace


@dataclass(frozen=True)
class CardPlace:
    """What a registered bidder whose deposit is not in can do by card: continue at an open page, open one, or read why it cannot. `takes`: a card is
    charged at once, since the sale ends later than a hold lasts.
    """

    card: CardDeposit | None
    why_not: str | None
    takes: bool

    @property
    def continues_at(self) -> str | None:
        """The address of the page that is open."""
        return self.card.url if self.card and self.card.status == CardState.OPENED else None

    @property
    def refused_because(self) -> str | None:
        """Why the last card would not do."""
        return because(self.card) if self.card else None


def card_place(ws: Workspace, auction: Auction, place: MyPlace) -> CardPlace | None:
    """None where there is nothing to say: no cards are taken, not registered, or the deposit is in."""
    if payment_provider() is None or place.registration is None or place.deposit_state is not None:
        return None
    card = last_card(ws, place.registration)
    takes = is_taken_at_once(auction.ends_at, ws.now)
    try:
        require_card_fits(auction.deposit)
    except Conflict as refused:
        return CardPlace(card, problems.reason(refused), takes)
    return CardPlace(card, None, takes)


def because(card: CardDeposit) -> str | None:
    """Why a hold could not be the deposit, in words."""
    words = {
        Unfit.AMOUNT: translate("Another amount than the deposit was held."),
        Unfit.PAID_ALREADY: translate("Your deposit had come in by bank transfer already."),
        Unfit.SALE_ENDED: translate("The sale had ended."),
        Unfit.TOO_SHORT: translate("Your card’s bank holds amounts too shortly for this sale. Try another card, or transfer the deposit."),
    }  # fmt: skip
    return words[Unfit(card.because)] if card.because else None


def card_word(status: str) -> str:
    """Where a card stands, for the seller."""
    words = {
        CardState.OPENED: translate("card page open"),
        CardState.HELD: translate("by card"),
        CardState.CAPTURED: translate("taken from the card"),
        CardState.RELEASED: translate("card let go"),
        CardState.REFUNDED: translate("paid back to the card"),
        CardState.EXPIRED: translate("card page ran out"),
        CardState.REFUSED: translate("card would not do"),
        CardState.LAPSED: translate("hold on the card has lapsed"),
    }
    return words[CardState(status)]


def shown(card: CardDeposit) -> dict[str, Any]:
    """A deposit by card as a call answers it."""
    plain = ("auction_id", "attempt", "status", "opened_at", "lapses_at", "because")
    amount = {"amount": str(card.amount.amount), "currency": card.currency}
    url = card.url if card.status == CardState.OPENED else None
    return {name: getattr(card, name) for name in plain} | {"amount": amount, "url": url}


def by_registration(cards: list[CardDeposit]) -> dict[UUID, CardDeposit]:
    """The latest card of each registration."""
    return {card.registration_id: card for card in sorted(cards, key=lambda one: one.attempt)}
