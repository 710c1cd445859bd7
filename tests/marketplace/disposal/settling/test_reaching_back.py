"""A bar reaches back to what was registered before it was set; deposits of envelopes that stayed shut join the proceeds; of equals the earlier envelope is next."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.disposal import actions, queries
from marketplace.disposal.bidding import Outcome
from marketplace.disposal.models.registrations import DepositMove
from marketplace.disposal.settling import queries as after
from marketplace.ledger.queries import balances, trial_balance
from marketplace.ledger.rules.accounts import Account
from tenants.approvals import Approval
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Enforced, Sale, an_auction, an_enforced_sale, cny
from tests.marketplace.disposal.negotiating.makers import NEGOTIATED, Talks
from tests.marketplace.disposal.test_kinds import FIRST
from tests.marketplace.financing.makers import decided


def a_winner_that_will_not_pay(world: World) -> tuple[Sale, Firm]:
    sale = an_auction(world)
    winner = sale.bidder()
    sale.open()
    sale.bid(winner, 820_000)
    assert sale.close().status == "SOLD"
    return sale, winner


def deposit_of(sale: Sale, firm: Firm) -> str:
    with sale.bank.operator.ws(read_only=True) as ws:
        states = {
            one.registration.tenant_id: str(one.deposit_state) for one in queries.registrations(ws, sale.auction_id)
        }
    return states[firm.tenant_id]


def test_a_bar_voids_what_was_registered_before_it_unless_a_bid_binds(world: World) -> None:
    """Registered in a sale to come, and bidding in one that runs, when the deadline of a third passes."""
    _, winner = a_winner_that_will_not_pay(world)
    world.advance(timedelta(days=2, hours=12))
    running = an_auction(world)
    running.bidder(firm=winner)
    rival = running.bidder()
    world.advance(timedelta(days=3))
    coming = an_auction(world)
    coming.bidder(firm=winner)
    running.open()
    world.advance(timedelta(hours=2))
    assert running.bid(winner, 700_000).leads
    world.advance(timedelta(hours=10))
    world.work()
    world.work()
    assert (deposit_of(coming, winner), deposit_of(running, winner)) == ("RETURNED", "HELD")
    running.bid(rival, 705_000)
    assert running.bid(winner, 710_000).outcome is Outcome.NO_PADDLE, "what was bid stands, nothing more is taken"
    assert running.close().winning_paddle == running.paddle(rival)
    assert deposit_of(running, winner) == "RETURNED"
    coming.open()
    assert coming.bid(winner, 700_000).outcome is Outcome.NO_PADDLE


def test_an_offer_that_stands_open_in_its_room_binds_the_barred(world: World) -> None:
    """The firm is barred while one of its offers stands open and another has ended: in the one sale it is held to it, in the other it is let go."""
    _, winner = a_winner_that_will_not_pay(world)
    world.advance(timedelta(days=2, hours=12))
    held, ended = (Talks(an_auction(world, own=own, alone=cny(5_000_000))) for own in (NEGOTIATED, NEGOTIATED))
    for talks in (held, ended):
        talks.sale.bidder(firm=winner)
        talks.sale.open()
    ended.offer(winner, 700_000)
    ended.withdraw(winner)
    world.advance(timedelta(hours=6))
    held.offer(winner, 720_000, firm=True)
    world.advance(timedelta(hours=7))
    world.work()
    world.work()
    assert (deposit_of(held.sale, winner), deposit_of(ended.sale, winner)) == ("HELD", "RETURNED")
    assert held.accept(winner) is None
    world.work()
    assert held.sale.auction.sold == cny(720_000)


def test_who_leads_when_the_bar_is_set_is_held_to_its_bid(world: World) -> None:
    _, winner = a_winner_that_will_not_pay(world)
    world.advance(timedelta(days=2, hours=12))
    running = an_auction(world)
    running.bidder(firm=winner)
    running.open()
    assert running.bid(winner, 700_000).leads
    world.advance(timedelta(hours=13))
    world.work()
    world.work()
    assert running.close().winning_paddle == running.paddle(winner)
    assert deposit_of(running, winner) == "HELD"


def test_the_runner_up_of_equal_envelopes_is_who_handed_in_first(world: World) -> None:
    sale = an_auction(world, own=FIRST).open_with_bidders(3)
    best, earlier, later = sale.bidders
    for firm, amount in ((best, 830_000), (earlier, 800_000), (later, 800_000)):
        sale.hand_in(firm, amount)
    world.set_clock(sale.auction.closes_at)
    for firm, amount in ((later, 800_000), (best, 830_000), (earlier, 800_000)):
        sale.open_up(firm, amount)
    assert sale.close().winning_paddle == sale.paddle(best)
    world.advance(timedelta(days=10))
    world.work()
    with sale.bank.operator.ws() as ws:
        asked: Approval = actions.propose_second_chance(ws, sale.auction_id)
    assert asked.payload["paddle"] == sale.paddle(earlier)


def a_sale_with_a_shut_envelope(world: World) -> Enforced:
    """Envelopes of 4,300,000, which stays shut, and of 4,200,000, which buys; deposits of 400,000."""
    enforced = an_enforced_sale(world, own=FIRST)
    sale = enforced.sale.open_with_bidders(2)
    shut, buyer = sale.bidders
    sale.hand_in(shut, 4_300_000)
    sale.hand_in(buyer, 4_200_000)
    world.set_clock(sale.auction.closes_at)
    sale.open_up(buyer, 4_200_000)
    assert sale.close().sold_minor == 4_200_000_00
    return enforced


def test_the_deposit_of_a_shut_envelope_joins_the_proceeds_once(world: World) -> None:
    enforced = a_sale_with_a_shut_envelope(world)
    sale, deal = enforced.sale, enforced.deal
    enforced.deliver()
    decided(deal.bank, enforced.propose_waterfall(juniors=[]))
    with deal.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, sale.auction_id)
        assert found
        assert found[0].receipts_minor == 4_600_000_00
        assert sum(line.paid_minor for line in found[1]) == 4_600_000_00
        assert not balances(ws, deal.deal_id)[Account.PROCEEDS_TO_DISTRIBUTE]
        assert sum(row.balance.minor for row in trial_balance(ws, deal.deal_id)) == 0
        assert after.shut_envelopes(ws, queries.find_disposal(ws, sale.auction_id)) == []
        told = queries.tally(ws, sale.auction)
        assert (told.forfeited, told.applied, told.held) == (cny(400_000), cny(400_000), cny(0))
    with sale.bidders[0].operator.ws(read_only=True) as ws:
        out = select(DepositMove.outcome).where(DepositMove.auction_id == sale.auction_id, DepositMove.side == "OUT")
        assert ws.session.scalars(out).all() == ["FORFEITED"]
