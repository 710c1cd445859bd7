"""The pages and calls of surprise counts, by each who takes part."""

import base64
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.stocktakes.queries import challenges_of
from tests.factories import World
from tests.frontend.forms import form_fields
from tests.integrations.vision.pictures import a_picture
from tests.marketplace.stocktakes.makers import ACount, APhone, a_count


def sent(browser: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """A form of the page, filled in and sent."""
    return browser.post(action, data=form_fields(browser.get(page).text) | fields)


@pytest.fixture
def count(world: World) -> ACount:
    return a_count(world)


def test_the_walk_shows_the_cards_of_what_was_taken_and_nothing_before(count: ACount) -> None:
    walker = count.warehouse.operator.browser()
    page = f"/stocktakes/{count.id}/walk"
    assert count.lot.number not in walker.get(page).text
    assert sent(walker, page, f"/stocktakes/{count.id}/opening", together="1").status_code == 302
    opened = walker.get(page).text
    assert count.lot.number in opened
    shown = [int(number) for number in re.findall(r'aria-label="(\d+)"', opened)]
    assert shown == count.challenges()[0].cards


def test_only_the_walker_has_a_walk(count: ACount) -> None:
    assert count.supervisor.operator.browser().get(f"/stocktakes/{count.id}/walk").status_code == 404
    assert count.bank.operator.browser().get(f"/stocktakes/{count.id}").status_code == 404


def test_the_statement_is_told_in_words_and_by_call(count: ACount) -> None:
    count.answer(count.open(), counted="80")
    count.world.work()
    page = count.supervisor.operator.browser().get(f"/stocktakes/{count.id}").text
    assert "80.000 t of 100.000 t are there" in page
    told = count.supervisor.operator.call("GET", f"/stocktakes/{count.id}").get_json()
    assert told["statement"]["least"] == {"amount": "80000.000", "unit": "KGM"}
    assert told["challenges"][0]["outcome"] == "SHORT"


def test_a_whole_count_by_calls_alone(count: ACount) -> None:
    """Order, take, sign, send: as a program of the warehouse would."""
    supervisor, walker = count.supervisor.operator, count.warehouse.operator
    ordered = supervisor.call("POST", f"/sites/{count.lot.site_id}/stocktakes", {"walker_id": str(count.warehouse.tenant_id)})  # fmt: skip
    assert ordered.status_code == 201
    stocktake_id = ordered.get_json()["id"]
    opened = walker.call("POST", f"/stocktakes/{stocktake_id}/opening", {"together": 1}).get_json()["items"][0]
    with supervisor.ws(read_only=True) as ws:
        challenge = challenges_of(ws, stocktake_id)[0]
    photo = a_picture(opened["cards"], opened["view"])
    statement, signature = count.phone.say(challenge, photo, at=count.world.now, counted="100.000")
    body = {"phone_id": str(count.phone.id), "photo": base64.b64encode(photo).decode(), "statement": statement, "signature": signature}  # fmt: skip
    answer = walker.call("POST", f"/challenges/{opened['id']}/captures", body).get_json()
    assert (answer["accepted"], answer["grade"]) == (True, "C")
    count.world.work()
    assert supervisor.call("GET", f"/stocktakes/{stocktake_id}").get_json()["status"] == "CLOSED"
    seen = count.bank.operator.call("GET", f"/lots/{count.lot.id}/captures").get_json()["items"]
    assert [one["id"] for one in seen] == [answer["id"]]


def test_a_refused_picture_says_why_in_the_readers_language(count: ACount) -> None:
    challenge = count.open()
    count.answer(challenge, a_picture((challenge.cards or [1])[:1]))
    page = count.supervisor.operator.browser().get(f"/stocktakes/{count.id}", headers={"Accept-Language": "zh-CN"}).text
    assert "照片中未能读出所要求的全部卡片" in page


def test_ordering_by_the_form_names_what_is_wrong(count: ACount) -> None:
    browser, page = count.supervisor.operator.browser(), f"/sites/{count.lot.site_id}/stocktakes/new"
    terms = {"walker_id": str(count.warehouse.tenant_id), "hours": "4", "confidence": "95", "tolerable": "10"}
    refused = sent(browser, page, f"/sites/{count.lot.site_id}/stocktakes", **(terms | {"hours": "99"}))
    assert refused.status_code == 422
    assert "Between 1 and 72 hours." in refused.text
    assert sent(browser, page, f"/sites/{count.lot.site_id}/stocktakes", **terms).status_code == 302


def test_phones_are_listed_and_revoked(count: ACount) -> None:
    browser = count.warehouse.operator.browser()
    other = APhone(count.warehouse.operator)
    assert browser.get("/phones").text.count("Phone at the gate") == 2
    assert sent(browser, "/phones", f"/phones/{other.id}/revocation").status_code == 302
    assert "Revoked" in browser.get("/phones").text


def test_cards_are_printed_and_the_worker_is_served(count: ACount) -> None:
    browser = count.warehouse.operator.browser()
    assert browser.get("/stocktakes/cards.pdf").data.startswith(b"%PDF")
    worker = browser.get("/stocktakes/worker.js")
    assert worker.mimetype == "text/javascript"
    assert b"bailee-walk" in worker.data
