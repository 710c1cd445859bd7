"""How far one place is from another, and places as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.distance import Spot, km_between, middle, spot_of, spot_read
from marketplace.sphere import EARTH_METRES

SHANGHAI, NINGBO, BEIJING = Spot(31.2304, 121.4737), Spot(29.8683, 121.5440), Spot(39.9042, 116.4074)
spots = st.builds(Spot, st.floats(-90, 90), st.floats(-180, 180))


def test_known_distances() -> None:
    """Great circles between city centres, to the kilometre (a degree of the meridian is 111.195 km on this sphere)."""
    assert round(km_between(SHANGHAI, NINGBO)) == 152
    assert round(km_between(SHANGHAI, BEIJING)) == 1067
    assert km_between(Spot(0, 0), Spot(1, 0)) == pytest.approx(111.195, abs=0.001)
    assert km_between(Spot(0, 0), Spot(0, 180)) == pytest.approx(EARTH_METRES / 1000 * 3.14159265, rel=1e-6)


@given(spots, spots, spots)
def test_it_is_a_distance(one: Spot, other: Spot, third: Spot) -> None:
    assert km_between(one, one) == 0
    assert km_between(one, other) == pytest.approx(km_between(other, one), abs=1e-6)
    assert km_between(one, third) <= km_between(one, other) + km_between(other, third) + 1e-3


@pytest.mark.parametrize(
    ("written", "read"),
    [("31.23, 121.47", Spot(31.23, 121.47)), ("31.23，121.47", Spot(31.23, 121.47)), (" -90,180 ", Spot(-90, 180)), ("Shanghai", None), ("91,0", None), ("1,2,3", None), ("nan,1", None), ("", None)],
)  # fmt: skip
def test_a_position_as_people_write_it(written: str, read: Spot | None) -> None:
    assert spot_read(written) == read


def test_a_city_is_in_the_middle_of_its_places() -> None:
    assert middle([Spot(31, 121), Spot(32, 122)]) == Spot(31.5, 121.5)
    assert spot_of(None, None) is None
