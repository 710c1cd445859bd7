"""Sales that do not ascend, through the real database: who buys, at what price, what the book says, what becomes of deposits."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal.bidding import Outcome
from marketplace.disposal.envelopes import hand_in_envelope
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.disposal.queries import registrations
from tenants.errors import Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, cny
from tests.marketplace.disposal.test_hidden import everything_seen
from tests.marketplace.disposal.test_limits import lines, recomputed

MINUTE = timedelta(minutes=1)
DUTCH = KindTerms(kind=KindName.DUTCH, drop=cny(20_000), every=MINUTE, floor=cny(700_000))
FIXED = KindTerms(kind=KindName.FIXED)
FIRST = KindTerms(kind=KindName.SEALED_FIRST, opening=60 * MINUTE)
SECOND = KindTerms(kind=KindName.SEALED_SECOND, opening=60 * MINUTE)
BEST = KindTerms(
    kind=KindName.DUTCH_SEALED_BEST, drop=cny(20_000), every=MINUTE, floor=cny(700_000),
    sealing=20 * MINUTE, opening=20 * MINUTE, best=20 * MINUTE,
)  # fmt: skip


def a_clock(world: World, own: KindTerms = DUTCH) -> Sale:
    """From 1,000,000 down to 700,000 by 20,000 a minute; three bidders, the clock running."""
    made = an_auction(world, start="1000000", own=own, valuation=cny(1_000_000), deposit=cny(100_000))
    return made.open_with_bidders(3)


def later(sale: Sale, after: timedelta) -> None:
    sale.world.set_clock(sale.auction.opens_at + after)


def deposits(sale: Sale) -> list[str]:
    with sale.bank.operator.ws(read_only=True) as ws:
        states = {one.registration.tenant_id: str(one.deposit_state) for one in registrations(ws, sale.auction_id)}
    return [states[firm.tenant_id] for firm in sale.bidders]


# -- Dutch


def test_e31_the_first_taker_buys_at_the_price_on_the_servers_clock(world: World) -> None:
    sale = a_clock(world)
    one, two, _ = sale.bidders
    later(sale, timedelta(seconds=605))
    low = sale.bid(one, 799_999)
    assert (low.outcome, low.lowest_minor) == (Outcome.TOO_LOW, 800_000_00)
    taken = sale.bid(two, 1_000_000)
    assert (taken.outcome, taken.amount_minor, taken.leads) == (Outcome.ACCEPTED, 800_000_00, True), (
        "it pays the clock, not what it would have paid"
    )
    assert sale.bid(one, 1_000_000).outcome is Outcome.CLOSED, "one winner, and nothing after"
    world.work()
    auction = sale.auction
    assert (auction.status, auction.sold_minor, auction.winning_paddle) == ("SOLD", 800_000_00, sale.paddle(two))
    assert auction.ends_at == auction.opens_at + timedelta(seconds=605)
    assert lines(sale) == [
        (0, 799_999, "TOO_LOW", "HAND"),
        (1, 800_000, "ACCEPTED", "HAND"),
        (0, 1_000_000, "CLOSED", "HAND"),
    ]
    assert deposits(sale) == ["RETURNED", "HELD", "RETURNED"]
    assert recomputed(sale)[1] == 0


def test_the_price_depends_on_no_timer(world: World) -> None:
    """Nobody worked for a day: the sale was never told that it opened, and the clock has fallen all the same."""
    sale = an_auction(world, start="1000000", own=DUTCH, valuation=cny(1_000_000), deposit=cny(100_000))
    firm = sale.bidder()
    later(sale, timedelta(hours=23, minutes=59))
    assert sale.auction.status == "ANNOUNCED"
    assert sale.bid(firm, 700_000).amount_minor == 700_000_00
    world.work()
    assert sale.auction.status == "SOLD"


def test_a_clock_that_nobody_stops_ends_unsold_at_its_announced_end(world: World) -> None:
    sale = a_clock(world)
    later(sale, timedelta(days=1))
    assert sale.bid(sale.bidders[0], 700_000).outcome is Outcome.CLOSED
    world.work()
    assert sale.auction.status == "NO_SALE"
    assert recomputed(sale)[1] == 0


def test_before_the_start_nothing_is_taken(world: World) -> None:
    sale = an_auction(world, start="1000000", own=DUTCH, valuation=cny(1_000_000), deposit=cny(100_000))
    assert sale.bid(sale.bidder(), 1_000_000).outcome is Outcome.NOT_OPEN
    assert sale.bid(sale.bidder(deposit=False), 1_000_000).outcome is Outcome.NO_PADDLE


# -- Sealed


def sealed(world: World, own: KindTerms, *amounts: int, reserve: str | None = None) -> Sale:
    """Envelopes of these amounts, handed in one after the other; then the window in which they are opened."""
    sale = an_auction(world, own=own, reserve=reserve).open_with_bidders(len(amounts))
    for firm, amount in zip(sale.bidders, amounts, strict=True):
        assert sale.hand_in(firm, amount).outcome is Outcome.SEALED
    world.set_clock(sale.auction.closes_at)
    return sale


@pytest.mark.parametrize(("own", "price"), [(FIRST, 830_000), (SECOND, 810_000)])
def test_e32_first_and_second_price(world: World, own: KindTerms, price: int) -> None:
    sale = sealed(world, own, 810_000, 830_000)
    one, two = sale.bidders
    assert sale.open_up(two, 830_000).outcome is Outcome.OPENED
    assert sale.open_up(one, 810_000).outcome is Outcome.OPENED
    auction = sale.close()
    assert (auction.status, auction.sold_minor, auction.winning_paddle) == ("SOLD", price * 100, sale.paddle(two))
    assert recomputed(sale)[1] == 0


def test_until_it_is_opened_no_amount_is_anywhere(world: World) -> None:
    sale = an_auction(world, own=FIRST).open_with_bidders(1)
    [firm] = sale.bidders
    sale.hand_in(firm, 783_219)
    assert sale.open_up(firm, 783_219).outcome is Outcome.NOT_OPEN, "an envelope opened too early stays shut"
    assert sale.bid(firm, 783_219).outcome is Outcome.ENVELOPES
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        assert "78321900" not in everything_seen(ws, sale)
    with firm.operator.ws(read_only=True) as ws:
        assert "78321900" in everything_seen(ws, sale), "its own slip tells its owner what it tried too early"


def test_an_envelope_binds_and_only_its_own_salt_and_amount_open_it(world: World) -> None:
    sale = an_auction(world, own=FIRST).open_with_bidders(2)
    one, two = sale.bidders
    first_salt_key = uuid4()
    assert sale.hand_in(one, 800_000, key=first_salt_key).sequence == 1
    salt = sale.salts[one.tenant_id]
    assert sale.hand_in(one, 900_000).outcome is Outcome.SEALED_ALREADY
    sale.salts[one.tenant_id] = salt
    world.set_clock(sale.auction.closes_at)
    assert sale.hand_in(two, 900_000).outcome is Outcome.CLOSED
    assert sale.open_up(two, 900_000).outcome is Outcome.NO_ENVELOPE
    assert sale.open_up(one, 800_001).outcome is Outcome.SEAL_WRONG
    assert sale.open_up(one, 800_000, salt=bytes(32)).outcome is Outcome.SEAL_WRONG
    key = uuid4()
    opened = sale.open_up(one, 800_000, key=key)
    assert (opened.outcome, sale.open_up(one, 800_000, key=key).sequence) == (Outcome.OPENED, opened.sequence)
    assert sale.open_up(one, 800_000).outcome is Outcome.OPENED_ALREADY
    assert sale.close().sold_minor == 800_000_00
    assert sale.open_up(one, 800_000).outcome is Outcome.CLOSED
    assert recomputed(sale)[1] == 0


def test_of_equals_the_earlier_envelope_wins_however_late_it_is_opened(world: World) -> None:
    sale = sealed(world, FIRST, 800_000, 800_000)
    one, two = sale.bidders
    sale.open_up(two, 800_000)
    sale.open_up(one, 800_000)
    assert sale.close().winning_paddle == sale.paddle(one)
    assert recomputed(sale)[1] == 0


def test_who_never_opens_loses_the_deposit_and_losers_have_theirs_back(world: World) -> None:
    sale = sealed(world, SECOND, 900_000, 760_000, 800_000)
    _shut, low, high = sale.bidders
    sale.open_up(low, 760_000)
    sale.open_up(high, 800_000)
    auction = sale.close()
    assert (auction.sold_minor, auction.winning_paddle) == (760_000_00, sale.paddle(high))
    assert deposits(sale) == ["FORFEITED", "RETURNED", "HELD"]
    assert recomputed(sale)[1] == 0


@pytest.mark.parametrize(("reserve", "sold"), [("820000", 820_000_00), ("840000", None), ("790000", 810_000_00)])
def test_the_second_price_is_never_below_the_reserve(world: World, reserve: str, sold: int | None) -> None:
    sale = sealed(world, SECOND, 810_000, 830_000, reserve=reserve)
    for firm, amount in zip(sale.bidders, (810_000, 830_000), strict=True):
        sale.open_up(firm, amount)
    assert sale.close().sold_minor == sold
    assert recomputed(sale)[1] == 0


def test_what_is_below_the_start_is_no_bid_but_it_was_opened(world: World) -> None:
    sale = sealed(world, FIRST, 699_999)
    assert sale.open_up(sale.bidders[0], 699_999).outcome is Outcome.OPENED
    assert sale.close().status == "NO_SALE"
    assert deposits(sale) == ["RETURNED"]
    assert recomputed(sale)[1] == 0


# -- Dutch, sealed, best


def stopped(world: World) -> Sale:
    """The first bidder stopped the clock at 800,000; ten minutes later two envelopes are in, and the window to open them begins."""
    sale = a_clock(world, BEST)
    later(sale, timedelta(seconds=605))
    assert sale.bid(sale.bidders[0], 800_000).leads
    for firm, amount in zip(sale.bidders[1:], (805_000, 850_000), strict=True):
        assert sale.hand_in(firm, amount).outcome is Outcome.SEALED
    assert sale.hand_in(sale.bidders[0], 900_000).outcome is Outcome.LEADING
    world.work()
    assert sale.auction.status == "OPEN"
    world.set_clock(sale.auction.ends_at - 40 * MINUTE)
    return sale


def test_who_stopped_the_clock_has_the_last_word(world: World) -> None:
    sale = stopped(world)
    taker, low, high = sale.bidders
    assert sale.open_up(low, 805_000).leads
    assert sale.open_up(high, 850_000).leads
    world.set_clock(sale.auction.ends_at - 20 * MINUTE)
    assert sale.bid(low, 900_000).outcome is Outcome.NOT_TAKER
    assert sale.bid(taker, 854_999).outcome is Outcome.TOO_LOW
    assert sale.bid(taker, 855_000).leads
    assert sale.bid(taker, 900_000).outcome is Outcome.LEADING
    auction = sale.close()
    assert (auction.status, auction.sold_minor, auction.winning_paddle) == ("SOLD", 855_000_00, sale.paddle(taker))
    assert recomputed(sale)[1] == 0


def test_without_a_last_word_the_best_envelope_buys(world: World) -> None:
    sale = stopped(world)
    sale.open_up(sale.bidders[2], 850_000)
    auction = sale.close()
    assert (auction.sold_minor, auction.winning_paddle) == (850_000_00, sale.paddle(sale.bidders[2]))
    assert deposits(sale) == ["RETURNED", "FORFEITED", "HELD"]
    assert recomputed(sale)[1] == 0


def test_where_nobody_outdoes_the_clock_its_taker_buys(world: World) -> None:
    sale = a_clock(world, BEST)
    later(sale, timedelta(seconds=605))
    taker, rival, _ = sale.bidders
    sale.bid(taker, 800_000)
    sale.hand_in(rival, 804_999)
    world.set_clock(sale.auction.ends_at - 40 * MINUTE)
    assert sale.open_up(rival, 804_999).outcome is Outcome.OPENED, "less than a step above the clock"
    auction = sale.close()
    assert (auction.sold_minor, auction.winning_paddle) == (800_000_00, sale.paddle(taker))
    assert recomputed(sale)[1] == 0


# -- Walls


def test_an_english_sale_has_no_envelopes(world: World) -> None:
    sale = an_auction(world).open_with_bidders(1)
    assert sale.hand_in(sale.bidders[0], 800_000).outcome is Outcome.NO_ENVELOPES
    assert lines(sale) == []


def test_nobody_without_a_paddle_hands_in(world: World) -> None:
    sale = an_auction(world, own=FIRST).open()
    stranger: Firm = world.firm("BUYER")
    with stranger.operator.ws() as ws:
        assert hand_in_envelope(ws, sale.auction_id, seal=bytes(32), key=uuid4()).outcome is Outcome.NO_PADDLE
        with pytest.raises(Invalid) as refused:
            hand_in_envelope(ws, sale.auction_id, seal=b"short", key=uuid4())
        assert refused.value.field == "seal"
    with stranger.person("auditor").ws() as ws, pytest.raises(NotAllowed):
        hand_in_envelope(ws, sale.auction_id, seal=bytes(32), key=uuid4())


@pytest.mark.parametrize("column", ["drop_minor", "drop_seconds", "floor_minor"])
def test_the_clock_stands_as_announced(world: World, column: str) -> None:
    sale = a_clock(world)
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="announced terms do not change"):
        ws.session.execute(
            text(f"update house.auction set {column} = {column} + 1 where auction_id = :a"), {"a": sale.auction_id}
        )


def test_no_end_moves_back_but_by_whoever_stops_the_clock(world: World) -> None:
    sale = a_clock(world)
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="forward only"):
        ws.session.execute(
            text("update house.auction set ends_at = ends_at - interval '1 hour' where auction_id = :a"),
            {"a": sale.auction_id},
        )
