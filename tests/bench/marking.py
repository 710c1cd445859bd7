"""Lots a second marked to market: a new price held against a bank's whole book by its own reactions, against bare statements over as many lots."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import psycopg

from marketplace.money import total
from marketplace.valuation.queries import latest_valuation, today
from tenants.deliveries import carry_out, claim
from tests.bench.end_of_day import COPIED
from tests.bench.rounds import Comparison, Side, Tally, Work, alone
from tests.bench.world import Bench
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.valuation.makers import a_price

LOTS_OF_A_LOAN = 50
SIZES, MILLION, LOOKED_AT = (1_000, 10_000, 100_000), (10_000, 100_000, 1_000_000), 1_000
BARE_LOTS = 100_000
OURS = ("financing.review_book", "financing.mark_stretch", "financing.review_stretch", "financing.review_deal")
TITLE, GOAL = (
    "Lots a second marked to market after a new price, kept as evidence and committed",
    ">= 0.5 (at most twice the time)",
)
TABLES = """
create table if not exists bare_deal (deal_id uuid primary key, number int, sequence bigint not null default 0, hash bytea not null default '');
create table if not exists bare_lot (id uuid primary key, deal_id uuid, code int, quantity bigint, grade numeric, condition numeric, haircut numeric);
create table if not exists bare_quote (code int primary key, price numeric);
create table if not exists bare_value (deal_id uuid, run bigint, market bigint, carries bigint, primary key (deal_id, run));
create table if not exists bare_line (deal_id uuid, run bigint, line bigint, lot_id uuid, code int, quantity bigint, price numeric, grade numeric,
  condition numeric, haircut numeric, market bigint, carries bigint, primary key (deal_id, run, line));
create table if not exists bare_valuation (deal_id uuid, id uuid, tenant_id uuid, at timestamptz, goods_of uuid, found_at timestamptz, prices jsonb, market_value_minor bigint,
  collateral_value_minor bigint, base_minor bigint, base_terms jsonb, currency text, cause text, primary key (deal_id, id));
create index if not exists bare_valuation_at on bare_valuation (deal_id, at, id);
create table if not exists bare_event (stream_id uuid, sequence bigint, id uuid, kind text, tenant_id uuid, person_id uuid, actor text, at timestamptz, audience text, facts text,
  evidence text, digest bytea, hash bytea, primary key (stream_id, sequence), unique (stream_id, id));
create index if not exists bare_event_at on bare_event (tenant_id, at);
create table if not exists bare_queue (stream_id uuid, sequence bigint, digest bytea);
create table if not exists bare_feed (tenant_id uuid, at timestamptz, stream_id uuid, sequence bigint, primary key (tenant_id, at, stream_id, sequence));
create table if not exists bare_owed (tenant_id uuid, id uuid, subscriber text, stream_id uuid, sequence bigint, due_at timestamptz, created_at timestamptz, done_at timestamptz, primary key (tenant_id, id));
create index if not exists bare_owed_due on bare_owed (due_at, id) where done_at is null
"""
# A quantity in base units times price, grade and condition, rounded once a lot, and each loan the sum of its lots.
SUMS = """
select l.deal_id, sum(round(l.quantity * q.price * l.grade * l.condition / 10)) as market, sum(round(l.quantity * q.price * l.grade * l.condition * (1 - l.haircut) / 10)) as carries
  from bare_lot l join bare_quote q on q.code = l.code group by l.deal_id
