"""Coils with names of their own: listed, weighed in one by one, pledged whole, and one live serial in the whole house."""

from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions
from marketplace.inventory.conversions.descent import lines_of
from marketplace.inventory.items.models import LotItem
from marketplace.inventory.items.pieces import items_of
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions as pledges
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.errors import Conflict, Invalid, Refused
from tests.factories import World
from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site
from tests.marketplace.pledges.makers import Parties, a_deal_room, a_release_order, activate, the_parties

COILS = {"C-1": "10", "C-2": "20", "C-3": "30", "C-4": "40"}


def t(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def listed(rows: dict[str, str], tags: dict[str, str] | None = None) -> bytes:
    lines = [f"{serial},{amount},{(tags or {}).get(serial, '')}" for serial, amount in rows.items()]
    return "\n".join(["serial,quantity,tag", *lines]).encode()


def a_coil_lot(
    parties: Parties, rows: dict[str, str] = COILS, gtin: str = "", **options: dict[str, str]
) -> tuple[Lot, list[Bin]]:
    """A lot declared item by item, and the free bins of its site."""
    site, bins = a_site(parties.world, parties.warehouse, bins=4)
    product = a_product(parties.world, parties.sme, gtin=gtin)
    amount = str(sum(Decimal(one) for one in rows.values()))
    lot = a_declared_lot(
        parties.world, parties.sme, parties.warehouse, parties.supervisor, amount=amount, product=product, site=site
    )
    with parties.sme.operator.ws() as ws:
        kept = actions.read_items(ws, lot.id, name="coils.csv", content=listed(rows, **options))
        return actions.declare_items(ws, kept.id), bins


def receive(parties: Parties, lot: Lot, bins: list[Bin], weights: dict[str, str]) -> None:
    with parties.warehouse.operator.ws() as ws:
        for item in items_of(ws, lot.id):
            if item.serial in weights:
                actions.receive_item(ws, lot.id, item.id, gross=t(weights[item.serial]), tare=t("0"), bin_id=bins[0].id)


def verify(parties: Parties, lot: Lot, counted: str) -> Lot:
    with parties.supervisor.operator.ws() as ws:
        proposal = actions.inspect_lot(ws, lot.id, counted=t(counted), passed=True)
    with parties.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with parties.sme.operator.ws(read_only=True) as ws:
        return find_lot(ws, lot.id)


def a_verified_coil_lot(parties: Parties, rows: dict[str, str] = COILS) -> tuple[Lot, list[Bin]]:
    lot, bins = a_coil_lot(parties, rows)
    receive(parties, lot, bins, rows)
    return verify(parties, lot, str(sum(Decimal(one) for one in rows.values()))), bins


def coils(parties: Parties, lot: Lot) -> dict[str, LotItem]:
    with parties.sme.operator.ws(read_only=True) as ws:
        return {one.serial: one for one in items_of(ws, lot.id)}


def spans(parties: Parties, lot: Lot) -> dict[str, tuple[int | None, int | None]]:
    return {serial: (one.units.lower, one.units.upper) for serial, one in coils(parties, lot).items() if one.units and not one.ended_at}  # fmt: skip


def test_items_come_one_by_one_and_count_by_the_lesser_of_papers_and_scale(parties: Parties) -> None:
    lot, bins = a_coil_lot(parties)
    assert (lot.tracking, lot.pieces) == ("SERIALISED", 4)
    with pytest.raises(Conflict, match="lot_itemised"), parties.warehouse.operator.ws() as ws:
        actions.receive_lot(ws, lot.id, gross=t("100"), tare=t("0"), bin_id=bins[0].id)
    receive(parties, lot, bins, {"C-1": "9.990", "C-2": "20.010", "C-3": "30", "C-4": "40"})
    first = coils(parties, lot)["C-1"]
    with pytest.raises(Conflict, match="item_received"), parties.warehouse.operator.ws() as ws:
        actions.receive_item(ws, lot.id, first.id, gross=t("10"), tare=t("0"))
    with pytest.raises(Conflict, match="counted_below_items"), parties.supervisor.operator.ws() as ws:
        actions.inspect_lot(ws, lot.id, counted=t("99.9"), passed=True)
    assert verify(parties, lot, "100").verified_qty == Decimal("99.990")
    assert spans(parties, lot) == {"C-1": (0, 9990), "C-2": (9990, 29990), "C-3": (29990, 59990), "C-4": (59990, 99990)}


def test_a_list_with_wrong_rows_is_kept_and_shown_but_not_declared(parties: Parties) -> None:
    site, _ = a_site(parties.world, parties.warehouse)
    lot = a_declared_lot(parties.world, parties.sme, parties.warehouse, parties.supervisor, amount="10", site=site)
    for content, code in (
        (b"serial,quantity\nC-1,4\nC-1,6\n", "list_has_errors"),
        (b"serial,quantity\nC-1,4\nC-2,5\n", "items_do_not_add_up"),
    ):
        with parties.sme.operator.ws() as ws:
            kept = actions.read_items(ws, lot.id, name="coils.csv", content=content)
        with pytest.raises(Refused, match=code), parties.sme.operator.ws() as ws:
            actions.declare_items(ws, kept.id)
    assert coils(parties, lot) == {}


def test_no_two_live_items_have_one_serial_or_tag_and_nobody_learns_whose(world: World, parties: Parties) -> None:
    gtin, tag = "6901234567892", "30340BE96C1234567890ABCD"
    first, _ = a_coil_lot(parties, {"S-1": "5"}, gtin, tags={"S-1": tag})
    rival = the_parties(world)
    for rows, tags, other in (({"S-1": "5"}, {}, gtin), ({"S-9": "5"}, {"S-9": tag}, "")):
        with pytest.raises(Conflict, match="item_taken") as refused:
            a_coil_lot(rival, rows, other, tags=tags)
        assert parties.sme.name not in refused.value.in_english()
    world.advance(first.declared_at - world.now)
    expire(world, parties, first)
    a_coil_lot(rival, {"S-1": "5"}, gtin, tags={"S-1": tag})
    with pytest.raises(Conflict, match="item_taken"):
        a_coil_lot(rival, {"S-7": "5"}, gtin, tags={"S-7": tag})


def expire(world: World, parties: Parties, lot: Lot) -> None:
    """72 hours pass and nothing arrives."""
    world.advance(timedelta(hours=73))
    world.work()
    assert {one.ended_at is not None for one in coils(parties, lot).values()} == {True}


def test_an_item_is_pledged_whole_and_once(world: World, parties: Parties) -> None:
    lot, _ = a_verified_coil_lot(parties)
    mine, second = coils(parties, lot), world.firm("BANK")
    deal = a_deal_room(parties)
    with parties.sme.operator.ws() as ws:
        chosen = {lot.id: [mine["C-2"].id, mine["C-3"].id]}
        made = pledges.offer_pledge(
            ws, deal_id=deal, bank_id=parties.bank.tenant_id, goods=[(lot.id, t("50"))], items=chosen
        )
        assert [(one.units.lower, one.units.upper) for one in made] == [(10000, 60000)]
    other = a_deal_room(parties, second)
    for goods, items, code in (
        ("20", {lot.id: [mine["C-2"].id]}, "item_not_free"),
        ("20", None, "item_cut"),
        ("20", {lot.id: [mine["C-1"].id]}, "items_do_not_make_it"),
    ):
        with pytest.raises(Refused, match=code), parties.sme.operator.ws() as ws:
            pledges.offer_pledge(ws, deal_id=other, bank_id=second.tenant_id, goods=[(lot.id, t(goods))], items=items)
    with parties.sme.operator.ws() as ws:
        made = pledges.offer_pledge(ws, deal_id=other, bank_id=second.tenant_id, goods=[(lot.id, t("50"))])
        assert [(one.units.lower, one.units.upper) for one in made] == [(0, 10000), (60000, 100000)]


def test_the_database_refuses_a_pledge_that_cuts_an_item(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    lot, _ = a_verified_coil_lot(parties)
    monkeypatch.setattr("marketplace.pledges.offering.SERIALISED", "never")
    with pytest.raises(Conflict, match="already_encumbered"), parties.sme.operator.ws() as ws:
        pledges.offer_pledge(
            ws, deal_id=a_deal_room(parties), bank_id=parties.bank.tenant_id, goods=[(lot.id, t("15"))]
        )


def test_released_items_leave_whole_and_the_rest_stays_where_it_is(parties: Parties) -> None:
    lot, _ = a_verified_coil_lot(parties)
    deal = a_deal_room(parties)
    with parties.sme.operator.ws() as ws:
        pledges.offer_pledge(ws, deal_id=deal, bank_id=parties.bank.tenant_id, goods=[(lot.id, t("60"))])
    activate(parties, deal)
    order = a_release_order(parties, deal, lot, "30")
    with pytest.raises(Conflict, match="item_cut_here"), parties.warehouse.operator.ws() as ws:
        pledges.execute_release(ws, order.id, weighed=t("15"))
    with parties.warehouse.operator.ws() as ws:
        pledges.execute_release(ws, order.id, weighed=t("30"))
        with pytest.raises(Conflict, match="item_cut"):
            actions.mark_departed(ws, lot.id, quantity=t("39"))
        left = actions.mark_departed(ws, lot.id, quantity=t("40"))
        assert (left.verified_qty, left.pledged_qty, left.free_qty) == (Decimal(30), Decimal(30), Decimal(0))
    assert spans(parties, lot) == {"C-3": (30000, 60000)}


def test_missing_items_are_named_by_the_supervisor(parties: Parties) -> None:
    lot, _ = a_verified_coil_lot(parties)
    mine = coils(parties, lot)
    with pytest.raises(Conflict, match="items_not_named"), parties.supervisor.operator.ws() as ws:
        actions.shrink_verified(ws, lot.id, to=t("90"), because="one is missing")
    with parties.supervisor.operator.ws() as ws:
        less = actions.miss_items(ws, lot.id, items=[mine["C-2"].id], because="not in its row")
        assert (less.verified_qty, less.free_qty) == (Decimal(80), Decimal(80))
    for who in (parties.warehouse, parties.sme):
        with pytest.raises(Refused), who.operator.ws() as ws:
            actions.miss_items(ws, lot.id, items=[mine["C-1"].id], because="mice")
    with parties.supervisor.operator.ws() as ws, pytest.raises(Invalid, match="item_unknown"):
        actions.miss_items(ws, lot.id, items=[mine["C-2"].id], because="again")
    assert set(spans(parties, lot)) == {"C-1", "C-3", "C-4"}
    with parties.sme.operator.ws() as ws:
        made = pledges.offer_pledge(
            ws, deal_id=a_deal_room(parties), bank_id=parties.bank.tenant_id, goods=[(lot.id, t("80"))]
        )
        assert [(one.units.lower, one.units.upper) for one in made] == [(0, 10000), (30000, 100000)]


def test_a_split_takes_items_with_their_units_and_a_merge_brings_them_together(parties: Parties) -> None:
    lot, bins = a_verified_coil_lot(parties)
    with pytest.raises(Conflict, match="item_cut_here"), parties.sme.operator.ws() as ws:
        actions.propose_split(ws, lot.id, parts=[t("15"), t("85")])
    with parties.sme.operator.ws() as ws:
        plan = actions.propose_split(ws, lot.id, parts=[t("30"), t("70")])
    first, second = carry_out(parties, plan.id, bins[1:])
    assert (spans(parties, lot), spans(parties, first)) == ({}, {"C-1": (0, 10000), "C-2": (10000, 30000)})
    assert spans(parties, second) == {"C-3": (0, 30000), "C-4": (30000, 70000)}
    with parties.sme.operator.ws() as ws:
        plan = actions.propose_merge(ws, [second.id, first.id])
    (whole,) = carry_out(parties, plan.id, bins)
    assert sorted(spans(parties, whole)) == list(COILS)
    assert sum(end - start for start, end in spans(parties, whole).values() if end and start is not None) == 100_000


def carry_out(parties: Parties, plan_id: object, bins: list[Bin]) -> list[Lot]:
    with parties.warehouse.approver.ws() as ws:
        children = list(dict.fromkeys(one.child_id for one in lines_of(ws, plan_id)))  # type: ignore[arg-type]
        places = {child: actions.Place(place.id) for child, place in zip(children, bins, strict=False)}
        actions.carry_out_conversion(ws, plan_id, places=places)  # type: ignore[arg-type]
        return sorted((find_lot(ws, child) for child in children), key=lambda one: one.documented_qty)


def test_what_an_item_is_does_not_change_by_any_hand(parties: Parties, admin: psycopg.Connection) -> None:
    lot, _ = a_verified_coil_lot(parties)
    for who, change in (
        (parties.sme, {"serial": "X"}),
        (parties.warehouse, {"weighed_qty": Decimal(99)}),
        (parties.supervisor, {"units": Range(0, 5)}),
        (parties.sme, {"lot_id": parties.sme.tenant_id}),
    ):
        with pytest.raises(DBAPIError, match=r"item|weighs"), who.operator.ws() as ws:
            ws.session.execute(update(LotItem).where(LotItem.lot_id == lot.id).values(**change))
    with pytest.raises(DBAPIError, match="settled before"), parties.sme.operator.ws() as ws:
        ws.session.execute(text("update house.lot set tracking = 'LOT' where id = :lot"), {"lot": lot.id})
