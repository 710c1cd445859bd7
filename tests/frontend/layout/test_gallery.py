"""The gallery as people see it: accessible in both themes and languages, inside the window, and under the content policy."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

pytestmark = pytest.mark.journey
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize("path", ["/gallery", "/lost", "/entrance"])
@pytest.mark.parametrize(
    ("theme", "size", "language"),
    [("light", DESK, "en"), ("dark", PHONE, "zh"), ("dark", DESK, "zh"), ("light", PHONE, "en")],
)
def test_axe_finds_nothing(page: Page, path: str, theme: str, size: dict[str, int], language: str) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(f"{path}?theme={theme}&lang={language}")
    page.wait_for_timeout(300)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(violation["id"], [node["target"] for node in violation["nodes"]]) for violation in found] == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440, 2200])
def test_nothing_leaves_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/gallery")
    page.wait_for_selector("series-chart canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_chosen_of_a_row_of_filters_stands_out(page: Page) -> None:
    page.goto("/gallery")
    chosen, other = page.locator("a.chip[aria-current]").first, page.locator("a.chip:not([aria-current])").first
    ink = "one => { const style = getComputedStyle(one); return [style.color, style.backgroundColor] }"
    heights = [box["height"] for each in (chosen, other) if (box := each.bounding_box())]
    for before, after in zip(other.evaluate(ink), chosen.evaluate(ink), strict=True):
        assert before != after
    assert heights[0] == heights[1]


def test_the_theme_is_kept_in_a_cookie_and_painted_by_the_server(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/gallery")
    before = page.evaluate("getComputedStyle(document.body).color")
    page.click("theme-switch button")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).color") != before
    page.reload()
    assert page.evaluate("document.documentElement.getAttribute('data-theme')") == "dark"


def test_chinese_is_set_in_the_bundled_face(page: Page) -> None:
    page.goto("/gallery?lang=zh")
    page.evaluate("document.fonts.ready")
    page.wait_for_function(
        "[...document.fonts].some(face => face.family.includes('Noto Sans SC') && face.status === 'loaded')"
    )
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_the_navigation_is_a_drawer_on_a_phone_and_works_by_keyboard(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/gallery")
    page.evaluate("scrollTo(0, 0)")
    assert not page.is_visible("#navigation")
    page.click(".tabbar button")
    assert page.is_visible("#navigation a[href='/alarms']")
    page.keyboard.press("Escape")
    assert not page.is_visible("#navigation")
