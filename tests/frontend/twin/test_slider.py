"""The time slider in a real browser: it walks the plan through time without a new page, its address can be shared, and it works by keyboard."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from frontend.pages import COOKIE
from marketplace.supervision.alarms.raising import raise_alarm
from tests.factories import World
from tests.marketplace.supervision.makers import Scene, a_scene

QUIET = "All quiet: no alarm stood open at that moment."


@pytest.fixture
def scene(world: World) -> Scene:
    """Goods that lay quietly for two days, until water came in an hour ago."""
    scene = a_scene(world)
    world.advance(timedelta(days=2))
    with scene.supervisor.operator.ws() as ws:
        raise_alarm(ws, type="water", severity="CRITICAL", because="Water on the floor.", lot_id=scene.lot.id)
    world.advance(timedelta(hours=1))
    return scene


@pytest.fixture
def plan(scene: Scene, browser: Browser) -> Iterator[Page]:
    """The plan as the supervisor's browser shows it; nothing may break in it."""
    server = make_server("127.0.0.1", 0, scene.world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.add_cookies([{"name": COOKIE, "value": scene.supervisor.operator.token, "url": address}])
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"/sites/{scene.lot.site_id}/plan")
    yield page
    page.goto("about:blank")
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert not broken


def test_the_slider_walks_the_plan_to_a_moment_and_its_address_shows_it_again(plan: Page, scene: Scene) -> None:
    bin_here = plan.locator(".bin", has_text=scene.lot.number)
    expect(bin_here).to_have_attribute("data-state", "danger")
    plan.evaluate("window.same = true")
    slider = plan.get_by_role("slider", name="Moment")
    slider.focus()
    for _ in range(2):  # one page of the slider is a tenth of the week
        plan.keyboard.press("PageDown")
    expect(plan).to_have_url(re.compile(r"[?&]at=2026-\d\d-\d\dT"))
    expect(plan.get_by_text(QUIET)).to_be_visible()
    expect(bin_here).not_to_have_attribute("data-state", "danger")
    expect(plan.locator(".page-head")).to_contain_text("As of")
    assert plan.evaluate("window.same") is True  # the page was never left
    plan.reload()
    expect(plan.get_by_text(QUIET)).to_be_visible()


def test_its_buttons_lead_from_one_thing_that_happened_to_the_next(plan: Page, scene: Scene) -> None:
    plan.get_by_role("button", name="What happened before").click()
    expect(plan.locator(".page-head")).to_contain_text("As of")
    expect(plan.get_by_text("Water on the floor.")).to_be_visible()  # the moment at which it began
    plan.get_by_role("button", name="What happened before").click()
    expect(plan.get_by_text(QUIET)).to_be_visible()
    plan.get_by_role("button", name="What happened next").click()
    expect(plan.get_by_text("Water on the floor.")).to_be_visible()
    plan.get_by_role("button", name="Play", exact=True).click()
    plan.get_by_role("button", name="Pause", exact=True).click()
    expect(plan.get_by_role("button", name="Play", exact=True)).to_be_visible()
    plan.get_by_role("link", name="Back to now").click()
    expect(plan).not_to_have_url(re.compile("at="))
