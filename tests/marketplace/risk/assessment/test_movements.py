"""What a bank sees of its borrower's stock as it moves: what was verified, what left, what was lost."""

from datetime import timedelta
from decimal import Decimal

from marketplace.financing.queries import goods_of
from marketplace.inventory import actions
from marketplace.quantity import Quantity
from marketplace.risk.assessment.movements import movements_of
from tests.factories import World
from tests.marketplace.financing.makers import a_request


def test_movements_are_those_of_the_lots_that_were_shown(world: World) -> None:
    deal = a_request(world)
    with deal.parties.warehouse.operator.ws() as ws:
        actions.mark_departed(ws, deal.lots[0].id, quantity=Quantity.of("30", "TNE"))
    world.advance(timedelta(days=1))
    with deal.parties.supervisor.operator.ws() as ws:
        actions.shrink_verified(ws, deal.lots[0].id, to=Quantity.of("68", "TNE"), because="a torn bag")
    deal.parties.a_lot("55.000")  # shown to nobody
    with deal.bank.operator.ws(read_only=True) as ws:
        found = movements_of(ws, deal.sme.tenant_id, goods_of(ws, deal.deal_id))
    assert sorted((one.amount, one.sold) for one in found) == [
        (Decimal("-30.000"), True),
        (Decimal("-2.000"), False),
        (Decimal("100.000"), False),
    ]
