"""Relevance, measured over questions that people judged: of products in English, and of Chinese paragraphs; by both indexes, through the port.

What is asked for in words must come at least as well ordered as by a plain BM25 over title and description, written down here on its own.
"""

import csv
import json
import os
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from math import log, log2
from pathlib import Path
from uuid import UUID

import pytest

from integrations.postgres_search.index import PostgresIndex, vector
from marketplace.catalogue.ports import FACETS, Document, SearchIndex, Wish, flat, outer_index
from marketplace.catalogue.rules.tokens import tokens, wanted
from tenants.workspace import VisitorKey, enter
from tests.factories import World

DATA = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data")
PRODUCTS, PARAGRAPHS = DATA / "chorus", DATA / "cmrc2018-trial"
COLUMNS = (
    "tenant_id", "id", "kind", "number", "title", "product_name", "quantity", "unit", "currency", "start_minor", "price_minor", "deposit_minor",
    "opens_at", "closes_at", "published_at", "passport", "version", "terms", *FACETS,
)  # fmt: skip
LOOKED_AT = 10
NO_WORSE = 0.005  # than the plain reckoning, which finds more and ties differently

Text = tuple[str, str]  # a name and all else


@pytest.mark.skipif(not PRODUCTS.exists(), reason=f"{PRODUCTS} is not here: no judged product searches to measure by")
def test_products_are_found_as_people_judged_them(world: World, engine: str) -> None:
    """nDCG@10 over the questions of which something was judged to answer at all."""
    numbers, texts = products()
    judged = judgements()
    with shelved(world, texts) as index:
        ours = [[numbers[at] for at in found(index, question)] for question in judged]
    plain = Plain(texts)
    theirs = [[numbers[at] for at in plain.found(question)] for question in judged]
    ours_mean, plain_mean = (mean_ndcg(hits, judged) for hits in (ours, theirs))
    print(f"\n{engine}: nDCG@10 {ours_mean:.4f}, plain BM25 {plain_mean:.4f}, {len(judged)} questions")
    assert ours_mean >= max(0.73, plain_mean - NO_WORSE)


@pytest.mark.skipif(not PARAGRAPHS.exists(), reason=f"{PARAGRAPHS} is not here: no Chinese questions to measure by")
def test_chinese_questions_find_their_paragraph_first(world: World, engine: str) -> None:
    """R@1: how many of the questions have the paragraph that they were asked of as their first hit."""
    texts, asked = paragraphs()
    with shelved(world, texts) as index:
        right = sum(found(index, question, most=1) == [at] for question, at in asked)
    print(f"\n{engine}: R@1 {right / len(asked):.4f}, {len(asked)} questions of {len(texts)} paragraphs")
    assert right / len(asked) >= 0.95


def products() -> tuple[list[str], list[Text]]:
    """Number, title and description of each product."""
    read = []
    for path in sorted(PRODUCTS.glob("*.json.zip")):
        with zipfile.ZipFile(path) as archive:
            read += json.loads(archive.read(archive.namelist()[0]))
    return [row["id"] for row in read], [(row["title"], row.get("short_description", "")) for row in read]


def judgements() -> dict[str, dict[str, int]]:
    """How well each product answers a question (0 to 3), of questions that something answers."""
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    with (PRODUCTS / "judgements_dev.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            judged[row["query"]][row["docid"]] = int(row["rating"])
    return {question: ratings for question, ratings in judged.items() if any(ratings.values())}


def paragraphs() -> tuple[list[Text], list[tuple[str, int]]]:
    """The paragraphs, and each question with the place of its own."""
    told = json.loads(next(PARAGRAPHS.glob("*.json")).read_text(encoding="utf-8"))
    held = [paragraph for one in told["data"] for paragraph in one["paragraphs"]]
    asked = [(question["question"], at) for at, paragraph in enumerate(held) for question in paragraph["qas"]]
    return [("", paragraph["context"]) for paragraph in held], asked


@contextmanager
def shelved(world: World, texts: Sequence[Text]) -> Iterator[SearchIndex]:
    """These texts on the shelf, and the index that searches; nothing of them afterwards. An offer's id is its place."""
    documents = [a_document(world, at, text) for at, text in enumerate(texts)]
    world.admin.execute("truncate house.listing")
    outer = outer_index()
    try:
        put_on_shelf(world, documents)
        if outer is not None:
            outer.rebuild([documents[at : at + 2_000] for at in range(0, len(documents), 2_000)])
        yield outer or PostgresIndex()
    finally:
        world.admin.execute("truncate house.listing")


def put_on_shelf(world: World, documents: Sequence[Document]) -> None:
    """Past the triggers, and counted at once."""
    with world.admin.transaction(), world.admin.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        with cursor.copy(f"copy house.listing ({', '.join(COLUMNS)}) from stdin") as copy:
            for one in documents:
                copy.write_row(
                    [one.tenant_id, one.id, "AUCTION", "A", "", "", 1, "TNE", "CNY", 1, 1, 0, one.published_at, one.closes_at, one.published_at, "{}", 1,
                     vector(one), *one.facets.values()]
                )  # fmt: skip
        cursor.execute("select gate.recount_words(), gate.recount_offers()")
    world.admin.execute("analyze house.listing")


def a_document(world: World, at: int, text: Text) -> Document:
    name, rest = (tuple(tokens(part)) for part in text)
    facets = dict.fromkeys(FACETS, "") | {"status": "OPEN"}
    return Document(UUID(int=1), UUID(int=at + 1), 1, name, rest, facets, 1, world.now + timedelta(days=1), world.now)


def found(index: SearchIndex, question: str, most: int = LOOKED_AT) -> list[int]:
    """The places of the first hits."""
    with enter(VisitorKey(), read_only=True) as ws:
        return [hit.int - 1 for hit in index.search(ws, Wish(tokens=flat(wanted(question)), most=most)).hits]


class Plain:
    """BM25 (k1 1.2, b 0.75) over the same tokens, title and description as one text; any word will do."""

    def __init__(self, texts: Sequence[Text]) -> None:
        said = [Counter(tokens(name) + tokens(rest)) for name, rest in texts]
        self.lengths = [counts.total() for counts in said]
        self.places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for at, counts in enumerate(said):
            for token, times in counts.items():
                self.places[token].append((at, times))

    def found(self, question: str) -> list[int]:
        many, middle = len(self.lengths), sum(self.lengths) / len(self.lengths)
        scores: dict[int, float] = defaultdict(float)
        for token in {token for run in wanted(question) for token in run}:
            places = self.places.get(token, [])
            weight = log(1 + (many - len(places) + 0.5) / (len(places) + 0.5))
            for at, times in places:
                scores[at] += weight * times / (times + 1.2 * (0.25 + 0.75 * self.lengths[at] / middle))
        return sorted(scores, key=lambda at: (-scores[at], at))[:LOOKED_AT]


def mean_ndcg(found: Sequence[Sequence[str]], judged: dict[str, dict[str, int]]) -> float:
    """nDCG@10 with gains of two to the rating less one; what nobody judged gains nothing."""
    each = [gain([ratings.get(number, 0) for number in hits]) / gain(sorted(ratings.values(), reverse=True)) for hits, ratings in zip(found, judged.values(), strict=True)]  # fmt: skip
    return sum(each) / len(each)


def gain(ratings: Sequence[int]) -> float:
    return sum((2**rating - 1) / log2(place + 2) for place, rating in enumerate(ratings[:LOOKED_AT]))
