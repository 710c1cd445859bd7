"""Outages through the real database: no bid and no hammer while the house is silent, what was left is given back, and strangers see that it was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from integrations.heartbeat import beat
from marketplace.disposal.bidding import Outcome
from marketplace.disposal.outages.queries import rulings_of
from marketplace.disposal.queries import least_bid, phase, stage, takes_bids
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.rules.kinds.terms import Stage
from marketplace.disposal.rules.outages import SaleTimes, standstill
from tenants.record import activity
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction, cny
from tests.marketplace.disposal.test_kinds import FIRST, a_clock, later, stopped
from tests.marketplace.disposal.test_limits import lines, recomputed

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Pulse:
    """The house's sign of life. The world's clock cannot be driven, so a silence is planted in it."""

    world: World

    def beat(self) -> int:
        return beat()

    def silence(self, lasts: timedelta) -> None:
        """The last sign was now; then so much time passes without one."""
        self.beat()
        self.world.admin.execute("update gate.heartbeat set world_at = world_at - interval '1 day'")
        self.world.advance(lasts)


@pytest.fixture
def pulse(world: World) -> Iterator[Pulse]:
    yield Pulse(world)
    world.admin.execute("delete from gate.heartbeat")


def test_silent_over_the_bell_it_neither_takes_bids_nor_falls_and_gives_back_what_was_left(
    world: World, pulse: Pulse
) -> None:
    sale = an_auction(world).open_with_bidders(2)
    one, two = sale.bidders
    sale.bid(one, 700_000)
    bell = sale.auction.ends_at
    world.set_clock(bell - 5 * SECOND)
    pulse.silence(10 * MINUTE)
    assert sale.bid(two, 705_000).outcome is Outcome.PAUSED, "the web may be back before its first sign"
    world.work()
    assert sale.auction.status == "OPEN", "no hammer falls in a silent house"
    assert pulse.beat() >= 1, "other tests' sales may have run as well"
    assert pulse.beat() == 0
    auction = sale.auction
    assert (auction.resumes_at, auction.ends_at) == (bell + 20 * MINUTE - 5 * SECOND, bell + 20 * MINUTE)
    assert phase(auction, world.now) == "PAUSED"
    assert not takes_bids(auction, world.now)
    assert sale.bid(two, 705_000).outcome is Outcome.PAUSED
    world.work()
    with two.operator.ws(read_only=True) as ws:
        assert "SaleStoodStill" in {one.kind for one in activity(ws, limit=20)}
    world.set_clock(bell + 20 * MINUTE - 5 * SECOND)
    assert sale.bid(two, 705_000).leads
    assert lines(sale) == [(0, 700_000, "ACCEPTED", "HAND"), (1, 705_000, "ACCEPTED", "HAND")]
    assert sale.close().winning_paddle == sale.paddle(two)
    record, wrong = recomputed(sale)
    assert wrong == 0
    assert [(one["after"], one["resumes_at"][11:19]) for one in record["outages"]] == [(1, "01:19:55")]
    assert [one["sequence"] for one in record["extensions"]] == [2], "what the outage moved, no bid did"


def test_a_hammer_that_waited_for_nothing_falls_with_the_next_sign(world: World, pulse: Pulse) -> None:
    """The last sign came before the end; that which ends the silence comes before so much time has passed that it would count."""
    sale = an_auction(world).open_with_bidders(1)
    sale.bid(sale.bidders[0], 700_000)
    world.set_clock(sale.auction.ends_at - SECOND)
    pulse.silence(2 * SECOND)
    world.work()
    assert sale.auction.status == "OPEN"
    pulse.beat()
    assert sale.auction.resumes_at is None
    world.work()
    assert sale.auction.status == "SOLD"


def test_a_sale_that_ended_before_the_silence_is_closed_in_it(world: World, pulse: Pulse) -> None:
    sale = an_auction(world).open_with_bidders(1)
    sale.bid(sale.bidders[0], 700_000)
    world.set_clock(sale.auction.ends_at)
    pulse.silence(HOUR)
    world.work()
    assert sale.auction.status == "SOLD"


def without(record: dict[str, Any]) -> None:
    record["outages"].clear()


def longer(record: dict[str, Any]) -> None:
    record["outages"][0]["back_at"] = record["outages"][0]["back_at"].replace("01:09", "01:12")


def over_a_bid(record: dict[str, Any]) -> None:
    record["outages"][0]["after"] = 2


def unsigned(record: dict[str, Any]) -> None:
    record["outages"][0]["signature"] = record["result"]["signature"]


@pytest.mark.parametrize("tamper", [without, longer, over_a_bid, unsigned])
def test_an_outage_that_is_left_out_or_made_up_is_seen(
    world: World, pulse: Pulse, tamper: Callable[[dict[str, Any]], None]
) -> None:
    sale = an_auction(world).open_with_bidders(2)
    sale.bid(sale.bidders[0], 700_000)
    world.set_clock(sale.auction.ends_at - 5 * SECOND)
    pulse.silence(10 * MINUTE)
    pulse.beat()
    world.set_clock(sale.auction.ends_at - SECOND)
    sale.bid(sale.bidders[1], 705_000)
    sale.close()
    with sale.bank.operator.ws(read_only=True) as ws:
        record = record_of(ws, sale.auction_id)
    tamper(record)
    found = recompute.Findings(chinese=False)
    recompute.recompute(record, bytes.fromhex(record["key"]), found)
    assert found.wrong


@pytest.mark.parametrize(
    ("since_opening", "lasts"),
    [(-HOUR, 2 * HOUR), (HOUR, 29 * SECOND), (HOUR, 30 * SECOND), (23 * HOUR, 4 * HOUR), (23 * HOUR, 9 * HOUR), (25 * HOUR, HOUR), (HOUR, 60 * HOUR)],
)  # fmt: skip
def test_the_database_rules_as_the_rule_does(
    world: World, pulse: Pulse, since_opening: timedelta, lasts: timedelta
) -> None:
    sale = an_auction(world)
    sale.bidder()
    before = sale.auction
    world.set_clock(before.opens_at + since_opening)
    told = standstill(
        before.outage_rule, SaleTimes(before.opens_at, before.ends_at), silent_from=world.now, back_at=world.now + lasts
    )
    pulse.silence(lasts)
    pulse.beat()
    with sale.bank.operator.ws(read_only=True) as ws:
        made = [(one.began_at, one.resumes_at, one.ends_at) for one in rulings_of(ws, sale.auction_id)]
    assert made == ([(told.began_at, told.resumes_at, told.ends_at)] if told else [])
    assert sale.auction.ends_at == (told.ends_at if told else before.ends_at)


def test_a_falling_price_stands_while_the_house_is_silent(world: World, pulse: Pulse) -> None:
    sale = a_clock(world)
    later(sale, timedelta(seconds=605))
    pulse.silence(3 * MINUTE)
    pulse.beat()
    auction = sale.auction
    assert auction.resumes_at
    for moment in (world.now, auction.resumes_at):
        world.set_clock(moment)
        assert least_bid(auction, moment) == cny(800_000)
    assert sale.bid(sale.bidders[0], 799_999).outcome is Outcome.TOO_LOW
    world.set_clock(auction.resumes_at + 54 * SECOND)
    assert sale.bid(sale.bidders[0], 799_999).outcome is Outcome.TOO_LOW
    world.set_clock(auction.resumes_at + 55 * SECOND)
    assert sale.bid(sale.bidders[1], 780_000).amount_minor == 780_000_00
    world.work()
    assert sale.auction.status == "SOLD"
    assert recomputed(sale)[1] == 0


def test_envelopes_have_their_whole_window(world: World, pulse: Pulse) -> None:
    sale = an_auction(world, own=FIRST).open_with_bidders(2)
    one, two = sale.bidders
    sale.hand_in(one, 800_000)
    closes = sale.auction.closes_at
    world.set_clock(closes - MINUTE)
    pulse.silence(HOUR)
    pulse.beat()
    resumes = sale.auction.resumes_at
    assert resumes == closes + HOUR + 9 * MINUTE
    assert stage(sale.auction, world.now) is Stage.SEALING
    world.set_clock(resumes + 59 * SECOND)
    assert sale.hand_in(two, 810_000).outcome is Outcome.SEALED
    world.set_clock(resumes + MINUTE)
    pulse.silence(HOUR)
    assert sale.open_up(one, 800_000).outcome is Outcome.PAUSED
    pulse.beat()
    assert stage(sale.auction, world.now) is Stage.OPENING, "no window is opened again"
    world.set_clock(sale.auction.resumes_at or world.now)
    assert sale.open_up(one, 800_000).outcome is Outcome.OPENED
    assert sale.open_up(two, 810_000).outcome is Outcome.OPENED
    assert sale.close().winning_paddle == sale.paddle(two)
    assert recomputed(sale)[1] == 0


def test_the_last_word_is_not_lost(world: World, pulse: Pulse) -> None:
    sale = stopped(world)
    taker, _, high = sale.bidders
    sale.open_up(high, 850_000)
    world.set_clock(sale.auction.ends_at - MINUTE)
    pulse.silence(5 * MINUTE)
    world.work()
    assert sale.auction.status == "OPEN"
    pulse.beat()
    world.set_clock(sale.auction.ends_at - SECOND)
    assert sale.bid(taker, 855_000).leads
    assert sale.close().winning_paddle == sale.paddle(taker)
    assert recomputed(sale)[1] == 0


@pytest.mark.parametrize("change", ["resumes_at = now()", "stood = stood + interval '1 hour', resumes_at = now()", "outage_notice_seconds = 1"])  # fmt: skip
def test_nobody_lets_a_sale_stand_still_but_an_outage(world: World, change: str) -> None:
    """Planted: the seller writes it into the row itself."""
    sale = an_auction(world)
    statement = text(f"update house.auction set {change} where auction_id = :auction")
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match=r"only an outage|do not change"), ws.session.begin_nested():  # fmt: skip
        ws.session.execute(statement, {"auction": sale.auction_id})


def test_the_room_says_when_it_goes_on(world: World, pulse: Pulse) -> None:
    sale = an_auction(world).open_with_bidders(1)
    page = f"/auctions/{sale.auction_id}"
    assert "If our house falls silent" in sale.bidders[0].operator.browser().get(page).text
    pulse.silence(HOUR)
    pulse.beat()
    told = sale.bidders[0].operator.browser().get(page).text
    assert "The sale stands still after an outage" in told
    assert "<bid-panel" not in told
    refused = sale.bidders[0].operator.call("POST", f"{page}/bids", {"amount": "700000.00"})
    assert (refused.status_code, refused.json["code"]) == (409, "sale_paused")
    assert sale.bidders[0].operator.call("GET", page).json["resumes_at"]
