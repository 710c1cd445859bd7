"""Loans a second through the close of a day: interest, dues, delay and class, booked and balanced, against one bare statement that writes the same rows."""

from datetime import date, timedelta

import psycopg

from marketplace.financing.nights import end_of_day
from marketplace.financing.nights.provisions import expected_loss_minor
from marketplace.valuation.queries import today
from tenants.deliveries import carry_out, claim
from tests.bench.rounds import Comparison, Side, Work, alone
from tests.bench.world import Bench
from tests.factories import Firm
from tests.marketplace.financing.makers import a_running_loan

SIZES = (100, 1_000, 10_000)
COPIED = (
    "deal",
    "deal_cover",
    "offer",
    "loan_rate",
    "loan_plan",
    "instalment",
    "posting",
    "ledger_entry",
    "debt_balance",
    "accrued_day",
    "loan_quality",
    "deal_valuation",
)
TABLES = """
create table if not exists bare_loan (deal_id uuid primary key, principal bigint, rate numeric, year int);
create table if not exists bare_day (deal_id uuid, day date, principal bigint, rate numeric, running numeric, posted bigint, primary key (deal_id, day));
create table if not exists bare_posting (deal_id uuid, id uuid, key text, day date, narrative text, facts json, posted_at timestamptz, lines int,
  primary key (deal_id, id), unique (deal_id, key));
create table if not exists bare_entry (deal_id uuid, posting_id uuid, line int, day date, account text, amount bigint, currency text, primary key (deal_id, posting_id, line));
create index if not exists bare_entry_account on bare_entry (deal_id, account, day)
"""
# The same rows with the same keys: no row security, no triggers, no foreign keys, no state machine, nobody else's loans.
LIMIT = """
with taken as (
  insert into bare_day select l.deal_id, %(day)s, l.principal, l.rate, coalesce(p.running, 0) + l.principal * l.rate,
         div(2 * (coalesce(p.running, 0) + l.principal * l.rate) + l.year, 2 * l.year) - div(2 * coalesce(p.running, 0) + l.year, 2 * l.year)
    from bare_loan l left join bare_day p on p.deal_id = l.deal_id and p.day = %(day)s - 1
  returning deal_id, posted
), head as (
  insert into bare_posting select deal_id, uuidv7(), 'accrual:' || %(day)s, %(day)s, 'Interest for %%(day)s', json_build_object('day', %(day)s), now(), 2 from taken returning deal_id, id
), body as (
  insert into bare_entry select h.deal_id, h.id, l.line, %(day)s, l.account, l.amount, 'CNY' from head h join taken t on t.deal_id = h.deal_id
   cross join lateral (values (1, 'interest_receivable', t.posted), (2, 'interest_income', -t.posted)) l (line, account, amount)
)
select count(*) from taken
"""
# What must be true of every night: each loan has the day's interest once, booked and balanced, as the bare arithmetic has it.
WRONG = """
select count(*) filter (where a.posted_minor <> b.posted), count(*), (select count(distinct p.deal_id) from house.posting p where p.tenant_id = %(bank)s and p.key = 'accrual:' || %(day)s),
       (select coalesce(sum(e.amount_minor), 0) from house.ledger_entry e where e.tenant_id = %(bank)s and e.value_date = %(day)s),
       (select count(*) from house.debt_balance d where d.tenant_id = %(bank)s and d.amount_minor <> (
         select sum(e.amount_minor) from house.ledger_entry e where e.deal_id = d.deal_id and e.account = d.account))
  from house.accrued_day a cross join (select a.posted_minor as posted from house.accrued_day a where a.day = %(day)s and a.deal_id = %(pattern)s) b
 where a.day = %(day)s and a.tenant_id = %(bank)s
"""


