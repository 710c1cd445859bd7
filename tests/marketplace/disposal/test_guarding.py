"""The guard against mass sales through the real actions: two people of the operator set it, an announcement waits for as long as it holds, and is published afterwards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from marketplace.disposal import actions, queries
from marketplace.disposal.guarding.queries import guard_versions, held_back
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.rules.guarding import Brake, Guard
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import find_lot
from tenants import approvals
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, Refused
from tenants.workspace import Workspace
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import a_bad_loan, an_auction, call_off, propose_sale
from tests.marketplace.financing.makers import ADeal, decided
from tests.marketplace.valuation.makers import a_price_series

LOOSE = Guard(lots_max=10_000, days=1, fall_share=Decimal("0.99"), unsold_share=Decimal("0.99"), sales_least=1000)


@pytest.fixture(autouse=True)
def _for_this_test_alone(world: World) -> Iterator[None]:
    """Settings hold for the whole house: no other test may find them."""
    yield
    world.admin.execute("delete from house.sale_guard")


def publish(operator: Firm, guard: Guard) -> None:
    with operator.operator.ws() as ws:
        approval = actions.propose_guard(ws, guard, because="The market needs it.")
    decided(operator, approval)


def for_sale(ws: Workspace, deal: ADeal) -> int:
    """Lots like the deal's that are for sale where it lies, whoever put them up."""
    lot = find_lot(ws, deal.lots[0].id)
    alike = (Auction.product_name == lot.product_name, Auction.place == find_site(ws, lot.site_id).city)
    return ws.session.scalar(select(func.count()).where(*alike, Auction.status.in_(queries.LIVE))) or 0


def test_an_announcement_waits_while_too_many_lots_are_for_sale_and_is_published_afterwards(world: World) -> None:
    first, deal, operator = a_bad_loan(world), a_bad_loan(world), world.firm("PLATFORM")
    decided(first.bank, propose_sale(first))
    proposal = propose_sale(deal)
    with deal.bank.operator.ws(read_only=True) as ws:
        others = for_sale(ws, deal)
    assert others >= 1
    publish(operator, replace(LOOSE, lots_max=others))
    with pytest.raises(Conflict) as waits:
        decided(deal.bank, proposal)
    assert (waits.value.code, waits.value.field) == ("market_crowded", "lot_id")
    publish(operator, replace(LOOSE, lots_max=others + 1))
    decided(deal.bank, proposal)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert for_sale(ws, deal) == others + 1


def test_each_version_is_kept_and_the_newest_of_the_operator_counts(world: World) -> None:
    operator = world.firm("PLATFORM")
    publish(operator, LOOSE)
    publish(operator, replace(LOOSE, lots_max=7, lifted_until=world.now + timedelta(days=2)))
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        newest, first = guard_versions(ws)
    assert (newest.version, newest.guard.lots_max, newest.guard.lifted_until) == (2, 7, world.now + timedelta(days=2))
    assert (first.version, first.guard) == (1, LOOSE)


def test_only_the_operator_sets_it_with_a_reason_and_a_lift_that_is_not_over(world: World) -> None:
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotAllowed):
        actions.propose_guard(ws, LOOSE, because="We would like to.")
    with world.firm("PLATFORM").operator.ws() as ws:
        with pytest.raises(Invalid) as unsaid:
            actions.propose_guard(ws, LOOSE, because=" ")
        with pytest.raises(Invalid) as over:
            actions.propose_guard(ws, replace(LOOSE, lifted_until=world.now), because="For a while.")
    assert (unsaid.value.field, over.value.field) == ("because", "lifted_until")


def test_of_two_announcements_at_once_the_last_place_is_given_once(world: World) -> None:
    deals, operator = [a_bad_loan(world), a_bad_loan(world)], world.firm("PLATFORM")
    proposals = [(deal, propose_sale(deal)) for deal in deals]
    with deals[0].bank.operator.ws(read_only=True) as ws:
        others = for_sale(ws, deals[0])
    publish(operator, replace(LOOSE, lots_max=others + 1))

    (one, first), (two, second) = proposals

    def approve() -> str:
        try:
            decided(two.bank, second)
        except Refused as refused:
            return refused.code
        return "published"

    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with ThreadPoolExecutor(1) as other, one.bank.approver.ws() as ws:
        approvals.decide(ws, first.id, approve=True)  # published, and nobody sees it yet
        answer = other.submit(approve)
        while not answer.done() and world.admin.execute(waiting).fetchone() == (0,):
            wait([answer], timeout=0.01)
    assert answer.result() == "market_crowded"
    with deals[0].bank.operator.ws(read_only=True) as ws:
        assert for_sale(ws, deals[0]) == others + 1


def test_a_price_that_fell_lately_holds_back_what_it_is_the_price_of(world: World) -> None:
    """The seller's own series of today and the days before: within the guard's days it counts, for other goods and beyond those days it does not."""
    deal, operator = a_bad_loan(world), world.firm("PLATFORM")
    publish(operator, replace(LOOSE, days=5, fall_share=Decimal("0.10")))
    a_price_series(world, deal.bank, ["100", "89", "89", "89", "89", "89", "89"], code="ELSE")
    a_price_series(world, deal.bank, ["100", "100", "91", "89.99"], code="FELL")
    with deal.bank.operator.ws(read_only=True) as ws:
        kinds = [held_back(ws, product_name="Nothing of it", place="Nowhere", price_code=code) for code in ("FELL", "ELSE", "NONE")]  # fmt: skip
    assert [one and one[1] for one in kinds] == [(Brake.FALLING,), (), ()]
    publish(operator, replace(LOOSE, days=5, fall_share=Decimal("0.10"), lifted_until=world.now + timedelta(hours=1)))
    with deal.bank.operator.ws(read_only=True) as ws:
        lifted = held_back(ws, product_name="Nothing of it", place="Nowhere", price_code="FELL")
    assert lifted is not None
    assert lifted[1] == ()


def test_sales_without_buyers_hold_back_their_own_kind_for_the_guard_s_days(world: World) -> None:
    operator, goods = world.firm("PLATFORM"), f"Zinc {new_id().hex[:8]}"
    sales = [an_auction(world, product=goods).open() for _ in range(3)]
    call_off(sales[2], "The debt was repaid.")
    ends = [sale.close() for sale in sales[:2]]
    publish(operator, replace(LOOSE, days=2, unsold_share=Decimal("0.5"), sales_least=2))

    def held(kind: str) -> tuple[Brake, ...]:
        with sales[0].bank.operator.ws(read_only=True) as ws:
            found = held_back(ws, product_name=kind, place="Nowhere", price_code="NONE")
        assert found is not None
        return found[1]

    assert {one.status for one in ends} == {"NO_SALE"}
    assert (held(goods), held("Nothing of it")) == ((Brake.UNSOLD,), ())
    publish(operator, replace(LOOSE, days=2, unsold_share=Decimal("0.5"), sales_least=3))
    assert held(goods) == (), "what was called off is no sale that found no buyer"
    publish(operator, replace(LOOSE, days=2, unsold_share=Decimal("0.5"), sales_least=2))
    world.advance(timedelta(days=3))
    assert held(goods) == (), "it is over"
