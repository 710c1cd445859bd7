"""What a page costs: the lots page of a firm with fifty lots, whole, against a bare Flask page in the same process."""

import re
import time

from flask import Flask
from flask.testing import FlaskClient

from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench

LOTS, PAGES, HELLOS = 50, 10, 200


def compare(bench: Bench) -> list[Comparison]:
    """Pages a second in one thread, by WSGI: session, row security, template and all; the limit says hello."""
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: "hello")
    firm, other = bench.firm_with_lots(LOTS), bench.firm_with_lots(1)
    browser = firm.owner.browser()
    compared = bench.compare(
        f"Pages a second: {LOTS} lots under row security, in one thread",
        _side("GET /lots: session, shell, 50 rows", browser, "/lots", PAGES),
        _side("GET / of an empty Flask", bare.test_client(), "/", HELLOS),
        goal=">= 0.25",
    )
    page = browser.get("/lots").text
    shown = re.findall(r'href="/lots/([0-9a-f-]{36})"', page)
    mine = {
        str(row[0]) for row in bench.admin.execute("select id from house.lot where tenant_id = %s", (firm.tenant_id,))
    }
    assert len(mine) == LOTS
    assert list(dict.fromkeys(shown)) == sorted(mine, reverse=True), "not the lots of the book, newest first"
    assert not mine & set(re.findall(r'href="/lots/([0-9a-f-]{36})"', other.owner.browser().get("/lots").text))
    compared.notes.append(
        f"checked: the {LOTS} lots of the firm, newest first, and none of them on another firm's page"
    )
    return [compared]


def _side(name: str, client: FlaskClient, path: str, at_once: int) -> Side:
    def step(_given: object) -> Work:
        waits = []
        for _ in range(at_once):
            begun = time.perf_counter()
            assert client.get(path).status_code == 200
            waits.append((time.perf_counter() - begun) * 1000)
        return Work(at_once, waits)

    return Side(name, step)
