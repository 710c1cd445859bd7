"""What a page costs: the lots page of a firm with fifty lots, whole, against a bare Flask page of the same server."""

from flask import Flask

from tests.bench.rounds import Comparison, interleave
from tests.bench.world import Bench


def compare(bench: Bench) -> Comparison:
    """Pages a second in process (WSGI): sessions, row security, template and all; the limit is `return "hello"`."""
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: "hello")
    hello, firm = bare.test_client(), bench.firm_with_lots(50)
    browser = firm.owner.browser()
    first = browser.get("/lots")
    assert first.status_code == 200, first.text[:500]

    def page() -> int:
        assert browser.get("/lots").status_code == 200
        return 1

    def bare_page() -> int:
        for _ in range(20):
            hello.get("/")
        return 20

    return interleave(
        "Pages a second: 50 lots under row security, against a bare Flask page",
        ("GET /lots: session, shell, 50 rows", page), ("GET / of an empty Flask", bare_page), goal=">= 0.10 in process, one thread",
    )  # fmt: skip
