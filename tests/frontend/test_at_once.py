"""Two requests at once through the door: one is done, the other is told why not. Nobody is answered that the house is broken."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from frontend.pages import TRIES, retried
from marketplace.disposal import actions
from tests.factories import Person, World
from tests.marketplace.disposal.makers import an_auction
from tests.marketplace.disposal.test_visits import a_slot, book
from tests.marketplace.duty.makers import a_desk

Asked = tuple[Person, str, dict[str, object]]


def together(world: World, asked: Sequence[Asked]) -> Counter[int]:
    """The statuses of calls that start at the same moment."""
    gate = Barrier(len(asked))

    def call(one: Asked) -> int:
        person, path, body = one
        with world.app.app_context():
            gate.wait()
            return int(person.call("POST", path, body).status_code)

    with ThreadPoolExecutor(len(asked)) as pool:
        return Counter(pool.map(call, asked))


def test_a_question_is_answered_once(world: World) -> None:
    sale = an_auction(world)
    with sale.bidder().operator.ws() as ws:
        asked = actions.ask_question(ws, sale.auction_id, words="Is the packing sound?")
    path = f"/auctions/{sale.auction_id}/questions/{asked.question_id}/answer"
    answers: list[Asked] = [(sale.bank.operator, path, {"answer": f"It is, {number}."}) for number in range(4)]
    assert together(world, answers) == {200: 1, 409: 3}


def test_an_offer_that_is_watched_twice_is_watched(world: World) -> None:
    sale, buyer = an_auction(world), world.firm("BUYER").operator
    world.work()
    assert together(world, [(buyer, f"/listings/{sale.auction_id}/watch", {})] * 4) == {201: 4}


def test_a_visit_is_cancelled_once(world: World) -> None:
    sale = an_auction(world)
    bidder = sale.bidder()
    visit_id = book(bidder, sale, a_slot(sale))
    path = f"/auctions/{sale.auction_id}/visits/{visit_id}/cancellation"
    assert together(world, [(bidder.operator, path, {})] * 4) == {200: 1, 409: 3}


def test_drills_that_are_rung_at_once_are_numbered_apart(world: World) -> None:
    desk = a_desk(world)
    rung: Asked = (desk.firm.operator, "/duty-drills", {"severity": "MINOR", "script": "Smoke in hall 2."})
    assert together(world, [rung] * 2) == {201: 2}


def test_the_desk_is_handed_over_once(world: World) -> None:
    desk = a_desk(world)
    assert desk.start
    shift_id, giver = desk.at(desk.start)[0]
    taker = desk.at(desk.start + timedelta(hours=8))[0][1]
    world.advance(timedelta(hours=8) - timedelta(minutes=5))
    over: Asked = (giver, f"/duty-shifts/{shift_id}/handovers", {"to": str(taker.person_id), "note": "All quiet."})
    assert together(world, [over] * 4) == {201: 1, 409: 3}


def test_of_two_administrators_who_remove_each_other_one_stays(world: World) -> None:
    firm = world.firm()
    one, other = firm.owner, firm.person("owner", name="Second owner")
    mutual: list[Asked] = [(one, f"/members/{other.person_id}/end", {}), (other, f"/members/{one.person_id}/end", {})]
    statuses = together(world, mutual)
    assert statuses[200] == 1, statuses
    assert statuses[401] + statuses[403] == 1, statuses


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "23505", "23P01", "23514", "23502"])
def test_what_is_tried_again_and_how_often(app: Flask, sqlstate: str) -> None:
    """A constraint is met twice at most: what a second look does not explain is a defect, and is not hidden by trying."""
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise DBAPIError("statement", None, errors.lookup(sqlstate)())

    with app.test_request_context(), pytest.raises(DBAPIError):
        retried(fail)
    assert len(tries) == TRIES.get(sqlstate, 1)
