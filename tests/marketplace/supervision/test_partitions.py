"""Where readings lie: a row holds a day at most, and whoever asks for a span of time touches its months and an index, never the rest."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from integrations.scheduler import keep_house
from marketplace.supervision.conditions import condition_of
from marketplace.supervision.queries import chart, chart_of_device, metrics_between, page_of_series, series
from tenants.workspace import Workspace
from tests.factories import World
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, values, weights

LONG_AGO, SOON = datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
MONTHS = {"reading_series_2026_02", "reading_series_2026_03"}
Look = Callable[[Workspace, Any, Any], object]


def looks() -> dict[str, Look]:
    """What asks for readings in a span of time."""
    return {
        "chart of a lot": lambda ws, lot, _: chart(ws, lot, "weight", LONG_AGO, SOON),
        "chart of a device": lambda ws, _, device: chart_of_device(ws, device, "weight", LONG_AGO, SOON),
        "points": lambda ws, lot, _: series(ws, lot, "weight", LONG_AGO, SOON),
        "a page": lambda ws, lot, _: page_of_series(ws, lot, "weight", LONG_AGO, SOON, after=None, limit=50),
        "metrics": lambda ws, lot, _: metrics_between(ws, lot, LONG_AGO, SOON),
        "condition": lambda ws, lot, _: condition_of(ws, lot),
    }


def plans_of(ws: Workspace, look: Callable[[], object]) -> Iterator[list[dict[str, Any]]]:
    """For each statement about readings that `look` sends, the nodes of its plan. Sequential scans are dear here, as they are where tables are large."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool) -> None:
        if "reading_series" in statement:
            sent.append((statement, given))

    event.listen(ws.session.get_bind(), "before_cursor_execute", note)
    try:
        look()
    finally:
        event.remove(ws.session.get_bind(), "before_cursor_execute", note)
    line = ws.session.connection()
    line.exec_driver_sql("set local enable_seqscan = off")
    for statement, given in sent:
        [[[told]]] = line.exec_driver_sql(f"explain (format json) {statement}", given).all()
        yield list(nodes_of(told["Plan"]))


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes_of(below)


@pytest.mark.parametrize("what", looks())
def test_a_look_at_a_span_touches_its_months_alone_and_by_an_index(world: World, what: str) -> None:
    scene = a_scene(world)
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(world, device, weights(world.now, [498750, 498751]))
    with scene.supervisor.operator.ws(read_only=True) as ws:
        plans = list(plans_of(ws, lambda: looks()[what](ws, scene.lot.id, device.device_id)))
    assert plans, "it asked for readings"
    for nodes in plans:
        touched = {
            node["Relation Name"] for node in nodes if node.get("Relation Name", "").startswith("reading_series")
        }
        assert touched <= MONTHS, touched
        conditions = [node["Index Cond"] for node in nodes if "reading_series" in node.get("Index Name", "")]
        assert len(conditions) == len(touched)
        assert all("first_at >=" in one and "first_at <" in one for one in conditions), conditions


def test_a_device_that_was_offline_for_days_may_say_all_in_one_message(world: World, admin: psycopg.Connection) -> None:
    scene = a_scene(world)
    device = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    start = world.now
    samples = values("temperature", "Cel", start, [20 + n % 3 for n in range(100)], every=timedelta(hours=1))
    say(world, device, samples)
    rows = admin.execute(
        "select points, last_at - first_at from house.reading_series where device_id = %s order by first_at",
        (device.device_id,),
    ).fetchall()
    assert [points for points, _ in rows] == [25, 25, 25, 25]
    assert all(span == timedelta(hours=24) for _, span in rows)
    with scene.supervisor.operator.ws(read_only=True) as ws:
        found = series(ws, scene.lot.id, "temperature", start, start + timedelta(days=30))
        later = series(ws, scene.lot.id, "temperature", start + timedelta(hours=23), start + timedelta(hours=26))
    assert found == [(sample.at, sample.value) for sample in samples]
    assert [at for at, _ in later] == [start + timedelta(hours=n) for n in (23, 24, 25)]


def test_months_are_made_a_year_ahead_under_the_security_of_the_others(world: World, admin: psycopg.Connection) -> None:
    world.set_clock(datetime(2030, 3, 15, tzinfo=UTC))
    for _ in range(2):  # the second finds all of them there
        with world.worker_app.app_context():
            keep_house()
    shape = (
        "select c.relrowsecurity, c.relforcerowsecurity, (select array_agg((p.policyname, p.cmd, p.roles, replace(p.qual, p.tablename, ''),"
        " replace(p.with_check, p.tablename, ''))::text order by p.policyname) from pg_policies p where p.schemaname = 'house' and p.tablename = c.relname)"
        " from pg_class c where c.oid = to_regclass('house.' || %s)"
    )
    for table in ("reading_batch", "reading_series"):
        made, before, later = (
            admin.execute(shape, (f"{table}_{month}",)).fetchone() for month in ("2031_03", "2030_12", "2031_04")
        )
        assert made == before, made
        assert (made or ())[1] is True
        assert later is None
    begun = admin.execute(
        "select pg_get_expr(relpartbound, oid) from pg_class where relname = 'reading_series_2031_01'"
    ).fetchone()
    assert begun == ("FOR VALUES FROM ('2031-01-01 00:00:00+00') TO ('2031-02-01 00:00:00+00')",)


def test_the_database_holds_no_row_that_is_longer(world: World, admin: psycopg.Connection) -> None:
    scene = a_scene(world)
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(world, device, weights(world.now, [498750]))
    with pytest.raises(psycopg.errors.CheckViolation, match="within_a_day"):
        admin.execute(
            "update house.reading_series set last_at = first_at + interval '24 hours 1 second' where device_id = %s",
            (device.device_id,),
        )
