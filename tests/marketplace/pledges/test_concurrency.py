"""Many at once: the same goods offered to several banks in the same moment, through the real database."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions
from marketplace.pledges.queries import pledges_of_lot
from marketplace.quantity import Quantity
from tenants.errors import Refused
from tests.factories import World
from tests.marketplace.pledges.makers import Parties, a_deal_room, activate, an_offered_pledge, the_parties

ATTEMPTS = 40


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def at_once(tasks: list[Callable[[], None]]) -> Counter[str]:
    """Run all from one barrier. Returns how many succeeded and the code of each refusal; anything else is an error of ours."""
    barrier, outcomes, lock = threading.Barrier(len(tasks)), Counter[str](), threading.Lock()

    def run(task: Callable[[], None]) -> None:
        barrier.wait()
        try:
            task()
            outcome = "accepted"
        except Refused as refused:
            outcome = refused.code
        except Exception as broken:
            outcome = f"broken: {broken!r}"
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def offers(
    parties: Parties, deals: list[tuple[UUID, UUID]], goods: Callable[[], list[Any]]
) -> list[Callable[[], None]]:
    person = parties.sme.operator

    def offer(deal_id: UUID, bank_id: UUID, chosen: list[Any]) -> None:
        with person.ws() as ws:
            actions.offer_pledge(ws, deal_id=deal_id, bank_id=bank_id, goods=chosen)

    return [partial(offer, deal_id, bank_id, goods()) for deal_id, bank_id in deals]


def deadlocks(admin: psycopg.Connection) -> int:
    admin.execute("select pg_stat_clear_snapshot()")
    row = admin.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchone()
    assert row
    return int(row[0])


def held_twice(admin: psycopg.Connection, lots: list[Lot]) -> int:
    """Pairs of live pledges with a unit in common, seen by the server's administrator."""
    row = admin.execute(
        "select count(*) from house.pledge a join house.pledge b on a.lot_id = b.lot_id and a.id < b.id and a.held_units && b.held_units"
        " where a.lot_id = any(%s)",
        ([lot.id for lot in lots],),
    ).fetchone()
    assert row
    return int(row[0])


def some_deals(world: World, parties: Parties, count: int, banks: int = 4) -> list[tuple[UUID, UUID]]:
    lenders = [parties.bank, *(world.firm("BANK") for _ in range(banks - 1))]
    chosen = [lenders[place % banks] for place in range(count)]
    return [(a_deal_room(parties, bank), bank.tenant_id) for bank in chosen]


def test_a_hundred_tonnes_are_pledged_by_forty_at_once_exactly_once(world: World, parties: Parties) -> None:
    lot, before = parties.a_lot("100.000"), deadlocks(world.admin)
    deals = some_deals(world, parties, ATTEMPTS)
    outcomes = at_once(offers(parties, deals, lambda: [(lot.id, Quantity.of("5", "TNE"))]))
    assert outcomes == {"accepted": 20, "already_encumbered": 20}
    with parties.sme.operator.ws(read_only=True) as ws:
        seen, pledges = find_lot(ws, lot.id), pledges_of_lot(ws, lot.id)
    assert (seen.reserved_qty, seen.free_qty) == (Decimal(100), Decimal(0))
    assert sum(one.quantity for one in pledges) == Decimal(100)
    assert held_twice(world.admin, [lot]) == 0
    assert deadlocks(world.admin) == before


def test_uneven_quantities_never_exceed_the_lot(world: World, parties: Parties) -> None:
    lot, chance = parties.a_lot("100.000"), random.Random(7)
    deals = some_deals(world, parties, ATTEMPTS)
    outcomes = at_once(
        offers(parties, deals, lambda: [(lot.id, Quantity.from_base_units(chance.randint(1, 9_999), "TNE"))])
    )
    assert set(outcomes) <= {"accepted", "already_encumbered"}
    with parties.sme.operator.ws(read_only=True) as ws:
        seen, pledges = find_lot(ws, lot.id), pledges_of_lot(ws, lot.id)
    assert sum(one.quantity for one in pledges) == seen.reserved_qty <= Decimal(100)
    assert held_twice(world.admin, [lot]) == 0


def test_the_same_lots_named_in_any_order_never_deadlock(world: World, parties: Parties) -> None:
    lots, chance, before = [parties.a_lot("50.000") for _ in range(3)], random.Random(11), deadlocks(world.admin)

    def shuffled() -> list[tuple[UUID, Quantity]]:
        return [(lot.id, Quantity.of("5", "TNE")) for lot in chance.sample(lots, 3)]

    outcomes = at_once(offers(parties, some_deals(world, parties, 24), shuffled))
    assert outcomes == {"accepted": 10, "already_encumbered": 14}
    assert held_twice(world.admin, lots) == 0
    assert deadlocks(world.admin) == before


def test_offers_cancellations_and_releases_at_once_keep_the_account(world: World, parties: Parties) -> None:
    lot, before = parties.a_lot("100.000"), deadlocks(world.admin)
    standing = [an_offered_pledge(parties, lot, "10")[0] for _ in range(8)]
    in_force = standing[:4]
    for deal_id in in_force:
        activate(parties, deal_id)
    sme, bank = parties.sme.operator, parties.bank.operator

    def cancel(deal_id: UUID) -> None:
        with sme.ws() as ws:
            actions.cancel_pledges(ws, deal_id, because="changed our minds")

    def release(deal_id: UUID) -> None:
        with bank.ws() as ws:
            actions.release_pledges(ws, deal_id)

    tasks: list[Callable[[], None]] = [partial(cancel, deal_id) for deal_id in standing[4:]]
    tasks += [partial(release, deal_id) for deal_id in in_force]
    tasks += offers(parties, some_deals(world, parties, 16), lambda: [(lot.id, Quantity.of("10", "TNE"))])
    outcomes = at_once(tasks)
    assert set(outcomes) <= {"accepted", "already_encumbered"}
    with parties.sme.operator.ws(read_only=True) as ws:
        seen, pledges = find_lot(ws, lot.id), pledges_of_lot(ws, lot.id)
    assert sum(one.quantity for one in pledges) == seen.held_qty
    assert seen.held_qty + seen.free_qty == Decimal(100)
    assert held_twice(world.admin, [lot]) == 0
    assert deadlocks(world.admin) == before
