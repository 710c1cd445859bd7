"""Visits: who may offer a time, who may come, and never more than there are places, also when all book at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions, queries
from marketplace.disposal.visits.actions import times_of, visits_of
from marketplace.disposal.visits.models import VisitKind, VisitSlot
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, an_enforced_sale


def a_slot(sale: Sale, places: int = 2, kind: VisitKind = VisitKind.INSPECTION, by: Firm | None = None) -> VisitSlot:
    """Tomorrow for two hours."""
    begins = sale.world.now + timedelta(days=1)
    with (by or sale.bank).operator.ws() as ws:
        return actions.offer_slot(
            ws, sale.auction_id, kind=kind, starts_at=begins, ends_at=begins + timedelta(hours=2), places=places, note="Gate 2"
        )  # fmt: skip


def book(firm: Firm, sale: Sale, slot: VisitSlot) -> UUID:
    with firm.operator.ws() as ws:
        return actions.book_visit(ws, sale.auction_id, slot.slot_id, visitor="Li Lei").visit_id


def free(sale: Sale) -> list[int]:
    with sale.bank.operator.ws(read_only=True) as ws:
        return [one.free for one in times_of(ws, sale.auction_id)]


def test_bidders_with_their_deposit_in_look_at_the_goods(world: World) -> None:
    sale = an_auction(world)
    one, poor = sale.bidder(), sale.bidder(deposit=False)
    slot = a_slot(sale)
    visit_id = book(one, sale, slot)
    assert free(sale) == [1]
    with pytest.raises(NotAllowed, match="deposit is in"):
        book(poor, sale, slot)
    with pytest.raises(NotAllowed, match="deposit is in"):
        book(world.firm("BUYER"), sale, slot)
    with pytest.raises(Conflict, match="already"):
        book(one, sale, slot)
    with poor.operator.ws(read_only=True) as ws:
        assert visits_of(ws, sale.auction_id) == [], "rivals do not learn who comes"
    with sale.bank.operator.ws() as ws, pytest.raises(Conflict, match="not due"):
        actions.note_attendance(ws, sale.auction_id, visit_id, attended=True)
    world.advance(timedelta(days=1))
    with one.operator.ws() as ws, pytest.raises(Conflict, match="begun"):
        actions.cancel_visit(ws, sale.auction_id, visit_id)
    with sale.bank.operator.ws() as ws:
        [visit] = visits_of(ws, sale.auction_id)
        assert visit.organisation == one.name
        assert actions.note_attendance(ws, sale.auction_id, visit_id, attended=True).attended
    with one.operator.ws() as ws, pytest.raises(DBAPIError, match="who receives"), ws.session.begin_nested():
        ws.session.execute(text("update house.visit set attended = false where visit_id = :visit"), {"visit": visit_id})


def test_a_place_that_is_given_back_is_free_again(world: World) -> None:
    sale = an_auction(world)
    one, two = sale.bidder(), sale.bidder()
    slot = a_slot(sale, places=1)
    visit_id = book(one, sale, slot)
    with pytest.raises(Conflict, match="taken"):
        book(two, sale, slot)
    with two.operator.ws() as ws, pytest.raises(NotFound):
        actions.cancel_visit(ws, sale.auction_id, visit_id)
    with one.operator.ws() as ws:
        actions.cancel_visit(ws, sale.auction_id, visit_id)
    book(two, sale, slot)
    assert free(sale) == [0]


def test_never_more_visitors_than_places_when_all_book_at_once(world: World) -> None:
    sale = an_auction(world)
    bidders = [sale.bidder() for _ in range(6)]
    people = [one.operator for one in bidders]  # planted here: the connection that plants people is one thread's
    slot = a_slot(sale, places=3)

    def attempt(number: int) -> bool:
        with world.app.app_context():
            try:
                with people[number].ws() as ws:
                    actions.book_visit(ws, sale.auction_id, slot.slot_id, visitor="Li Lei")
                return True
            except Conflict:
                return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 3
    assert free(sale) == [0]


def test_only_those_whose_business_it_is_offer_times(world: World) -> None:
    sale = an_auction(world)
    with pytest.raises(NotFound):
        a_slot(sale, by=world.firm("BANK"))
    with pytest.raises(NotFound):
        a_slot(sale, kind=VisitKind.COLLECTION, by=sale.warehouse)
    begins = world.now + timedelta(days=1)
    wrong = [
        ({"starts_at": world.now - timedelta(days=1), "ends_at": world.now - timedelta(hours=20)}, "starts_at"),
        ({"ends_at": begins}, "ends_at"),
        ({"ends_at": begins + timedelta(hours=13)}, "ends_at"),
        ({"starts_at": sale.auction.closes_at, "ends_at": sale.auction.closes_at + timedelta(hours=1)}, "ends_at"),
        ({"places": 0}, "places"),
    ]
    for slip, field in wrong:
        asked = {"starts_at": begins, "ends_at": begins + timedelta(hours=1), "places": 1} | slip
        with sale.bank.operator.ws() as ws, pytest.raises(Invalid) as refused:
            actions.offer_slot(ws, sale.auction_id, kind=VisitKind.INSPECTION, note="", **asked)  # type: ignore[arg-type]
        assert refused.value.field == field


def test_the_buyer_books_its_collection_with_the_release(world: World) -> None:
    enforced = an_enforced_sale(world)
    sale, warehouse = enforced.sale, enforced.deal.parties.warehouse
    enforced.sell("4300000")
    loser, winner = sale.bidders
    with pytest.raises(NotFound):
        a_slot(sale, kind=VisitKind.COLLECTION, by=warehouse)
    enforced.pay()
    slot = a_slot(sale, kind=VisitKind.COLLECTION, by=warehouse)
    with pytest.raises(NotAllowed):
        book(loser, sale, slot)
    book(winner, sale, slot)
    with warehouse.operator.ws(read_only=True) as ws:
        assert [one.organisation for one in visits_of(ws, sale.auction_id)] == [winner.name]
    with winner.operator.ws(read_only=True) as ws:
        code = queries.find_settlement(ws, sale.auction_id).collection_code
    with warehouse.operator.ws() as ws:
        actions.hand_over(ws, sale.auction_id, code=code, collector="Li Lei")
    with pytest.raises(NotFound):
        a_slot(sale, kind=VisitKind.COLLECTION, by=warehouse)
