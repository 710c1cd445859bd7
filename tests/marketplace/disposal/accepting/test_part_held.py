"""A dispute about part of a price: the rest is distributed, the part follows or goes back, and pledge and loan end with the last of it."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions, queries
from marketplace.disposal.accepting.queries import count_free_proceeds
from marketplace.financing.queries import find_deal
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid
from tests.factories import World
from tests.marketplace.disposal.accepting.test_disputing import WORDS, Disputed
from tests.marketplace.disposal.makers import an_enforced_sale, cny
from tests.marketplace.financing.makers import decided

PRICE, CONTESTED = "5650000", "2000000"


def contested_in_part(world: World) -> Disputed:
    """5,650,000, of which the buyer contests 2,000,000."""
    return Disputed(world, contested=cny(CONTESTED)).answered()


def statement(scene: Disputed) -> tuple[Money, Money, Money, dict[tuple[str, str], Money]]:
    """Receipts, what is held, what is lacking, and what each line was paid."""
    with scene.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, scene.auction_id)
    assert found
    head, lines = found
    paid = {(line.rank, line.label): line.paid for line in lines}
    assert sum(line.paid_minor for line in lines) == head.receipts_minor, "invariant 13"
    return cny(str(Money(head.receipts_minor, "CNY").amount)), head.held, Money(head.deficiency_minor, "CNY"), paid


def rest(scene: Disputed, **later: Money) -> Approval:
    with scene.bank.operator.ws() as ws:
        return actions.propose_rest(ws, scene.auction_id, **later)


def stands(scene: Disputed) -> tuple[str, set[str], str, int]:
    """The sale, the pledges, the loan, and how many sales wait to be distributed."""
    with scene.bank.operator.ws(read_only=True) as ws:
        deal = find_deal(ws, scene.enforced.deal.deal_id)
        pledges = {one.status for one in pledges_of_deal(ws, deal.deal_id)}
        return scene.enforced.sale.auction.status, pledges, deal.status, count_free_proceeds(ws)


def test_what_is_not_contested_is_distributed_and_the_held_part_follows_by_the_same_ranks(world: World) -> None:
    scene = contested_in_part(world)
    assert stands(scene)[3] == 1
    with pytest.raises(Conflict, match="Nothing was held"):
        rest(scene)
    decided(scene.bank, scene.enforced.propose_waterfall())
    receipts, held, lacking, paid = statement(scene)
    assert receipts + held == cny(PRICE)
    assert held == cny(CONTESTED) + Money(2, "CNY"), "and two fen, for what tax and commission may round to"
    assert lacking
    assert (paid["TAX", "tax authority"], paid["JUNIOR", "Jiangnan Factoring"]) == (cny("419911.50"), cny("0"))
    assert scene.book()[Account.PROCEEDS_TO_DISTRIBUTE] == -held
    assert stands(scene) == ("HANDED_OVER", {"ENFORCING"}, "DEFAULT", 0)
    for again in (scene.enforced.propose_waterfall, lambda: rest(scene)):
        with pytest.raises(Conflict, match="rest is held"):
            again()
    scene.decide("REJECT")
    assert stands(scene)[3] == 1
    with pytest.raises(Conflict, match="distribute what was held"):
        scene.enforced.propose_waterfall()
    decided(scene.bank, rest(scene))
    world.work()
    receipts, held, lacking, paid = statement(scene)
    assert (receipts, held, lacking) == (cny(PRICE), cny("0"), cny("0"))
    assert (paid["TAX", "tax authority"], paid["JUNIOR", "Jiangnan Factoring"]) == (cny("650000"), cny("300000"))
    assert paid["COSTS", "commission"] == cny("113000")
    assert scene.book()[Account.PROCEEDS_TO_DISTRIBUTE] == cny("0")
    sale, pledges, loan, waiting = stands(scene)
    assert (sale, pledges, loan, waiting) == ("CLOSED", set(), "RECOVERED", 0)
    with pytest.raises(Conflict, match="distributed already"):
        rest(scene)


def test_what_is_upheld_goes_back_and_the_remainder_of_the_held_part_follows(world: World) -> None:
    scene = contested_in_part(world)
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))
    with pytest.raises(Invalid, match="by no more"):
        scene.propose("REDUCE", reduction=cny("2000000.01"))
    with pytest.raises(Conflict, match="not undone"):
        scene.propose("RESCIND")
    scene.decide("REDUCE", reduction=cny("1500000"))
    decided(scene.bank, rest(scene))
    receipts, held, lacking, paid = statement(scene)
    assert (receipts, held) == (cny("4150000"), cny("0"))
    assert lacking, "only now it is known what the debtor goes on owing"
    assert (paid["TAX", "tax authority"], paid["COSTS", "commission"]) == (cny("477433.63"), cny("83000"))
    scene.refund()
    book = scene.book()
    assert (book[Account.PROCEEDS_TO_DISTRIBUTE], book[Account.BUYER_REFUND_OWED]) == (cny("0"), cny("0"))
    assert book[Account.COLLATERAL_PROCEEDS] == cny("4150000")
    assert stands(scene)[1:] == (set(), "ENFORCEMENT", 0)


def test_costs_that_came_since_the_first_part_rank_first_in_the_second(world: World) -> None:
    scene = contested_in_part(world)
    decided(scene.bank, scene.enforced.propose_waterfall())
    earlier = statement(scene)[3]["COSTS", "storage"]
    scene.decide("REJECT")
    with pytest.raises(Invalid) as refused:
        rest(scene, enforcement=cny("-1"))
    assert refused.value.field == "enforcement"
    decided(scene.bank, rest(scene, storage=cny("18000"), enforcement=cny("2500.50")))
    world.work()
    receipts, held, _, paid = statement(scene)
    assert (receipts, held) == (cny(PRICE), cny("0"))
    assert paid["COSTS", "storage"] == earlier + cny("18000")
    assert paid["COSTS", "commission"] == cny("113000"), "what is a share of the price is no more than it was"
    assert scene.book()[Account.PROCEEDS_TO_DISTRIBUTE] == cny("0")


def test_the_debt_that_moves_while_money_is_held_refuses_what_was_proposed(world: World) -> None:
    """What is decided between proposal and approval: the figures are no longer those that were put before the colleague."""
    scene = contested_in_part(world)
    proposal = scene.enforced.propose_waterfall(juniors=[])
    scene.decide("REJECT")
    with pytest.raises(Conflict, match="has changed"):
        decided(scene.bank, proposal)


@pytest.mark.parametrize(("handed", "contested"), [(True, "0"), (True, "5650000.01"), (False, "5649999.99")])
def test_what_a_buyer_may_not_contest(world: World, handed: bool, contested: str) -> None:
    sale = an_enforced_sale(world)
    sale.sell(PRICE)
    sale.pay()
    if handed:
        sale.hand_over()
    said: dict[str, Any] = {"ground": "GRADE", "words": WORDS, "contested": cny(contested)}
    with sale.buyer.operator.ws() as ws, pytest.raises(Invalid) as refused:
        actions.raise_dispute(ws, sale.sale.auction_id, **said)
    assert refused.value.field == "contested"


def test_the_database_holds_what_is_contested(world: World) -> None:
    """Planted: the seller shrinks what is held; a reduction beyond it; a second part that takes back what the first paid."""
    scene = contested_in_part(world)
    for change in ("contested_minor = 1", "reduction_minor = contested_minor + 1"):
        with scene.bank.operator.ws() as ws, pytest.raises(DBAPIError), ws.session.begin_nested():
            ws.session.execute(text(f"update house.sale_dispute set {change} where id = :id"), {"id": scene.id})
