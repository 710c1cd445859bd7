"""Goods of several owners in one tank: shares that are exact, losses that fall on all in proportion, and nobody sees the others."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions
from marketplace.inventory.bulks.holdings import find_bulk, holdings_of, whole_of
from marketplace.inventory.items.pieces import items_of
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, Bulk, Site
from marketplace.inventory.places.queries import floor_of, free_bins
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.bulk import share, share_loss
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site
from tests.marketplace.pledges.makers import Parties, an_active_pledge


def t(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


HOLDINGS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=8).filter(any)


@given(units=HOLDINGS, data=st.data())
def test_a_loss_is_shared_to_the_unit_and_nobody_loses_more_than_a_unit_beyond_its_share(
    units: list[int], data: st.DataObject
) -> None:
    book = [Quantity.from_base_units(one, "TNE") for one in units]
    there = data.draw(st.integers(min_value=0, max_value=sum(units) - 1))
    kept = share_loss(book, Quantity.from_base_units(there, "TNE"))
    assert sum(kept, t("0")) == Quantity.from_base_units(there, "TNE")
    for before, after in zip(book, kept, strict=True):
        assert Quantity.zero("TNE") <= after <= before
        fair = before.exact * there / sum(units) * 1000
        assert abs(after.exact * 1000 - fair) < 1
    whole = Quantity.from_base_units(sum(units), "TNE")
    assert sum((share(one, whole) for one in book), Fraction(0)) == 1


def test_the_odd_unit_falls_on_the_earliest_of_equals() -> None:
    kept = share_loss([t("33.334")] * 3, t("100"))
    assert kept == [t("33.333"), t("33.333"), t("33.334")]


def test_more_than_the_book_is_no_loss() -> None:
    for found in ("100", "100.001"):
        with pytest.raises(Invalid, match="quantity_not_below"):
            share_loss([t("60"), t("40")], t(found))


class Tank:
    """A warehouse with one tank and one bin, a supervisor, and two firms that store alike goods there."""

    def __init__(self, world: World, *, bins: int = 2) -> None:
        self.world = world
        self.warehouse, self.supervisor = world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
        self.one, self.two = world.firm("SME"), world.firm("SME")
        site, places = a_site(world, self.warehouse, bins=bins)
        self.site: Site = site
        self.bin: Bin = places[0]
        self.empty: list[Bin] = places[1:]
        with self.warehouse.operator.ws() as ws:
            self.bulk: Bulk = actions.open_bulk(
                ws, site.id, bin_id=self.bin.id, name="Tank 7", product_name="Copper cathode", grade="Cu-CATH-1", hs_code="7403110000", unit="TNE",
                price_code="CU", supervisor_id=self.supervisor.tenant_id,
            )  # fmt: skip

    def pour(self, owner: Firm, amount: str, **product: str) -> Lot:
        named = a_product(self.world, owner, **product)  # type: ignore[arg-type]
        lot = a_declared_lot(
            self.world, owner, self.warehouse, self.supervisor, amount=amount, product=named, site=self.site
        )
        with self.warehouse.operator.ws() as ws:
            return actions.receive_lot(ws, lot.id, gross=t(amount), tare=t("0"), bin_id=self.bin.id)

    def stored(self, owner: Firm, amount: str) -> Lot:
        lot = self.pour(owner, amount)
        with self.supervisor.operator.ws() as ws:
            proposal = actions.inspect_lot(ws, lot.id, counted=t(amount), passed=True)
        with self.supervisor.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        return lot

    def measure(self, found: str) -> None:
        with self.supervisor.operator.ws() as ws:
            actions.measure_bulk(ws, self.bulk.id, found=t(found), because="dip of 2 March")

    def kept(self, owner: Firm, lot: Lot) -> Decimal | None:
        with owner.operator.ws(read_only=True) as ws:
            return find_lot(ws, lot.id).verified_qty


@pytest.fixture
def tank(world: World) -> Tank:
    return Tank(world)


def test_holders_share_one_tank_each_seeing_the_whole_and_its_own_part(tank: Tank) -> None:
    mine, theirs = tank.stored(tank.one, "75"), tank.stored(tank.two, "25")
    for firm, seen in ((tank.one, {mine.id}), (tank.two, {theirs.id}), (tank.warehouse, {mine.id, theirs.id})):
        with firm.operator.ws(read_only=True) as ws:
            bulk = find_bulk(ws, tank.bulk.id)
            assert (whole_of(ws, bulk).verified, whole_of(ws, bulk).parts) == (t("100"), 2)
            assert {one.lot.id for one in holdings_of(ws, bulk)} == seen
    with tank.one.operator.ws(read_only=True) as ws:
        assert [one.share for one in holdings_of(ws, find_bulk(ws, tank.bulk.id))] == [Fraction(3, 4)]
    with pytest.raises(NotFound), tank.world.firm("BANK").operator.ws(read_only=True) as ws:
        find_bulk(ws, tank.bulk.id)


def test_deposits_and_withdrawals_change_shares_and_conserve_the_whole(tank: Tank) -> None:
    mine, theirs = tank.stored(tank.one, "75"), tank.stored(tank.two, "25")
    with tank.warehouse.operator.ws() as ws:
        actions.mark_departed(ws, mine.id, quantity=t("50"))
        bulk = find_bulk(ws, tank.bulk.id)
        assert [(one.lot.id, one.share) for one in holdings_of(ws, bulk)] == [
            (mine.id, Fraction(1, 2)), (theirs.id, Fraction(1, 2)),
        ]  # fmt: skip
        with pytest.raises(Refused), ws.session.begin_nested():
            actions.mark_departed(ws, mine.id, quantity=t("25.001"))
        actions.mark_departed(ws, mine.id)
        assert whole_of(ws, bulk).verified == t("25")
        (use, other) = floor_of(ws, tank.site.id)
        assert (use.lots, use.lot and use.lot.id, other.lots) == (1, theirs.id, 0)
        assert {one.id for one in free_bins(ws, tank.site.id)} == {use.bin.id, other.bin.id}
    with pytest.raises(Conflict, match="bulk_not_empty"), tank.warehouse.operator.ws() as ws:
        actions.close_bulk(ws, tank.bulk.id)


def test_what_is_missing_falls_on_all_and_a_pledged_part_says_that_it_is_short(tank: Tank) -> None:
    mine, theirs = tank.stored(tank.one, "75"), tank.stored(tank.two, "25")
    parties = Parties(tank.world, tank.one, tank.world.firm("BANK"), tank.warehouse, tank.supervisor)
    an_active_pledge(parties, mine, "75")
    tank.measure("99.999")
    assert (tank.kept(tank.one, mine), tank.kept(tank.two, theirs)) == (Decimal("74.999"), Decimal("25.000"))
    tank.measure("90")
    assert (tank.kept(tank.one, mine), tank.kept(tank.two, theirs)) == (Decimal("67.500"), Decimal("22.500"))
    with tank.one.operator.ws(read_only=True) as ws:
        assert find_lot(ws, mine.id).short_qty == Decimal("7.500")


def test_a_measuring_waits_for_inspections_and_belongs_to_the_supervisor(tank: Tank) -> None:
    tank.stored(tank.one, "75")
    tank.pour(tank.two, "25")
    with pytest.raises(Conflict, match="bulk_unverified"):
        tank.measure("90")
    for firm in (tank.warehouse, tank.one):
        with pytest.raises(Refused), firm.operator.ws() as ws:
            actions.measure_bulk(ws, tank.bulk.id, found=t("1"), because="mice")


def test_other_goods_are_not_poured_in(tank: Tank) -> None:
    tank.stored(tank.one, "75")
    for other in ({"name": "Zinc ingot"}, {"price_code": "ZN"}):
        with pytest.raises(Conflict, match="not_of_this_bulk"):
            tank.pour(tank.two, "25", **other)


def test_the_database_pours_alike_goods_alone_and_once(tank: Tank, monkeypatch: pytest.MonkeyPatch) -> None:
    lot = tank.stored(tank.one, "75")
    monkeypatch.setattr("marketplace.inventory.rules.bulk.require_alike", lambda *_: None)
    with pytest.raises(DBAPIError, match="poured together"):
        tank.pour(tank.two, "25", price_code="ZN")
    for firm in (tank.one, tank.warehouse):
        with pytest.raises(DBAPIError, match="poured together"), firm.operator.ws() as ws:
            ws.session.execute(text("update house.lot set bulk_id = null where id = :lot"), {"lot": lot.id})


def test_a_bin_of_its_own_stays_a_bin_of_one_lot(tank: Tank) -> None:
    with tank.warehouse.operator.ws(read_only=True) as ws:
        other = next(one for one in free_bins(ws, tank.site.id) if one.id != tank.bin.id)
    tank.bin = other
    tank.pour(tank.one, "10")
    with pytest.raises(Conflict, match="bin_occupied"):
        tank.pour(tank.two, "10")
    with pytest.raises(Invalid, match="bin_not_empty"), tank.warehouse.operator.ws() as ws:
        actions.open_bulk(
            ws, tank.site.id, bin_id=other.id, name="T", product_name="x", grade="", hs_code="740311", unit="TNE", price_code="CU",
            supervisor_id=tank.supervisor.tenant_id,
        )  # fmt: skip


def test_goods_kept_item_by_item_are_not_poured(tank: Tank) -> None:
    named = a_product(tank.world, tank.one)
    lot = a_declared_lot(
        tank.world, tank.one, tank.warehouse, tank.supervisor, amount="9", product=named, site=tank.site
    )
    with tank.one.operator.ws() as ws:
        kept = actions.read_items(ws, lot.id, name="c.csv", content=b"serial,quantity\nC-1,9\n")
        actions.declare_items(ws, kept.id)
    with tank.warehouse.operator.ws() as ws, pytest.raises(Conflict, match="items_not_poured"):
        item = items_of(ws, lot.id)[0]
        actions.receive_item(ws, lot.id, item.id, gross=t("9"), tare=t("0"), bin_id=tank.bin.id)
