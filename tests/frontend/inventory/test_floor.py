"""A site's floor by screen: zones are opened, and the page tells how full they are."""

from tests.factories import World
from tests.frontend.inventory.test_pages import post
from tests.marketplace.inventory.makers import a_site


def test_zones_are_opened_by_screen_and_told_how_full_they_are(world: World) -> None:
    warehouse = world.firm("WAREHOUSE_OPERATOR")
    keeper, site = warehouse.operator, f"/sites/{a_site(world, warehouse)[0].id}"
    zone = {
        "zone_code": "Z1",
        "zone_name": "Hall",
        "kind": "INDOOR",
        "zone_capacity": "80",
        "zone_capacity_unit": "MTQ",
    }
    assert post(keeper, f"{site}/zones", zone).status_code == 302
    again = post(keeper, f"{site}/zones", zone)
    assert (again.status_code, "The site has a zone Z1 already." in again.text) == (409, True)
    page = keeper.browser().get(site).text
    assert "Storage zones" in page
    assert "80.000" in page
    assert "库区" in keeper.browser().get(f"{site}?lang=zh").text