class Book:
    """A bank's book of copies of one loan, and its nights."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.size = bench, 1
        self.deal = a_running_loan(bench, tenor_days=1800)
        self.bank: Firm = self.deal.bank

    def grow(self, size: int) -> str:
        """So many loans in all: the others are copies of the first, planted by the administrator."""
        plant, fresh = self.bench.plant, size - self.size
        plant("drop table if exists pattern")
        plant("create table pattern as select %(old)s::uuid as old, uuidv7() as fresh from generate_series(1, %(fresh)s)", old=self.deal.deal_id, fresh=fresh)  # fmt: skip
        for table in COPIED:
            others = self.bench.columns(table, "deal_id")
            plant(f"insert into house.{table} (deal_id, {others}) select p.fresh, {others} from pattern p join house.{table} t on t.deal_id = p.old")  # fmt: skip
        plant("insert into gate.access_grant select g.tenant_id, p.fresh, g.role, g.kind, g.may_share, g.granted_by, g.created_at, g.ended_at from pattern p join gate.access_grant g on g.object_id = p.old")  # fmt: skip
        self.bench.admin.execute("analyze")
        self.size = size
        return f"{size:,} loans"

    def pass_a_day(self) -> None:
        """It is the next morning; what others owe is off the table: looks at lines are carried out by others."""
        self.bench.advance(timedelta(days=1))
        self.bench.admin.execute(
            "update house.delivery set done_at = now() where subscriber <> 'financing.close_day' and done_at is null"
        )

    def night(self, _given: object) -> Work:
        """The close of the day by the worker's own reactions, committed."""
        with self.bench.worker_app.app_context():
            while nights := [one for one in claim(20_000) if one.subscriber == "financing.close_day"]:
                assert all(carry_out(one.id) for one in nights)
        return Work(self.size)

    def losses(self, _given: object) -> Work:
        """The loss to expect of the book, which is told once its day is closed."""
        with self.bank.operator.ws(read_only=True) as ws:
            assert expected_loss_minor(ws) > 0
        return Work(self.size)

    def check(self) -> str:
        """The last night is whole: every loan closed and in the book, to the fen, and the book is in balance."""
        with self.bank.operator.ws(read_only=True) as ws:
            run, day = end_of_day.runs(ws, limit=1)[0], today(ws) - timedelta(days=1)
        assert (run.business_date, run.status, run.loans, run.accrued, run.troubled) == (day, "DONE", self.size, self.size, 0)  # fmt: skip
        found = self.bench.admin.execute(
            WRONG, {"day": day, "pattern": self.deal.deal_id, "bank": self.bank.tenant_id}
        ).fetchone()
        assert found == (0, self.size, self.size, 0, 0), f"wrong interest, loans, postings, balance, debts: {found}"
        return (
            f"checked: {self.size:,} loans closed, each day in the book once, to the fen, in balance, its debt summed"
        )


def compare(bench: Bench) -> list[Comparison]:
    """Interest, dues, delay, class, new rates and looks at the lines, in transactions of a thousand; the limit writes the same rows in one bare statement."""
    book = Book(bench)
    bench.admin.execute(TABLES)
    bench.admin.execute("insert into bare_loan select uuidv7(), 100000000, 0.0435, 360 from generate_series(1, %s)", (SIZES[-1],))  # fmt: skip
    days = (date(2000, 1, 1) + timedelta(days=number) for number in range(100_000))
    with psycopg.connect(bench.admin_dsn, autocommit=True) as line:

        def bare(day: date) -> Work:
            assert line.execute(LIMIT, {"day": day}).fetchone() == (SIZES[-1],)
            return Work(SIZES[-1])

        product = Side("loans through the close of a day", book.night, book.pass_a_day)
        limit = Side("the same rows by one bare statement", bare, lambda: next(days))
        growth = [f"{book.grow(size)} {alone(product, bench.pace.seconds, bench.server.pid).processor_us:,.1f}" for size in SIZES]  # fmt: skip
        compared = bench.compare("Loans a second through the close of a day, all steps, committed", product, limit, goal=">= 0.5 (at most twice the time)")  # fmt: skip
        bench.note_alone(compared, Side("the loss to expect, told after the close", book.losses))
        compared.notes += [book.check(), f"growth, CPU us/op at: {'; '.join(growth)}"]
    return [compared]
