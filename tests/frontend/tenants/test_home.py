"""Home: each role is told what waits for it, in order of what presses, and every line leads somewhere."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from frontend import home
from frontend.home import Need
from marketplace.disposal.waiting import sales_to_come
from tenants.database import engine
from tests import cluster
from tests.contract.neighbours import Neighbourhood

# Queries that a page may cost, whatever the firm has: no line may ask once for each lot, deal or auction.
MOST_QUERIES = 60


WAITS = {
    "borrower": ["Answer the margin call"],
    "lender": ["A margin call has to be cured", "Deals on watch"],
    "seller": ["Deals in default"],
    "keeper": ["Release of lot"],
    "controller": ["A borrowing base certificate to confirm"],
    "watcher": ["Critical alarms without a disposition"],
    "winner": ["Auctions"],
    "carrier": ["Shipments to book"],
}


@pytest.mark.parametrize("part", [part for part in WAITS if part != "winner"])
def test_each_part_is_told_what_waits_for_it(neighbours: Neighbourhood, part: str) -> None:
    page = neighbours.cast[part].browser().get("/").text
    for line in WAITS[part]:
        assert line in page, page


def test_every_line_and_figure_leads_somewhere(neighbours: Neighbourhood) -> None:
    lost = []
    for part, person in neighbours.cast.items():
        browser = person.browser()
        page = browser.get("/?lang=zh").text
        for href in sorted(set(re.findall(r'<a (?:class="tile" )?href="([^"]+)"', page))):
            status = browser.get(href.replace("&amp;", "&")).status_code
            if status != 200:
                lost.append(f"{part} {href}: {status}")
    assert not lost, "\n".join(lost)


def test_first_steps_lead_somewhere_for_a_firm_that_has_nothing(neighbours: Neighbourhood) -> None:
    for kind in ("SME", "BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR", "BUYER", "LOGISTICS", "PLATFORM", "AUCTIONEER", "INSURER"):  # fmt: skip
        browser = neighbours.world.firm(kind).owner.browser()
        page = browser.get("/").text
        steps = re.findall(r'<ul class="first-steps">.*?</ul>', page, re.DOTALL)
        for href in re.findall(r'<a [^>]*href="(/[^"]*)"', "".join(steps)):
            assert browser.get(href).status_code == 200, (kind, href)
        assert steps or 'class="needs"' in page, kind


def test_who_comes_for_the_market_sees_what_is_sold_now_and_next(neighbours: Neighbourhood) -> None:
    winner = neighbours.cast["winner"]
    with winner.ws(read_only=True) as ws:
        coming = sales_to_come(ws, limit=6)
    assert coming
    assert [one.status == "ANNOUNCED" for one in coming] == sorted(one.status == "ANNOUNCED" for one in coming)
    page = winner.browser().get("/").text
    assert all(f'class="row-link" href="/auctions/{one.auction_id}"' in page for one in coming)
    assert 'class="row-link" href="/auctions/' not in neighbours.cast["keeper"].browser().get("/").text


@pytest.mark.parametrize("part", ["borrower", "lender", "seller", "keeper", "watcher", "winner"])
def test_home_costs_a_bounded_number_of_queries(neighbours: Neighbourhood, part: str) -> None:
    browser, asked = neighbours.cast[part].browser(), []
    browser.get("/")
    note = lambda *arguments: asked.append(arguments[2])  # noqa: E731
    event.listen(engine(), "before_cursor_execute", note)
    try:
        browser.get("/")
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    assert len(asked) < MOST_QUERIES, "\n".join(str(one)[:120] for one in asked)


def test_what_presses_comes_first_and_among_equals_what_is_due_first(neighbours: Neighbourhood) -> None:
    soon, later = cluster.START, cluster.START + timedelta(hours=1)
    lines = [Need("a", "/", tone="info"), Need("b", "/", tone="danger"), Need("c", "/", tone="danger", until=later), Need("d", "/", tone="danger", until=soon)]  # fmt: skip
    kept = home.NEEDS[:]
    try:
        home.NEEDS[:] = [lambda _ws: [*lines, Need("none", "/", 0)]]
        with neighbours.stranger.ws() as ws:
            assert [need.label for need in home.needs_of(ws)] == ["d", "c", "b", "a"]
    finally:
        home.NEEDS[:] = kept
