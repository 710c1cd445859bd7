"""Goods on their way in: what each party may do, what evidence makes of a claim, and what is refused at which field."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.inventory import actions
from marketplace.inventory.models import Inspection, Lot
from marketplace.inventory.places.models import BinStay
from marketplace.inventory.places.queries import floor_of, list_products
from marketplace.inventory.queries import (
    count_lots,
    find_lot,
    identity_of,
    list_lots,
    public_identity,
    stock_of,
    weighings_of,
)
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tenants.events import Event, sentence
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import (
    a_declared_lot,
    a_product,
    a_received_lot,
    a_site,
    a_verified_lot,
)


@pytest.fixture
def sme(world: World) -> Firm:
    return world.firm("SME")


@pytest.fixture
def warehouse(world: World) -> Firm:
    return world.firm("WAREHOUSE_OPERATOR")


@pytest.fixture
def supervisor(world: World) -> Firm:
    return world.firm("SUPERVISOR")


def t(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


def happened(firm: Firm, lot: Lot) -> list[str]:
    with firm.operator.ws(read_only=True) as ws:
        return list(ws.session.scalars(select(Event.kind).where(Event.stream_id == lot.id).order_by(Event.sequence)))


# Declaring ------------------------------------------------------------------------------------------------------------


def test_a_declared_lot_is_seen_by_its_three_parties_alone(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    assert (lot.status, lot.documented_qty, lot.verified_qty) == ("DECLARED", Decimal("100.000"), None)
    for firm in (sme, warehouse, supervisor):
        with firm.operator.ws(read_only=True) as ws:
            assert [one.id for one in list_lots(ws)] == [lot.id]
    for stranger in (world.firm("BANK"), world.firm("SME"), world.firm("WAREHOUSE_OPERATOR")):
        with stranger.operator.ws(read_only=True) as ws:
            assert list_lots(ws) == []
            with pytest.raises(NotFound):
                find_lot(ws, lot.id)
    assert happened(sme, lot) == ["LotDeclared"]


def test_the_claim_is_in_the_products_unit(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    product, (site, _) = a_product(world, sme), a_site(world, warehouse)
    with sme.operator.ws() as ws:
        lot = actions.declare_lot(
            ws,
            product_id=product.id,
            quantity=Quantity.of("98765", "KGM"),
            site_id=site.id,
            supervisor_id=supervisor.tenant_id,
        )
    assert (lot.documented_qty, lot.unit) == (Decimal("98.765"), "TNE")


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"quantity": t("0")}, "quantity_not_positive", "quantity"),
        ({"quantity": Quantity.of("5", "H87")}, "unit_mismatch", "quantity"),
        ({"quantity": Quantity.of("1", "GRM")}, "quantity_too_fine", "quantity"),
        ({"product_id": new_id()}, "product_unknown", "product_id"),
        ({"site_id": new_id()}, "site_unknown", "site_id"),
        ({"supervisor_id": new_id()}, "supervisor_unknown", "supervisor_id"),
        ({"pieces": 0}, "pieces_wrong", "pieces"),
        ({"pieces": 10**9 + 1}, "pieces_wrong", "pieces"),
        ({"batch": "a b"}, "gs1_characters", "identity"),
        ({"batch": "X" * 21}, "gs1_characters", "identity"),
    ],
)
def test_a_declaration_that_cannot_be_right_is_refused(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm, wrong: dict[str, Any], code: str, field: str | None
) -> None:
    right: dict[str, Any] = {
        "product_id": a_product(world, sme).id,
        "quantity": t("10"),
        "site_id": a_site(world, warehouse)[0].id,
        "supervisor_id": supervisor.tenant_id,
    }
    with pytest.raises(Refused) as refused, sme.operator.ws() as ws:
        actions.declare_lot(ws, **right | wrong)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_nobody_supervises_what_they_own_and_a_bank_is_no_supervisor(world: World, warehouse: Firm) -> None:
    both = world.firm("SME", "SUPERVISOR")
    product, (site, _) = a_product(world, both), a_site(world, warehouse)
    told = {"product_id": product.id, "quantity": t("10"), "site_id": site.id}
    with pytest.raises(Conflict, match="supervisor_affiliated"), both.operator.ws() as ws:
        actions.declare_lot(ws, **told, supervisor_id=both.tenant_id)
    with pytest.raises(Invalid, match="supervisor_unknown"), both.operator.ws() as ws:
        actions.declare_lot(ws, **told, supervisor_id=world.firm("BANK").tenant_id)


def test_another_firms_product_is_unknown(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    foreign, (site, _) = a_product(world, world.firm("SME")), a_site(world, warehouse)
    with pytest.raises(NotFound, match="product_unknown"), sme.operator.ws() as ws:
        actions.declare_lot(
            ws, product_id=foreign.id, quantity=t("1"), site_id=site.id, supervisor_id=supervisor.tenant_id
        )


@pytest.mark.parametrize("kind", ["BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR", "BUYER"])
def test_only_a_firm_with_goods_declares(world: World, kind: str) -> None:
    with pytest.raises(NotAllowed), world.firm(kind).operator.ws() as ws:
        actions.declare_lot(ws, product_id=new_id(), quantity=t("1"), site_id=new_id(), supervisor_id=new_id())


def test_one_heat_of_metal_is_declared_once_by_whomever(world: World, warehouse: Firm, supervisor: Firm) -> None:
    """A producer's batch under one GTIN is one pile in the world; the second declaration is refused without saying whose the first is."""
    gtin, (site, _) = "6901234567892", a_site(world, warehouse)
    batch = f"HEAT-{new_id().hex[-8:]}"
    refusals = []
    for firm in (world.firm("SME"), world.firm("SME")):
        product = a_product(world, firm, gtin=gtin)
        try:
            with firm.operator.ws() as ws:
                actions.declare_lot(
                    ws,
                    product_id=product.id,
                    quantity=t("25"),
                    site_id=site.id,
                    supervisor_id=supervisor.tenant_id,
                    batch=batch,
                )
        except Conflict as refused:
            refusals.append((refused.code, refused.field))
    assert refusals == [("identity_taken", "batch")]


