"""Goods on the move: custody passes on two signatures, and nobody outside of the journey sees it."""

from datetime import timedelta

import pytest

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from marketplace.shipments import actions
from marketplace.shipments.queries import find_shipment, list_shipments
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_verified_lot
from tests.marketplace.shipments.makers import a_journey, a_planned_shipment

Scene = tuple[Lot, Firm, Firm, Firm]


@pytest.fixture
def scene(world: World) -> Scene:
    """A verified lot of 100 t, its owner, its warehouse, and a carrier."""
    sme, warehouse, supervisor = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    return a_verified_lot(world, sme, warehouse, supervisor), sme, warehouse, world.firm("LOGISTICS")


def test_a_journey_from_order_to_signature(world: World, scene: Scene) -> None:
    lot, sme, warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    a_journey(world, shipment.shipment_id, warehouse, carrier)
    with carrier.operator.ws() as ws:
        done = actions.deliver(
            ws, shipment.shipment_id, received=Quantity.of("9.990", "TNE"), receiver="Mr Qian", seals_seen=["C2", "C1"]
        )
        assert done.status == "DELIVERED"
    with sme.operator.ws(read_only=True) as ws:
        left = find_lot(ws, lot.id)
        assert (str(left.verified_qty), str(left.departed_qty)) == ("90.000", "10.000")


@pytest.mark.parametrize(("received", "seals"), [("9.9", ["C1", "C2"]), ("10", ["C1"]), ("10", ["C1", "C2", "X"])])
def test_short_weight_or_a_broken_seal_is_disputed(world: World, scene: Scene, received: str, seals: list[str]) -> None:
    lot, sme, warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    a_journey(world, shipment.shipment_id, warehouse, carrier)
    with carrier.operator.ws() as ws:
        done = actions.deliver(
            ws, shipment.shipment_id, received=Quantity.of(received, "TNE"), receiver="Mr Qian", seals_seen=seals
        )
        assert done.status == "DISPUTED"


def test_the_carrier_takes_nothing_that_was_not_weighed_out(world: World, scene: Scene) -> None:
    lot, sme, _warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    with carrier.operator.ws() as ws:
        actions.book(ws, shipment.shipment_id, vehicle="浙B 7A213", driver="Zheng")
    with carrier.operator.ws() as ws, pytest.raises(Conflict, match="both_signed"):
        actions.pick_up(ws, shipment.shipment_id)


def test_more_than_is_free_does_not_leave_without_an_order(world: World, scene: Scene) -> None:
    lot, sme, warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    with carrier.operator.ws() as ws:
        actions.book(ws, shipment.shipment_id, vehicle="浙B 7A213", driver="Zheng")
    with warehouse.operator.ws() as ws, pytest.raises(Conflict, match="release_order_needed"):
        actions.hand_out(ws, shipment.shipment_id, weighed=Quantity.of("100.001", "TNE"))


def test_a_shipment_that_is_held_is_read_anew(world: World, scene: Scene) -> None:
    """Whoever judges a journey has seen its shipment before; held, it is what others made of it meanwhile."""
    lot, sme, _, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    with sme.operator.ws() as ws:
        assert find_shipment(ws, shipment.shipment_id).status == "PLANNED"
        world.admin.execute("update house.shipment set status = 'CANCELLED' where shipment_id = %s", (shipment.shipment_id,))  # fmt: skip
        assert find_shipment(ws, shipment.shipment_id, lock=True).status == "CANCELLED"


def test_goods_are_handed_out_once(world: World, scene: Scene) -> None:
    lot, sme, warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    a_journey(world, shipment.shipment_id, warehouse, carrier)
    with warehouse.operator.ws() as ws, pytest.raises(Conflict, match="not_to_be_handed_out"):
        actions.hand_out(ws, shipment.shipment_id, weighed=Quantity.of("10", "TNE"))


def test_each_side_does_its_own_part_alone(world: World, scene: Scene) -> None:
    lot, sme, warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    with warehouse.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.book(ws, shipment.shipment_id, vehicle="x", driver="y")
    with sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.hand_out(ws, shipment.shipment_id, weighed=Quantity.of("1", "TNE"))


def test_a_stranger_finds_nothing(world: World, scene: Scene) -> None:
    lot, sme, _warehouse, carrier = scene
    shipment = a_planned_shipment(world, lot, sme, carrier)
    with world.firm("LOGISTICS").operator.ws() as ws:
        assert list_shipments(ws) == []
        with pytest.raises(NotFound):
            find_shipment(ws, shipment.shipment_id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": Quantity.of("0", "TNE")}, "quantity_not_positive"),
        ({"quantity": Quantity.of("100.001", "TNE")}, "more_than_there"),
        ({"consignee": "  "}, "text_missing"),
        ({"to_place": "x" * 201}, "text_missing"),
        ({"deliver_by": timedelta(hours=-1)}, "date_passed"),
        ({"carrier_id": "sme"}, "no_carrier"),
    ],
)
def test_a_wrong_plan_is_refused_by_name(world: World, scene: Scene, change: dict[str, object], code: str) -> None:
    lot, sme, _warehouse, carrier = scene
    with sme.operator.ws() as ws, pytest.raises((Invalid, Conflict), match=code):
        plan: dict[str, object] = {
            "lot_id": lot.id,
            "quantity": Quantity.of("10", "TNE"),
            "carrier_id": carrier.tenant_id,
            "consignee": "Jiangnan",
            "to_place": "Suzhou",
            "deliver_by": ws.now + timedelta(days=1),
        } | change
        if "deliver_by" in change:
            plan["deliver_by"] = ws.now + timedelta(hours=-1)
        if "carrier_id" in change:
            plan["carrier_id"] = sme.tenant_id
        actions.plan_shipment(ws, **plan)  # type: ignore[arg-type]
