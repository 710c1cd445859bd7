"""The walk of a patrol in a real browser: scanned labels are signed on the phone, ticked off, and sent when there is a line again."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from frontend.pages import COOKIE
from marketplace.patrols.models import Patrol, PatrolScan
from marketplace.patrols.queries import scans_of
from tests.factories import World
from tests.marketplace.patrols.makers import ARoute, a_route


@pytest.fixture
def route(world: World) -> ARoute:
    return a_route(world)


@pytest.fixture
def patrol(route: ARoute) -> Patrol:
    return route.call()


@pytest.fixture
def walk(route: ARoute, patrol: Patrol, browser: Browser) -> Iterator[Page]:
    """The walk on the officer's phone."""
    server = make_server("127.0.0.1", 0, route.world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    context = browser.new_context(base_url=address, viewport={"width": 390, "height": 844}, locale="en-GB")
    context.add_cookies([{"name": COOKIE, "value": route.officer.token, "url": address}])
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"/patrols/{patrol.id}/walk")
    expect(page.locator("[data-key]")).to_contain_text("This phone signs with the key")
    yield page
    page.goto("about:blank")
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert not broken


def scan(page: Page, code: str) -> None:
    """As a reader writes it: the code, and Enter."""
    page.get_by_label("Label or radio tag").fill(code)
    page.get_by_label("Label or radio tag").press("Enter")


def sent(route: ARoute, patrol: Patrol) -> list[PatrolScan]:
    with route.firm.operator.ws(read_only=True) as ws:
        return scans_of(ws, patrol.id)


def test_a_round_is_walked_by_phone_partly_without_a_line(walk: Page, route: ARoute, patrol: Patrol) -> None:
    gate, bay, door = route.points
    scan(walk, f"bailee:checkpoint:{gate.label}")
    expect(walk.locator("[data-said]")).to_contain_text("Accepted.")
    expect(walk.locator("li[data-done]")).to_have_count(1)
    scan(walk, "bailee:checkpoint:AAAA")
    expect(walk.locator("[data-said]")).to_contain_text("none of this route")
    expect(walk.locator("phone-key[data-kept]")).to_be_attached()
    walk.context.set_offline(True)
    walk.reload()
    scan(walk, f"bailee:checkpoint:{bay.label.lower()}")
    expect(walk.locator("[data-queue]")).to_contain_text("Waiting for a line: 1")
    scan(walk, " ".join(door.tag[n : n + 4] for n in range(0, len(door.tag), 4)))
    expect(walk.locator("[data-queue]")).to_contain_text("Waiting for a line: 2")
    assert len(sent(route, patrol)) == 2
    walk.context.set_offline(False)
    expect(walk.get_by_text("This round is over.")).to_be_visible()
    assert [one.carrier for one in sent(route, patrol)] == ["QR", None, "QR", "RFID"]
    assert route.patrols()[0].status == "WALKED"
