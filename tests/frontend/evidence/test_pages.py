"""A deal's evidence by its page and by calls: asked for, made by the worker, taken away whole and in parts, the program beside it."""

import base64
import io
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from frontend.evidence import api
from marketplace.evidence import check_bundle
from tests.factories import World
from tests.frontend.forms import form_fields
from tests.marketplace.financing.makers import a_running_loan


def test_the_page_asks_shows_and_hands_out(world: World) -> None:
    deal = a_running_loan(world)
    here, browser = f"/deals/{deal.deal_id}/evidence", deal.bank.operator.browser()
    page = browser.get(f"{here}?lang=en").text
    assert "No bundle yet" in page
    assert here in browser.get(f"/deals/{deal.deal_id}").text
    assert browser.post(here, data=form_fields(page)).status_code == 302
    assert "Being put together" in browser.get(f"{here}?lang=en").text
    world.work()
    page = browser.get(f"{here}?lang=en").text
    assert "Ready" in page
    assert "制作证据包" in browser.get(f"{here}?lang=zh").text
    [action] = {part.partition('"')[0] for part in page.split('action="')[1:] if "/takings" in part.partition('"')[0]}
    answer = browser.post(action, data=form_fields(page))
    assert answer.headers["Content-Type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.data)) as archive:
        assert {"manifest.json", "manifest.sig", "README.txt"} <= set(archive.namelist())
    assert sha256(answer.data).hexdigest() in page
    assert "taken 1 time" in browser.get(f"{here}?lang=en").text
    keeper = deal.parties.supervisor.operator.browser()
    assert here in keeper.get(f"/deals/{deal.deal_id}").text
    assert "No bundle yet" in keeper.get(f"{here}?lang=en").text  # each firm has its own
    stranger = world.firm("BANK").owner.browser()
    assert stranger.get(here).status_code == 404
    program = world.app.test_client().get("/evidence/check_bundle.py")
    assert program.text == Path(str(check_bundle.__file__)).read_text()


def test_the_same_by_calls_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deal = a_running_loan(world)
    auditor = deal.bank.person("auditor")
    asked = auditor.call("POST", f"/deals/{deal.deal_id}/evidence")
    assert (asked.status_code, asked.json["status"]) == (201, "ASKED")
    path = f"/evidence/{asked.json['id']}"
    assert auditor.call("POST", f"{path}/takings", {}).json["code"] == "bundle_not_ready"
    assert auditor.call("POST", f"/deals/{deal.deal_id}/evidence").json["code"] == "bundle_in_the_making"
    world.work()
    told = auditor.call("GET", path).json
    assert told["status"] == "READY"
    assert auditor.call("GET", f"/deals/{deal.deal_id}/evidence").json["items"] == [told]
    monkeypatch.setattr(api, "PART_BYTES", told["size"] // 2 + 1)
    pieces = [auditor.call("POST", f"{path}/takings", {"part": part}).json for part in range(2)]
    whole = b"".join(base64.b64decode(one["content"]) for one in pieces)
    assert sha256(whole).hexdigest() == told["sha256"] == pieces[0]["sha256"]
    wrong = auditor.call("POST", f"{path}/takings", {"part": 2})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "part")
    assert deal.sme.owner.call("GET", path).status_code == 404
