"""Loans on which nothing happens for a while but interest, as the last close found them; and the database's own part in their nights."""

from datetime import date
from functools import reduce
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

# What is booked of the days that <days> says, those that are new, each with its posting and lines; for whoever says what the names in brackets are.
NEW_DAYS = """taken as (
  insert into house.accrued_day (deal_id, day, tenant_id, principal_minor, overdue_minor, overdue_interest_minor, annual_rate, penalty_rate, day_weight, year,
         running, running_penalty, running_compound, posted_minor, penalty_minor, compound_minor, currency, closes_period)
<days>
  on conflict (deal_id, day) do nothing
  returning deal_id, day, <id> as id, currency, posted_minor, penalty_minor + compound_minor as penalty_minor
), head as (
  insert into house.posting (deal_id, id, tenant_id, key, narrative, facts, value_date, posted_at, posted_by, entry_count)
  select t.deal_id, t.id, <tenant>, <key>, 'Interest for %(day)s', <facts>, t.day, <now>, <person>,
         2 * (cast(t.posted_minor <> 0 as int) + cast(t.penalty_minor <> 0 as int))
    from taken t where t.posted_minor <> 0 or t.penalty_minor <> 0
), body as (
  insert into house.ledger_entry (deal_id, posting_id, line, tenant_id, value_date, account, amount_minor, currency)
  select t.deal_id, t.id, l.line, <tenant>, t.day, l.account, l.sign * t.posted_minor, t.currency
    from taken t cross join (values (1, 'interest_receivable', 1), (2, 'interest_income', -1)) l (line, account, sign) where t.posted_minor <> 0
  union all
  select t.deal_id, t.id, l.line + 2 * cast(t.posted_minor <> 0 as int), <tenant>, t.day, l.account, l.sign * t.penalty_minor, t.currency
    from taken t cross join (values (1, 'penalty_receivable', 1), (2, 'penalty_income', -1)) l (line, account, sign) where t.penalty_minor <> 0
)
"""


class QuietLoan(Base):
    """What a close found of a loan: until the close of the day `until`, each night brings the interest of the night before and nothing else.

    Written under the deal's lock and the books', from what the rule saw. The database takes it away with whatever the rule would see otherwise: principal,
    a due that falls or is open again, rate, plan, class, state or a misuse. `rates_known`: how many reference rates the bank had then; another one, and
    nothing is sure. No evidence, no figure: without the row a night costs more and comes to the same.
    """

    __tablename__ = "quiet_loan"
    __access__ = Access(about="deal_id", read=roles("bank"), add=roles("bank"), change=roles("bank"), custodian=True)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    until: Mapped[date]
    rates_known: Mapped[int]


def new_days(**named: str) -> str:
    """The statement that books days, as its caller names what it takes: days, tenant, person, now, and of each posting id, key and facts."""
    return reduce(lambda said, name: said.replace(f"<{name}>", named[name]), named, NEW_DAYS)


IN_THE_GATE = new_days(
    days="select * from again", tenant="me", person="who", now="moment", id="batch", key="cause", facts="told"
)
SQL = (Path(__file__).parent.parent / "sql" / "quiet_nights.sql").read_text()
ADDITIONS.append(SQL.replace("<new days>", IN_THE_GATE))
