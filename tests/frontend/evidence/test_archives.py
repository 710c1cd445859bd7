"""A firm's archive by its page and by calls: proposed, agreed, made by the worker, taken away whole and in parts, the program beside it."""

import base64
import io
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from frontend.evidence.archives import api
from marketplace.evidence.archives import check_archive
from tests.factories import World
from tests.frontend.forms import form_fields


def test_by_its_page_and_by_calls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = world.firm("SME")
    browser = firm.owner.browser()
    page = browser.get("/archives?lang=en").text
    assert "No archive yet" in page
    assert browser.post("/archives", data=form_fields(page)).status_code == 302
    assert "Waits for a colleague" in browser.get("/archives?lang=en").text
    assert firm.owner.call("POST", "/archives").json["code"] == "already_proposed"
    [waiting] = firm.approver.call("GET", "/approvals").json["items"]
    assert firm.approver.call("POST", f"/approvals/{waiting['id']}/approval", {}).status_code == 200
    [told] = firm.owner.call("GET", "/archives").json["items"]
    assert told["status"] == "ASKED"
    assert "Being put together" in browser.get("/archives?lang=en").text
    path = f"/archives/{told['id']}"
    assert firm.owner.call("POST", f"{path}/takings", {}).json["code"] == "archive_not_ready"
    world.work()
    told = firm.owner.call("GET", path).json
    page = browser.get("/archives?lang=en").text
    answer = browser.post(f"{path}/takings", data=form_fields(page))
    assert answer.headers["Content-Type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.data)) as archive:
        assert {"manifest.json", "manifest.sig", "README.txt", "events.jsonl"} <= set(archive.namelist())
    assert sha256(answer.data).hexdigest() == told["sha256"]
    assert told["sha256"] in page
    monkeypatch.setattr(api, "PART_BYTES", told["size"] // 2 + 1)
    pieces = [firm.owner.call("POST", f"{path}/takings", {"part": part}).json for part in range(2)]
    assert b"".join(base64.b64decode(one["content"]) for one in pieces) == answer.data
    wrong = firm.owner.call("POST", f"{path}/takings", {"part": 2})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "part")
    assert "taken 3 times" in browser.get("/archives?lang=en").text
    assert "离场档案" in browser.get("/archives?lang=zh").text
    assert world.firm("BANK").owner.call("GET", path).status_code == 404
    program = world.app.test_client().get("/archives/check_archive.py")
    assert program.text == Path(str(check_archive.__file__)).read_text()
