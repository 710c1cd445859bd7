"""A second bank behind the seller's, from the availability of its loan to its share of the proceeds, by the acts that people use."""

from decimal import Decimal
from uuid import UUID

import pytest

from marketplace.disposal import actions, queries
from marketplace.disposal.models.settlements import WaterfallLine
from marketplace.disposal.preparing import goods_for_sale
from marketplace.financing import actions as financing
from marketplace.pledges import actions as pledges
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.queries import find_consent
from marketplace.valuation.base import base_of
from marketplace.valuation.queries import latest_valuation
from marketplace.valuation.rules.base import AHEAD
from tenants.errors import Conflict
from tenants.record import events_of
from tests.factories import World
from tests.marketplace.disposal.makers import Enforced, Sale, cny, propose_sale
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided
from tests.marketplace.pledges.makers import Parties, activate


def a_second_deal(world: World, first: ADeal) -> ADeal:
    """Another bank's loan to the same firm, on ten tonnes of its own."""
    own = first.parties
    parties = Parties(world, own.sme, world.firm("BANK"), own.warehouse, own.supervisor)
    request = a_request(world, parties=parties, amount="100000.00", tonnes="10.000")
    return a_running_loan(world, deal=request, limit="5000000.00", drawn="50000.00")


def stand_behind(first: ADeal, second: ADeal, cap: str, most: str) -> UUID:
    """Asked, consented, offered, controlled, accepted: the second bank holds the first's goods too."""
    with first.sme.operator.ws() as ws:
        consent = pledges.ask_second_rank(
            ws,
            first.deal_id,
            second_deal_id=second.deal_id,
            lot_ids=[one.id for one in first.lots],
            cap=cny(cap),
            most=cny(most),
            because="spring",
        )
    with first.bank.operator.ws() as ws:
        proposal = pledges.propose_consent(ws, consent.id)
    decided(first.bank, proposal)
    with first.sme.operator.ws() as ws:
        financing.top_up_behind(ws, consent.id)
    activate(second.parties, second.deal_id, second.bank)
    first.world.work()
    return consent.id


def test_what_the_first_rank_leaves_is_what_the_second_may_lend_on(world: World) -> None:
    """100 t at 20,000 behind a cap of 800,000, and 10 t in first rank: 110 t x 20,000 x .7 less 800,000."""
    first = a_running_loan(world)
    second = a_second_deal(world, first)
    stand_behind(first, second, "800000", "500000")
    with second.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, second.deal_id)
        assert value
        assert str(value.market_value.amount) == "1400000.00"
        assert str(value.carries.amount) == "740000.00"
        assert base_of(value).ineligible == {AHEAD: cny("800000")}
    with second.sme.operator.ws() as ws, pytest.raises(Conflict):
        financing.request_drawdown(ws, second.deal_id, amount=cny("690000.01"), payee="Jiangxi Copper")
    with second.sme.operator.ws() as ws:
        financing.request_drawdown(ws, second.deal_id, amount=cny("690000.00"), payee="Jiangxi Copper")
    with first.bank.operator.ws(read_only=True) as ws:
        untouched = latest_valuation(ws, first.deal_id)
        assert untouched
        assert str(untouched.market_value.amount) == "2000000.00"
    first.repay(str(first.position.outstanding.amount), "ALL")
    with second.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, second.deal_id)
        assert value
        assert str(value.carries.amount) == "1540000.00"
        assert {one.rank for one in pledges_of_deal(ws, second.deal_id)} == {1}


def a_sale_with_a_second(world: World, cap: str) -> tuple[Enforced, ADeal, UUID]:
    """4,200,000 lent on 420 tonnes that a second bank holds too, up to 400,000 behind `cap`; in default, for sale by the first."""
    request = a_request(world, tonnes="420.000", amount="4200000.00")
    first = a_running_loan(world, deal=request, limit="5460000.00", drawn="4200000.00")
    second = a_second_deal(world, first)
    consent_id = stand_behind(first, second, cap, "400000")
    in_default(first)
    decided(first.bank, propose_sale(first))
    world.work()
    with first.bank.operator.ws(read_only=True) as ws:
        [auction] = queries.list_auctions(ws, mine=True)
    sale = Sale(world, first.bank, first.sme, first.parties.warehouse, auction.auction_id, first.deal_id)
    return Enforced(first, sale), second, consent_id


def in_default(first: ADeal) -> None:
    """The goods lose value, the call is not cured, two officers declare the default."""
    first.price("13000")
    assert first.call
    first.world.set_clock(first.call.cure_by)
    first.world.work()
    with first.bank.operator.ws() as ws:
        default = financing.propose_default(ws, first.deal_id, because="The margin call was not cured.")
    decided(first.bank, default)


def paid_out(enforced: Enforced, price: str) -> list[tuple[str, str, str]]:
    """The lines of the distribution of a sale at this price, without costs and tax."""
    enforced.sell(price)
    enforced.deliver()
    decided(enforced.deal.bank, enforced.propose_waterfall(juniors=[]))
    enforced.deal.world.work()
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, enforced.sale.auction_id)
    assert found
    assert sum(line.paid.minor for line in found[1]) == cny(price).minor
    return [(one.rank, one.label, str(one.paid.amount)) for one in found[1] if one.rank not in ("COSTS", "TAX")]


