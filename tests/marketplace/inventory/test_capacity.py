"""Zones and bins hold what they are built for, by weight or volume, and no kilogram more."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, Zone
from marketplace.inventory.places.queries import bins_of, lying_in
from marketplace.inventory.places.zoning import load_here
from marketplace.inventory.rules.capacity import ZoneKind, load_of, require_fits
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Invalid, Refused
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site


def q(amount: str, unit: str = "TNE") -> Quantity:
    return Quantity.of(amount, unit)


@given(
    capacity=st.integers(min_value=1, max_value=10**6),
    there=st.lists(st.integers(min_value=0, max_value=10**5), max_size=6),
    coming=st.integers(min_value=1, max_value=10**6),
)
def test_what_fits_is_exact(capacity: int, there: list[int], coming: int) -> None:
    limit = Quantity.from_base_units(capacity * 1000, "KGM")
    lying = [Fraction(one) for one in there]
    if sum(there) + coming <= capacity:
        require_fits("A", limit, lying, Fraction(coming))
    else:
        with pytest.raises(Conflict, match="beyond_capacity"):
            require_fits("A", limit, lying, Fraction(coming))


def test_a_load_is_measured_or_refused() -> None:
    assert load_of(q("1.5"), None, "KGM") == 1500
    assert load_of(q("2", "H87"), Decimal("12.5"), "KGM") == 25
    assert load_of(q("500", "LTR"), None, "MTQ") == Fraction(1, 2)
    for goods, measure in ((q("2", "H87"), "KGM"), (q("1"), "MTQ"), (q("1", "MTQ"), "KGM")):
        with pytest.raises(Invalid, match="load_unknown"):
            load_of(goods, None, measure)


class Hall:
    """A site with a zone for 100 t in which two bins lie, one of them for 60 t at most."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sme, self.warehouse, self.supervisor = (
            world.firm(kind) for kind in ("SME", "WAREHOUSE_OPERATOR", "SUPERVISOR")
        )
        self.site = a_site(world, self.warehouse)[0]
        self.product = a_product(world, self.sme)
        with self.warehouse.operator.ws() as ws:
            self.zone: Zone = actions.open_zone(
                ws, self.site.id, code="Z1", name="Hall", kind=ZoneKind.INDOOR, capacity=q("100000", "KGM")
            )
            self.small = self.bin(ws, "S", "1", q("60000", "KGM"))
            self.wide = self.bin(ws, "W", "6", None)

    def bin(self, ws: object, code: str, y: str, capacity: Quantity | None) -> Bin:
        size = {"x": Decimal(1), "y": Decimal(y), "width": Decimal(3), "height": Decimal(3)}
        return actions.draw_bin(ws, self.site.id, code=code, zone_id=self.zone.id, capacity=capacity, **size)  # type: ignore[arg-type]

    def receive(self, amount: str, place: Bin) -> Lot:
        lot = a_declared_lot(
            self.world, self.sme, self.warehouse, self.supervisor, amount=amount, product=self.product, site=self.site
        )
        with self.warehouse.operator.ws() as ws:
            return actions.receive_lot(ws, lot.id, gross=q(amount), tare=q("0"), bin_id=place.id)


@pytest.fixture
def hall(world: World) -> Hall:
    return Hall(world)


def test_more_than_fits_is_refused_by_bin_and_by_zone(hall: Hall) -> None:
    with pytest.raises(Conflict, match="beyond_capacity"):
        hall.receive("60.001", hall.small)
    hall.receive("60.000", hall.small)
    with pytest.raises(Conflict, match="beyond_capacity"):
        hall.receive("40.001", hall.wide)
    lot = hall.receive("39.000", hall.wide)
    with hall.warehouse.operator.ws() as ws, pytest.raises(Conflict, match="beyond_capacity"):
        actions.add_weighing(ws, lot.id, gross=q("1.001"), tare=q("0"))
    with hall.warehouse.operator.ws(read_only=True) as ws:
        assert load_here(lying_in(ws, zone_id=hall.zone.id), "KGM") == 99_000


def test_a_zone_that_cannot_be_right_is_refused(hall: Hall) -> None:
    told = {"code": "Z2", "name": "Yard", "kind": ZoneKind.YARD}
    for wrong in ({"capacity": q("1", "H87")}, {"capacity": q("0", "KGM")}, {"capacity": q("1", "KGM"), "code": "Z1"}):
        with pytest.raises(Refused), hall.warehouse.operator.ws() as ws:
            actions.open_zone(ws, hall.site.id, **(told | wrong))  # type: ignore[arg-type]
    stranger: Firm = hall.world.firm("WAREHOUSE_OPERATOR")
    with pytest.raises(Refused, match="site_not_yours"), stranger.operator.ws() as ws:
        actions.open_zone(ws, hall.site.id, capacity=q("1", "KGM"), **told)  # type: ignore[arg-type]


def test_the_database_refuses_what_the_rule_forgot(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.inventory.receiving.require_room", lambda *_: None)
    with pytest.raises(DBAPIError, match="more would lie here than fits"):
        hall.receive("60.001", hall.small)


def test_bins_come_from_a_file_all_or_none(hall: Hall) -> None:
    head = "库位,距西,距北,宽,深,库区,容量,单位\n"
    with hall.warehouse.operator.ws() as ws:
        drawn = actions.draw_bins(ws, hall.site.id, content=f"{head}B-1,6,1,2,2,z1,30,t\nB-2,9,1,2,2,,,\n".encode())
    assert [(one.code, one.zone_id, one.capacity, one.capacity_unit) for one in drawn] == [
        ("B-1", hall.zone.id, Decimal("30000"), "KGM"), ("B-2", None, None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row", ["B-9,1,1,2,2,,,", "B-9,12,1,2,2,Z9,,", "B-9,12,1,2,2,,1,pcs", "B-9,west,1,2,2,,,", "S,12,1,2,2,,,"]
)
def test_a_wrong_row_is_refused_with_its_line(hall: Hall, row: str) -> None:
    content = f"code,west,north,width,depth,zone,capacity,unit\nB-8,15,1,2,2,,,\n{row}\n".encode()
    with pytest.raises(Invalid, match="Row 3"), hall.warehouse.operator.ws() as ws:
        actions.draw_bins(ws, hall.site.id, content=content)
    with hall.warehouse.operator.ws(read_only=True) as ws:
        assert {one.code for one in bins_of(ws, hall.site.id)} == {"A-01", "S", "W"}