"""
# The same rows with the same keys as a mark leaves behind: the valuation, its event in the deal's chain, the two parties' feeds, the log's queue, the hint that is owed. No row
# security, no foreign keys, no lines that a loan could meet, nobody's last look found, nobody else's loans.
LIMIT = f"""
with value as ({SUMS}), kept as (
  insert into bare_valuation
  select v.deal_id, uuidv7(), uuidv7(), now(), v.deal_id, now(), '{{"CU": {{"kind": "INDEX", "unit": "TNE", "price": "19999", "quoted_on": "2026-03-02"}}}}', v.market, v.carries, v.carries,
         '{{"cap": "1.00000000", "reserves": [], "wrong_way": "0", "sub_limits": []}}', 'CNY', 'price' from value v
  returning deal_id, id, tenant_id, json_build_object('valuation_id', id, 'market_value', market_value_minor, 'collateral_value', collateral_value_minor, 'cause', cause)::text as facts
), told as materialized (
  select k.*, d.sequence + 1 as place, d.hash, sha256(convert_to(k.deal_id || k.facts, 'UTF8')) as digest from kept k join bare_deal d on d.deal_id = k.deal_id
), head as (
  update bare_deal d set sequence = t.place, hash = sha256(t.hash || t.digest) from told t where d.deal_id = t.deal_id
), event as (
  insert into bare_event select t.deal_id, t.place, uuidv7(), 'DealValued', t.tenant_id, t.tenant_id, 'system:financing.mark_stretch:system', now(), ',bank,borrower,', t.facts,
         json_build_array(t.id)::text, t.digest, sha256(t.hash || t.digest) from told t
), queued as (
  insert into bare_queue select t.deal_id, t.place, t.digest from told t
), fed as (
  insert into bare_feed select p.party, now(), t.deal_id, t.place from told t cross join (select uuidv7() as party from generate_series(1, 2)) p
), owed as (
  insert into bare_owed select t.tenant_id, uuidv7(), 'live', t.deal_id, t.place, now(), now(), null from told t
)
select count(*) from kept
"""
KEPT_SUMS = f"""
with value as (insert into bare_value select deal_id, %(run)s, market, carries from ({SUMS}) v returning deal_id)
select count(*) from value
"""
LINES_TOO = """
with line as (
  insert into bare_line select l.deal_id, %(run)s, row_number() over (partition by l.deal_id order by l.id), l.id, l.code, l.quantity, q.price, l.grade, l.condition, l.haircut,
         round(l.quantity * q.price * l.grade * l.condition / 10), round(l.quantity * q.price * l.grade * l.condition * (1 - l.haircut) / 10)
    from bare_lot l join bare_quote q on q.code = l.code
  returning deal_id, market, carries
), value as (
  insert into bare_value select deal_id, %(run)s, sum(market), sum(carries) from line group by deal_id returning deal_id
)
select count(*) from value
"""
# What must be true of every mark: each loan was valued once at that moment, to the fen what the price makes of each of its lots, as they were found.
WRONG = """
with made as (select v.deal_id, v.goods_of, v.market_value_minor from house.deal_valuation v where v.tenant_id = %(bank)s and v.at = %(at)s and v.cause = 'price')
select count(*), count(distinct deal_id), count(*) filter (where m.market_value_minor <> l.market or l.lots <> %(each)s)
  from made m join lateral (select sum(round(l.quantity * l.grade * l.condition * %(price)s * 100)) as market, count(*) as lots
                              from house.valuation_line l where l.deal_id = m.deal_id and l.valuation_id = m.goods_of) l on true
