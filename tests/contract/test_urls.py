"""Every URL of the house: it has a door, nobody passes it unknown, and behind it nobody finds what is somebody else's."""

import re
from collections import Counter
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from frontend import language
from tests.contract.crawling import Address, Crawler, addresses, ids_in, refusals_drawn_once
from tests.contract.neighbours import Neighbourhood
from tests.frontend.forms import form_fields

DOORS = {"page", "visitor page", "call", "public"}
# What anybody who is signed in may see, by the trade's own rules; everything else that takes an id is somebody's.
FOR_EVERYBODY = {
    "/auctions/<uuid:auction_id>": "a sale by a secured creditor is announced to the market",
    "/auctions/<uuid:auction_id>/room": "so is what moves in its room",
    "/auctions/<uuid:auction_id>/bids": "and the book of bids, by paddle",
    "/auctions/<uuid:auction_id>/bids.csv": "whoever follows the chain needs the whole book",
    "/auctions/<uuid:auction_id>/record": "and all that is needed to recompute the result",
    "/auctions/<uuid:auction_id>/record.json": "as a file",
    "/auctions/<uuid:auction_id>/receipts.json": "one's own receipts; none, here",
    "/api/v1/auctions/<uuid:auction_id>": "as its page",
    "/api/v1/auctions/<uuid:auction_id>/record": "as its file",
    "/api/v1/auctions/<uuid:auction_id>/receipts": "one's own receipts; none, here",
    "/api/v1/auctions/<uuid:auction_id>/bids": "as its page",
    "/auctions/<uuid:auction_id>/data-room": "that a sale has a data room; who is not in it reads no paper and no promise",
    "/auctions/<uuid:auction_id>/data-room/promise": "any bidder may ask to enter; one without a registration is refused",
    "/api/v1/auctions/<uuid:auction_id>/data-room/promise": "as its page",
    "/stock/<uuid:stock_id>": "stock is offered to every bank, and the stranger is one",
    "/stock/<uuid:stock_id>/interest": "so it could answer, if the offer still stood",
    "/api/v1/stock/<uuid:stock_id>": "as its page",
    "/api/v1/stock/<uuid:stock_id>/interest": "as its page",
    "/api/v1/auctions/<uuid:auction_id>/first-refusals": "rights of first refusal are published with the terms",
    "/api/v1/auctions/<uuid:auction_id>/place": "one's own place in a public sale; none, here",
    "/auctions/<uuid:auction_id>/total-cost": "what a bid costs in all is part of the terms",
    "/auctions/<uuid:auction_id>/total-cost/box": "so are its lines alone",
    "/api/v1/auctions/<uuid:auction_id>/total-cost": "as its page",
    "/auctions/<uuid:auction_id>/questions": "whoever registered reads them; none, here, and who did not may not ask",
    "/api/v1/auctions/<uuid:auction_id>/questions": "as its page",
    "/auctions/<uuid:auction_id>/visits": "times are public like the notice of the sale; who comes is not, and who is not qualified gets no place",
    "/api/v1/auctions/<uuid:auction_id>/visits": "as its page",
    "/api/v1/auctions/<uuid:auction_id>/standstills": "by which order a sale stood still, and what that did to its end, is published like its terms; the seller alone orders it",
    "/auctions/<uuid:auction_id>/standstill": "the platform's operator may stop any sale, for a court or for a fault of its own, with two officers; others are refused by their role",
    "/auctions/<uuid:auction_id>/standstill-proposals": "as its page",
    "/auctions/<uuid:auction_id>/resumption-proposals": "as its page",
    "/api/v1/auctions/<uuid:auction_id>/standstill-proposals": "as its page",
    "/api/v1/auctions/<uuid:auction_id>/resumption-proposals": "as its page",
    "/auctions/<uuid:auction_id>/registration": "any buyer may ask to bid; a closed sale refuses by its state",
    "/api/v1/auctions/<uuid:auction_id>/registration": "any buyer may ask to bid; a closed sale refuses by its state",
    "/auctions/<uuid:auction_id>/card-deposit": "any bidder may ask to pay by card; a closed sale, and one without a registration, refuse by their state",
    "/api/v1/auctions/<uuid:auction_id>/card-deposit": "as its form; a bidder reads its own, and has none here",
    "/auctions/<uuid:auction_id>/envelopes": "any bidder may ask to hand one in; a sale without envelopes, and a bidder without a paddle, are refused",
    "/api/v1/auctions/<uuid:auction_id>/envelopes": "as its form",
    "/auctions/<uuid:auction_id>/envelopes/opening": "any bidder may ask to open its own; there is none here",
    "/api/v1/auctions/<uuid:auction_id>/envelopes/opening": "as its form",
    "/01/<gtin>/10/<batch>": "a label's link tells anybody that the identity is ours; never whose the goods are",
    "/01/<gtin>/21/<serial>": "so does the link on one coil, bale or drum",
    "/verify/<number>/<code>": "a receipt's QR tells who knows number and code what it says; never whose goods, nor whose pledge",
    "/catalogue/<uuid:listing_id>/watch": "anybody may keep an eye on a published offer",
    "/api/v1/listings/<uuid:listing_id>/watch": "as its form",
    "/catalogue/<uuid:listing_id>": "the published file of a public sale",
    "/api/v1/listings/<uuid:listing_id>": "as its page",
    "/catalogue/<uuid:listing_id>/passport.json": "what the market sees of the goods, sealed; whose they are is in none of it",
    "/api/v1/listings/<uuid:listing_id>/passport": "as its file",
    "/api/v1/auctions/<uuid:auction_id>/registrations": "a bidder finds itself, the seller all; nobody, here",
    "/log/tile/<int:level>/<path:tile>": "hashes of hashes: whoever follows the log needs them all",
    "/log/tile/entries/<path:tile>": "and the digests, which tell nothing to whoever does not hold the event",
    "/organisations/<uuid:organisation_id>/owners": "that a firm is here is public; a platform reads the entries that it made, none here",
    "/api/v1/organisations/<uuid:organisation_id>/owners": "as its page",
    "/sites/<uuid:site_id>": "the register of sites is public among those who take part",
    "/api/v1/sites/<uuid:site_id>/bins": "and so are their bins, without what lies in them",
    "/sites/<uuid:site_id>/bins": "drawn by its operator alone",
    "/sites/<uuid:site_id>/bin-files": "drawn by its operator alone",
    "/api/v1/sites/<uuid:site_id>/bin-files": "drawn by its operator alone",
    "/sites/<uuid:site_id>/bulks": "opened by its operator alone",
    "/sites/<uuid:site_id>/bulks/new": "the form to open one in a free bin of the register; sent by its operator alone",
    "/api/v1/sites/<uuid:site_id>/bulks": "the bulks that the caller takes part in; opened by their operator alone",
    "/sites/<uuid:site_id>/zones": "opened by its operator alone",
    "/api/v1/sites/<uuid:site_id>/zones": "the register's zones, with what the caller sees of what lies in them; opened by their operator alone",
    "/sites/<uuid:site_id>/calibration": "entered by its operator alone",
    "/sites/<uuid:site_id>/position": "entered by its operator alone",
    "/api/v1/sites/<uuid:site_id>/position": "entered by its operator alone",
    "/api/v1/sites/<uuid:site_id>/calibrations": "entered by its operator alone",
    "/sites/<uuid:site_id>/plan": "the floor plan: bins, and lots only where a grant shows them",
    "/api/v1/sites/<uuid:site_id>/floor": "as its page",
}
# That these exist is no secret, so a refusal may say more about them than about an id that never was.
PUBLIC_IDS = {"auction_id", "listing_id", "site_id", "organisation_id"}
# Public links for which the neighbours have no example: an unknown one leads nowhere.
WITHOUT_SAMPLE = {
    "/01/<gtin>/10/<batch>", "/01/<gtin>/21/<serial>", "/verify/<number>/<code>", "/log/tile/<int:level>/<path:tile>", "/log/tile/entries/<path:tile>",
}  # fmt: skip
# What pages read behind the question mark.
QUERIES = (
    "q", "status", "state", "sort", "cursor", "before", "show", "page", "kind", "zone", "severity", "hours", "lot", "code", "object", "next", "price_min",
    "price_max", "within", "room", "fall", "cash", "goods", "condition", "at", "layer", "incident", "near", "km", "stored", "bank",
)  # fmt: skip
# The public door of devices lets in by a signature; its own tests try it.
BY_SIGNATURE = {"/api/v1/devices/<uuid:device_id>/batches"}


