"""After a buyer's default: a slip is cured, the runner-up has its chance, the defaulter is barred, its deposit goes where the law says (E29)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions, queries
from marketplace.disposal.record.ocds import release_package
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.disposal.settling import queries as after
from marketplace.disposal.settling.chances import expire_chance
from marketplace.disposal.settling.owing import confirmation_of
from marketplace.ledger.queries import balances, trial_balance
from marketplace.ledger.rules.accounts import Account
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Enforced, Sale, an_auction, an_enforced_sale, cny, propose_sale
from tests.marketplace.financing.makers import decided


@dataclass
class Unpaid:
    """A sale at 820,000 that its winner did not pay; the runner-up had bid 780,000."""

    sale: Sale
    winner: Firm
    runner_up: Firm

    def offered(self) -> None:
        with self.sale.bank.operator.ws() as ws:
            proposal = actions.propose_second_chance(ws, self.sale.auction_id)
        decided(self.sale.bank, proposal)

    def answer(self, *, accept: bool) -> None:
        with self.runner_up.operator.ws() as ws:
            actions.answer_second_chance(ws, self.sale.auction_id, accept=accept)
        self.sale.world.work()

    def pay_deposit(self) -> None:
        with self.sale.bank.operator.ws() as ws:
            actions.confirm_second_deposit(ws, self.sale.auction_id, reference="DEP-2")


def an_unpaid_sale(world: World, **terms: object) -> Unpaid:
    sale = an_auction(world, **terms)
    runner_up, winner = sale.bidder(), sale.bidder()
    sale.open()
    sale.bid(runner_up, 780_000)
    sale.bid(winner, 820_000)
    assert sale.close().status == "SOLD"
    world.advance(timedelta(days=10))
    world.work()
    assert sale.auction.status == "BUYER_DEFAULT"
    return Unpaid(sale, winner, runner_up)


def test_the_confirmation_is_made_out_with_the_hammer_and_never_changes(world: World) -> None:
    sale = an_auction(world)
    one = sale.bidder()
    sale.open()
    sale.bid(one, 820_000)
    sale.close()
    with one.operator.ws() as ws:
        made = confirmation_of(ws, queries.find_settlement(ws, sale.auction_id))
        told = json.loads(made.content)
        assert made.sha256 == hashlib.sha256(made.content.encode()).hexdigest()
        assert (told["price"]["hammer"], told["price"]["balance"]) == ("820000.00", "750000.00")
        assert told["buyer"]["name"] == one.name
        assert told["sale"]["chain"] == sale.auction.chain_hash.hex()
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="permission denied"), ws.session.begin_nested():
        ws.session.execute(text("update house.confirmation set content = '{}' where auction_id = :auction"), {"auction": sale.auction_id})  # fmt: skip
    stranger = world.firm("BUYER")
    with stranger.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        queries.find_settlement(ws, sale.auction_id)


def test_a_slip_that_is_announced_in_time_costs_no_deposit(world: World) -> None:
    sale = an_auction(world)
    one = sale.bidder()
    sale.open()
    sale.bid(one, 820_000)
    sale.close()
    with one.operator.ws() as ws:
        with pytest.raises(Invalid, match="reference"):
            actions.ask_cure(ws, sale.auction_id, because="Our bank is slow.", transfer=" ")
        actions.ask_cure(ws, sale.auction_id, because="Our bank is slow.", transfer="TT-77")
    with sale.bank.operator.ws() as ws, pytest.raises(Conflict, match="once"):
        actions.ask_cure(ws, sale.auction_id, because="Ours too.", transfer="TT-77")
    world.advance(timedelta(days=11))
    world.work()
    with sale.bank.operator.ws() as ws:
        assert sale.auction.status == "SOLD", "the deadline is over, the slip is not"
        actions.confirm_balance(ws, sale.auction_id, reference="BAL-1")
    world.advance(timedelta(days=5))
    world.work()
    assert sale.auction.status == "PAID"


def test_an_announced_payment_that_never_comes_is_a_default_after_all(world: World) -> None:
    sale = an_auction(world)
    one = sale.bidder()
    sale.open()
    sale.bid(one, 820_000)
    sale.close()
    with one.operator.ws() as ws:
        actions.ask_cure(ws, sale.auction_id, because="Our bank is slow.", transfer="TT-77")
    for days, status in ((10, "SOLD"), (2, "BUYER_DEFAULT")):
        world.advance(timedelta(days=days))
        world.work()
        assert sale.auction.status == status
    with one.operator.ws() as ws, pytest.raises(Conflict, match="before the deadline"):
        actions.ask_cure(ws, sale.auction_id, because="Again.", transfer="TT-78")


def test_the_runner_up_takes_the_goods_at_its_own_last_bid(world: World) -> None:
    unpaid = an_unpaid_sale(world)
    sale = unpaid.sale
    unpaid.offered()
    with unpaid.runner_up.operator.ws(read_only=True) as ws:
        offered = after.find_chance(ws, sale.auction_id)
        assert (offered.price, offered.deposit) == (cny("780000"), cny("70000"))
        assert offered.answer_by == world.now + timedelta(hours=24)
    with unpaid.winner.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        after.find_chance(ws, sale.auction_id)
    unpaid.answer(accept=True)
    assert sale.auction.status == "BUYER_DEFAULT", "a deposit is asked again first"
    unpaid.pay_deposit()
    world.work()
    assert sale.auction.status == "SOLD"
    assert awarded(sale) == [("unsuccessful", 820_000), ("pending", 780_000)], "who did not pay is no buyer to come"
    with unpaid.runner_up.operator.ws(read_only=True) as ws:
        owed = queries.find_settlement(ws, sale.auction_id)
        assert (owed.attempt, owed.price, owed.deposit, owed.balance) == (2, cny("780000"), cny("70000"), cny("710000"))
    with sale.bank.operator.ws() as ws:
        actions.confirm_balance(ws, sale.auction_id, reference="BAL-2")
        told = queries.tally(ws, sale.auction)
    assert (told.received, told.returned, told.forfeited, told.applied, told.held) == (
        cny("210000"), cny("70000"), cny("70000"), cny("70000"), cny("0"),
    )  # fmt: skip
    assert sale.auction.status == "PAID"
    assert (sale.auction.sold_minor, sale.auction.winning_paddle) != (780_000_00, owed.paddle), (
        "the hammer stays what it was"
    )
    # as a dispute that reduces the price leaves it
    world.admin.execute("update house.auction set settled_minor = 70000000 where auction_id = %s", (sale.auction_id,))
    assert awarded(sale) == [("unsuccessful", 820_000), ("active", 780_000)]
    release = released(sale)
    [contract] = release["contracts"]
    assert (contract["awardID"], contract["value"]["amount"]) == (release["awards"][1]["id"], 700_000)
    # as a dispute that undoes it leaves it
    world.admin.execute("update house.auction set settled_minor = null, status = 'RESCINDED' where auction_id = %s", (sale.auction_id,))  # fmt: skip
    assert awarded(sale) == [("unsuccessful", 820_000), ("cancelled", 780_000)], "both are told, the runner-up's too"
    assert "contracts" not in released(sale)


def released(sale: Sale) -> dict[str, Any]:
    """What is published of a sale as open contracting."""
    with sale.bank.operator.ws(read_only=True) as ws:
        [release] = release_package(ws, [sale.auction], uri="https://x/ocds.json", root="https://x/")["releases"]
    return dict(release)


def awarded(sale: Sale) -> list[tuple[str, int]]:
    return [(one["status"], one["value"]["amount"]) for one in released(sale)["awards"]]


def test_no_answer_and_a_no_both_lead_on(world: World) -> None:
    unpaid = an_unpaid_sale(world)
    sale = unpaid.sale
    unpaid.offered()
    with sale.bank.operator.ws() as ws, pytest.raises(Conflict, match="asked already"):
        actions.propose_second_chance(ws, sale.auction_id)
    world.advance(timedelta(hours=24))
    with unpaid.runner_up.operator.ws() as ws, pytest.raises(Conflict, match="time to answer"):
        actions.answer_second_chance(ws, sale.auction_id, accept=True)
    world.work()
    with sale.bank.operator.ws() as ws:
        assert after.find_chance(ws, sale.auction_id).status == "LAPSED"
        expire_chance(ws, sale.auction_id, 2)  # again changes nothing
        with pytest.raises(Conflict, match="No other bidder"):
            actions.propose_second_chance(ws, sale.auction_id)


def test_a_yes_without_its_deposit_lapses(world: World) -> None:
    unpaid = an_unpaid_sale(world)
    unpaid.offered()
    unpaid.answer(accept=True)
    world.advance(timedelta(days=2))
    with unpaid.sale.bank.operator.ws() as ws, pytest.raises(Conflict, match="time to answer"):
        actions.confirm_second_deposit(ws, unpaid.sale.auction_id, reference="late")
    world.work()
    with unpaid.runner_up.operator.ws(read_only=True) as ws:
        assert after.find_chance(ws, unpaid.sale.auction_id).status == "LAPSED"
    assert unpaid.sale.auction.status == "BUYER_DEFAULT"


def test_the_bidder_changes_nothing_of_an_offer_but_its_answer(world: World) -> None:
    """Planted: a cheaper price, an answer for somebody else's turn, straight into the table."""
    unpaid = an_unpaid_sale(world)
    unpaid.offered()
    for who, change, because in (
        (unpaid.runner_up, "price_minor = 1", "does not change"),
        (unpaid.runner_up, "status = 'TAKEN'", "seller concludes"),
        (unpaid.sale.bank, "status = 'ACCEPTED', answered_at = offered_at", "runner-up answers"),
    ):
        statement = text(f"update house.second_chance set {change} where auction_id = :auction")
        with who.operator.ws() as ws, pytest.raises(DBAPIError, match=because), ws.session.begin_nested():
            ws.session.execute(statement, {"auction": unpaid.sale.auction_id})


