"""After a shortage: of a lot that several hold in part, nobody takes another's share."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.standing import shrink_verified
from marketplace.pledges import actions
from marketplace.pledges.queries import release_orders
from marketplace.quantity import Quantity
from tenants.errors import Conflict
from tests.factories import World
from tests.marketplace.pledges.makers import Parties, a_release_order
from tests.marketplace.pledges.short_makers import a_mass
from tests.marketplace.pledges.test_receipts import Desk


def test_no_order_of_one_bank_takes_the_others_share_of_a_lot(world: World) -> None:
    """Two banks hold half of a lot each, and half of it is found: the first cannot take the whole half, also behind the back of the code."""
    mass, owner, banks = a_mass(world), world.firm("SME"), (world.firm("BANK"), world.firm("BANK"))
    lot = mass.lot(owner, "100")
    deals = [mass.pledged(owner, bank, lot, "50") for bank in banks]
    shortage_id = mass.report(lot, "50").id
    assert [mass.lines(bank, shortage_id)[0].share_units for bank in banks] == [25_000, 25_000]
    mass.confirm(shortage_id)
    parties = Parties(world, owner, banks[0], mass.warehouse, mass.supervisor)
    order = a_release_order(parties, deals[0], lot, "25")
    with mass.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=Quantity.of("20", "TNE"))
    with mass.warehouse.operator.ws() as ws, pytest.raises(DBAPIError, match="left"):
        ws.session.execute(text(
            "insert into house.release_execution select tenant_id, uuidv7(), deal_id, order_id, lot_id, 5.001, unit, units, executed_by, executed_at from house.release_execution where deal_id = :deal"
        ), {"deal": deals[0]})  # fmt: skip
    with banks[0].operator.ws(read_only=True) as ws:
        assert release_orders(ws, deal_id=deals[0])[0].remaining == 5


def test_a_receipts_holder_has_its_own_share_and_takes_no_more(world: World) -> None:
    """60 t pledged and 40 t under another's receipt, of which 20 t were lost before: 40 t are claimed each way, half is found, and neither takes the other's."""
    mass, owner, bank, holder = a_mass(world), world.firm("SME"), world.firm("BANK"), world.firm("BUYER")
    desk = Desk(world, Parties(world, owner, bank, mass.warehouse, mass.supervisor))
    desk.lot = mass.lot(owner, "100")
    for receipt in (desk.issue("20"), desk.issue("20")):
        desk.sign(desk.ask(owner, inventory.request_endorsement, receipt.id, to=holder.tenant_id))
    deal = mass.pledged(owner, bank, desk.lot, "60")
    with mass.supervisor.operator.ws() as ws:
        shrink_verified(ws, desk.lot.id, to=Quantity.of("80", "TNE"), because="A leak.")
    world.admin.execute("update gate.clock set frozen_at = null")  # the clock moves on within the transaction
    shortage_id = mass.report(desk.lot, "40").id
    claims = [(one.kind, one.claimed_units, one.share_units) for firm in (owner, bank, holder) for one in mass.lines(firm, shortage_id)]  # fmt: skip
    assert claims == [
        ("TITLE", 40_000, 20_000),
        ("PLEDGE", 40_000, 20_000),
        ("RECEIPT", 20_000, 10_000),
        ("RECEIPT", 20_000, 10_000),
    ]
    mass.confirm(shortage_id)
    with bank.operator.ws() as ws, pytest.raises(Conflict, match="beyond_share"):
        actions.order_release(ws, deal, lot_id=desk.lot.id, quantity=Quantity.of("20.001", "TNE"), because="paid")
    first, second = (one for one in desk.live() if one.holder_id == holder.tenant_id)
    desk.sign(desk.ask(holder, inventory.request_surrender, first.id))
    assert mass.seen(owner, desk.lot).departed_qty == 20
    assert [one.left_units for one in mass.lines(holder, shortage_id)] == [0, 0]
    with pytest.raises(Conflict, match="beyond_share"):
        desk.sign(desk.ask(holder, inventory.request_surrender, second.id))
