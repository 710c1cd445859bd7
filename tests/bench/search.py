"""Searches a second over the shelf, with every facet counted, by the index in the database and by Elasticsearch where a node can be had, and the catalogue as it opens; against the bare hits alone."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psycopg

from integrations.postgres_search.index import PostgresIndex, vector
from marketplace.catalogue.models import Listing
from marketplace.catalogue.ports import Document, SearchIndex, Wish, flat
from marketplace.catalogue.queries import document_of
from marketplace.catalogue.rules.passports import CATEGORIES
from marketplace.catalogue.rules.relevance import rarity
from marketplace.catalogue.rules.tokens import wanted
from tenants.database import new_id
from tenants.workspace import VisitorKey, Workspace, enter
from tests import elastic_node
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.elastic import WHY_NOT, a_live_index

SIZES, MOST = (10_000, 100_000), 1_000_000
AT_ONCE = 20
FAR = 0.3  # beyond which no number is about right: three times what a share of 64 hits is off
GRADES = ("A级", "Q235B", "一等", "二等", "Grade A", "LME", "1#", "99.95")
PLACES = (
    "Shanghai",
    "Ningbo",
    "Tianjin",
    "Guangzhou",
    "Wuxi",
    "Zhengzhou",
    "Qingdao",
    "Dalian",
    "Foshan",
    "Chengdu",
    "Wuhan",
    "Xiamen",
)
MAKES = (
    "cathode",
    "coils",
    "ingots",
    "pellets",
    "bales",
    "billets",
    "阴极",
    "卷板",
    "锭",
    "颗粒",
    "捆装",
    "方坯",
    "winter",
    "raw",
    "refined",
    "冷轧",
    "热轧",
    "高碳",
)
COLUMNS = (
    "tenant_id", "id", "kind", "status", "number", "title", "product_name", "category", "grade", "place", "regime", "quantity", "unit", "currency", "start_minor",
    "price_minor", "deposit_minor", "evidence", "opens_at", "closes_at", "published_at", "passport", "version", "terms",
)  # fmt: skip
BARE = """
select id from house.listing where kind = 'AUCTION' and status = any (%(status)s) and terms @@ %(query)s::tsquery and (%(place)s::text[] is null or place = any (%(place)s))
"""
NEXT_TO_CLOSE = "select id from house.listing where kind = 'AUCTION' and status = 'ANNOUNCED' order by closes_at, published_at desc, id limit 24"
# BM25 with the weight of one word, as the house reckons it; how often it is said is read from ts_rank.
PART = """({weight}::float8 - {weight}::float8 / (1 + round(1 / (1.6449340668482264::float8 * (1 - ts_rank('{{1,1,1,1}}', terms, {query}))) - 0.5::float8)
 / (0.3::float8 + {slope}::float8 * length)))::real::float8"""


class Shelf:
    """So many offers, each with words, facets and a price of its own; the same for every run, whatever other paths put up before."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.dice, self.held = bench, random.Random(20), 0
        self.seller = bench.firm("BANK").tenant_id
        self.bench.plant("delete from house.listing")

    def grow(self, size: int) -> Iterator[list[Document]]:
        """Up to that size, in stretches; each as the indexes are given it."""
        while self.held < size:
            rows = [self._offer(self.held + n) for n in range(min(2_000, size - self.held))]
            documents = [document_of(row) for row in rows]
            with self.bench.admin.transaction(), self.bench.admin.cursor() as cursor:
                cursor.execute("set local session_replication_role = replica")
                with cursor.copy(f"copy house.listing ({', '.join(COLUMNS)}) from stdin") as copy:
                    for row, document in zip(rows, documents, strict=True):
                        copy.write_row([self._value(row, document, name) for name in COLUMNS])
            self.held += len(rows)
            yield documents
        self.bench.admin.execute("select gate.recount_words(), gate.recount_offers()")
        self.bench.admin.execute("vacuum (analyze) house.listing")  # recounting wrote each row anew

    def _offer(self, n: int) -> Listing:
        pick = self.dice.choice
        category = pick(sorted(CATEGORIES))
        english, chinese = CATEGORIES[category]
        title, now = f"{pick(MAKES)} {english.lower()} {chinese}{pick(MAKES)}", self.bench.now
        price = self.dice.randint(10_000, 9_000_000) * 100
        return Listing(
            tenant_id=self.seller, id=new_id(), kind="AUCTION", status="ANNOUNCED", number=f"A-{n}", title=title, product_name=title, category=category,
            grade=pick(GRADES), place=pick(PLACES), regime="AGREED_ONLINE", quantity=self.dice.randint(1, 900), unit="TNE", currency="CNY", start_minor=price,
            price_minor=price, deposit_minor=price // 10, evidence=pick("ABCDE"), opens_at=now, closes_at=now + timedelta(minutes=self.dice.randint(60, 90_000)),
            published_at=now, passport={"lot": f"L-{n}"}, version=1,
        )  # fmt: skip

    @staticmethod
    def _value(row: Listing, document: Document, name: str) -> Any:
        if name == "terms":
            return vector(document)
        return json.dumps(row.passport) if name == "passport" else getattr(row, name)


def compare(bench: Bench) -> Iterator[Comparison]:
    """The questions of buyers in a row: one word, two words, a word with a place, a number; the limit finds and ranks the same hits, past row security, and counts no facet."""
    shelf = Shelf(bench)
    with ExitStack() as open_, psycopg.connect(bench.admin_dsn, autocommit=True) as line:
        indexes: dict[str, SearchIndex] = {"PostgreSQL": PostgresIndex()}
        if WHY_NOT is None:
            elastic_node.prepare()
            open_.callback(elastic_node.stop)
            indexes["Elasticsearch"] = open_.enter_context(a_live_index())
        for size in (*SIZES, MOST) if bench.million else SIZES:
            for documents in shelf.grow(size):
                with enter(VisitorKey()) as ws:
                    for name, index in indexes.items():
                        if name != "PostgreSQL":
                            index.put(ws, documents)
            for name, index in indexes.items():
                yield _one(bench, size, name, index, line)
            yield _opened(bench, size, line)


