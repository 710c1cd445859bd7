"""Limits through the real database: the house bids for their owners, one step above the next best, and keeps them to itself until the hammer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal.bidding import Outcome
from marketplace.disposal.increments import Increments
from marketplace.disposal.queries import book, my_place
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.record.receipts import my_receipts
from tenants.database import new_id
from tenants.errors import Invalid
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction, cny
from tests.marketplace.disposal.test_hidden import everything_seen


@pytest.fixture
def sale(world: World) -> Sale:
    """700,000 and up; by 5,000, from 900,000 on by 10,000."""
    ladder = Increments.of(cny(5_000), (cny(900_000), cny(10_000)))
    return an_auction(world, increments=ladder).open_with_bidders(3)


def lines(sale: Sale) -> list[tuple[int, int, str, str]]:
    """The book, first bid first: bidder by number, amount, outcome, origin."""
    with sale.bank.operator.ws(read_only=True) as ws:
        rows = list(reversed(book(ws, sale.auction_id)))
    drawn = sale.world.admin.execute(
        "select number, tenant_id from house.paddle where auction_id = %s", (sale.auction_id,)
    )
    paddles = dict(drawn.fetchall())
    who = {firm.tenant_id: number for number, firm in enumerate(sale.bidders)}
    return [(who[paddles[row.paddle]], row.amount_minor // 100, row.outcome, row.origin) for row in rows]


def recomputed(sale: Sale) -> tuple[dict[str, Any], int]:
    with sale.bank.operator.ws(read_only=True) as ws:
        record, found = record_of(ws, sale.auction_id), recompute.Findings(chinese=False)
    recompute.recompute(record, bytes.fromhex(record["key"]), found)
    return record, found.wrong


def test_the_house_bids_one_step_above_the_next_best_and_each_step_is_in_the_book(sale: Sale) -> None:
    one, two, three = sale.bidders
    first = sale.bid(one, 700_000, limit=850_000)
    assert (first.outcome, first.amount_minor, first.leads) == (Outcome.ACCEPTED, 700_000_00, True), (
        "one bidder pays the opening"
    )
    beaten = sale.bid(two, 0, limit=800_000)
    assert (beaten.outcome, beaten.amount_minor, beaten.leads) == (Outcome.ACCEPTED, 705_000_00, False), (
        "a limit alone bids the least that counts"
    )
    assert lines(sale)[1:] == [(1, 705_000, "ACCEPTED", "HAND"), (1, 800_000, "ACCEPTED", "LIMIT"), (0, 805_000, "ACCEPTED", "LIMIT")]  # fmt: skip
    assert sale.bid(three, 0, limit=920_000).leads
    assert lines(sale)[4:] == [(2, 810_000, "ACCEPTED", "HAND"), (0, 850_000, "ACCEPTED", "LIMIT"), (2, 855_000, "ACCEPTED", "LIMIT")]  # fmt: skip
    assert not sale.bid(two, 915_000).leads
    assert lines(sale)[7:] == [(1, 915_000, "ACCEPTED", "HAND"), (2, 920_000, "ACCEPTED", "LIMIT")], "a step above 915,000 would be 925,000: the limit is the limit"  # fmt: skip
    auction = sale.close()
    assert (auction.status, auction.sold_minor) == ("SOLD", 920_000_00)
    assert recomputed(sale)[1] == 0


def test_of_equal_limits_the_earlier_leads_at_that_amount(sale: Sale) -> None:
    one, two, _ = sale.bidders
    sale.bid(one, 0, limit=800_000)
    assert not sale.bid(two, 0, limit=800_000).leads
    assert lines(sale)[-2:] == [(1, 800_000, "ACCEPTED", "LIMIT"), (0, 800_000, "ACCEPTED", "LIMIT")]
    assert sale.close().sold_minor == 800_000_00
    assert recomputed(sale)[1] == 0


def test_a_leader_raises_its_limit_and_neither_price_nor_end_moves(sale: Sale) -> None:
    one, two, _ = sale.bidders
    sale.bid(one, 0, limit=750_000)
    sale.world.set_clock(sale.auction.ends_at - timedelta(minutes=1))
    end = sale.auction.ends_at
    raised = sale.bid(one, 0, limit=900_000)
    assert (raised.outcome, raised.amount_minor, sale.auction.ends_at) == (Outcome.RAISED, 700_000_00, end)
    assert sale.bid(one, 0, limit=900_000).outcome is Outcome.LEADING, "no higher than before"
    assert not sale.bid(two, 880_000).leads
    with one.operator.ws(read_only=True) as ws:
        place = my_place(ws, sale.auction)
        assert (place.limit_minor, place.highest_minor, place.leads) == (900_000_00, 885_000_00, True)
        assert [receipt.amount for receipt in my_receipts(ws, sale.auction)] == [cny(885_000), cny(705_000), cny(700_000), cny(700_000)]  # fmt: skip
    sale.close()
    assert recomputed(sale)[1] == 0


def test_a_limit_that_reaches_the_reserve_is_bid_up_to_it(world: World) -> None:
    sale = an_auction(world, reserve="800000").open_with_bidders(2)
    one, two = sale.bidders
    sale.bid(one, 0, limit=790_000)
    assert not sale.auction.reserve_met
    sale.bid(two, 0, limit=850_000)
    assert lines(sale)[1:] == [(1, 705_000, "ACCEPTED", "HAND"), (0, 790_000, "ACCEPTED", "LIMIT"), (1, 800_000, "ACCEPTED", "LIMIT")]  # fmt: skip
    assert sale.close().sold_minor == 800_000_00
    assert recomputed(sale)[1] == 0


def test_a_limit_is_nobodys_to_know_until_the_hammer(sale: Sale) -> None:
    one, two, _ = sale.bidders
    sale.bid(one, 0, limit="876543.21")
    for firm in (two, sale.bank, sale.world.firm("BUYER")):
        with firm.operator.ws() as ws:
            assert "87654321" not in everything_seen(ws, sale)
            with pytest.raises(DBAPIError, match="sealed until bidding has ended"), ws.session.begin_nested():
                ws.session.execute(text("select gate.open_limits(:auction)"), {"auction": sale.auction_id})
    with one.operator.ws(read_only=True) as ws:
        assert my_place(ws, sale.auction).limit_minor == 876_543_21
    sale.close()
    record, wrong = recomputed(sale)
    assert (record["bids"][0]["limit_minor"], wrong) == (876_543_21, 0)


def test_a_house_that_bid_beyond_a_limit_or_forgot_it_is_found_out(sale: Sale) -> None:
    one, two, _ = sale.bidders
    sale.bid(one, 0, limit=800_000)
    sale.bid(two, 0, limit=750_000)
    sale.close()
    record, wrong = recomputed(sale)
    assert wrong == 0
    for change in (
        {"limit_minor": 810_000_00},
        {"limit_salt": "00" * 32},
        {"limit_minor": None},
    ):
        found = recompute.Findings(chinese=False)
        told = dict(record, bids=[dict(record["bids"][0], **change), *record["bids"][1:]])
        recompute.recompute(told, bytes.fromhex(record["key"]), found)
        assert found.wrong > 0, change


def test_a_limit_sent_twice_is_one_and_another_limit_under_its_key_is_refused(sale: Sale) -> None:
    one, key = sale.bidders[0], new_id()
    first = sale.bid(one, 0, key, limit=800_000)
    again = sale.bid(one, 0, key, limit=800_000)
    assert (again.sequence, again.hash, again.amount_minor) == (first.sequence, first.hash, 700_000_00)
    assert sale.bid(one, 0, key, limit=810_000).outcome is Outcome.KEY_REUSED
    assert sale.auction.sequence == 1


@pytest.mark.parametrize(("amount", "limit"), [(700_000, 699_999), (0, 0), (700_000, 10**15 + 1)])
def test_limits_that_are_none_are_refused_by_name(sale: Sale, amount: int, limit: int) -> None:
    with pytest.raises(Invalid) as refused:
        sale.bid(sale.bidders[0], amount, limit=limit)
    assert refused.value.field == "limit"
    assert sale.auction.sequence == 0


def test_a_limit_below_what_counts_is_too_low(sale: Sale) -> None:
    one, two, _ = sale.bidders
    sale.bid(one, 700_000)
    low = sale.bid(two, 0, limit=704_000)
    assert (low.outcome, low.amount_minor) == (Outcome.TOO_LOW, 704_000_00)