def test_a_court_has_no_second_chance_and_the_reserve_holds_for_the_second_too(world: World) -> None:
    unpaid = an_unpaid_sale(world, reserve="800000")
    with unpaid.sale.bank.operator.ws() as ws, pytest.raises(Conflict, match="below the reserve"):
        actions.propose_second_chance(ws, unpaid.sale.auction_id)
    sale = an_auction(world, regime=RegimeName.AUCTION_HOUSE)
    with sale.bank.operator.ws() as ws, pytest.raises(Conflict):
        actions.propose_second_chance(ws, sale.auction_id)


def test_the_defaulter_is_barred_and_all_who_sell_see_it(world: World) -> None:
    unpaid = an_unpaid_sale(world)
    other = an_auction(world)
    with unpaid.winner.operator.ws() as ws, pytest.raises(NotAllowed, match="may not bid"):
        actions.register_bidder(ws, other.auction_id)
    with other.bank.operator.ws(read_only=True) as ws:
        assert unpaid.winner.tenant_id in {row.bidder_id for row in after.bars(ws)}
        assert set(after.barred_among(ws, [unpaid.winner.tenant_id])) == {unpaid.winner.tenant_id}
    with unpaid.runner_up.operator.ws(read_only=True) as ws:
        assert after.bars(ws) == []
    with unpaid.winner.operator.ws() as ws:
        [bar] = after.bars(ws)
        assert bar.until_at == world.now + timedelta(days=180)
        actions.appeal_bar(ws, unpaid.sale.auction_id, because="The bank lost our transfer.")
    with other.bank.approver.ws() as ws, pytest.raises(NotFound):
        actions.lift_bar(ws, unpaid.sale.auction_id, because="Not mine to lift.")
    with unpaid.sale.bank.approver.ws() as ws:
        actions.lift_bar(ws, unpaid.sale.auction_id, because="It did.")
    with unpaid.winner.operator.ws() as ws:
        actions.register_bidder(ws, other.auction_id)