def test_a_declaration_that_no_goods_follow_expires_after_72_hours(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    came = a_received_lot(world, sme, warehouse, supervisor)
    world.work()
    world.advance(timedelta(hours=71, minutes=59))
    world.work()
    with sme.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).status == "DECLARED"
    world.advance(timedelta(minutes=1))
    world.work()
    with sme.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).status == "EXPIRED"
        assert find_lot(ws, came.id).status == "RECEIVED"
    world.advance(timedelta(days=1))
    world.work()
    with sme.operator.ws(read_only=True) as ws:
        kinds = list(ws.session.scalars(select(Event.kind).where(Event.stream_id == lot.id)))
        assert kinds.count("LotExpired") == 1, "it expires once"


# The digital identity -------------------------------------------------------------------------------------------------


def test_the_label_tells_what_anybody_may_know_and_nothing_more(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with sme.operator.ws(read_only=True) as ws:
        identity = identity_of(ws, lot.id)
    assert identity.path == f"/01/{identity.gtin}/10/{lot.number}"
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        told = public_identity(ws, identity.path)
        assert public_identity(ws, "/01/06901234567892/10/NOBODY") is None
    assert told is not None
    assert (told.product_name, told.custodian, told.bound_at) == ("Copper cathode", warehouse.name, world.now)
    assert not {"owner", "status", "pledged", "quantity"} & set(vars(told))
    assert sme.name not in repr(told)


# Receiving ------------------------------------------------------------------------------------------------------------


def test_goods_are_weighed_into_a_bin_and_their_label_bound(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_received_lot(world, sme, warehouse, supervisor, weighed="99.750")
    with sme.operator.ws(read_only=True) as ws:
        seen = find_lot(ws, lot.id)
        assert (seen.status, seen.weighed_qty, seen.bin_code) == ("RECEIVED", Decimal("99.750"), "A-01")
        (passed,) = weighings_of(ws, lot.id)
        assert (passed.gross, passed.tare) == (Decimal("114.750"), Decimal("15.000"))
        assert identity_of(ws, lot.id).bound_at == world.now
        (use,) = floor_of(ws, seen.site_id)
        assert use.lot is not None
        assert use.lot.id == lot.id
    assert happened(sme, lot) == ["LotDeclared", "LotReceived"]


def test_further_truckloads_are_added_until_inspection(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_received_lot(world, sme, warehouse, supervisor, amount="100", weighed="60")
    with warehouse.operator.ws() as ws:
        actions.add_weighing(ws, lot.id, gross=t("54.9"), tare=t("15"))
    with supervisor.operator.ws() as ws:
        assert find_lot(ws, lot.id).weighed_qty == Decimal("99.900")
        proposal = actions.inspect_lot(ws, lot.id, counted=t("99.9"), passed=True)
    with supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with pytest.raises(Conflict, match="lot_not_receiving"), warehouse.operator.ws() as ws:
        actions.add_weighing(ws, lot.id, gross=t("20"), tare=t("15"))


@pytest.mark.parametrize(
    ("gross", "tare", "code", "field"),
    [
        ("15", "15", "net_not_positive", "tare"),
        ("10", "15", "net_not_positive", "tare"),
        ("15", "-1", "net_not_positive", "tare"),
    ],
)
def test_a_weighing_without_goods_is_refused(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm, gross: str, tare: str, code: str, field: str
) -> None:
    site, bins = a_site(world, warehouse)
    lot = a_declared_lot(world, sme, warehouse, supervisor, site=site)
    with pytest.raises(Invalid) as refused, warehouse.operator.ws() as ws:
        actions.receive_lot(ws, lot.id, gross=t(gross), tare=t(tare), bin_id=bins[0].id)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_scale_out_of_calibration_weighs_nothing(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    site, bins = a_site(world, warehouse)
    world.advance(timedelta(days=365))
    lot = a_declared_lot(world, sme, warehouse, supervisor, site=site)
    with pytest.raises(Conflict, match="calibration_expired"), warehouse.operator.ws() as ws:
        actions.receive_lot(ws, lot.id, gross=t("115"), tare=t("15"), bin_id=bins[0].id)
    with warehouse.operator.ws() as ws:
        actions.calibrate_scale(ws, site.id, until=ws.now + timedelta(days=365))
        assert actions.receive_lot(ws, lot.id, gross=t("115"), tare=t("15"), bin_id=bins[0].id).status == "RECEIVED"


def test_one_pile_cannot_be_two_lots(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    site, bins = a_site(world, warehouse)
    first, second = (a_declared_lot(world, sme, warehouse, supervisor, site=site) for _ in range(2))
    with warehouse.operator.ws() as ws:
        actions.receive_lot(ws, first.id, gross=t("115"), tare=t("15"), bin_id=bins[0].id)
    with pytest.raises(Conflict) as refused, warehouse.operator.ws() as ws:
        actions.receive_lot(ws, second.id, gross=t("115"), tare=t("15"), bin_id=bins[0].id)
    assert (refused.value.code, refused.value.field) == ("bin_occupied", "bin_id")


def test_a_bin_of_another_site_or_firm_is_refused(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    for operator, code in ((warehouse, "bin_elsewhere"), (world.firm("WAREHOUSE_OPERATOR"), "bin_unknown")):
        _, bins = a_site(world, operator)
        with pytest.raises(Invalid) as refused, warehouse.operator.ws() as ws:
            actions.receive_lot(ws, lot.id, gross=t("115"), tare=t("15"), bin_id=bins[0].id)
        assert (refused.value.code, refused.value.field) == (code, "bin_id")


def test_another_warehouse_does_not_know_the_lot_and_the_owner_may_not_receive(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    stranger = world.firm("WAREHOUSE_OPERATOR")
    with pytest.raises(NotFound), stranger.operator.ws() as ws:
        actions.receive_lot(ws, lot.id, gross=t("115"), tare=t("15"), bin_id=new_id())
    with pytest.raises(NotAllowed), sme.operator.ws() as ws:
        actions.receive_lot(ws, lot.id, gross=t("115"), tare=t("15"), bin_id=new_id())
    owner_with_warehouse = world.firm("SME", "WAREHOUSE_OPERATOR")
    own = a_declared_lot(world, owner_with_warehouse, warehouse, supervisor)
    with pytest.raises(NotAllowed, match="lot_elsewhere"), owner_with_warehouse.operator.ws() as ws:
        actions.receive_lot(ws, own.id, gross=t("115"), tare=t("15"), bin_id=new_id())


# Inspecting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weighed", "counted", "verified"),
    [("500", "500", "500"), ("498.75", "499", "498.75"), ("501", "502", "500"), ("500", "497.5", "497.5")],
)
def test_the_verified_quantity_is_the_least_of_the_evidence(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm, weighed: str, counted: str, verified: str
) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor, amount="500", weighed=weighed, counted=counted)
    assert (lot.status, lot.verified_qty, lot.free_qty) == ("VERIFIED", Decimal(verified), Decimal(verified))
    assert happened(sme, lot)[-1] == "LotVerified"
    with sme.operator.ws(read_only=True) as ws:
        assert stock_of(ws)["Copper cathode", "TNE"]["free"] == Decimal(verified)
        assert count_lots(ws) == {"VERIFIED": 1}


@pytest.mark.parametrize(("weighed", "counted"), [("497.499", "500"), ("502.501", "500"), ("500", "497.499")])
def test_a_variance_above_tolerance_verifies_nothing(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm, weighed: str, counted: str
) -> None:
    lot = a_received_lot(world, sme, warehouse, supervisor, amount="500", weighed=weighed)
    with pytest.raises(Conflict) as refused, supervisor.operator.ws() as ws:
        actions.inspect_lot(ws, lot.id, counted=t(counted), passed=True)
    assert (refused.value.code, refused.value.field) == ("variance_above_tolerance", "quantity")


def test_the_same_eyes_do_not_confirm_and_nothing_is_verified_before(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_received_lot(world, sme, warehouse, supervisor)
    owner = supervisor.owner  # may make and check, but never both for one act
    with owner.ws() as ws:
        proposal = actions.inspect_lot(ws, lot.id, counted=t("100"), passed=True)
    with pytest.raises(NotAllowed, match="same_eyes"), owner.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with sme.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).status == "RECEIVED"


def test_a_failed_inspection_rejects_with_its_reason(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_received_lot(world, sme, warehouse, supervisor)
    with pytest.raises(Invalid) as refused, supervisor.operator.ws() as ws:
        actions.inspect_lot(ws, lot.id, counted=t("100"), passed=False)
    assert refused.value.field == "note"
    with supervisor.operator.ws() as ws:
        proposal = actions.inspect_lot(ws, lot.id, counted=t("0"), passed=False, note="aluminium, painted")
    with supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with sme.operator.ws(read_only=True) as ws:
        assert find_lot(ws, lot.id).status == "REJECTED"
    assert happened(sme, lot)[-1] == "LotRejected"


def test_an_inspection_that_a_colleague_returns_changes_nothing(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_received_lot(world, sme, warehouse, supervisor)
    with supervisor.operator.ws() as ws:
        proposal = actions.inspect_lot(ws, lot.id, counted=t("100"), passed=True)
    with pytest.raises(Conflict, match="already_proposed"), supervisor.operator.ws() as ws:
        actions.inspect_lot(ws, lot.id, counted=t("100"), passed=True)
    with supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=False, note="count again")
        assert [one.outcome for one in ws.session.scalars(select(Inspection))] == ["returned"]
    with supervisor.operator.ws() as ws:
        assert find_lot(ws, lot.id).status == "RECEIVED"
        actions.inspect_lot(ws, lot.id, counted=t("99.9"), passed=True)


# Freezing, loss, departure --------------------------------------------------------------------------------------------


def test_a_frozen_lot_keeps_its_standing_and_a_colleague_unfreezes_it(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with warehouse.operator.ws() as ws:
        frozen = actions.freeze_lot(ws, lot.id, reason="seal broken")
        assert (frozen.status, frozen.kept_status) == ("FROZEN", "VERIFIED")
        assert actions.freeze_lot(ws, lot.id, reason="again").frozen_reason == sentence(
            "%(reason)s", reason="seal broken"
        )
    with pytest.raises(Conflict, match="lot_frozen"), warehouse.operator.ws() as ws:
        actions.mark_departed(ws, lot.id, quantity=t("1"))
    assert happened(sme, lot).count("LotFrozen") == 1
    second = a_verified_lot(world, sme, warehouse, supervisor)
    with supervisor.operator.ws() as ws:
        actions.freeze_lot(ws, second.id, reason="patrol found a gap")
    with pytest.raises(Conflict, match="freeze_not_yours"), warehouse.operator.ws() as ws:
        actions.unfreeze_lot(ws, second.id)
    with supervisor.operator.ws() as ws:
        proposal = actions.unfreeze_lot(ws, second.id, because="counted again, complete")
    with supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with sme.operator.ws(read_only=True) as ws:
        free = find_lot(ws, second.id)
        assert (free.status, free.kept_status, free.frozen_reason) == ("VERIFIED", None, None)
    with pytest.raises(NotAllowed), sme.operator.ws() as ws:
        actions.freeze_lot(ws, second.id, reason="I say so")


def test_the_supervisor_lets_go_what_a_warehouse_of_one_person_froze(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with warehouse.operator.ws() as ws:
        actions.freeze_lot(ws, lot.id, reason="seal broken")
    with pytest.raises(Conflict, match="freeze_supervisors"), warehouse.operator.ws() as ws:
        actions.unfreeze_lot(ws, lot.id, because="mended")
    with supervisor.operator.ws() as ws:
        proposal = actions.unfreeze_lot(ws, lot.id, because="seal renewed, goods complete")
    with supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with sme.operator.ws(read_only=True) as ws:
        told = ws.session.scalars(select(Event).where(Event.stream_id == lot.id, Event.kind == "LotUnfrozen")).one()
    assert (told.values["because"], told.values["frozen_by"]) == (
        "seal renewed, goods complete",
        str(warehouse.tenant_id),
    )
    assert (told.tenant_id, json.loads(told.evidence)) == (supervisor.tenant_id, [str(proposal.id)])


def test_what_is_missing_is_written_off_by_the_supervisor_and_never_comes_back(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with supervisor.operator.ws() as ws:
        less = actions.shrink_verified(ws, lot.id, to=t("97.5"), because="stock-take of 2 March", evidence=["ab" * 32])
        assert (less.verified_qty, less.free_qty) == (Decimal("97.500"), Decimal("97.500"))
    with pytest.raises(NotAllowed), warehouse.operator.ws() as ws:
        actions.shrink_verified(ws, lot.id, to=t("90"), because="mice")
    for amount in ("97.5", "98", "100"):
        with pytest.raises(Invalid, match="quantity_not_below"), supervisor.operator.ws() as ws:
            actions.shrink_verified(ws, lot.id, to=t(amount), because="found again")


def test_free_goods_leave_in_parts_and_the_bin_is_free_after_the_last(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with warehouse.operator.ws() as ws:
        part = actions.mark_departed(ws, lot.id, quantity=t("40"))
        assert (part.status, part.verified_qty, part.departed_qty) == ("VERIFIED", Decimal(60), Decimal(40))
    with pytest.raises(Conflict, match="not_free_to_leave"), warehouse.operator.ws() as ws:
        actions.mark_departed(ws, lot.id, quantity=t("60.001"))
    with warehouse.operator.ws() as ws:
        gone = actions.mark_departed(ws, lot.id)
        assert (gone.status, gone.verified_qty, gone.departed_qty) == ("DEPARTED", Decimal(0), Decimal(100))
        assert all(use.lot is None for use in floor_of(ws, lot.site_id))
        (stay,) = ws.session.scalars(select(BinStay).where(BinStay.lot_id == lot.id))
        assert stay.during.upper is not None


def test_a_loss_is_reported_by_the_supervisor_alone(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with pytest.raises(NotAllowed), warehouse.operator.ws() as ws:
        actions.report_loss(ws, lot.id, damaged=False, because="gone")
    with supervisor.operator.ws() as ws:
        assert actions.report_loss(ws, lot.id, damaged=True, because="flood").status == "DAMAGED"


# Places and products --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"sku": " "}, "missing", "sku"),
        ({"name": "x" * 121}, "too_long", "name"),
        ({"hs_code": "74"}, "hs_code_wrong", "hs_code"),
        ({"hs_code": "74031100000"}, "hs_code_wrong", "hs_code"),
        ({"unit": "XXX"}, "unit_unknown", "unit"),
        ({"gtin": "6901234567890"}, "gs1_check_digit", "gtin"),
        ({"gtin": "69012345"}, "gs1_check_digit", "gtin"),
        ({"price_code": ""}, "missing", "price_code"),
        ({"tolerance": Decimal("0.06")}, "tolerance_wrong", "tolerance"),
        ({"tolerance": Decimal("-0.001")}, "tolerance_wrong", "tolerance"),
    ],
)
def test_a_product_that_cannot_be_right_is_refused_at_its_field(
    world: World, sme: Firm, wrong: dict[str, Any], code: str, field: str
) -> None:
    right: dict[str, Any] = {
        "sku": "A1", "name": "Zinc ingot", "grade": "SHG", "hs_code": "7901.1110.00", "unit": "TNE", "price_code": "ZN"
    }  # fmt: skip
    with pytest.raises(Invalid) as refused, sme.operator.ws() as ws:
        actions.name_product(ws, **right | wrong)
    assert (refused.value.code, refused.value.field) == (code, field)
    with sme.operator.ws() as ws:
        assert actions.name_product(ws, **right).hs_code == "7901111000"
    with pytest.raises(Conflict, match="sku_taken"), sme.operator.ws() as ws:
        actions.name_product(ws, **right)
    with sme.operator.ws(read_only=True) as ws:
        assert len(list_products(ws)) == 1


@pytest.mark.parametrize(
    ("x", "y", "width", "height", "code"),
    [
        ("0", "0", "0", "5", "bin_shape"),
        ("-1", "0", "5", "5", "bin_shape"),
        ("18", "0", "5", "5", "bin_off_floor"),
        ("0", "38", "5", "5", "bin_off_floor"),
        ("12", "6", "5", "5", "bin_overlaps"),
        ("9", "4", "12", "14", "bin_off_floor"),
    ],
)
def test_a_bin_lies_on_the_floor_and_on_no_other(
    world: World, warehouse: Firm, x: str, y: str, width: str, height: str, code: str
) -> None:
    site, _ = a_site(world, warehouse)
    shape = {"x": Decimal(x), "y": Decimal(y), "width": Decimal(width), "height": Decimal(height)}
    with pytest.raises(Refused) as refused, warehouse.operator.ws() as ws:
        actions.draw_bin(ws, site.id, code="B-01", **shape)
    assert refused.value.code == code


def test_bins_are_drawn_by_the_operator_and_read_by_all(world: World, warehouse: Firm) -> None:
    site, _ = a_site(world, warehouse)
    square = {"x": Decimal(0), "y": Decimal(20), "width": Decimal(4), "height": Decimal(4)}
    with pytest.raises(NotAllowed, match="site_not_yours"), world.firm("WAREHOUSE_OPERATOR").operator.ws() as ws:
        actions.draw_bin(ws, site.id, code="B-01", **square)
    with pytest.raises(Conflict, match="bin_code_taken"), warehouse.operator.ws() as ws:
        actions.draw_bin(ws, site.id, code="A-01", **square)
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert [use.bin.code for use in floor_of(ws, site.id)] == ["A-01"]


# Lists ----------------------------------------------------------------------------------------------------------------


def test_lists_filter_sort_and_page(world: World, sme: Firm, warehouse: Firm, supervisor: Firm) -> None:
    lots = [a_declared_lot(world, sme, warehouse, supervisor, amount=amount) for amount in ("30", "10", "20")]
    with sme.operator.ws(read_only=True) as ws:
        first = list_lots(ws, limit=2)
        rest = list_lots(ws, limit=2, cursor=first[-1].id)
        assert [one.id for one in first + rest] == [one.id for one in reversed(lots)]
        assert [one.documented_qty for one in list_lots(ws, sort="documented")] == [10, 20, 30]
        assert [one.id for one in list_lots(ws, text=lots[1].number.lower())] == [lots[1].id]
        assert list_lots(ws, text="100%_") == []
        assert list_lots(ws, status="PLEDGED") == []
        with pytest.raises(Invalid, match="sort_unknown"):
            list_lots(ws, sort="frozen_by")


def test_lost_goods_leave_their_bin_to_others_and_damaged_ones_do_not(
    world: World, sme: Firm, warehouse: Firm, supervisor: Firm
) -> None:
    for damaged, lying in ((False, None), (True, "DAMAGED")):
        lot = a_received_lot(world, sme, warehouse, supervisor)
        with supervisor.operator.ws() as ws:
            actions.report_loss(ws, lot.id, damaged=damaged, because="flood")
        world.work()
        with warehouse.operator.ws(read_only=True) as ws:
            (use,) = floor_of(ws, lot.site_id)
            assert (use.lot and use.lot.status) == lying
