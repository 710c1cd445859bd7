"""A negotiated sale on demand: buyers with their deposits in, each in a room with the seller."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.disposal import actions
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.disposal.negotiating.bargaining import Wish
from marketplace.disposal.negotiating.queries import TalkRoom, rooms_of
from marketplace.disposal.queries import find_auction
from tenants.approvals import Approval
from tests.factories import Firm, Person, World
from tests.marketplace.disposal.makers import Sale, an_auction, cny

NEGOTIATED = KindTerms(kind=KindName.NEGOTIATED, answer=timedelta(hours=12))


class Talks:
    """A sale that is open for offers, and what is said in it."""

    def __init__(self, sale: Sale) -> None:
        self.sale, self.world, self.auction_id = sale, sale.world, sale.auction_id

    @property
    def seller(self) -> Person:
        return self.sale.bank.operator

    def rooms(self, person: Person) -> list[TalkRoom]:
        with person.ws(read_only=True) as ws:
            return rooms_of(ws, find_auction(ws, self.auction_id))

    def room(self, buyer: Firm) -> TalkRoom:
        """A buyer's room as it sees it."""
        [mine] = self.rooms(buyer.operator)
        return mine

    def _seen(self, buyer: Firm, seen: int | None) -> tuple[UUID, int]:
        room = self.room(buyer)
        return room.room_id, len(room.offers) if seen is None else seen

    def offer(self, buyer: Firm, amount: int, *, by: Person | None = None, seen: int | None = None, **wish: Any) -> Approval | None:  # fmt: skip
        """An offer in the buyer's room, by the buyer unless told otherwise."""
        room_id, turn = self._seen(buyer, seen)
        with (by or buyer.operator).ws() as ws:
            return actions.make_offer(ws, self.auction_id, room_id, wish=Wish(amount=cny(amount), **wish), seen=turn)

    def accept(self, buyer: Firm, *, by: Person | None = None, because: str = "", seen: int | None = None) -> Approval | None:  # fmt: skip
        """What stands in the buyer's room is accepted, by the seller unless told otherwise."""
        room_id, turn = self._seen(buyer, seen)
        with (by or self.seller).ws() as ws:
            return actions.accept_offer(ws, self.auction_id, room_id, seen=turn, because=because)

    def decline(self, buyer: Firm, *, by: Person | None = None) -> None:
        room_id, turn = self._seen(buyer, None)
        with (by or self.seller).ws() as ws:
            actions.decline_offer(ws, self.auction_id, room_id, seen=turn)

    def withdraw(self, buyer: Firm, *, by: Person | None = None) -> None:
        room_id, turn = self._seen(buyer, None)
        with (by or buyer.operator).ws() as ws:
            actions.withdraw_offer(ws, self.auction_id, room_id, seen=turn)


def some_talks(world: World, *, buyers: int = 2, alone: int | None = 5_000_000, **terms: Any) -> Talks:
    """700,000 and up for goods worth as much, unless told otherwise; so many buyers, the sale open."""
    sale = an_auction(world, own=NEGOTIATED, alone=None if alone is None else cny(alone), **terms)
    return Talks(sale.open_with_bidders(buyers))
