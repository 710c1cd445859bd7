"""Alerts, watch list and comparison by pages and calls."""

import pytest

from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import Sale, an_auction


@pytest.fixture
def sale(world: World) -> Sale:
    world.admin.execute("truncate house.listing")
    made = an_auction(world, product="Cathode copper")
    world.work()
    return made


def test_news_of_a_search_are_chosen_when_it_is_saved_and_later(world: World, sale: Sale) -> None:
    buyer = world.firm("BUYER").operator
    saved = post(buyer, "/catalogue/searches", "/catalogue?q=copper", name="Copper", q="copper", alert="DAILY")
    assert saved.status_code == 302
    [row] = buyer.call("GET", "/searches").json["items"]
    assert (row["alert"], row["matches"]) == ("DAILY", 0)
    changed = post(buyer, f"/catalogue/searches/{row['id']}/alert", "/catalogue/searches", alert="AT_ONCE")
    assert changed.status_code == 302
    an_auction(world, product="Copper scrap")
    world.work()
    assert buyer.call("GET", "/searches").json["items"][0]["matches"] == 1
    assert "Copper scrap" in buyer.browser().get("/notifications").text
    assert buyer.call("POST", f"/searches/{row['id']}/removal", {}).status_code == 200
    assert buyer.call("GET", "/searches").json["items"] == []


def test_offers_are_watched_and_laid_side_by_side(world: World, sale: Sale) -> None:
    buyer, other = world.firm("BUYER").operator, an_auction(world, product="Nickel")
    world.work()
    sheet = f"/catalogue/{sale.auction_id}"
    assert post(buyer, f"{sheet}/watch", sheet).status_code == 302
    assert buyer.call("POST", f"/listings/{other.auction_id}/watch", {}).status_code == 201
    page = buyer.browser().get("/catalogue/watched").text
    assert "Cathode copper" in page
    assert "Nickel" in page
    both = world.app.test_client().get(f"/catalogue/compare?ids={sale.auction_id},{other.auction_id}")
    assert both.status_code == 200
    assert "Cathode copper" in both.text
    assert "Nickel" in both.text
    assert 'role="alert"' in world.app.test_client().get("/catalogue/compare?ids=first").text
    assert post(buyer, f"{sheet}/watch/removal", "/catalogue/watched").status_code == 302
    assert len(buyer.call("GET", "/watched-listings").json["items"]) == 1
