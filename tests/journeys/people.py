"""The people of the story, each before a browser of their own: what they do to a page and what they see on it, told in the product's English.

Some read Chinese. What the story says in English they find on their pages in Chinese, by the product's own catalogue, so that both languages carry it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from frontend.language import translate_into
from integrations.demo import cast
from tests.journeys.house import House

PATIENCE_MS = 60_000
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CHINESE = {"sme", "keeper", "treasurer", "buyer"}
AT_REST = """async () => {
  await document.fonts.ready;
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  await Promise.allSettled(document.getAnimations().map((one) => one.finished));
}"""
# A refused form is answered with the page and a 4xx; Chromium tells of that in its console.
REFUSED_FORM = re.compile(r"Failed to load resource: the server responded with a status of 4(09|22) ")
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Person:
    """Somebody before a browser of their own."""

    key: str
    name: str
    house: House
    context: BrowserContext
    page: Page
    language: str
    faults: list[str] = field(default_factory=list)

    # What they do ----------------------------------------------------------------------------------------------------------------------

    def goes(self, path: str) -> None:
        """Open a page by its address."""
        answer = self.page.goto(path, wait_until="domcontentloaded")
        assert answer is not None
        assert answer.ok, f"{self.name}: {path} answered {answer.status}"

    def follows(self, link: str | re.Pattern[str], **facts: object) -> None:
        """Click a link of the page by its words."""
        with self._page_changes():
            self.main.get_by_role("link", name=self._read(link, **facts)).first.click()

    def follows_row(self, words: str) -> None:
        """Open the row of a table in which these words stand."""
        with self._page_changes():
            self.main.get_by_role("row").filter(has_text=words).first.locator("a.row-link").click()

    def fills(self, within: Locator | None = None, **fields: Any) -> None:
        """Type, choose, tick: each field by its name, as its kind takes it. A choice goes by a part of its words."""
        for name, value in fields.items():
            _fill((within or self.main).locator(f"[name='{name}']:not([type=hidden])"), value)

    def presses(self, button: str, within: Locator | None = None, **facts: object) -> None:
        """Press a button that sends a form, and let what follows from it happen."""
        named = (within or self.main).get_by_role("button", name=self._read(button, **facts), exact=True)
        with self._page_changes():
            named.and_(self.page.locator("button:not([type=button])")).first.click()
        self.house.settle()

    def opens(self, button: str) -> None:
        """Press a button that opens a dialog of this page: once, for a press that is tried again may meet the open dialog."""
        self.main.get_by_role("button", name=self.said(button), exact=True).first.evaluate("one => one.click()")
        self.dialog.wait_for()

    def confirms(self, button: str) -> None:
        """Press a button that asks once more, and go ahead."""
        self.opens(button)
        with self._page_changes():
            self.dialog.get_by_role("button", name=self.said(button), exact=True).click()
        self.house.settle()

    def approves(self, act: str) -> None:
        """Approve the newest proposal of this kind that waits for a second pair of eyes."""
        self.goes("/approvals")
        card = self.main.locator(".approval").filter(has_text=self.said(act)).last
        self.presses("Approve", within=card)

    # What they see ---------------------------------------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Where they are."""
        return urlsplit(self.page.url).path

    @property
    def firm(self) -> str:
        """The firm whose workspace they stand in."""
        return self.page.locator(".workspace-name b").inner_text()

    @property
    def title(self) -> str:
        """What the page is headed by."""
        return self.main.locator("h1").inner_text()

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    @property
    def dialog(self) -> Locator:
        """The dialog that stands open."""
        return self.page.locator("dialog[open]")

    def sees(self, *words: str, **facts: object) -> None:
        """All of this stands on the page, or comes to stand there."""
        for one in words:
            expect(self.main).to_contain_text(self.said(one, **facts), ignore_case=True)

    def sees_not(self, *words: str, **facts: object) -> None:
        """None of this stands on the page."""
        for one in words:
            expect(self.main).not_to_contain_text(self.said(one, **facts), ignore_case=True)

    def sees_no_button(self, *words: str) -> None:
        """None of these can be pressed here."""
        for one in words:
            expect(self.main.get_by_role("button", name=self.said(one), exact=True)).to_have_count(0)

    def sees_state(self, word: str) -> None:
        """The badge beside the page's title says so."""
        expect(self.main.locator(".page-title .badge").first).to_have_text(self.said(word))

    def watches_live(self) -> None:
        """The page has its line to the house: whatever moves from now on it will show by itself."""
        expect(self.main.locator("live-room").first).to_have_attribute("state", "live")

    def is_refused(self, because: str, **facts: object) -> None:
        """The page says why not."""
        expect(self.page.get_by_role("alert").first).to_contain_text(self.said(because, **facts))

    def finds_nothing_at(self, path: str) -> None:
        """For this person there is no such page."""
        assert self.context.request.get(path).status == 404, f"{self.name} was shown {path}"

    def downloads(self, path: str) -> str:
        """A file, as text."""
        answer = self.context.request.get(path)
        assert answer.ok, f"{path}: {answer.status}"
        return answer.text()

    def said(self, msgid: str, **facts: object) -> str:
        """What the product says, in the language this person reads."""
        return translate_into(self.language, msgid, **facts)

    def _read(self, words: str | re.Pattern[str], **facts: object) -> str | re.Pattern[str]:
        return self.said(words, **facts) if isinstance(words, str) else words

    @contextmanager
    def _page_changes(self) -> Iterator[None]:
        with self.page.expect_navigation(wait_until="domcontentloaded", timeout=PATIENCE_MS):
            yield

    # How it looks ----------------------------------------------------------------------------------------------------------------------

    def judges(self, path: str | None = None) -> None:
        """The page is accessible by light and by dark, and keeps inside a phone's window."""
        if path:
            self.goes(path)
        self.page.evaluate("document.activeElement.blur()")
        self._finds_no_barrier(RULES)
        self.page.emulate_media(color_scheme="dark")
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        self._finds_no_barrier({"runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{self.page.url} is {width} wide on a phone"
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def _finds_no_barrier(self, rules: dict[str, Any]) -> None:
        # A page changes under the eye that judges it: news arrives, a theme is still being painted. A barrier is what a second look finds too.
        told = self._looks(rules) and self._looks(rules)
        assert told == [], f"{self.page.url}: {told}"

    def _looks(self, rules: dict[str, Any]) -> list[tuple[str, list[Any]]]:
        self.page.evaluate(AT_REST)
        found = Axe().run(self.page, options=rules).response["violations"]
        return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def _fill(box: Locator, value: Any) -> None:
    box.first.wait_for(state="attached")
    kind = box.first.evaluate("one => one.type")
    if kind == "select-one":
        option = box.locator("option").filter(has_text=str(value)).first
        box.select_option(value=str(value) if option.count() == 0 else option.get_attribute("value"))
    elif kind in {"radio", "checkbox"}:
        if value is False:
            box.uncheck()
        for one in [value] if isinstance(value, str) else value or []:
            box.locator(f"xpath=self::*[@value='{one}' or ancestor::label[contains(., '{one}')]]").check()
    elif kind == "file":
        name, content = value
        box.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
    else:
        box.fill(str(value))


@dataclass
class Company:
    """Everybody who plays, called on stage when first needed."""

    house: House
    browser: Browser
    on_stage: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, key: str) -> Person:
        """`company.sme`: signed in by the sign-in page, in a context that nobody shares."""
        if key not in self.on_stage:
            parts = {part.key: part for part in (*cast.PEOPLE, cast.OPERATOR)}
            if key not in parts:
                raise AttributeError(key)
            person = self.newcomer(key, parts[key].name, language="zh" if key in CHINESE else "en")
            person.goes("/sign-in")
            person.fills(email=parts[key].email, password=cast.PASSWORD)
            person.presses("Sign in")
        return self.on_stage[key]

    def newcomer(self, key: str, name: str, *, language: str = "en") -> Person:
        """Somebody with a fresh browser, not signed in."""
        locale = {"en": "en-GB", "zh": "zh-CN"}[language]
        context = self.browser.new_context(
            base_url=self.house.url, viewport=DESK, locale=locale, reduced_motion="reduce"
        )  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        person = Person(key, name, self.house, context, context.new_page(), language)
        person.page.on("pageerror", lambda error: person.faults.append(f"{person.page.url}: {error}"))
        person.page.on("console", lambda said: _listen(person, said.type, said.text))
        self.on_stage[key] = person
        return person

    def leaves(self, pictures: Path | None = None) -> None:
        """Everybody goes; where the story broke off, their last pages are kept as pictures."""
        for person in self.on_stage.values():
            if pictures:
                person.page.screenshot(path=pictures / f"{person.key}.png", full_page=True, timeout=10_000)
            person.context.close()

    @property
    def faults(self) -> list[str]:
        """What went wrong in any browser: scripts that threw, errors in the console, breaches of the content policy."""
        return [f"{person.name}: {fault}" for person in self.on_stage.values() for fault in person.faults]


def _listen(person: Person, kind: str, text: str) -> None:
    if (kind == "error" and not REFUSED_FORM.match(text)) or "Content Security Policy" in text:
        person.faults.append(f"{person.page.url}: {text}")