@pytest.fixture(scope="module")
def stranger(neighbours: Neighbourhood) -> Crawler:
    return Crawler(neighbours.stranger, neighbours.world.app)


def test_every_url_has_a_door(app: Flask) -> None:
    assert [str(one) for one in addresses(app) if one.door not in DOORS] == []


def test_every_id_that_a_url_takes_is_tried(neighbours: Neighbourhood) -> None:
    assert ids_in(neighbours.world.app) <= set(neighbours.ids)


def test_without_a_session_a_page_asks_to_sign_in_and_a_call_answers_401(neighbours: Neighbourhood) -> None:
    client = neighbours.world.app.test_client()
    token = form_fields(client.get("/sign-in").text)["csrf_token"]
    open_doors = []
    for one in _behind_doors(neighbours, "page", "call"):
        path = one.filled(neighbours.ids)
        sent = {"csrf_token": token, "_key": str(uuid4())} if one.door == "page" else None
        answer = client.open(path, method=one.method, data=sent if one.method == "POST" else None)
        asked_in = answer.status_code == 302 and answer.location.startswith("/sign-in")
        if not (asked_in if one.door == "page" else answer.status_code == 401):
            open_doors.append(f"{one}: {answer.status_code}")
    assert not open_doors, "\n".join(open_doors)