def test_nobody_lifts_a_bar_against_itself(world: World) -> None:
    """Planted: straight into the table."""
    unpaid = an_unpaid_sale(world)
    statement = text("update house.bidder_bar set lifted_at = barred_at, lifted_because = 'me' where auction_id = :auction")  # fmt: skip
    with unpaid.winner.operator.ws() as ws, pytest.raises(DBAPIError, match="seller lifts"), ws.session.begin_nested():
        ws.session.execute(statement, {"auction": unpaid.sale.auction_id})


def put_up_again(enforced: Enforced, world: World) -> Enforced:
    """The goods in a new sale."""
    again = propose_sale(
        enforced.deal,
        start=cny("4000000"),
        deposit=cny("400000"),
        opens_at=world.now + timedelta(days=3),
        closes_at=world.now + timedelta(days=4),
    )
    decided(enforced.deal.bank, again)
    world.work()
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        auction = queries.list_auctions(ws, mine=True)[0]
    old = enforced.sale
    return Enforced(enforced.deal, Sale(world, old.bank, old.borrower, old.warehouse, auction.auction_id, old.deal_id))


def test_the_forfeited_deposit_pays_for_the_new_sale_and_joins_the_proceeds(world: World) -> None:
    """As E29, at this loan's size: 400,000 deposited; the new sale cost 12,000 and fetched 100,000 less; 288,000 go to the debt."""
    first = an_enforced_sale(world)
    first.sell("4300000")
    defaulter = first.sale.bidders[1]
    world.advance(timedelta(days=10))
    world.work()
    with defaulter.operator.ws(read_only=True) as ws:
        assert after.forfeiture_of(ws, queries.find_settlement(ws, first.sale.auction_id)) is None
    second = put_up_again(first, world)
    with defaulter.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.register_bidder(ws, second.sale.auction_id)
    second.sell("4200000")
    second.deliver()
    decided(second.deal.bank, second.propose_waterfall(juniors=[], resale=cny("12000")))
    with defaulter.operator.ws(read_only=True) as ws:
        made = after.forfeiture_of(ws, queries.find_settlement(ws, first.sale.auction_id))
        assert made is not None
        parts = [made.part(name) for name in ("costs", "shortfall", "debt", "refund")]
    assert parts == [cny("12000"), cny("100000"), cny("288000"), cny("0")]
    with second.deal.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, second.sale.auction_id)
        assert found
        assert found[0].receipts_minor == 4_600_000_00
        assert sum(line.paid_minor for line in found[1]) == 4_600_000_00
        assert ("COSTS", "selling again", 12_000_00) in [(one.rank, one.label, one.paid_minor) for one in found[1]]
        assert not balances(ws, second.deal.deal_id)[Account.PROCEEDS_TO_DISTRIBUTE]
        assert sum(row.balance.minor for row in trial_balance(ws, second.deal.deal_id)) == 0