@pytest.mark.parametrize(("declared", "expected"), [("250000", "250000.00"), (None, "400000.00")])
def test_the_second_bank_is_paid_its_claim_before_the_pledgor(
    world: World, declared: str | None, expected: str
) -> None:
    enforced, second, consent_id = a_sale_with_a_second(world, "4500000")
    if declared:
        with second.bank.operator.ws() as ws:
            pledges.claim_proceeds(ws, consent_id, claim=cny(declared))
    lines = paid_out(enforced, "5650000")
    assert [rank for rank, *_ in lines] == ["INTEREST", "PRINCIPAL", "JUNIOR", "SURPLUS"]
    assert lines[2] == ("JUNIOR", second.bank.name, expected)
    with second.bank.operator.ws(read_only=True) as ws:
        behind = [one for one in pledges_of_deal(ws, second.deal_id, live=False) if one.consent_id == consent_id]
        assert {(one.rank, one.status) for one in behind} == {(2, "REALISED")}
        assert find_consent(ws, consent_id).status == "ENDED"
        told = [one for one in events_of(ws, consent_id) if one.kind == "SecondRankPaid"]
        assert [one.facts["paid"]["minor"] for one in told] == [cny(expected).minor]


def test_beyond_its_cap_the_first_bank_is_paid_last(world: World) -> None:
    """5,100,000 less costs of 202,000 and tax of 586,725.66 are 4,311,274.34: 4,000,000 to the first bank, all the rest to the second."""
    enforced, second, _ = a_sale_with_a_second(world, "4000000")
    lines = paid_out(enforced, "5100000")
    assert sum(Decimal(paid) for _, label, paid in lines[:2] if label == "bank") == Decimal(4000000)
    assert lines[2] == ("JUNIOR", second.bank.name, "311274.34")
    assert lines[3:] == [("PRINCIPAL", "bank", "0.00"), ("SURPLUS", "pledgor", "0.00")]


def test_goods_in_second_rank_are_not_sold_by_the_second(world: World) -> None:
    enforced, second, _ = a_sale_with_a_second(world, "4500000")
    with second.bank.operator.ws() as ws:
        pledges.enforce_pledges(ws, second.deal_id)
    with second.bank.operator.ws() as ws, pytest.raises(Conflict):
        goods_for_sale(ws, second.deal_id, enforced.deal.lots[0].id)


def two_lots_with_a_second(world: World, cap: str) -> tuple[ADeal, ADeal, UUID]:
    """4,200,000 lent on two lots of 210 tonnes that a second bank holds too, up to 800,000 behind `cap`; in default."""
    request = a_request(world, tonnes="210.000", lots=2, amount="4200000.00")
    first = a_running_loan(world, deal=request, limit="5460000.00", drawn="4200000.00")
    second = a_second_deal(world, first)
    consent_id = stand_behind(first, second, cap, "800000")
    in_default(first)
    return first, second, consent_id


def sold(first: ADeal, lot: int, price: str) -> Enforced:
    """One of the lots, sold for this price and with its buyer."""
    decided(first.bank, propose_sale(first, lot_id=first.lots[lot].id, start=cny("2000000"), deposit=cny("200000")))
    first.world.work()
    with first.bank.operator.ws(read_only=True) as ws:
        newest = queries.list_auctions(ws, mine=True)[0]
    sale = Sale(first.world, first.bank, first.sme, first.parties.warehouse, newest.auction_id, first.deal_id)
    enforced = Enforced(first, sale)
    enforced.sell(price)
    enforced.pay()
    enforced.hand_over()
    return enforced


def shared_out(enforced: Enforced) -> list[WaterfallLine]:
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, enforced.sale.auction_id)
    assert found
    return found[1]


def to(lines: list[WaterfallLine], label: str) -> int:
    """What these lines pay one claimant, in minor units."""
    return sum(line.paid_minor for line in lines if line.label == label)


def test_another_sale_of_the_consent_between_two_parts_counts_towards_cap_and_claim(world: World) -> None:
    """Two sales for 2,830,000 under one cap of 4,000,000. Of the first sale 1,000,000 are contested and follow after the second sale is paid out: the first bank has
    its cap from both together, not from each, and the second bank all that is left.
    """
    first, second, consent_id = two_lots_with_a_second(world, "4000000")
    one = sold(first, 0, "2830000")
    with one.buyer.operator.ws() as ws:
        dispute = actions.raise_dispute(ws, one.sale.auction_id, ground="GRADE", words="The grade is not A.", contested=cny("1000000"))  # fmt: skip
    with first.bank.operator.ws() as ws:
        actions.answer_dispute(ws, dispute.id, words="The assay of the warehouse says grade A.")
    decided(first.bank, one.propose_waterfall(juniors=[]))
    assert to(shared_out(one), "bank") > cny("1000000").minor, "part of the cap is used already"
    other = sold(first, 1, "2830000")
    other.accept()
    decided(first.bank, other.propose_waterfall(juniors=[]))
    with first.bank.operator.ws() as ws:
        proposal = actions.propose_decision(ws, dispute.id, decision="REJECT", because="The samples say so.")
    decided(first.bank, proposal)
    world.work()
    with first.bank.operator.ws() as ws:
        rest = actions.propose_rest(ws, one.sale.auction_id)
    decided(first.bank, rest)
    world.work()
    lines = [*shared_out(one), *shared_out(other)]
    assert sum(line.paid_minor for line in lines) == cny("5660000").minor, "invariant 13, over both"
    paid = {label: to(lines, label) for label in ("bank", second.bank.name, "pledgor")}
    assert paid["bank"] == cny("4000000").minor
    assert cny("100000").minor < paid[second.bank.name] < cny("800000").minor, (
        "all that is left, and not all that it claims"
    )
    assert paid["pledgor"] == 0
    with second.bank.operator.ws(read_only=True) as ws:
        told = [one.facts["paid"]["minor"] for one in events_of(ws, consent_id) if one.kind == "SecondRankPaid"]
    assert sum(told) == paid[second.bank.name], "what it is told of is what it is paid, each fen once"
