"""Lots a second marked to market: the valuation of a loan's goods with all evidence kept, against one bare statement that multiplies and sums."""

import psycopg

from marketplace.money import total
from marketplace.valuation.actions import revalue
from marketplace.valuation.queries import latest_valuation
from marketplace.valuation.valuing import pledged_goods
from tests.bench.rounds import Comparison, Side, Work, alone
from tests.bench.world import Bench
from tests.marketplace.financing.makers import a_running_loan

SIZES = (1, 10, 100)
BARE_LOTS = 1_000_000
BARE_LOANS = 20_000
TABLE = """
create table if not exists bare_lot (id bigint primary key, deal_id int, code int, quantity bigint, grade numeric, condition numeric, haircut numeric);
create table if not exists bare_quote (code int primary key, price numeric)
"""
# A quantity in base units times price, grade and condition, rounded once a lot, market and collateral value summed for each loan: nothing is kept of why.
LIMIT = """
select count(*), sum(market) from (
  select l.deal_id, sum(round(l.quantity * q.price * l.grade * l.condition)) as market, sum(round(l.quantity * q.price * l.grade * l.condition * (1 - l.haircut))) as carries
    from bare_lot l join bare_quote q on q.code = l.code group by l.deal_id) of_loan
"""


class Goods:
    """A running loan and its pledged lots: the first by everybody's actions, the others copies of it."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.size = bench, 1
        self.deal = a_running_loan(bench)
        self.bank = self.deal.bank

    def grow(self, size: int) -> str:
        """So many lots in all, each pledged as the first is."""
        plant, first = self.bench.plant, self.deal.lots[0].id
        plant("drop table if exists pattern")
        plant("create table pattern as select uuidv7() as fresh, number from generate_series(%(size)s + 1, %(wanted)s) number", size=self.size, wanted=size)  # fmt: skip
        lot = self.bench.columns("lot", "id", "number")
        plant(f"insert into house.lot (id, number, {lot}) select p.fresh, t.number || '-' || p.number, {lot} from pattern p, house.lot t where t.id = %(first)s", first=first)  # fmt: skip
        pledge = self.bench.columns("pledge", "id", "lot_id")
        plant(f"insert into house.pledge (id, lot_id, {pledge}) select uuidv7(), p.fresh, {pledge} from pattern p, house.pledge t where t.lot_id = %(first)s", first=first)  # fmt: skip
        inspection = self.bench.columns("inspection", "id", "lot_id")
        plant(f"insert into house.inspection (id, lot_id, {inspection}) select uuidv7(), p.fresh, {inspection} from pattern p, house.inspection t where t.lot_id = %(first)s", first=first)  # fmt: skip
        plant("insert into gate.access_grant select g.tenant_id, p.fresh, g.role, g.kind, g.may_share, g.granted_by, g.created_at, g.ended_at from pattern p, gate.access_grant g where g.object_id = %(first)s", first=first)  # fmt: skip
        self.bench.admin.execute("analyze")
        self.size = size
        return f"{size:,} lots"

    def mark(self, _given: object) -> Work:
        """Value the goods anew, committed."""
        with self.bank.operator.ws() as ws:
            made = revalue(ws, self.deal.deal_id, pledged_goods(ws, self.deal.deal_id), cause="request")
            assert len(made.lines) == self.size
        return Work(self.size)

    def check(self) -> str:
        """The valuation kept is the sum of its lines, and each of the copies is worth what the first is, to the fen."""
        with self.bank.operator.ws(read_only=True) as ws:
            value = latest_valuation(ws, self.deal.deal_id)
            assert value is not None
            assert value.market_value == total((line.market_value for line in value.lines), value.currency)
            assert len({line.market_value_minor for line in value.lines}) == 1
        return f"checked: {self.size:,} lots worth the same to the fen, and the loan their sum"


def compare(bench: Bench) -> list[Comparison]:
    """Quantity, price, grade, condition, haircut, eligibility and reasons of each lot, kept as evidence; the limit reckons two products of a million lots."""
    goods = Goods(bench)
    bench.admin.execute(TABLE)
    bench.admin.execute("insert into bare_quote select code, 10000 + code from generate_series(1, 500) code")
    bench.admin.execute("insert into bare_lot select n, n %% %s, 1 + n %% 500, 20000 + n %% 1000, 0.98, 1, 0.30 from generate_series(1, %s) n", (BARE_LOANS, BARE_LOTS))  # fmt: skip
    bench.admin.execute("analyze")
    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:

        def bare(_given: object) -> Work:
            row = line.execute(LIMIT).fetchone()
            assert row is not None
            assert row[0] == BARE_LOANS
            return Work(BARE_LOTS)

        product, limit = Side("lots marked to market, each with its reasons", goods.mark), Side("two products of a million lots, summed", bare)  # fmt: skip
        growth = [f"{goods.grow(size)} {alone(product, seconds=bench.pace.seconds, server=bench.server.pid).processor_us:,.0f}" for size in SIZES]  # fmt: skip
        compared = bench.compare("Lots a second marked to market, kept as evidence and committed", product, limit, goal=">= 0.5 (at most twice the time)")  # fmt: skip
        compared.notes += [goods.check(), f"growth, CPU us/op at: {'; '.join(growth)}"]
    return [compared]
