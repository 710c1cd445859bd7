"""Whatever the kind of sale: no line of its book can be taken out, changed, doubled or moved without the strangers' program naming it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketplace.disposal.kind_terms import ENGLISH_TERMS, KindName, KindTerms
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.marketplace.disposal.negotiating.makers import some_talks
from tests.marketplace.disposal.test_kinds import DUTCH, FIRST, FIXED, SECOND, a_clock, later, sealed, stopped

Record = dict[str, Any]


def an_english_sale(world: World) -> Sale:
    sale = an_auction(world, own=ENGLISH_TERMS, reserve="720000").open_with_bidders(3)
    sale.bid(sale.bidders[0], 700_000, limit=780_000)
    sale.bid(sale.bidders[1], 700_000)
    sale.bid(sale.bidders[2], 760_000)
    world.set_clock(sale.auction.ends_at - timedelta(minutes=1))
    sale.bid(sale.bidders[1], 800_000)
    return sale


def a_dutch_sale(world: World) -> Sale:
    sale = a_clock(world, DUTCH)
    later(sale, timedelta(seconds=605))
    for firm, amount in zip(sale.bidders, (799_999, 790_000, 800_000), strict=True):
        sale.bid(firm, amount)
    sale.bid(sale.bidders[0], 900_000)
    return sale


def a_fixed_price(world: World) -> Sale:
    sale = an_auction(world, own=FIXED).open_with_bidders(3)
    for firm, amount in zip(sale.bidders, (699_999, 650_000, 750_000), strict=True):
        sale.bid(firm, amount)
    sale.bid(sale.bidders[0], 900_000)
    return sale


def a_sealed_sale(own: KindTerms) -> Callable[[World], Sale]:
    def made(world: World) -> Sale:
        sale = sealed(world, own, 790_000, 830_000, 810_000)
        sale.open_up(sale.bidders[0], 790_001)
        for firm, amount in zip(sale.bidders, (790_000, 830_000, 810_000), strict=True):
            sale.open_up(firm, amount)
        return sale

    return made


def a_last_word(world: World) -> Sale:
    sale = stopped(world)
    for firm, amount in zip(sale.bidders[1:], (805_000, 850_000), strict=True):
        sale.open_up(firm, amount)
    world.set_clock(sale.auction.ends_at - timedelta(minutes=20))
    sale.bid(sale.bidders[0], 855_000)
    return sale


def a_bargain(world: World) -> Sale:
    talks = some_talks(world, buyers=3)
    one, two, three = talks.sale.bidders
    talks.offer(one, 710_000)
    talks.offer(two, 820_000, by=talks.seller)
    talks.offer(three, 750_000)
    talks.withdraw(three)
    world.advance(timedelta(minutes=5))
    talks.accept(two, by=two.operator)
    world.work()
    return talks.sale


SALES: dict[KindName, Callable[[World], Sale]] = {
    KindName.ENGLISH: an_english_sale,
    KindName.DUTCH: a_dutch_sale,
    KindName.FIXED: a_fixed_price,
    KindName.SEALED_FIRST: a_sealed_sale(FIRST),
    KindName.SEALED_SECOND: a_sealed_sale(SECOND),
    KindName.DUTCH_SEALED_BEST: a_last_word,
    KindName.NEGOTIATED: a_bargain,
}


def remove(bids: list[Record], place: int) -> None:
    del bids[place]


def cheapen(bids: list[Record], place: int) -> None:
    bids[place]["amount_minor"] += 100


def give_away(bids: list[Record], place: int) -> None:
    bids[place]["paddle"] += 1


def turn(bids: list[Record], place: int) -> None:
    bids[place]["outcome"] = "TOO_LOW" if bids[place]["outcome"] != "TOO_LOW" else "ACCEPTED"


def date_back(bids: list[Record], place: int) -> None:
    bids[place]["at"] = bids[place]["at"].replace("T0", "T1")


def double(bids: list[Record], place: int) -> None:
    bids.insert(place, dict(bids[place]))


def wrong(record: Record) -> int:
    found = recompute.Findings(chinese=False)
    recompute.recompute(record, bytes.fromhex(record["key"]), found)
    return found.wrong


@pytest.mark.parametrize("kind", list(KindName))
def test_no_line_can_be_taken_out_or_changed(world: World, kind: KindName) -> None:
    sale = SALES[kind](world)
    sale.close()
    with sale.bank.operator.ws(read_only=True) as ws:
        honest = json.dumps(record_of(ws, sale.auction_id))
    told = json.loads(honest)
    assert wrong(told) == 0
    assert len(told["bids"]) >= 4
    assert told["result"]["status"] == "SOLD"
    for tamper in (remove, cheapen, give_away, turn, date_back, double):
        for place in range(len(told["bids"])):
            record = json.loads(honest)
            tamper(record["bids"], place)
            assert wrong(record), f"{tamper.__name__} of line {place + 1} goes unseen"