def test_visitors_are_shown_what_is_published_and_nothing_else(neighbours: Neighbourhood) -> None:
    client = neighbours.world.app.test_client()
    for one in _behind_doors(neighbours, "visitor page"):
        assert one.method == "GET"
        assert one.rule in FOR_EVERYBODY or not one.fields, one
        seen = client.get(one.filled(neighbours.ids)).status_code
        assert seen == (404 if one.rule in WITHOUT_SAMPLE else 200), one


def test_the_owner_finds_what_the_stranger_does_not(neighbours: Neighbourhood) -> None:
    """So that a 404 below means the fence, and not an id that leads nowhere."""
    crawler = Crawler(neighbours.owner, neighbours.world.app)
    found = crawler.browser.get(f"/shipments/{neighbours.ids['shipment_id']}").status_code
    mine = neighbours.owner.call("GET", "/searches").json["items"]
    assert found == 404
    assert [one["id"] for one in mine] == [str(neighbours.ids["search_id"])]


def test_nobody_finds_by_its_id_what_is_somebody_else_s(neighbours: Neighbourhood, stranger: Crawler) -> None:
    """404 for each, the same as for an id that never was, and nothing happens."""
    before = _events(neighbours)
    found, told_apart = _tried(neighbours, stranger)
    assert not found, "\n".join(found)
    assert not told_apart, "\n".join(told_apart)
    assert _events(neighbours) == before


def test_the_crawl_sees_a_fence_that_was_left_open(neighbours: Neighbourhood, stranger: Crawler) -> None:
    """The planted defect: a policy that lets everybody read shipments."""
    admin = neighbours.world.admin
    admin.execute("create policy left_open on house.shipment for select using (true)")
    try:
        found, told_apart = _tried(neighbours, stranger, "/shipments/")
    finally:
        admin.execute("drop policy left_open on house.shipment")
    assert any(line.startswith("GET /shipments/<uuid:shipment_id>: 200") for line in found)
    assert told_apart


def test_the_crawl_sees_a_view_without_a_door() -> None:
    """The planted defect: a view that was registered past Pages and Api."""
    app = Flask("planted")
    app.add_url_rule("/lots", "lots", lambda: "every lot there is")
    assert [one.door for one in addresses(app) if one.rule == "/lots"] == [""]


def test_what_is_for_everybody_gives_nothing_away(neighbours: Neighbourhood, stranger: Crawler) -> None:
    """Public things are looked at and never changed by a stranger, and do not name the firms and goods behind them."""
    hidden = [str(neighbours.ids[name]) for name in ("deal_id", "lot_id", "approval_id")] + neighbours.behind_the_sale
    given, before = [], _events(neighbours)
    for one in _behind_doors(neighbours, "page", "visitor page", "call"):
        if one.rule in FOR_EVERYBODY:
            answer = stranger.send(one, neighbours.ids)
            if one.method == "POST" and answer.status_code < 400 and answer.status_code != 302:
                given.append(f"{one}: {answer.status_code}")
            given += [f"{one}: tells {word}" for word in hidden if word in answer.text]
    assert not given, "\n".join(given)
    assert _events(neighbours) == before


def test_a_body_that_names_a_foreign_thing_is_refused(neighbours: Neighbourhood, stranger: Crawler) -> None:
    """Calls without an id in their path, whose bodies name lots, products or deals of others."""
    taken = []
    before = _events(neighbours)
    for one in _behind_doors(neighbours, "call"):
        if one.method == "POST" and not one.fields:
            body = stranger.body_for(one, neighbours.ids)
            if any(str(foreign) in str(body) for foreign in neighbours.ids.values()):
                answer = stranger.send(one, neighbours.ids)
                if answer.status_code not in (403, 404):
                    taken.append(f"{one}: {answer.status_code} {_said(answer)}")
    assert not taken, "\n".join(taken)
    assert _events(neighbours) == before


