"""From default to the empty bin through the real actions: E14 and E15 to the fen, deposits conserved, every step refused before its time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions, queries
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.increments import Increments
from marketplace.disposal.models.settlements import WaterfallLine
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.financing.queries import position
from marketplace.inventory.queries import find_lot
from marketplace.ledger.queries import balances, trial_balance
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from tenants import approvals
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import World
from tests.marketplace.disposal.makers import (
    Enforced,
    a_bad_loan,
    an_auction,
    an_enforced_sale,
    call_off,
    cny,
    propose_sale,
)
from tests.marketplace.financing.makers import a_request, a_running_loan, decided, default_on
from tests.marketplace.pledges.test_receipts import Desk


def lines_of(enforced: Enforced) -> list[tuple[str, str, str]]:
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, enforced.sale.auction_id)
        assert found
        return [(line.rank, line.label, str(line.paid.amount)) for line in found[1]]


def test_e14_surplus(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    enforced.deliver()
    enforced.owe(interest="182500")
    decided(enforced.deal.bank, enforced.propose_waterfall())
    assert lines_of(enforced) == [
        ("COSTS", "storage", "60000.00"),
        ("COSTS", "enforcement", "40000.00"),
        ("COSTS", "commission", "113000.00"),
        ("TAX", "tax authority", "650000.00"),
        ("INTEREST", "bank", "182500.00"),
        ("PRINCIPAL", "bank", "4200000.00"),
        ("JUNIOR", "Jiangnan Factoring", "300000.00"),
        ("SURPLUS", "pledgor", "104500.00"),
    ]
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        book = balances(ws, enforced.deal.deal_id)
        assert not book[Account.PROCEEDS_TO_DISTRIBUTE]
        assert not position(ws, enforced.deal.deal_id).outstanding
        assert book[Account.SURPLUS_PAID] == -cny("104500")
        assert book[Account.ENFORCEMENT_COSTS_PAID] == -cny("213000")
        assert book[Account.TAX_PAID] == -cny("650000")
        assert sum(row.balance.minor for row in trial_balance(ws, enforced.deal.deal_id)) == 0
        assert find_lot(ws, enforced.deal.lots[0].id).status == "SOLD"
        assert {one.status for one in pledges_of_deal(ws, enforced.deal.deal_id, live=False)} == {"REALISED"}
    assert enforced.deal.status == "RECOVERED"


def test_e15_deficiency(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("4520000")
    enforced.deliver()
    enforced.owe(interest="182500")
    decided(enforced.deal.bank, enforced.propose_waterfall())
    assert lines_of(enforced) == [
        ("COSTS", "storage", "60000.00"),
        ("COSTS", "enforcement", "40000.00"),
        ("COSTS", "commission", "90400.00"),
        ("TAX", "tax authority", "520000.00"),
        ("INTEREST", "bank", "182500.00"),
        ("PRINCIPAL", "bank", "3627100.00"),
        ("JUNIOR", "Jiangnan Factoring", "0.00"),
        ("SURPLUS", "pledgor", "0.00"),
    ]
    with enforced.deal.sme.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, enforced.sale.auction_id)
        assert found is not None, "the pledgor reads its statement"
        assert found[0].deficiency_minor == 572_900_00
        assert position(ws, enforced.deal.deal_id).outstanding == cny("572900")
    assert enforced.deal.status == "ENFORCEMENT"


def test_the_whole_way_to_the_empty_bin(world: World) -> None:
    enforced = an_enforced_sale(world)
    auction_id, bank, warehouse = enforced.sale.auction_id, enforced.deal.bank, enforced.deal.parties.warehouse
    enforced.sell("5650000")
    winner = enforced.sale.bidders[1]
    with winner.operator.ws(read_only=True) as ws:
        owed = queries.settlement_of(ws, auction_id)
        assert owed
        assert (owed.price, owed.deposit, owed.balance) == (cny("5650000"), cny("400000"), cny("5250000"))
        code = owed.collection_code
    with warehouse.operator.ws() as ws, pytest.raises(NotFound):
        actions.hand_over(ws, auction_id, code=code, collector="Li Lei")
    enforced.pay()
    with bank.operator.ws() as ws, pytest.raises(Conflict, match="Nothing is due"):
        actions.confirm_balance(ws, auction_id, reference="BAL-1")
    with warehouse.operator.ws() as ws, pytest.raises(Invalid, match="code"):
        actions.hand_over(ws, auction_id, code="WRONG", collector="Li Lei")
    with warehouse.operator.ws() as ws:
        actions.hand_over(ws, auction_id, code=code.lower(), collector="Li Lei, plate 沪A12345")
    world.work()
    assert enforced.sale.auction.status == "HANDED_OVER"
    enforced.accept()
    decided(bank, enforced.propose_waterfall(juniors=[]))
    assert enforced.sale.auction.status == "CLOSED"
    world.work()
    with warehouse.operator.ws() as ws:
        assert find_lot(ws, enforced.deal.lots[0].id).status == "DEPARTED"
        assert find_handover(ws, auction_id).status == "DONE"
        with pytest.raises(Conflict):
            actions.hand_over(ws, auction_id, code=code, collector="Li Lei")


def test_deposits_are_conserved_and_losers_have_theirs_back_once(world: World) -> None:
    sale = an_auction(world)
    bidders = [sale.bidder() for _ in range(4)]
    sale.open()
    sale.bid(bidders[0], 700_000)
    sale.bid(bidders[2], 705_000)
    sale.close()
    for _ in range(2):
        world.work()
    with sale.bank.operator.ws() as ws:
        tally = queries.tally(ws, sale.auction)
        assert (tally.received, tally.returned, tally.held) == (cny(280_000), cny(210_000), cny(70_000))
        states = [str(one.deposit_state) for one in queries.registrations(ws, sale.auction_id)]
        assert states == ["RETURNED", "RETURNED", "HELD", "RETURNED"]
        actions.confirm_balance(ws, sale.auction_id, reference="BAL-7")
    with sale.bank.operator.ws() as ws:
        tally = queries.tally(ws, sale.auction)
        assert (tally.applied, tally.held) == (cny(70_000), cny(0))


def test_no_deposit_goes_back_twice_whoever_asks(world: World) -> None:
    """Planted: the same return once more, and a return that never came in, straight into the table."""
    sale = an_auction(world)
    one, other = sale.bidder(), sale.bidder(deposit=False)
    call_off(sale, "The debt was paid.")
    statement = """insert into house.deposit_move (auction_id, registration_id, side, tenant_id, outcome, amount_minor, currency, reference, at)
      select auction_id, registration_id, 'OUT', :seller, 'RETURNED', 7000000, 'CNY', 'again', now() from house.registration where auction_id = :auction and tenant_id = :bidder"""
    for bidder, because in ((one, "duplicate key"), (other, "no such deposit is held")):
        facts = {"seller": sale.bank.tenant_id, "auction": sale.auction_id, "bidder": bidder.tenant_id}
        with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match=because), ws.session.begin_nested():
            ws.session.execute(text(statement), facts)


def test_who_does_not_pay_loses_the_deposit_and_the_goods_go_up_again(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("5650000")
    world.advance(timedelta(days=10))
    world.work()
    assert enforced.sale.auction.status == "BUYER_DEFAULT"
    with enforced.deal.bank.operator.ws() as ws:
        tally = queries.tally(ws, enforced.sale.auction)
        assert (tally.forfeited, tally.returned, tally.held) == (cny(400_000), cny(400_000), cny(0))
        with pytest.raises(Conflict):
            actions.confirm_balance(ws, enforced.sale.auction_id, reference="too late")
    second = propose_sale(
        enforced.deal,
        start=cny("4000000"),
        deposit=cny("400000"),
        opens_at=world.now + timedelta(days=3),
        closes_at=world.now + timedelta(days=4),
    )
    decided(enforced.deal.bank, second)
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        second, first = queries.list_auctions(ws, mine=True)
        assert (second.round, first.round) == (2, 1)
        assert [one.auction_id for one in queries.attempts_before(ws, second)] == [first.auction_id]


def test_each_attempt_names_the_one_before_and_is_cut_by_no_more_than_the_rule(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sale.open()
    assert enforced.sale.close().status == "NO_SALE"
    world.work()
    terms = {
        "opens_at": world.now + timedelta(days=3),
        "closes_at": world.now + timedelta(days=4),
        "deposit": cny("330000"),
    }
    with pytest.raises(Conflict) as refusal:
        propose_sale(enforced.deal, start=cny("3199999.99"), **terms)
    assert (refusal.value.code, refusal.value.field) == ("start_too_low", "start_price")
    decided(enforced.deal.bank, propose_sale(enforced.deal, start=cny("3200000"), **terms))
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        second = queries.list_auctions(ws)[0]
        [first] = queries.attempts_before(ws, second)
    assert (first.auction_id, first.status, second.round) == (enforced.sale.auction_id, "NO_SALE", 2)


def test_below_the_reserve_nothing_is_sold(world: World) -> None:
    sale = an_auction(world, reserve="900000")
    one = sale.bidder()
    sale.open()
    sale.bid(one, 700_000)
    assert sale.close().status == "NO_SALE"
    with one.operator.ws(read_only=True) as ws:
        assert queries.my_place(ws, sale.auction).deposit_state == "RETURNED"
        assert queries.settlement_of(ws, sale.auction_id) is None


def test_what_was_approved_is_what_is_booked(world: World) -> None:
    """The debt grows over night: the old figures may not be approved any more."""
    enforced = an_enforced_sale(world)
    enforced.sell("4520000")
    enforced.deliver()
    proposal = enforced.propose_waterfall()
    world.advance(timedelta(days=2))
    world.work()
    with enforced.deal.bank.approver.ws() as ws, pytest.raises(Conflict, match="changed since"):
        approvals.decide(ws, proposal.id, approve=True)


def test_lines_that_do_not_add_up_are_impossible(world: World) -> None:
    """Planted: a line that pays more than was claimed, straight into the table."""
    enforced = an_enforced_sale(world)
    enforced.sell("4520000")
    enforced.deliver()
    decided(enforced.deal.bank, enforced.propose_waterfall())
    with enforced.deal.bank.operator.ws() as ws:
        found = queries.distribution_of(ws, enforced.sale.auction_id)
        assert found
        assert sum(line.paid_minor for line in found[1]) == found[0].receipts_minor
        line = WaterfallLine(
            auction_id=enforced.sale.auction_id, part=1, position=99, tenant_id=ws.tenant_id, deal_id=enforced.deal.deal_id, rank="JUNIOR", label="me", currency="CNY", claimed_minor=1, paid_minor=2
        )  # fmt: skip
        with pytest.raises(DBAPIError, match="ck_waterfall_line_paid"), ws.session.begin_nested():
            ws.session.add(line)


def test_nothing_is_sold_before_default(world: World) -> None:
    with pytest.raises(Conflict, match="not in default"):
        propose_sale(a_running_loan(world))


def test_terms_that_the_law_does_not_permit_are_refused_by_name(world: World) -> None:
    deal, now = a_bad_loan(world), world.now
    cases: list[tuple[dict[str, object], str]] = [
        ({"start": cny("1000")}, "start_price"),
        ({"deposit": cny("1")}, "deposit"),
        ({"reserve": cny("3999999")}, "reserve"),
        ({"regime": RegimeName.COURT_ONLINE}, "authority"),
        ({"opens_at": now + timedelta(days=6, hours=23)}, "starts_at"),
        ({"closes_at": now + timedelta(days=8, hours=23)}, "ends_at"),
        ({"increments": Increments.of(Money.of("1000", "USD"))}, "step"),
        ({"lot_id": new_id()}, "lot_id"),
    ]
    for terms, field in cases:
        with pytest.raises((Conflict, Invalid)) as refused:
            propose_sale(deal, **terms)
        assert refused.value.field == field


def test_the_maker_does_not_approve_and_the_notice_counts_from_the_approval(world: World) -> None:
    deal = a_bad_loan(world)
    proposal = propose_sale(deal)
    with deal.bank.owner.ws() as ws, pytest.raises(NotFound):
        approvals.decide(ws, deal.deal_id, approve=True)
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    world.advance(timedelta(days=2))
    with deal.bank.approver.ws() as ws, pytest.raises(Conflict, match="announced 7 days ahead"):
        approvals.decide(ws, proposal.id, approve=True)


def test_costs_that_cannot_be_are_refused_by_name(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("4520000")
    enforced.deliver()
    cases: list[tuple[dict[str, object], str]] = [
        ({"commission_rate": Decimal("0.06")}, "commission_rate"),
        ({"tax_rate": Decimal("-0.01")}, "tax_rate"),
        ({"tax_rate": Decimal("nan")}, "tax_rate"),
        ({"juniors": [("", cny("1"))]}, "juniors"),
        ({"storage": cny("-1")}, "amount"),
    ]
    for costs, field in cases:
        with pytest.raises(Invalid) as refused:
            enforced.propose_waterfall(**costs)
        assert refused.value.field == field


def test_sold_goods_under_a_receipt_are_handed_over_and_the_receipt_ends_with_them(world: World) -> None:
    asked = a_request(world, tonnes="420.000", amount="4200000.00")
    deal = a_running_loan(world, deal=asked, limit="5460000.00", drawn="4200000.00")
    desk, (lot,) = Desk(world, deal.parties), deal.lots
    receipt = desk.issue("420.000", lot)
    assert receipt.bank_id == deal.bank.tenant_id
    enforced = an_enforced_sale(world, deal=default_on(deal))
    enforced.sell("5650000")
    enforced.deliver()
    assert desk.see(receipt.id).status == "PLEDGED", "goods that may come back are still the receipt's"
    decided(deal.bank, enforced.propose_waterfall(juniors=[]))
    world.work()
    assert desk.see(receipt.id).status == "CANCELLED"
    with deal.parties.warehouse.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).status == "DEPARTED"
