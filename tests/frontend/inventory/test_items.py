"""A lot kept item by item, by screen and by call: listed with errors at their cells, weighed in one by one, looked up by its link."""

import base64
from typing import Any

import pytest

from marketplace.inventory.models import Lot
from tests.factories import World
from tests.frontend.inventory.test_pages import post
from tests.marketplace.inventory.makers import a_declared_lot, a_site
from tests.marketplace.pledges.makers import Parties, the_parties


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def a_lot(parties: Parties) -> tuple[Lot, str]:
    site, bins = a_site(parties.world, parties.warehouse)
    lot = a_declared_lot(parties.world, parties.sme, parties.warehouse, parties.supervisor, amount="9", site=site)
    return lot, str(bins[0].id)


def test_items_are_listed_and_weighed_in_by_screen(parties: Parties) -> None:
    lot, bin_id = a_lot(parties)
    here, sme = f"/lots/{lot.id}", parties.sme.operator
    assert "List its items" in sme.browser().get(here).text
    wrong = post(sme, f"{here}/item-lists", {"typed": "C-1,4\nC-1,five"})
    page = sme.browser().get(wrong.location).text
    assert "This is in row 2 already." in page
    assert "/declaration" not in page
    good = post(sme, f"{here}/item-lists", {"typed": "C-1,4\nC-2,5"})
    assert post(sme, f"{good.location}/declaration").location == f"{here}/items"
    keeper = parties.warehouse.operator
    assert "Weigh in an item" in keeper.browser().get(f"{here}/items").text
    first = keeper.call("GET", f"{here}/items").json["items"][0]
    told = {
        "item_id": first["id"],
        "gross": "4",
        "gross_unit": "TNE",
        "tare": "0",
        "tare_unit": "TNE",
        "bin_id": bin_id,
    }
    assert post(keeper, f"{here}/item-receipts", told).status_code == 302
    again = post(keeper, f"{here}/item-receipts", told)
    assert (again.status_code, "Item C-1 came already." in again.text) == (409, True)
    assert "C-1" in sme.browser().get(here).text


def test_items_are_listed_and_weighed_in_by_call(parties: Parties) -> None:
    lot, bin_id = a_lot(parties)
    here, sme = f"/lots/{lot.id}", parties.sme.operator
    body = {"name": "coils.csv", "content": base64.b64encode("序列号,重量\nC-1,4\nC-2,5\n".encode()).decode()}
    kept = done(sme.call("POST", f"{here}/item-lists", body), 201)
    assert (kept["good"], done(sme.call("GET", f"/item-lists/{kept['id']}"))["rows"]) == (2, kept["rows"])
    done(sme.call("POST", f"/item-lists/{kept['id']}/declaration", {}), 201)
    items = done(sme.call("GET", f"{here}/items"))["items"]
    for item, amount in zip(items, ("4", "5"), strict=True):
        weights = {"gross": {"amount": amount, "unit": "TNE"}, "tare": {"amount": "0", "unit": "TNE"}, "bin_id": bin_id}
        got = done(parties.warehouse.operator.call("POST", f"{here}/items/{item['id']}/receipt", weights))
        assert (got["state"], got["weighed"]["amount"]) == ("THERE", f"{amount}.000")
    public = done(parties.bank.operator.call("GET", f"/identities?path={items[0]['path']}"))
    assert public["custodian"] == parties.warehouse.name
    seen = parties.bank.operator.browser().get(items[0]["path"]).text
    assert "C-1" in seen
    assert f"/lots/{lot.id}" not in seen
    assert f"/lots/{lot.id}" in sme.browser().get(items[0]["path"]).text
    gone = {"items": [items[1]["id"]], "because": "not in its row"}
    assert parties.warehouse.operator.call("POST", f"{here}/missing-items", gone).status_code == 403
    done(parties.supervisor.operator.call("POST", f"{here}/missing-items", gone))
    assert [one["state"] for one in done(sme.call("GET", f"{here}/items"))["items"]] == ["THERE", "GONE"]


def test_a_stranger_finds_no_list_and_no_items(parties: Parties) -> None:
    lot, _ = a_lot(parties)
    assert parties.bank.operator.call("GET", f"/lots/{lot.id}/items").status_code == 404


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json
