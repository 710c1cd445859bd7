"""What row security costs on the main list pages at a thousand firms: lots of one's own, and deals and alarms that are shared, against filters written by hand."""

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import event

from marketplace.financing.queries import list_deals
from marketplace.inventory.queries import list_lots
from marketplace.supervision.queries import list_alarms
from tenants.workspace import Workspace
from tests.bench.rounds import Comparison, Side, Work
from tests.bench.world import Bench
from tests.factories import Firm

FIRMS, EACH, AT_ONCE = 1_000, 50, 50
# A thousand firms with fifty things each, the viewer first; every firm's things are founded by its neighbour.
CROWD = """
create table crowd as
with firm as (select n, case n when 0 then %(viewer)s::uuid else uuidv7() end as tenant_id from generate_series(0, %(firms)s - 1) n)
select f.n, f.tenant_id, o.tenant_id as other_id, uuidv7() as id, g as nth
  from firm f join firm o on o.n = f.n %% (%(firms)s - 1) + 1 cross join generate_series(1, %(each)s) g
"""
LOTS = """
insert into house.lot (tenant_id, id, number, {0}) select c.tenant_id, c.id, 'L-' || c.nth, {0} from crowd c cross join (select {0} from house.lot limit 1) l
"""
LOT_GRANTS = (
    "insert into gate.access_grant select tenant_id, id, 'owner', 'lot', true, tenant_id, now(), null from crowd"
)
DEALS = """
insert into house.deal (deal_id, tenant_id, bank_id, number, status, amount_minor, currency, tenor_days, purpose, requested_at)
select id, other_id, tenant_id, 'D-' || nth, 'ACTIVE', 100, 'CNY', 90, 'Stock', now() from crowd
"""
ALARMS = """
insert into house.alarm (tenant_id, id, number, originator_id, about_id, type, severity, own_severity, because, facts, raised_at, noticed_at, repeated_at,
                         repeats, rungs, escalated, froze_lot, closing_note, evidence)
select other_id, uuidv7(), 'A-' || nth, id, id, 'gap', 'MINOR', 'MINOR', '', '{}', now(), now(), now(), 0, 0, 0, false, '', '[]' from crowd
"""
SHARED = """
insert into gate.access_grant
select tenant_id, id, 'bank', 'deal', false, other_id, now(), null::timestamptz from crowd union all select other_id, id, 'borrower', 'deal', true, other_id, now(), null from crowd
"""
# The same columns as the page asks for, found as one would write it who may see everything.
LOTS_BY_HAND = """
from gate.access_grant g join house.lot on lot.id = g.object_id
 where g.tenant_id = %(me)s and g.kind = 'lot' and g.ended_at is null order by lot.id desc limit 50
"""
DEALS_BY_HAND = """
from gate.access_grant g join house.deal on deal.deal_id = g.object_id
 where g.tenant_id = %(me)s and g.kind = 'deal' and g.ended_at is null order by deal.deal_id desc limit 50
"""
ALARMS_BY_HAND = """
from house.alarm where closed_at is null and (tenant_id = %(me)s or about_id = any (array(
  select g.object_id from gate.access_grant g where g.tenant_id = %(me)s and g.ended_at is null and g.role = 'bank')))
 order by case severity when 'CRITICAL' then 0 when 'MAJOR' then 1 when 'MINOR' then 2 when 'WARNING' then 3 else 4 end,
          quantity desc nulls last, raised_at desc, id limit 50
"""
Look = Callable[[Workspace], Sequence[Any]]


def compare(bench: Bench) -> list[Comparison]:
    """The page's own statement as the web's role, in an entered workspace; the limit reads as administrator, past row security."""
    bench.firm_with_lots(1)  # as all lots are
    owner, bank = bench.firm("SME"), bench.firm("BANK")
    _crowd(bench, owner, LOTS.format(bench.columns("lot", "tenant_id", "id", "number")), LOT_GRANTS)
    _crowd(bench, bank, DEALS, ALARMS, SHARED)
    bench.admin.execute("analyze house.lot, house.deal, house.alarm, gate.access_grant")
    return [
        _list(bench, "Lots of one's own", owner, lambda ws: list_lots(ws, limit=50), LOTS_BY_HAND, "id", goal=">= 0.95"),
        _list(bench, "Deals in which one takes part", bank, lambda ws: list_deals(ws, limit=50), DEALS_BY_HAND, "deal_id", goal=">= 0.67"),
        _list(bench, "Alarms about what one may see", bank, lambda ws: list_alarms(ws, limit=50), ALARMS_BY_HAND, "id", goal=">= 0.67"),
    ]  # fmt: skip


def _crowd(bench: Bench, viewer: Firm, *statements: str) -> None:
    bench.admin.execute("drop table if exists crowd")
    bench.admin.execute(CROWD, {"viewer": viewer.tenant_id, "firms": FIRMS, "each": EACH})
    for statement in statements:
        bench.plant(statement)


def _list(bench: Bench, title: str, viewer: Firm, look: Look, by_hand: str, key: str, *, goal: str) -> Comparison:
    with viewer.owner.ws(read_only=True) as ws, psycopg.connect(bench.admin_dsn, prepare_threshold=None) as admin:
        statement, values = _asked(ws, look)
        columns, _, rest = statement.partition("FROM house.")
        mine, me = ws.session.connection().connection.driver_connection, {"me": viewer.tenant_id}
        assert isinstance(mine, psycopg.Connection)
        compared = bench.compare(
            f"{title}: {EACH} of {FIRMS * EACH:,}, of {FIRMS:,} firms",
            _side("under row security", mine, statement, values),
            _side("filtered by hand", admin, columns + by_hand, me),
            goal=goal,
        )
        seen, right = _keys(mine, statement, values, key), _keys(admin, columns + by_hand, me, key)
        everything = _keys(mine, f"select {key} from house.{rest.split()[0]}", {}, key)
    assert len(right) == EACH
    assert sorted(seen) == sorted(right), f"{title}: {len(seen)} rows, and not those found by hand"
    assert sorted(everything) == sorted(right), f"{title}: a foreign row can be seen"
    compared.notes.append(f"checked: the same {len(seen)} rows, and no others where the filter is left away")
    return compared


def _side(name: str, line: psycopg.Connection[Any], statement: str, values: Any) -> Side:
    def step(_given: object) -> Work:
        waits = []
        for _ in range(AT_ONCE):
            begun = time.perf_counter()
            line.execute(statement, values).fetchall()
            waits.append((time.perf_counter() - begun) * 1000)
        return Work(AT_ONCE, waits)

    return Side(name, step)


def _asked(ws: Workspace, look: Look) -> tuple[str, Any]:
    """The statement that the page's query sends, and its values."""
    asked: list[tuple[str, Any]] = []
    connection = ws.session.connection()
    event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    assert len(look(ws)) == EACH
    [(statement, values)] = asked
    return statement, values


def _keys(line: psycopg.Connection[Any], statement: str, values: Any, key: str) -> list[UUID]:
    return [row[key] for row in line.cursor(row_factory=dict_row).execute(statement, values)]
