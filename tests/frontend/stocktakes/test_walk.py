"""The walk in a real browser: a key that cannot be taken out, a picture from the running camera, and a line that is lost in between."""

import base64
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from frontend.pages import COOKIE
from marketplace.stocktakes.models import Capture
from marketplace.stocktakes.queries import captures_of
from tests.factories import World
from tests.integrations.vision.pictures import a_picture
from tests.marketplace.stocktakes.makers import ACount, a_count

CAMERA = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  const picture = Object.assign(new Image(), { src: "data:image/jpeg;base64,%s" });
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
  const pen = canvas.getContext("2d");
  // No two frames of a camera are the same.
  setInterval(() => { pen.drawImage(picture, 0, 0); pen.fillRect(0, 0, 16 * (window.drawn = ((window.drawn ?? 0) + 1) %% 80), 16); }, 50);
  return canvas.captureStream(20);
};
"""
TAKEN_OUT = """async () => {
  const opened = await new Promise((done) => { const asked = indexedDB.open("bailee-phone", 1); asked.onsuccess = () => done(asked.result); });
  const kept = await new Promise((done) => { const asked = opened.transaction("own").objectStore("own").get("phone"); asked.onsuccess = () => done(asked.result); });
  return crypto.subtle.exportKey("jwk", kept.pair.privateKey).then(() => "taken out", (refused) => refused.name);
}"""


@pytest.fixture
def count(world: World) -> ACount:
    return a_count(world)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The house's pages on a port of their own."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def walk(count: ACount, address: str, browser: Browser) -> Iterator[Page]:
    """The walk on the keeper's phone, a lot taken; its camera sees what was asked for."""
    challenge = count.open()
    context = browser.new_context(base_url=address, viewport={"width": 390, "height": 844}, locale="en-GB")
    context.add_cookies([{"name": COOKIE, "value": count.warehouse.operator.token, "url": address}])
    seen = base64.b64encode(a_picture(challenge.cards or [], challenge.view or "")).decode()
    page = context.new_page()
    page.add_init_script(CAMERA % seen)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"/stocktakes/{count.id}/walk")
    expect(page.locator("[data-key]")).to_contain_text("This phone signs with the key")
    yield page
    page.goto("about:blank")
    context.close()
    assert not broken


def show(page: Page, count: ACount, counted: str = "100") -> None:
    """Scan (by typing), photograph, count and send."""
    page.get_by_label("Label").fill(f"https://bailee.test{count.challenges()[0].path}")
    page.get_by_role("button", name="Open the camera").click()
    page.get_by_role("button", name="Take the picture").click()
    expect(page.get_by_role("img", name="The picture that was taken")).to_be_visible()
    page.get_by_label("Counted").fill(counted)
    page.get_by_role("button", name="Sign and send").click()


def sent(count: ACount) -> list[Capture]:
    """What came, as the orderer sees it."""
    with count.supervisor.operator.ws(read_only=True) as ws:
        return captures_of(ws, count.id)


def test_a_lot_is_shown_from_the_running_camera(walk: Page, count: ACount) -> None:
    show(walk, count)
    expect(walk.locator("[data-said]")).to_contain_text("Accepted.")
    (capture,) = sent(count)
    assert (capture.accepted, capture.faults, capture.doubts) == (True, [], ["NEW_PHONE"])
    assert '"live":true' in capture.statement


def test_the_key_cannot_be_taken_out(walk: Page) -> None:
    assert walk.evaluate(TAKEN_OUT) == "InvalidAccessError"


def test_without_a_line_the_walk_opens_and_what_was_shown_waits(walk: Page, count: ACount) -> None:
    expect(walk.locator("phone-key[data-kept]")).to_be_attached()
    walk.context.set_offline(True)
    walk.reload()
    show(walk, count)
    expect(walk.locator("[data-queue]")).to_contain_text("Waiting for a line: 1")
    assert sent(count) == []
    walk.context.set_offline(False)
    expect(walk.locator("[data-said]")).to_contain_text("Accepted.")
    assert [one.accepted for one in sent(count)] == [True]


def test_a_picture_that_proves_nothing_says_why_and_can_be_taken_again(walk: Page, count: ACount) -> None:
    walk.get_by_label("Label").fill("https://bailee.test/01/06901234567892/10/OTHER")
    walk.get_by_role("button", name="Open the camera").click()
    walk.get_by_role("button", name="Take the picture").click()
    walk.get_by_label("Counted").fill("100")
    walk.get_by_role("button", name="Sign and send").click()
    expect(walk.locator("[data-said]")).to_contain_text("The label that was scanned is not that of this lot.")
    show(walk, count)
    expect(walk.locator("[data-said]")).to_contain_text("Accepted.")
    assert [one.accepted for one in sent(count)] == [False, True]
