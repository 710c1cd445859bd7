"""A sale that stands still by order, through the real database: no bid and no hammer until the order is lifted, then what was left, and strangers see that it was."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from integrations.heartbeat import beat
from marketplace.disposal import actions
from marketplace.disposal.bidding import Outcome
from marketplace.disposal.closing import UNMASK
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.outages.queries import orders_of, rulings_of
from marketplace.disposal.queries import least_bid, phase, stage, takes_bids, takes_deposits
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.rules.halts import halt_of
from marketplace.disposal.rules.kinds.terms import Stage
from marketplace.disposal.rules.outages import SaleTimes, standstill
from tenants.errors import Conflict, NotAllowed, NotFound
from tenants.record import activity
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, call_off, cny
from tests.marketplace.disposal.negotiating.makers import some_talks
from tests.marketplace.disposal.test_kinds import FIRST, a_clock, later, stopped
from tests.marketplace.disposal.test_limits import lines, recomputed

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ORDER = {
    "ground": "COURT",
    "ordered_by": "Ningbo Maritime Court",
    "paper": "(2026) Zhe 72 Zhi 118, 9 March 2026",
    "because": "A third party claims the goods.",
}
TELLS = ("SaleHalted", "SaleResumed", "SaleStoodStill")


def halt(sale: Sale, by: Firm | None = None, **other: str) -> Auction:
    with (by or sale.bank).operator.ws() as ws:
        return actions.halt_sale(ws, sale.auction_id, halt_of(**ORDER | other))


def lift(sale: Sale, by: Firm | None = None) -> Auction:
    with (by or sale.bank).operator.ws() as ws:
        return actions.lift_halt(ws, sale.auction_id)


def stands(sale: Sale, lasts: timedelta) -> datetime:
    """The sale stands still by order for so long; from when on it goes on."""
    halt(sale)
    sale.world.advance(lasts)
    lift(sale)
    resumes = sale.auction.resumes_at
    assert resumes is not None
    return resumes


def told(sale: Sale, to: Firm) -> list[str]:
    """What this firm heard of standstills, in its order."""
    with to.operator.ws(read_only=True) as ws:
        return sorted(one.kind for one in activity(ws, limit=50) if one.kind in TELLS)


def test_no_bid_and_no_hammer_while_an_order_stands_and_then_what_was_left(world: World) -> None:
    sale = an_auction(world).open_with_bidders(2)
    one, two = sale.bidders
    sale.bid(one, 700_000)
    bell = sale.auction.ends_at
    world.set_clock(bell - 5 * SECOND)
    halt(sale)
    assert sale.bid(two, 705_000).outcome is Outcome.PAUSED
    world.set_clock(bell + HOUR)
    world.work()
    auction = sale.auction
    assert (auction.status, phase(auction, world.now)) == ("OPEN", "PAUSED"), "no hammer falls, however long it stands"
    assert not takes_bids(auction, world.now)
    assert takes_deposits(auction, world.now), "who wants to take part when it goes on has the time to"
    assert sale.bid(two, 705_000).outcome is Outcome.PAUSED
    lift(sale)
    auction = sale.auction
    assert (auction.resumes_at, auction.ends_at) == (bell + HOUR + 10 * MINUTE, bell + HOUR + 10 * MINUTE + 5 * SECOND)
    assert sale.bid(two, 705_000).outcome is Outcome.PAUSED, "all may come back first"
    world.work()
    for firm in (sale.bank, one, two):
        assert told(sale, firm) == ["SaleHalted", "SaleResumed"], "one event each"
    world.set_clock(bell + HOUR + 10 * MINUTE)
    assert sale.bid(two, 705_000).leads
    assert lines(sale) == [(0, 700_000, "ACCEPTED", "HAND"), (1, 705_000, "ACCEPTED", "HAND")]
    assert sale.close().winning_paddle == sale.paddle(two)
    record, wrong = recomputed(sale)
    assert wrong == 0
    assert [(outage["after"], outage["order"]) for outage in record["outages"]] == [(1, ORDER | {"through": "SELLER"})]


def test_it_is_ordered_once_and_lifted_once(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    with pytest.raises(Conflict) as early:
        lift(sale)
    halt(sale)
    with pytest.raises(Conflict) as again:
        halt(sale)
    world.advance(MINUTE)
    lift(sale)
    ends = sale.auction.ends_at
    with pytest.raises(Conflict) as twice:
        lift(sale)
    assert [one.value.code for one in (early, again, twice)] == ["sale_not_halted", "sale_halted", "sale_not_halted"]
    assert sale.auction.ends_at == ends
    halt(sale, ground="FAULT")
    world.advance(HOUR)
    lift(sale)
    with sale.bank.operator.ws(read_only=True) as ws:
        orders, made = orders_of(ws, sale.auction_id), rulings_of(ws, sale.auction_id)
    assert [(one.number, one.ground, one.ruling) for one in orders] == [(1, "COURT", 1), (2, "FAULT", 2)]
    assert made[1].began_at == made[0].resumes_at, "what the first gave back is not given twice"


def test_nobody_but_its_seller_lets_a_sale_stand_still(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    stranger, bidder = world.firm("BANK"), sale.bidders[0]
    for act in (halt, lift):
        with pytest.raises(NotFound):
            act(sale, stranger)
        with pytest.raises(NotAllowed):
            act(sale, bidder)
    for statement in (
        "gate.halt_sale(:sale, 'COURT', 'me', 'none', 'why')",
        "gate.halt_sale(:sale, 'COURT', 'me', 'none', 'why', uuidv7())",
        "gate.lift_halt(:sale)",
        "gate.lift_halt(:sale, uuidv7())",
    ):
        with bidder.operator.ws() as ws, pytest.raises(DBAPIError, match="not the seller"), ws.session.begin_nested():
            ws.session.execute(text(f"select {statement}"), {"sale": sale.auction_id})
    assert sale.auction.halted_at is None


def test_nobody_writes_it_into_the_row(world: World) -> None:
    sale = an_auction(world)
    statement = text("update house.auction set halted_at = now() where auction_id = :sale")
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="only an outage or an order"), ws.session.begin_nested():  # fmt: skip
        ws.session.execute(statement, {"sale": sale.auction_id})


def test_a_sale_that_is_over_does_not_stand_still(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    sale.bid(sale.bidders[0], 700_000)
    world.set_clock(sale.auction.ends_at)
    with pytest.raises(Conflict) as late:
        halt(sale)
    assert late.value.code == "sale_ended", "the hammer is late, and the end has come"
    world.work()
    with pytest.raises(Conflict):
        halt(sale)


def test_its_bidders_stay_hidden_while_it_stands_past_its_old_end(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    sale.bid(sale.bidders[0], 700_000)
    halt(sale)
    world.set_clock(sale.auction.ends_at + HOUR)
    asked = {"auction": sale.auction_id, "paddle": sale.paddle(sale.bidders[0])}
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="hidden"), ws.session.begin_nested():
        ws.session.execute(UNMASK, asked)


def test_called_off_while_it_stands_it_is_over(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    halt(sale)
    call_off(sale, "The court forbids the sale.")
    with pytest.raises(Conflict):
        lift(sale)
    assert phase(sale.auction, world.now) == "CANCELLED"
    assert recomputed(sale)[1] == 0


def test_lifted_before_the_opening_it_moves_nothing_and_after_it_bidding_begins_whole(world: World) -> None:
    sale = an_auction(world)
    sale.bidder()
    before = sale.auction
    halt(sale)
    world.advance(HOUR)
    lift(sale)
    assert (sale.auction.resumes_at, sale.auction.ends_at) == (None, before.ends_at)
    halt(sale)
    world.set_clock(before.opens_at + HOUR)
    world.work()
    assert (sale.auction.status, stage(sale.auction, world.now)) == ("ANNOUNCED", Stage.BEFORE)
    lift(sale)
    resumes = before.opens_at + HOUR + 10 * MINUTE
    assert (sale.auction.resumes_at, sale.auction.ends_at) == (resumes, before.ends_at + HOUR + 10 * MINUTE)
    world.set_clock(resumes)
    world.work()
    assert sale.auction.status == "OPEN"
    sale.bid(sale.bidders[0], 700_000)
    sale.close()
    record, wrong = recomputed(sale)
    assert (wrong, len(record["outages"])) == (0, 1)


@pytest.mark.parametrize("lasts", [SECOND, HOUR, 4 * HOUR, 4 * HOUR + SECOND, 60 * HOUR])
def test_the_database_moves_the_end_as_the_rule_does(world: World, lasts: timedelta) -> None:
    sale = an_auction(world).open_with_bidders(1)
    before, began = sale.auction, world.now
    resumes = stands(sale, lasts)
    ruled = standstill(before.outage_rule, SaleTimes(before.opens_at, before.ends_at), silent_from=began, back_at=began + lasts, ordered=True)  # fmt: skip
    assert ruled is not None
    assert (resumes, sale.auction.ends_at) == (ruled.resumes_at, ruled.ends_at)


@pytest.fixture
def pulse(world: World) -> Iterator[None]:
    beat()
    yield
    world.admin.execute("delete from gate.heartbeat")


@pytest.mark.usefixtures("pulse")
def test_a_silence_within_an_order_is_covered_by_it(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    halt(sale)
    began = world.now
    world.admin.execute("update gate.heartbeat set world_at = world_at - interval '1 day', house_at = %s", (world.now,))
    world.advance(HOUR)
    beat()
    assert (sale.auction.halted_at, sale.auction.resumes_at) == (began, None), "the order stands on"
    lift(sale)
    assert (sale.auction.resumes_at, sale.auction.stood) == (began + HOUR + 10 * MINUTE, HOUR + 10 * MINUTE)


def test_a_falling_price_stands_while_an_order_does(world: World) -> None:
    sale = a_clock(world)
    later(sale, timedelta(seconds=605))
    halt(sale)
    world.advance(3 * HOUR)
    assert (least_bid(sale.auction, world.now), stage(sale.auction, world.now)) == (cny(800_000), Stage.CLOCK)
    assert sale.bid(sale.bidders[0], 800_000).outcome is Outcome.PAUSED
    lift(sale)
    resumes = sale.auction.resumes_at
    assert resumes
    world.set_clock(resumes + 54 * SECOND)
    assert sale.bid(sale.bidders[0], 799_999).outcome is Outcome.TOO_LOW
    world.set_clock(resumes + 55 * SECOND)
    assert sale.bid(sale.bidders[1], 780_000).amount_minor == 780_000_00
    world.work()
    assert sale.auction.status == "SOLD"
    assert recomputed(sale)[1] == 0


def test_envelopes_have_their_whole_window(world: World) -> None:
    sale = an_auction(world, own=FIRST).open_with_bidders(2)
    one, two = sale.bidders
    sale.hand_in(one, 800_000)
    world.set_clock(sale.auction.closes_at - MINUTE)
    halt(sale)
    world.advance(HOUR)
    assert stage(sale.auction, world.now) is Stage.SEALING
    assert sale.hand_in(two, 810_000).outcome is Outcome.PAUSED
    assert sale.open_up(one, 800_000).outcome is Outcome.PAUSED
    lift(sale)
    resumes = sale.auction.resumes_at
    assert resumes
    world.set_clock(resumes + 59 * SECOND)
    assert sale.hand_in(two, 810_000).outcome is Outcome.SEALED
    world.set_clock(resumes + MINUTE)
    assert sale.open_up(one, 800_000).outcome is Outcome.OPENED
    assert sale.open_up(two, 810_000).outcome is Outcome.OPENED
    assert sale.close().winning_paddle == sale.paddle(two)
    assert recomputed(sale)[1] == 0


def test_the_last_word_is_not_lost(world: World) -> None:
    sale = stopped(world)
    taker, _, high = sale.bidders
    sale.open_up(high, 850_000)
    world.set_clock(sale.auction.ends_at - MINUTE)
    resumes = stands(sale, 5 * HOUR)
    assert resumes.time() == (sale.auction.ends_at - MINUTE).time(), "after a long one, the same hour of another day"
    world.set_clock(resumes)
    assert sale.bid(taker, 855_000).leads
    assert sale.close().winning_paddle == sale.paddle(taker)
    assert recomputed(sale)[1] == 0


def without_the_order(record: dict[str, Any]) -> None:
    record["outages"][0]["order"] = None


def another_paper(record: dict[str, Any]) -> None:
    record["outages"][0]["order"]["paper"] = "none"


def lifted_later(record: dict[str, Any]) -> None:
    record["outages"][0]["back_at"] = record["outages"][0]["resumes_at"]


def left_out(record: dict[str, Any]) -> None:
    record["outages"].clear()


@pytest.mark.parametrize("tamper", [without_the_order, another_paper, lifted_later, left_out])
def test_an_order_that_is_left_out_or_made_up_is_seen(world: World, tamper: Callable[[dict[str, Any]], None]) -> None:
    sale = an_auction(world).open_with_bidders(2)
    sale.bid(sale.bidders[0], 700_000)
    world.set_clock(stands(sale, 10 * SECOND))
    sale.bid(sale.bidders[1], 705_000)
    sale.close()
    with sale.bank.operator.ws(read_only=True) as ws:
        record = record_of(ws, sale.auction_id)
    tamper(record)
    found = recompute.Findings(chinese=False)
    recompute.recompute(record, bytes.fromhex(record["key"]), found)
    assert found.wrong


def test_nothing_is_said_in_rooms_while_an_order_stands(world: World) -> None:
    talks = some_talks(world, buyers=1)
    [buyer] = talks.sale.bidders
    talks.offer(buyer, 720_000)
    halt(talks.sale)
    for act in (talks.accept, talks.withdraw, lambda one: talks.offer(one, 730_000)):
        with pytest.raises(Conflict) as paused:
            act(buyer)
        assert paused.value.code == "sale_paused"
    world.advance(HOUR)
    lift(talks.sale)
    resumes = talks.sale.auction.resumes_at
    assert resumes
    world.set_clock(resumes)
    talks.offer(buyer, 730_000)
    talks.accept(buyer)
    world.work()
    assert talks.sale.auction.sold == cny(730_000)
    assert recomputed(talks.sale)[1] == 0
