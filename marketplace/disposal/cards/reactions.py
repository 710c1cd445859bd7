"""Deposits by card follow by themselves: the provider's notices, the ledger's moves, and the clock where no notice came."""

from datetime import timedelta
from uuid import UUID

from marketplace.disposal.cards.actions import follow_card as look_at
from marketplace.disposal.cards.actions import look_again
from marketplace.disposal.cards.events import CardDepositOpened
from marketplace.disposal.events import BalanceConfirmed, BuyerDefaulted, DepositReturned, EnvelopeForfeited
from marketplace.disposal.queries import settlement_of
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace

# A page stands open for a day. Should its notices be lost, somebody looks all the same.
LOOKS = (timedelta(minutes=30), timedelta(hours=25))


@reacts_to(roles=set())
def follow_card(ws: Workspace, happened: Happened) -> None:
    """A notice of the provider, or the time to look."""
    look_at(ws, happened.stream_id, UUID(happened.facts["registration_id"]))


@reacts_to(CardDepositOpened, roles={"seller"})
def watch_card(ws: Workspace, happened: Happened) -> None:
    """Look later, also where nobody says anything."""
    for wait in LOOKS:
        look_again(ws, UUID(happened.facts["auction_id"]), happened.stream_id, ws.now + wait)


@reacts_to(DepositReturned, EnvelopeForfeited, roles={"seller"})
def let_card_go(ws: Workspace, happened: Happened) -> None:
    """The deposit goes back, or is forfeited: what a card holds for it is let go, or taken."""
    look_at(ws, UUID(happened.facts["auction_id"]), happened.stream_id)


@reacts_to(BalanceConfirmed, BuyerDefaulted, roles={"seller"})
def take_winners_card(ws: Workspace, happened: Happened) -> None:
    """The winner's deposit is applied to the price, or forfeited: either way it is taken now."""
    settlement = settlement_of(ws, happened.stream_id)
    if settlement is not None:
        look_at(ws, happened.stream_id, settlement.registration_id)
