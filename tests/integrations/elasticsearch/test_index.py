"""The index over a recorded wire: what is written where, and what happens when nobody answers."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.elasticsearch.index import PAUSE_SECONDS, ElasticIndex
from marketplace.catalogue import ports, queries
from marketplace.catalogue.ports import FACETS, Unanswered, Wish
from tests.elastic import StandIn, searching
from tests.factories import World
from tests.integrations.elasticsearch.test_questions import a_document
from tests.marketplace.disposal.makers import an_auction

WS: Any = type("Ws", (), {"tenant_id": a_document().tenant_id})()
NOTHING = {
    "hits": {"total": {"value": 0}, "hits": []},
    "aggregations": {name: {"values": {"buckets": []}} for name in FACETS},
}
Answers = Callable[[str, str, Any], tuple[int, Any] | None]


def a_house(*indexes: str, bulk: tuple[int, Any] = (200, {"items": []})) -> Answers:
    """A server on which these indexes are fed."""

    def answers(method: str, target: str, _told: Any) -> tuple[int, Any] | None:
        if "_alias" in target and method == "GET":
            return (200, {name: {} for name in indexes}) if indexes else (404, {"error": "alias missing"})
        if "_bulk" in target:
            return bulk
        return (200, NOTHING)

    return answers


def written(status: int) -> tuple[int, Any]:
    return 200, {"items": [{"index": {"status": status, "error": {"reason": "because"}}}]}


def test_news_go_into_every_index_that_is_fed_under_the_offers_own_version() -> None:
    server = StandIn(a_house("old", "new", bulk=written(201)))
    ElasticIndex(server.client()).put(WS, [a_document()])
    sent = [(target, told[0]) for _, target, told in server.asked if "_bulk" in target]
    assert {target.split("?")[0] for target, _ in sent} == {"/old-in/_bulk", "/new-in/_bulk"}
    assert all("require_alias=true" in target for target, _ in sent)
    place = {"index": {"_id": str(a_document().id), "version": 3, "version_type": "external"}}
    assert [line for _, line in sent] == [place, place]


@pytest.mark.parametrize("status", [409, 404])
def test_an_older_version_and_a_dropped_index_are_nothing_to_fail_for(status: int) -> None:
    ElasticIndex(StandIn(a_house("old", bulk=written(status))).client()).put(WS, [a_document()])


def test_what_was_not_taken_is_owed_still() -> None:
    with pytest.raises(Unanswered, match="because"):
        ElasticIndex(StandIn(a_house("old", bulk=written(400))).client()).put(WS, [a_document()])
    with pytest.raises(Unanswered):
        ElasticIndex(StandIn(lambda *_: None).client()).put(WS, [a_document()])


def test_before_the_first_build_there_is_nothing_to_bring_up_to_date() -> None:
    server = StandIn(a_house())
    ElasticIndex(server.client()).put(WS, [a_document()])
    assert not any("_bulk" in target for _, target, _ in server.asked)


def test_after_a_failure_nobody_waits_for_a_while() -> None:
    moment, silent = [0.0], [True]
    server = StandIn(lambda *_: None if silent[0] else (200, NOTHING))
    index = ElasticIndex(server.client(), clock=lambda: moment[0])
    for _ in range(3):
        with pytest.raises(Unanswered):
            index.search(WS, Wish())
    assert len(server.asked) == 1
    silent[0] = False
    moment[0] = PAUSE_SECONDS
    assert index.search(WS, Wish()).total == 0
    assert index.standing() is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [(None, "it does not answer"), ((503, {"error": "shards"}), "it refused with 503"), ((404, {"error": "none"}), "no index is built yet: run bailee reindex")],
)  # fmt: skip
def test_a_silent_index_is_told_of_and_the_database_searches(
    world: World, answer: tuple[int, Any] | None, why: str
) -> None:
    sale = an_auction(world, product="Silent copper 默铜")
    world.work()
    index = ElasticIndex(StandIn(lambda *_: answer).client())
    with searching(index):
        with world.firm("BUYER").operator.ws(read_only=True) as ws:
            found = queries.search(ws, {"q": "默铜"}).offers
        assert sale.auction_id in {offer.listing.id for offer in found}
        told = world.app.test_client().get("/healthz")
    assert (told.status_code, told.json) == (200, {"status": "alive", "search": "postgresql", "search_fallback": why})


def test_a_question_in_words_is_one_call(world: World) -> None:
    """What its words weigh the database knows."""
    server = StandIn(lambda *_: (200, NOTHING))
    with searching(ElasticIndex(server.client())), world.firm("BUYER").operator.ws(read_only=True) as ws:
        queries.search(ws, {"q": "copper cathode 阴极铜"})
    assert [target.split("?")[0].rpartition("/")[2] for _, target, _ in server.asked] == ["_search"]


def test_health_asks_where_nobody_has_searched() -> None:
    with searching(ElasticIndex(StandIn(a_house()).client())):
        assert ports.standing() == {"search": "elasticsearch"}
    with searching(ElasticIndex(StandIn(lambda *_: None).client())):
        assert ports.standing()["search"] == "postgresql"
    with searching(None):
        assert ports.standing() == {"search": "postgresql"}


def test_a_hit_that_changed_meanwhile_is_not_shown(world: World) -> None:
    """The index hears of a change after the commit: until then a hit is judged by the row as it stands."""
    sale = an_auction(world, place="Wenzhou")
    world.work()
    late = NOTHING | {"hits": {"total": {"value": 1}, "hits": [{"_id": str(sale.auction_id)}]}}
    with searching(ElasticIndex(StandIn(lambda *_: (200, late)).client())), world.firm("BUYER").operator.ws() as ws:
        assert len(queries.search(ws, {"place": "Wenzhou"}).offers) == 1
        assert queries.search(ws, {"place": "Ningbo"}).offers == ()
        assert queries.search(ws, {"price_max": "1"}).offers == ()
        assert queries.search(ws, {"within": "1"}).offers == ()


def test_the_outbox_feeds_the_index_after_the_commit_and_again_until_it_answers(world: World) -> None:
    silent = [True]
    answers = a_house("old", bulk=written(201))
    server = StandIn(lambda *asked: None if silent[0] else answers(*asked))
    with searching(ElasticIndex(server.client())):
        sale = an_auction(world, product="Owed copper")
        with pytest.raises(Unanswered):
            world.work()
        assert server.asked
        silent[0] = False
        world.admin.execute("update house.delivery set leased_until = null where done_at is null")
        world.work()
    sent = [told[1] for _, target, told in server.asked if "_bulk" in target]
    assert sent[-1]["id"] == str(sale.auction_id)
    assert sent[-1]["place"] == "Shanghai"
