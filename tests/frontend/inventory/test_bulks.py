"""Goods of several owners by screen and by call: opened, looked at by holders that do not see each other, measured."""

from typing import Any

import pytest

from tests.factories import World
from tests.frontend.inventory.test_pages import post
from tests.marketplace.inventory.test_bulk import Tank


@pytest.fixture
def tank(world: World) -> Tank:
    return Tank(world)


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def test_a_holder_reads_the_whole_and_its_own_part(tank: Tank) -> None:
    mine, theirs = tank.stored(tank.one, "75"), tank.stored(tank.two, "25")
    page = tank.one.operator.browser().get(f"/bulks/{tank.bulk.id}").text
    for said in ("100.000", "75.00", mine.number, "2 parts"):
        assert said in page
    assert theirs.number not in page
    assert tank.two.name not in page
    assert "Tank 7" in tank.one.operator.browser().get(f"/lots/{mine.id}").text
    seen = done(tank.two.operator.call("GET", f"/bulks/{tank.bulk.id}"))
    assert [(one["number"], one["share"]) for one in seen["holdings"]] == [(theirs.number, "0.25000000")]
    assert "Goods of several owners" in tank.warehouse.operator.browser().get(f"/sites/{tank.site.id}").text


def test_the_supervisor_shares_a_loss_by_screen_and_by_call(tank: Tank) -> None:
    mine, theirs = tank.stored(tank.one, "75"), tank.stored(tank.two, "25")
    here = f"/bulks/{tank.bulk.id}"
    told = {"found": "99", "found_unit": "TNE", "because": "dip"}
    assert post(tank.supervisor.operator, f"{here}/measurements", told).status_code == 302
    again = post(tank.supervisor.operator, f"{here}/measurements", told)
    assert (again.status_code, "must be below the verified one" in again.text) == (422, True)
    body = {"found": {"amount": "90", "unit": "TNE"}, "because": "dip"}
    assert tank.warehouse.operator.call("POST", f"{here}/measurements", body).status_code == 403
    seen = done(tank.supervisor.operator.call("POST", f"{here}/measurements", body))
    assert {one["number"]: one["part"]["amount"] for one in seen["holdings"]} == {
        mine.number: "67.500",
        theirs.number: "22.500",
    }


def test_a_bulk_is_opened_and_closed_by_screen_and_by_call(tank: Tank) -> None:
    keeper, site = tank.warehouse.operator, f"/sites/{tank.site.id}"
    assert "Open a bulk" in keeper.browser().get(f"{site}/bulks/new").text
    free = next(one for one in done(keeper.call("GET", f"{site}/bins"))["items"] if one["id"] != str(tank.bin.id))
    told = {"bin_id": free["id"], "name": "Silo 2", "product_name": "Zinc", "grade": "", "hs_code": "790111", "unit": "TNE", "price_code": "ZN",
            "supervisor_id": str(tank.supervisor.tenant_id)}  # fmt: skip
    made = post(keeper, f"{site}/bulks", told)
    assert post(keeper, f"{made.location}/closing").location == site
    bulk = done(keeper.call("POST", f"{site}/bulks", told), 201)
    assert len(done(keeper.call("GET", f"{site}/bulks"))["items"]) == 2
    done(keeper.call("POST", f"/bulks/{bulk['id']}/closing", {}))
    assert len(done(keeper.call("GET", f"{site}/bulks"))["items"]) == 1
