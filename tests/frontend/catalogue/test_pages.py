"""The shelf by pages and calls."""

import re
from uuid import uuid4

import pytest

from marketplace.catalogue.ports import FACETS, Found, Wish
from tenants.workspace import Workspace
from tests.elastic import searching
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction


@pytest.fixture
def sale(world: World) -> Sale:
    world.admin.execute("truncate house.listing")
    made = an_auction(world, product="Cathode copper 阴极铜")
    world.work()
    return made


def test_visitors_search_and_read_the_sheet(world: World, sale: Sale) -> None:
    client = world.app.test_client()
    assert "Cathode copper" in client.get("/catalogue?q=阴极铜&place=Shanghai&sort=closing").text
    assert "Nothing matches" in client.get("/catalogue?q=nickel").text
    assert client.get(f"/catalogue/{sale.auction_id}").status_code == 200
    assert client.get(f"/catalogue/{uuid4()}").status_code == 404
    refused = client.get("/catalogue?price_min=cheap")
    assert refused.status_code == 200
    assert "is not a price" in refused.text
    assert client.get("/catalogue/searches").status_code == 302


def test_a_facet_is_added_and_taken_out_again(world: World, sale: Sale) -> None:
    client = world.app.test_client()
    page = client.get("/catalogue").text
    assert 'href="?place=Shanghai"><i></i><span>Shanghai</span><span class="figure">1</span>' in page
    chosen = client.get("/catalogue?place=Shanghai&q=copper").text
    assert re.search(r'href="\?q=copper" aria-current="true"><i>.*?</i><span>Shanghai</span>', chosen, re.DOTALL)
    gone = client.get("/catalogue?place=Shanghai,Ningbo").text
    assert re.search(r'href="\?place=Shanghai" aria-current="true"><i>.*?</i><span>Ningbo</span><span class="figure">0</span>', gone, re.DOTALL)  # fmt: skip


def test_numbers_that_are_about_right_are_told_as_such(world: World, sale: Sale) -> None:
    """All of many hits; of few those of a facet that were not chosen."""
    facets: dict[str, dict[str, int]] = {name: {} for name in FACETS} | {
        "place": {"Shanghai": 900, "Ningbo": 380},
        "grade": {"A级": 12},
    }
    buyer = world.firm("BUYER").operator
    with searching(Telling(Found((sale.auction_id,), 1_300, facets, frozenset({"total", *FACETS})))):
        page = world.app.test_client().get("/catalogue?q=copper&place=Ningbo").text
        assert "About 1300 lots" in page
        assert [numbers(page, value) for value in ("Shanghai", "Ningbo", "A级")] == ["≈ 900", "≈ 380", "≈ 12"]
        assert "约 1300 个批次" in world.app.test_client().get("/catalogue?q=copper&lang=zh").text
        told = buyer.call("GET", "/listings?q=copper").json
        assert (told["total"], told["about"]) == (1_300, sorted({"total", *FACETS}))
        buyer.call("POST", "/searches", {"name": "Copper", "q": "copper"})
        assert "≈ 1300" in buyer.browser().get("/catalogue/searches").text
    with searching(Telling(Found((sale.auction_id,), 380, facets, frozenset({"place"})))):
        page = world.app.test_client().get("/catalogue?q=copper&place=Ningbo").text
        assert ">380 lots<" in page
        assert [numbers(page, value) for value in ("Shanghai", "Ningbo", "A级")] == ["≈ 900", "380", "12"]
    with searching(Telling(Found((), 0, facets), Found((), 1_300, facets, frozenset({"total"})))):
        nothing = world.app.test_client().get("/catalogue?q=copper&place=Ningbo").text
        assert "About 1300 lots without the filters" in nothing
    assert buyer.call("GET", "/listings?q=copper").json["about"] == []


class Telling:
    """An index that finds what it was told to; the last of it for good."""

    name = "telling"

    def __init__(self, *found: Found) -> None:
        self.found = list(found)

    def search(self, ws: Workspace, wish: Wish) -> Found:
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]