"""


class Goods:
    """A bank's book of loans on fifty lots each: the first lot by everybody's actions, the others copies of it; the first loan looked at by the house's own rules."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.loans = bench, 1
        self.deal = a_running_loan(bench)
        self.bank = self.deal.bank
        self.prices = 0
        self._plant_lots("select %(deal)s::uuid as deal, uuidv7() as fresh, nth, nth as line from generate_series(2, %(each)s) nth")  # fmt: skip
        self.mark(self.next_day())

    def grow(self, lots: int) -> str:
        """So many lots in all, each pledged and found as the first loan's are."""
        wanted = lots // LOTS_OF_A_LOAN
        self._plant_loans(wanted - self.loans)
        self.loans = wanted
        self.bench.admin.execute("analyze")
        return f"{lots:,} lots of {wanted:,} loans"

    def new_price(self) -> None:
        """The bank takes in another price, a yuan away from the last; what others owe is off the table."""
        self.prices += 1
        self.bench.admin.execute("update house.delivery set done_at = now() where done_at is null")
        self.bench.advance(timedelta(seconds=1))
        a_price(self.bench, self.bank, str(20_000 - self.prices))

    def next_day(self) -> None:
        """A price of the next day: by then every lot is looked at anew, as each night does."""
        self.bench.advance(timedelta(days=1))
        self.new_price()

    def mark(self, _given: object) -> Work:
        """All that follows from it for the book, by the worker's own reactions, committed."""
        with self.bench.worker_app.app_context():
            while owed := [one for one in claim(20_000) if one.subscriber in OURS]:
                assert all(carry_out(one.id) for one in owed)
        return Work(self.loans * LOTS_OF_A_LOAN)

    def check(self) -> str:
        """The last mark is whole: each loan valued once, to the fen what price and quantity say, and the loan the sum of its lots."""
        with self.bank.operator.ws(read_only=True) as ws:
            value = latest_valuation(ws, self.deal.deal_id)
            assert value is not None
            assert value.market_value == total((line.market_value for line in value.lines), value.currency)
            [price] = {(line.price, line.quoted_on) for line in value.lines}
            assert price == (Decimal(20_000 - self.prices), today(ws)), price
        told = {"bank": self.bank.tenant_id, "at": value.at, "each": LOTS_OF_A_LOAN, "price": 20_000 - self.prices}
        found = self.bench.admin.execute(WRONG, told).fetchone()
        assert found == (self.loans, self.loans, 0), f"valuations, loans, wrong sums: {found}"
        return f"checked: {self.loans:,} loans valued once each, {self.loans * LOTS_OF_A_LOAN:,} lots right to the fen, each loan their sum"

    def _plant_loans(self, fresh: int) -> None:
        plant, old = self.bench.plant, self.deal.deal_id
        plant("drop table if exists loan_pattern")
        plant("create table loan_pattern as select uuidv7() as deal, nth from generate_series(%(start)s::bigint, %(end)s::bigint) nth", start=self.loans + 1, end=self.loans + fresh)  # fmt: skip
        for table in COPIED:
            others = self.bench.columns(table, "deal_id")
            plant(f"insert into house.{table} (deal_id, {others}) select p.deal, {others} from loan_pattern p join house.{table} t on t.deal_id = %(old)s", old=old)  # fmt: skip
        plant("insert into gate.access_grant select g.tenant_id, p.deal, g.role, g.kind, g.may_share, g.granted_by, g.created_at, g.ended_at from loan_pattern p join gate.access_grant g on g.object_id = %(old)s", old=old)  # fmt: skip
        self._plant_lots(
            "select p.deal, uuidv7() as fresh, p.nth * 1000 + n as nth, n as line from loan_pattern p, generate_series(1, %(each)s) n"
        )
        line = self.bench.columns("valuation_line", "deal_id", "lot_id")
        plant(f"insert into house.valuation_line (deal_id, lot_id, {line}) select p.deal, p.fresh, {line.replace('line,', 't.line,')} from pattern p join house.valuation_line t on t.deal_id = %(old)s and t.line = p.line", old=old)  # fmt: skip

    def _plant_lots(self, pattern: str) -> None:
        plant, first = self.bench.plant, self.deal.lots[0].id
        plant("drop table if exists pattern")
        plant(f"create table pattern as {pattern}", deal=self.deal.deal_id, each=LOTS_OF_A_LOAN)
        lot = self.bench.columns("lot", "id", "number")
        plant(f"insert into house.lot (id, number, {lot}) select p.fresh, t.number || '-' || p.nth, {lot} from pattern p, house.lot t where t.id = %(first)s", first=first)  # fmt: skip
        pledge = self.bench.columns("pledge", "id", "lot_id", "deal_id")
        plant(f"insert into house.pledge (id, lot_id, deal_id, {pledge}) select uuidv7(), p.fresh, p.deal, {pledge} from pattern p, house.pledge t where t.lot_id = %(first)s", first=first)  # fmt: skip
        for table in ("inspection", "evidence_grade"):
            others = self.bench.columns(table, "id", "lot_id")
            plant(f"insert into house.{table} (id, lot_id, {others}) select uuidv7(), p.fresh, {others} from pattern p, house.{table} t where t.lot_id = %(first)s", first=first)  # fmt: skip
        plant("insert into gate.access_grant select g.tenant_id, p.fresh, g.role, g.kind, g.may_share, g.granted_by, g.created_at, g.ended_at from pattern p, gate.access_grant g where g.object_id = %(first)s", first=first)  # fmt: skip


