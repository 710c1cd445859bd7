"""The custom elements in a real browser."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Page, expect

from marketplace.disposal.rules.sealing import seal_envelope
from marketplace.money import Money
from tests.frontend.layout import samples
from tests.frontend.layout.conftest import House, RoomState

pytestmark = pytest.mark.journey


def test_a_menu_opens_by_arrow_and_closes_by_escape(page: Page) -> None:
    page.goto("/gallery")
    page.focus(".workspace-switch summary")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".workspace-switch .menu-item").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".workspace-switch summary")).to_be_focused()
    assert page.evaluate("document.querySelector('.workspace-switch details').open") is False


def test_a_question_stands_before_what_cannot_be_undone(page: Page) -> None:
    page.goto("/gallery")
    sent: list[str] = []
    # Answered without a page: a browser that is closed on its way to one may hang for ever.
    page.route("**", lambda route: route.fulfill(status=204) if route.request.method == "POST" else route.continue_())
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    button = page.locator("form[data-confirm] button")
    button.click()
    page.get_by_role("button", name="Cancel").last.click()
    assert sent == []
    button.click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("dialog[open] .button[value=yes]").click()
    assert sent == ["POST"]


def test_the_chart_tells_its_values_by_arrow_keys_and_as_a_table(page: Page) -> None:
    page.goto("/gallery")
    page.wait_for_selector("#value-chart canvas")
    page.focus("#value-chart .chart-frame")
    page.keyboard.press("Home")
    first = page.locator("#value-chart [aria-live]").text_content()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#value-chart [aria-live]")).not_to_have_text(str(first))
    page.locator("#value-chart .chart-toggle").click()
    expect(page.locator("#value-chart tbody tr")).to_have_count(91)


def test_the_plan_is_walked_by_arrow_keys_and_zoomed(page: Page) -> None:
    page.goto("/gallery")
    page.wait_for_selector("floor-plan .plan-card", state="attached")
    page.focus("a.bin[data-bin='B-01']")
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("a.bin:focus")).to_have_attribute("data-bin", "B-12")
    assert page.is_visible(".plan-card")
    whole = _view_box(page)
    page.keyboard.press("+")
    assert _view_box(page) != whole
    page.keyboard.press("0")
    assert _view_box(page) == whole


def test_a_countdown_turns_urgent_and_says_once_that_it_ended(page: Page) -> None:
    page.goto("/gallery")
    page.evaluate("""() => { const clock = document.createElement('count-down'); window.ended = 0; clock.id = 'short';
      const server = new Date(document.querySelector('meta[name=server-time]').content).getTime();
      clock.setAttribute('until', new Date(server + performance.now() + 2500).toISOString());
      clock.addEventListener('ended', () => { window.ended += 1; }); document.querySelector('main').append(clock); }""")
    expect(page.locator("#short")).to_have_attribute("data-tone", "danger")
    expect(page.locator("#short")).to_contain_text("Ended", timeout=6000)
    page.wait_for_timeout(1300)
    assert page.evaluate("window.ended") == 1


def test_a_file_beyond_the_limit_is_told_before_it_is_sent(page: Page, tmp_path: Path) -> None:
    page.goto("/gallery")
    page.evaluate("document.querySelector('file-drop').setAttribute('size-max', '1000')")
    for name, size in (("small.csv", 900), ("large.csv", 1100)):
        (tmp_path / name).write_bytes(b"x" * size)
    page.set_input_files("file-drop input", tmp_path / "small.csv")
    expect(page.locator(".drop-list li")).to_contain_text("small.csv")
    page.set_input_files("file-drop input", tmp_path / "large.csv")
    expect(page.locator(".drop-list li")).to_contain_text("larger than")
    assert page.evaluate("document.querySelector('file-drop input').files.length") == 0


def test_a_label_is_read_from_a_photo_by_our_own_reader(page: Page, tmp_path: Path) -> None:
    code, picture = "https://id.example/01/06912345678901/21/L260211004", BytesIO()
    segno.make(code, error="m").save(picture, kind="png", scale=6)
    (tmp_path / "label.png").write_bytes(picture.getvalue())
    page.goto("/gallery")
    page.wait_for_selector("code-scanner [role=status]", state="attached")
    page.set_input_files("code-scanner input[type=file]", tmp_path / "label.png")
    expect(page.locator("#field-code")).to_have_value(code, timeout=15000)


def test_the_server_tells_what_a_room_shows_and_typed_words_stay(page: Page, house: House, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("live-lamp")).to_have_text("Live", timeout=10000)
    page.fill("#note", "call Chen")
    house.move(price="16,550,000")
    expect(page.locator("#price")).to_have_text("16,550,000")
    expect(page.locator("#note")).to_have_value("call Chen")
    expect(page.locator("#note")).to_be_focused()


def test_a_chart_in_a_room_fetches_its_figures_again(page: Page, house: House, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("#prices .chart-key b")).to_have_text("4", timeout=10000)
    expect(page.locator("live-lamp")).to_have_text("Live", timeout=10000)
    house.move()
    expect(page.locator("#prices .chart-key b")).to_have_text("5")


def test_htmx_sends_the_form_token_and_the_server_may_toast(page: Page, room: RoomState) -> None:
    page.goto("/room")
    page.click("#send")
    expect(page.locator("#heard")).to_have_text("token by htmx")
    expect(page.locator("toast-stack .callout")).to_contain_text("Saved")


def test_rows_are_filtered_as_one_types(page: Page) -> None:
    page.goto("/gallery")
    page.fill("data-filter input", "gate 2")
    expect(page.locator("#alarms tbody tr:visible")).to_have_count(1)
    expect(page.locator("data-filter output")).to_have_text("1 of 3")


def test_a_dialog_opens_from_its_button_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/gallery")
    page.click("[data-open='call-margin']")
    expect(page.get_by_role("dialog", name="Call margin")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-open='call-margin']")).to_be_focused()


def test_a_hash_is_copied_whole(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/gallery")
    page.locator("copy-text button").last.click()
    expect(page.locator("copy-text[data-copied]")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "9f2c44d1a0b76e3388c1f05b7d9e2a641c3fb8e7a5d40912"


def test_a_hint_that_is_already_known_fetches_nothing(page: Page, house: House, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("live-lamp")).to_have_text("Live", timeout=10000)
    house.tell()
    page.wait_for_timeout(500)
    assert room.asked == 1


def test_what_moved_while_the_line_was_down_is_caught_up_with(page: Page, house: House, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("live-lamp")).to_have_text("Live", timeout=10000)
    house.move_silently(price="16,750,000")
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    house.drop_the_line()
    expect(page.locator("#price")).to_have_text("16,750,000", timeout=15000)
    expect(page.locator("live-lamp")).to_have_text("Live")


def test_a_bid_follows_the_lowest_that_counts_and_never_goes_below(page: Page, house: House, room: RoomState) -> None:
    page.goto("/room")
    amount = page.locator("#bid-amount")
    expect(amount).to_have_value("16,550,000", timeout=10000)
    amount.press("ArrowUp")
    expect(amount).to_have_value("16,650,000")
    for _ in range(3):
        amount.press("ArrowDown")
    expect(amount).to_have_value("16,550,000")
    expect(page.locator("live-lamp")).to_have_text("Live", timeout=10000)
    house.move(least=1_665_000_000)
    expect(amount).to_have_value("16,650,000")
    amount.fill("16,000,000")
    expect(page.locator("bid-panel [type=submit]")).to_be_disabled()
    house.move(closed=True)
    expect(amount).to_be_disabled()


def test_a_bid_without_an_answer_is_sent_again_under_the_same_key(page: Page, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("#bid-amount")).to_have_value("16,550,000", timeout=10000)
    room.answers = [
        lambda: ("", 502),
        lambda: ({"detail": "Bid accepted", "receipt": _receipt(7)}, 200),
        lambda: ({"detail": "Bid accepted", "receipt": _receipt(9)}, 200),
    ]
    for said in ("Nothing was lost", "CN¥16,550,000 · Bid receipt 7", "CN¥16,550,000 · Bid receipt 9"):
        page.locator("bid-panel [type=submit]").click()
        expect(page.locator("[data-said]")).to_contain_text(said)
    keys = [bid["_key"] for bid in room.bids]
    assert keys[0] == keys[1] != keys[2]
    assert {bid["amount"] for bid in room.bids} == {"16550000"}


def test_what_is_bid_follows_to_the_next_bid_that_counts_and_is_no_fault(page: Page, house: House, room: RoomState) -> None:  # fmt: skip
    """Who leads is not shown its own bid as one that is too low; a bid that was refused stays as it was typed."""
    page.goto("/room")
    amount = page.locator("#bid-amount")
    expect(amount).to_have_value("16,550,000", timeout=10000)
    expect(page.locator("live-lamp")).to_have_text("Live", timeout=10000)
    amount.fill("17,000,000")

    def accepted() -> tuple[Any, int]:
        house.move_silently(least=1_710_000_000)
        return {"detail": "Bid accepted", "receipt": _receipt(7)}, 200

    room.answers = [lambda: ({"detail": "A deposit is needed first."}, 409), accepted]
    page.locator("bid-panel [type=submit]").click()
    expect(page.locator("[data-said]")).to_have_text("A deposit is needed first.")
    house.move(least=1_665_000_000)
    expect(page.locator("[data-least]")).to_contain_text("16,650,000")
    expect(amount).to_have_value("17,000,000")
    page.locator("bid-panel [type=submit]").click()
    expect(page.locator("[data-said]")).to_contain_text("Bid receipt 7")
    expect(amount).to_have_value("17,100,000")
    expect(amount).not_to_have_attribute("aria-invalid", "true")


def _receipt(sequence: int) -> dict[str, Any]:
    return {"auction": "0198-aabbccdd", "sequence": sequence, "amount_minor": 1_655_000_000, "signature": "77aa"}


def test_a_bid_that_a_limit_outdid_says_so_and_its_receipt_is_kept_as_it_came(page: Page, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("#bid-amount")).to_have_value("16,550,000", timeout=10000)
    page.locator("#bid-limit").fill("18,000,000")
    outdone = {"detail": "Another bidder’s limit is higher", "leads": False, "receipt": _receipt(11)}
    room.answers = [lambda: (outdone, 200)]
    page.locator("bid-panel [type=submit]").click()
    expect(page.locator("[data-said][data-tone=watch]")).to_have_text(
        "Another bidder’s limit is higher · Bid receipt 11"
    )
    assert room.bids[0]["limit"] == "18,000,000"
    expect(page.locator("#bid-limit")).to_have_value("")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Bid receipt 11").click()
    assert kept.value.suggested_filename == "receipt-aabbccdd-11.json"
    assert json.loads(Path(kept.value.path()).read_text()) == outdone["receipt"]


def test_a_refused_bid_says_why_in_the_servers_words(page: Page, room: RoomState) -> None:
    page.goto("/room")
    expect(page.locator("#bid-amount")).to_have_value("16,550,000", timeout=10000)
    room.answers = [
        lambda: ({"detail": "A deposit is needed first."}, 409),
        lambda: ("<div class='error-summary'><ul><li>The auction is paused.</li></ul></div>", 422),
    ]
    for said in ("A deposit is needed first.", "The auction is paused."):
        page.locator("bid-panel [type=submit]").click()
        expect(page.locator("[data-said]")).to_have_text(said)


def _view_box(page: Page) -> list[float]:
    return [float(side) for side in (page.get_attribute("svg.plan", "viewBox") or "").split()]


def test_an_envelope_is_sealed_in_the_browser_and_only_its_hash_is_sent(page: Page, room: RoomState) -> None:
    """The amount stays here, and in the file that one may take along; a second one made after a lost answer does not cost the first its salt."""
    sealed = [
        (_sealed(page, room, amount), minor) for amount, minor in (("91,500.50", 91_500_50), ("93000", 93_000_00))
    ]
    for seal, minor in sealed:
        page.goto(f"/envelope?seal={seal}")
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the envelope as a file").click()
        told = json.loads(Path(saved.value.path()).read_text())
        made = seal_envelope(samples.AUCTION, 3, Money(minor, "CNY"), bytes.fromhex(told["salt"]))
        assert (told["seal"], told["minor"], seal) == (made.hex(), minor, made.hex())
        expect(page.locator("#envelope-amount")).to_have_value(told["amount"])
        expect(page.locator("#envelope-salt")).to_have_value(told["salt"])


def _sealed(page: Page, room: RoomState, amount: str) -> str:
    page.goto("/envelope")
    page.fill("#envelope-amount", amount)
    page.get_by_role("button", name="Seal and hand in").click()
    page.wait_for_url("**/bids")
    assert set(room.bids[-1]) == {"csrf_token", "_key", "seal"}
    return room.bids[-1]["seal"]


def test_an_envelope_without_an_amount_is_not_sealed(page: Page, room: RoomState) -> None:
    page.goto("/envelope")
    page.fill("#envelope-amount", "much")
    page.get_by_role("button", name="Seal and hand in").click()
    expect(page.locator("#envelope-amount")).to_have_attribute("aria-invalid", "")
    assert room.bids == []


def test_a_falling_price_follows_the_servers_clock_and_a_press_takes_what_is_seen(page: Page, room: RoomState) -> None:
    page.goto("/envelope")
    expect(page.locator("#clock [data-price]")).to_have_text("CN¥90,000")
    expect(page.locator("#clock [data-next]")).to_contain_text("↓ ")
    page.evaluate("document.querySelector('dutch-clock').setAttribute('every', '600')")
    expect(page.locator("#clock [data-price]")).to_have_text("CN¥60,000")  # on its floor
    page.get_by_role("button", name="Take it at").click()
    page.wait_for_url("**/bids")
    assert room.bids[-1]["amount"] == "60000"