def _one(bench: Bench, size: int, name: str, index: SearchIndex, line: psycopg.Connection) -> Comparison:
    wishes = _wishes()
    by_hand = [_asked(wish, line) for wish in wishes]
    with enter(VisitorKey(), read_only=True) as ws:
        product = _side(f"{name}, 24 hits and six facets", lambda wish: index.search(ws, wish), wishes)
        limit = _side("24 hits by hand, ranked alike, nothing counted", lambda asked: _hits(asked, line), by_hand)
        compared = bench.compare(
            f"Searches of {size:,} offers by {name}", product, limit, goal="p99 <= 10 ms at 100,000"
        )
        compared.notes.append(_checked(ws, index, list(zip(wishes, by_hand, strict=True)), line))
    return compared


def _opened(bench: Bench, size: int, line: psycopg.Connection) -> Comparison:
    """The catalogue as it opens, without a question; the limit is given the page alone, out of an index."""
    wish, index = Wish(facets={"status": ("ANNOUNCED", "OPEN")}), PostgresIndex()
    with enter(VisitorKey(), read_only=True) as ws:
        product = _side("24 hits and six facets of the whole shelf", lambda wish: index.search(ws, wish), [wish])
        limit = _side("24 hits by hand, nothing counted", lambda _: line.execute(NEXT_TO_CLOSE).fetchall(), [None])
        title, found = f"The catalogue of {size:,} offers as it opens, by PostgreSQL", index.search(ws, wish)
        compared = bench.compare(title, product, limit, goal="p99 <= 10 ms at 100,000")
    assert found.hits == tuple(row[0] for row in line.execute(NEXT_TO_CLOSE)), "the page"
    for facet, counts in found.facets.items():
        rows = line.execute(f"select {facet}, count(*) from house.listing group by 1".encode()).fetchall()
        assert counts == dict(rows), facet
    compared.notes.append(f"checked: the page, and every number against a count of all {found.total:,} offers")
    return compared


def _checked(
    ws: Workspace, index: SearchIndex, wishes: Sequence[tuple[Wish, dict[str, Any]]], line: psycopg.Connection
) -> str:
    """Every question finds the same hits in the same order as by hand, and as many, or about as many where it says so."""
    off = []
    for wish, asked in wishes:
        found = index.search(ws, wish)
        assert found.hits == tuple(row[0] for row in _hits(asked, line)), wish
        [many] = line.execute(BARE.replace("select id", "select count(*)"), asked).fetchone() or (0,)
        if "total" in found.about:
            off.append(abs(found.total - many) / many)
        else:
            assert found.total == many, f"{wish}: found {found.total:,}, by hand {many:,}"
    assert max(off, default=0) < FAR, "about right"
    about = f"; about as many by {len(off)} of them, {max(off):.0%} off at most" if off else ""
    return (
        f"checked: {len(wishes)} questions, each with the same hits in the same order, and as many, as by hand{about}"
    )


def _hits(asked: dict[str, Any], line: psycopg.Connection) -> list[Any]:
    """The page by one statement past row security."""
    statement = f"{BARE} order by {asked['rank']} desc, published_at desc, id limit 24"
    return line.execute(statement.encode(), asked).fetchall()


def _wishes() -> list[Wish]:
    said = ("copper", "铝", "cathode copper", "热轧 钢铁", "coils", "A-4711", "lead 锭", "refined")
    status: dict[str, tuple[str, ...]] = {"status": ("ANNOUNCED", "OPEN")}
    plain = [Wish(tokens=flat(wanted(words)), facets=status) for words in said]
    return plain + [Wish(tokens=one.tokens, facets=status | {"place": ("Ningbo",)}) for one in plain[:4]]


def _asked(wish: Wish, line: psycopg.Connection) -> dict[str, Any]:
    """Found by the rarer of at most two words, which weighs more than half of them; ranked by both."""
    count = "select count(*) from house.listing where terms @@ %s::tsquery"
    words = [f"'{token}'" for run in wish.tokens for token in run]
    having = {word: int(row[0]) for word in words if (row := line.execute(count, (word,)).fetchone())}
    assert len(set(having.values())) == len(words) <= 2, "by hand it is known only of two words, one of them rarer"
    offers, middle = line.execute("select count(*), avg(length)::float8 from house.listing").fetchone() or (0, 1.0)
    place = wish.facets.get("place")
    parts = [
        PART.format(weight=rarity(offers, many), slope=0.9 / middle, query=f"$q${word}$q$::tsquery")
        for word, many in having.items()
    ]
    return {
        "query": min(having, key=lambda word: having[word]),
        "rank": " + ".join(parts),
        "status": list(wish.facets["status"]),
        "place": list(place) if place else None,
    }


def _side(name: str, ask: Callable[[Any], object], wishes: Sequence[Any]) -> Side:
    asked = 0

    def step(_given: object) -> Work:
        nonlocal asked
        waits = []
        for _ in range(AT_ONCE):
            begun = time.perf_counter()
            ask(wishes[asked % len(wishes)])
            waits.append((time.perf_counter() - begun) * 1000)
            asked += 1
        return Work(AT_ONCE, waits)

    return Side(name, step)