def test_every_page_shows_to_every_kind_of_firm_or_refuses_its_role(neighbours: Neighbourhood) -> None:
    """Pages without an id: lists, desks, forms. Never a fault, whoever looks."""
    faults = []
    for kind in ("SME", "BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR", "LOGISTICS", "BUYER", "AUCTIONEER", "CORE_ENTERPRISE", "INSURER", "PLATFORM", "REGULATOR"):  # fmt: skip
        browser = neighbours.world.firm(kind).owner.browser()
        with refusals_drawn_once():
            for one in _behind_doors(neighbours, "page", "visitor page"):
                if one.method == "GET" and not one.fields:
                    answer = browser.get(one.rule)
                    if answer.status_code not in (200, 302, 403, 404):
                        faults.append(f"{kind} {one}: {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_no_query_string_breaks_a_page(neighbours: Neighbourhood, stranger: Crawler) -> None:
    """Filters, orders and cursors as a bad link or a bored visitor writes them: refused or passed over, never a fault."""
    nonsense = dict.fromkeys(QUERIES, "no/such%thing_'")
    faults = []
    for one in _behind_doors(neighbours, "page", "visitor page"):
        if one.method == "GET" and not one.fields:
            answer = stranger.browser.get(one.rule, query_string=nonsense)
            if answer.status_code not in (200, 302, 403, 404, 422):
                faults.append(f"{one}: {answer.status_code}")
    assert not faults, "\n".join(faults)


def test_no_page_shows_a_reader_of_chinese_a_word_that_has_none(
    pages_in_chinese: dict[str, str], lacking: set[str]
) -> None:
    """Words that stand in tables and are translated when a page is drawn: no reading of the sources finds them all, the pages of those who see them do."""
    assert len(pages_in_chinese) > 100
    assert not lacking, lacking


def test_no_page_names_two_things_alike(pages_in_chinese: dict[str, str]) -> None:
    """A label points to one field, a refusal to one place."""
    twice = {
        page: [name for name, times in Counter(re.findall(r'\sid="([^"]+)"', text)).items() if times > 1]
        for page, text in pages_in_chinese.items()
    }
    assert not {page: names for page, names in twice.items() if names}


@pytest.fixture(scope="module")
def lacking() -> set[str]:
    return set()


@pytest.fixture(scope="module")
def pages_in_chinese(neighbours: Neighbourhood, lacking: set[str]) -> dict[str, str]:
    """Every page as each of the cast reads it who finds it; and on the way, the words that had no Chinese."""
    names = {name for (name,) in neighbours.world.admin.execute("select name from house.member")}
    translated, read = language.translate_into, {}

    def listening(into: str, msgid: str, /, **facts: object) -> str:
        if into == "zh" and re.search("[a-z]", msgid) and msgid not in language._chinese() and msgid not in names:
            lacking.add(f"{page}: {msgid}")
        return translated(into, msgid, **facts)

    browsers = {who: person.browser() for who, person in neighbours.cast.items()}
    with pytest.MonkeyPatch.context() as patch, refusals_drawn_once():
        patch.setattr(language, "translate_into", listening)
        for one in _behind_doors(neighbours, "page", "visitor page"):
            if one.method == "GET":
                path = one.filled(neighbours.ids)
                for who in browsers if one.fields else ("stranger", "seller"):
                    page = f"{who} {path}"
                    answer = browsers[who].get(path, query_string={"lang": "zh"})
                    if answer.status_code == 200 and answer.mimetype == "text/html":
                        read[page] = answer.text
    return read


def _tried(neighbours: Neighbourhood, stranger: Crawler, part: str = "") -> tuple[list[str], list[str]]:
    """What the stranger finds behind URLs with ids (of those that contain `part`), and where it can tell a foreign id from one that never was."""
    never: dict[str, UUID] = {name: uuid4() for name in neighbours.ids} | {"bank_id": neighbours.ids["bank_id"]}
    found, told_apart = [], []
    with refusals_drawn_once():
        for one in _behind_doors(neighbours, "page", "visitor page", "call"):
            if part in one.rule and one.fields & set(neighbours.ids) and one.rule not in FOR_EVERYBODY:
                foreign, unknown = stranger.send(one, neighbours.ids), stranger.send(one, never)
                if foreign.status_code != 404:
                    found.append(f"{one}: {foreign.status_code} {_said(foreign)}")
                same = (foreign.status_code, _said(foreign)) == (unknown.status_code, _said(unknown))
                if not same and not one.fields & PUBLIC_IDS:
                    told_apart.append(f"{one}: {_said(foreign)}, but {unknown.status_code} {_said(unknown)} for what never was")  # fmt: skip
    return found, told_apart


def _behind_doors(neighbours: Neighbourhood, *doors: str) -> list[Address]:
    return [one for one in addresses(neighbours.world.app) if one.door in doors and one.rule not in BY_SIGNATURE]


def _events(neighbours: Neighbourhood) -> tuple[int, ...]:
    row = neighbours.world.admin.execute("select count(*) from house.event").fetchone()
    assert row
    return tuple(row)


def _said(answer: TestResponse) -> str:
    """What a refusal says, without what every answer has of its own."""
    return str((answer.json or {}).get("code", "")) if answer.is_json else str(answer.location or "")