def compare(bench: Bench) -> list[Comparison]:
    """A price put on goods as they were found: each loan valued to the fen, held against its lines, kept and told in its chain. The limit reckons and writes the rows that
    this leaves behind; told beside it is what it takes to reckon and keep the loans' sums alone, and to write each lot's figures down again.
    """
    goods, runs = Goods(bench), iter(range(1_000_000))
    bench.admin.execute(TABLES)
    bench.admin.execute("insert into bare_quote select code, 10000 + code from generate_series(1, 500) code")
    bench.admin.execute(
        "insert into bare_deal select uuidv7(), n from generate_series(0, %s) n", (BARE_LOTS // LOTS_OF_A_LOAN - 1,)
    )
    bench.admin.execute("insert into bare_lot select uuidv7(), d.deal_id, 1 + n %% 500, 20000 + n %% 1000, 0.98, 1, 0.30 from generate_series(0, %s) n join bare_deal d on d.number = n / %s", (BARE_LOTS - 1, LOTS_OF_A_LOAN))  # fmt: skip
    bench.admin.execute("analyze")
    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:

        def bare(statement: str) -> Callable[[int], Work]:
            def step(run: int) -> Work:
                assert line.execute(statement, {"run": run}).fetchone() == (BARE_LOTS // LOTS_OF_A_LOAN,)
                return Work(BARE_LOTS)

            return step

        product = Side("lots marked to market, each loan kept and told", goods.mark, goods.new_price)
        limit = Side("reckoned, the same rows by one bare statement", bare(LIMIT), lambda: next(runs))
        if bench.million:
            compared = _once(bench, goods, product, limit)
        else:
            growth = [f"{goods.grow(size)} {_alone(bench, product).processor_us:,.1f}" for size in SIZES]
            compared = bench.compare(TITLE, product, limit, goal=GOAL)
            compared.notes += [goods.check(), f"growth, CPU us/op at: {'; '.join(growth)}"]
        for named, statement in {
            "the loans' sums alone": KEPT_SUMS,
            "each lot's figures written down again": LINES_TOO,
        }.items():
            less = _alone(bench, Side("", bare(statement), lambda: next(runs)))
            compared.notes.append(f"{named}, by one bare statement: {less.rate:,.0f} a second, CPU us/op {less.processor_us:,.2f}")  # fmt: skip
    few = Goods(bench)
    looks = f"{few.grow(LOOKED_AT)}, {_alone(bench, Side('', few.mark, few.next_day)).processor_us:,.0f}"
    compared.notes.append(f"a whole look by the rules, lot by lot, CPU us/op: {looks}")
    return [compared]


def _alone(bench: Bench, side: Side) -> Tally:
    return alone(side, bench.pace.seconds, bench.server.pid)


def _once(bench: Bench, goods: Goods, product: Side, limit: Side) -> Comparison:
    """Up to a million lots, each size marked once it is warm."""
    compared = Comparison(TITLE, GOAL, Tally(product.name), Tally(limit.name))
    for size in MILLION:
        named, marked = goods.grow(size), _alone(bench, product)
        compared.product = marked
        compared.notes.append(f"{named}: {marked.rate:,.0f} a second, CPU us/op {marked.processor_us:,.2f}; {goods.check()}")  # fmt: skip
    compared.limit = _alone(bench, limit)
    return compared