def numbers(page: str, value: str) -> str:
    """What stands beside a value of a facet."""
    shown = re.search(rf'<span>{value}</span><span class="figure">([^<]*)</span>', page)
    assert shown
    return shown.group(1)


def test_an_offer_says_what_a_unit_costs(world: World, sale: Sale) -> None:
    page = world.app.test_client().get("/catalogue").text
    assert "CN¥700,000.00" in page
    assert re.search(r"CN¥[\d,.]+ a t", page)


def test_a_search_is_saved_run_and_removed(world: World, sale: Sale) -> None:
    buyer = world.firm("BUYER").operator
    client = buyer.browser()
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/catalogue?q=copper").text)
    assert found
    sent = client.post(
        "/catalogue/searches",
        data={"csrf_token": found.group(1), "_key": str(uuid4()), "name": "Copper", "q": "copper"},
    )
    assert sent.headers["Location"] == "/catalogue?q=copper"
    assert "Copper" in client.get("/catalogue/searches").text
    [row] = buyer.call("GET", "/searches").json["items"]
    assert buyer.call("POST", f"/searches/{row['id']}/removal", {}).status_code == 200
    assert buyer.call("GET", "/searches").json["items"] == []
    assert buyer.call("POST", f"/searches/{row['id']}/removal", {}).status_code == 404


def test_the_shelf_by_calls(world: World, sale: Sale) -> None:
    buyer = world.firm("BUYER").operator
    shelf = buyer.call("GET", "/listings?q=铜&sort=cheapest").json
    assert (shelf["total"], shelf["items"][0]["price"]) == (1, {"amount": "700000.00", "currency": "CNY"})
    assert shelf["facets"]["place"] == {"Shanghai": 1}
    assert buyer.call("GET", f"/listings/{sale.auction_id}").json["passport"]["evidence"] == "E"
    assert buyer.call("GET", f"/listings/{uuid4()}").status_code == 404
    for wrong in ("price_min=cheap", "sort=prettiest", "page=0", "within=7", "colour=red", "q=" + "x" * 201):
        assert buyer.call("GET", f"/listings?{wrong}").status_code == 422, wrong
    made = buyer.call("POST", "/searches", {"name": "Copper", "q": "铜"})
    assert (made.status_code, made.json["query"]) == (201, {"q": "铜"})
    assert buyer.call("POST", "/searches", {"name": "Copper"}).json["code"] == "name_taken"


def test_a_misspelt_word_is_put_right_and_filters_that_hold_nothing_can_be_left(world: World, sale: Sale) -> None:
    client = world.app.test_client()
    page = client.get("/catalogue?q=cathode+coppper&place=Shanghai").text
    assert re.search(
        r'Did you mean <a class="link" href="\?q=cathode%20copper&place=Shanghai"><b>cathode copper</b></a>', page
    )
    assert "Did you mean" not in client.get("/catalogue?q=cathode+copp").text
    empty = client.get("/catalogue?q=copper&place=Ningbo").text
    assert '<a class="link" href="?q=copper">1 lot without the filters</a>' in empty
    assert client.get("/catalogue?q=" + "x" * 201 + "&place=Ningbo").status_code == 200
    assert world.firm("BUYER").operator.call("GET", "/listings?q=coppper").json["meant"] == "copper"


def test_what_was_searched_for_is_marked_and_the_order_is_called_what_it_is(world: World, sale: Sale) -> None:
    client = world.app.test_client()
    found = client.get("/catalogue?q=阴极铜+cathode").text
    assert "<mark>Cathode</mark> copper <mark>阴极铜</mark>" in found
    assert '<option value="best" selected>Best match</option>' in found
    plain = client.get("/catalogue").text
    assert "<mark>" not in plain
    assert '<option value="best" selected>Closing soonest</option>' in plain
