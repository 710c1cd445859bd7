"""Never pledged twice, however concurrent: two hundred calls at once for the same hundred tonnes, by the API and from several firms."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from tests.factories import Person, World
from tests.marketplace.financing.makers import a_request, an_accepted_deal
from tests.marketplace.pledges.makers import Parties, the_parties

BY_THE_OWNER, BY_OTHERS, BANKS = 180, 20, 4
TAKEN = {"goods_not_free", "already_encumbered"}
Outcome = tuple[int, str]
Call = Callable[[], Outcome]


def pledge(person: Person, deal_id: UUID, lot_id: UUID, amount: str) -> Outcome:
    goods = [{"lot_id": str(lot_id), "quantity": {"amount": amount, "unit": "TNE"}}]
    answer = person.call("POST", f"/deals/{deal_id}/top-ups", {"goods": goods})
    return answer.status_code, "" if answer.status_code == 200 else answer.get_json()["code"]


def all_at_once(calls: list[Call]) -> Counter[Outcome]:
    """Every call in a thread of its own, from one barrier."""
    barrier, outcomes, lock = threading.Barrier(len(calls)), Counter[Outcome](), threading.Lock()

    def make(call: Call) -> None:
        barrier.wait()
        try:
            outcome = call()
        except Exception as broken:
            outcome = (500, repr(broken))
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=make, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def deals_of_one_firm(world: World, banks: int) -> tuple[Parties, list[UUID]]:
    """A firm's accepted deals with several banks, each on goods of its own, so that more goods may be put behind each."""
    first = the_parties(world)
    deals = []
    for place in range(banks):
        bank = first.bank if place == 0 else world.firm("BANK")
        parties = Parties(world, first.sme, bank, first.warehouse, first.supervisor)
        deal = a_request(world, parties=parties, tonnes="10.000", amount="100000.00")
        deals.append(an_accepted_deal(world, deal=deal, limit="100000.00").deal_id)
    return first, deals


def others_who_want_it(world: World, count: int) -> list[tuple[Person, UUID]]:
    """Other firms, each with a deal of its own, that name goods which are not theirs."""
    made = []
    for _ in range(count):
        deal = an_accepted_deal(world, deal=a_request(world, tonnes="10.000", amount="100000.00"), limit="100000.00")
        made.append((deal.sme.operator, deal.deal_id))
    return made


@contextmanager
def no_deadlock(admin: psycopg.Connection) -> Iterator[None]:
    def seen() -> Any:
        admin.execute("select pg_stat_clear_snapshot()")
        return admin.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchone()

    before = seen()
    yield
    assert seen() == before


def in_force_of(admin: psycopg.Connection, lot: Lot) -> tuple[Decimal, int]:
    """What is held of a lot, and how many pairs of pledges have a unit in common, seen by the server's administrator."""
    total = admin.execute(
        "select coalesce(sum(quantity), 0) from house.pledge where lot_id = %s and held_units is not null", (lot.id,)
    )
    (held,) = total.fetchone() or (None,)
    twice = admin.execute(
        "select count(*) from house.pledge a join house.pledge b on a.lot_id = b.lot_id and a.id < b.id"
        " and a.held_units && b.held_units where a.lot_id = %s",
        (lot.id,),
    )
    (pairs,) = twice.fetchone() or (None,)
    return held, pairs


def test_two_hundred_calls_for_the_same_hundred_tonnes_take_exactly_a_hundred(world: World) -> None:
    parties, deals = deals_of_one_firm(world, BANKS)
    strangers = others_who_want_it(world, 2)
    lot, owner = parties.a_lot("100.000"), parties.sme.operator
    calls: list[Call] = [partial(pledge, owner, deals[n % BANKS], lot.id, "1.250") for n in range(BY_THE_OWNER)]
    calls += [partial(pledge, *strangers[n % len(strangers)], lot.id, "1.250") for n in range(BY_OTHERS)]
    with no_deadlock(world.admin):
        outcomes = all_at_once(calls)
    accepted_calls = outcomes.pop((200, ""))
    refused = sum(count for (status, code), count in outcomes.items() if status == 409 and code in TAKEN)
    unknown = outcomes[404, "lot_unknown"]
    assert (accepted_calls, refused, unknown) == (80, BY_THE_OWNER - 80, BY_OTHERS), outcomes
    assert in_force_of(world.admin, lot) == (Decimal("100.000"), 0)
    with owner.ws(read_only=True) as ws:
        seen = find_lot(ws, lot.id)
        assert (seen.reserved_qty, seen.free_qty) == (Decimal("100.000"), Decimal("0.000"))
