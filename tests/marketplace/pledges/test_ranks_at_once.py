"""A second rank in the same moment as what ends or shortens the first: whoever comes first, no second stands on units that the first does not hold."""

from collections.abc import Callable

import psycopg
import pytest

from marketplace.pledges import actions
from marketplace.quantity import Quantity
from tests.factories import World
from tests.marketplace.pledges.makers import a_release_order, the_parties
from tests.marketplace.pledges.test_concurrency import at_once, deadlocks
from tests.marketplace.pledges.test_ranks import Two

ROUNDS = 4
UNFOUNDED = """
select count(*) from house.pledge s where s.lot_id = any(%s) and s.rank = 2 and s.held_units is not null
   and not exists (select from house.pledge f where f.lot_id = s.lot_id and f.rank = 1 and s.held_units <@ f.held_units)
"""
MISCOUNTED = """
select count(*) from house.lot l, lateral (
  select coalesce(range_agg(p.held_units) filter (where p.rank = 1), '{}') firsts, coalesce(range_agg(p.held_units) filter (where p.rank = 2), '{}') seconds
    from house.pledge p where p.lot_id = l.id
) told where l.id = any(%s) and (l.held, l.held_behind) is distinct from (told.firsts, told.seconds)
"""


def behind(two: Two) -> Callable[[], None]:
    consent = two.consented()

    def offer() -> None:
        with two.parties.sme.operator.ws() as ws:
            actions.offer_behind(ws, consent)

    return offer


def paid(two: Two) -> Callable[[], None]:
    def release() -> None:
        with two.parties.bank.operator.ws() as ws:
            actions.release_pledges(ws, two.first)

    return release


def weighed_out(two: Two) -> Callable[[], None]:
    order = a_release_order(two.parties, two.first, two.lot, "40.000")

    def leave() -> None:
        with two.parties.warehouse.operator.ws() as ws:
            actions.execute_release(ws, order.id, weighed=Quantity.of("40", "TNE"))

    return leave


def enforced(two: Two) -> Callable[[], None]:
    def enforce() -> None:
        with two.parties.bank.operator.ws() as ws:
            actions.enforce_pledges(ws, two.first)

    return enforce


@pytest.mark.parametrize("ends", [paid, weighed_out, enforced])
def test_a_second_rank_and_what_ends_the_first_at_once(
    world: World, admin: psycopg.Connection, ends: Callable[[Two], Callable[[], None]]
) -> None:
    twos = [Two(the_parties(world)) for _ in range(ROUNDS)]
    tasks = [task for two in twos for task in (behind(two), ends(two))]
    before = deadlocks(admin)
    told = at_once(tasks)
    assert told["accepted"] >= ROUNDS
    assert not [one for one in told if one.startswith("broken")], told
    assert deadlocks(admin) == before
    lots = [two.lot.id for two in twos]
    assert admin.execute(UNFOUNDED, (lots,)).fetchone() == (0,), "a second stands on what the first holds"
    assert admin.execute(MISCOUNTED, (lots,)).fetchone() == (0,), "the lot says what its pledges hold"
