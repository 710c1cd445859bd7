"""Interest of many loans at once: one statement reads what their next days rest on, the rule reckons, one statement writes the days and books them.

Each business date is taken up once, whenever and however often the clock asks.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from marketplace.financing.models.quiet import new_days
from marketplace.financing.rules.days import RATE_PLACES, Quality, Standing, Step
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.interest import DayCount, next_reset
from marketplace.financing.rules.quality import LoanClass
from marketplace.financing.rules.terms import OWING
from tenants.workspace import Workspace

OWING_STATES = sorted(state.value for state in OWING)

# Loan by loan through each table's own key: a plan that joins first and picks the loans afterwards reads the whole book. Money lent on a day bears
# interest for it, money repaid on it does not.
STANDING = """
select d.deal_id, d.status, d.currency, o.day_count, o.grace_days, o.compounds, o.reference_code, o.reset_months, rates.begun_on, next.day as next_day,
       cast(rates.annual_rate * :places as bigint) as rate, cast(rates.annual_rate * o.overdue_factor * :places as bigint) as penalty_rate, owed.principal_minor, late.principal_minor as overdue_minor, late.interest_minor as overdue_interest_minor, late.since,
       least(owed.changes_on, rates.changes_on, late.changes_on) as changes_on, plan.ends_on,
       case when last.closes_period is false then trunc(last.running * :places) end as running, trunc(last.running_penalty * :places) as running_penalty,
       trunc(last.running_compound * :places) as running_compound,
       quality.loan_class, quality.stage, quality.lowered_to, published.changes_on as published_on
  from unnest(cast(:deals as uuid[])) w (deal_id)
  join house.deal d on d.deal_id = w.deal_id and d.status = any(cast(:owing as text[]))
  join house.offer o on o.deal_id = d.deal_id and o.id = d.offer_id
  left join lateral (select a.day, a.running, a.running_penalty, a.running_compound, a.closes_period from house.accrued_day a
                      where a.deal_id = d.deal_id order by a.day desc limit 1) last on true
  cross join lateral (select coalesce(last.day + 1, (select min(r.effective_on) from house.loan_rate r where r.deal_id = d.deal_id)) as day) next
  cross join lateral (select min(r.effective_on) as begun_on, min(r.effective_on) filter (where r.effective_on > next.day) as changes_on,
                             (array_agg(r.annual_rate order by r.effective_on desc) filter (where r.effective_on <= next.day))[1] as annual_rate,
                             (array_agg(r.reference_rate order by r.effective_on desc))[1] as reference_rate
                        from house.loan_rate r where r.deal_id = d.deal_id) rates
  cross join lateral (select coalesce(sum(e.amount_minor) filter (where e.value_date <= next.day), 0) as principal_minor,
                             min(e.value_date) filter (where e.value_date > next.day) as changes_on
                        from house.ledger_entry e where e.deal_id = d.deal_id and e.account = 'loan_principal') owed
  cross join lateral (select coalesce(sum(f.open_minor) filter (where f.part = 'PRINCIPAL' and f.due_on + cast(o.grace_days as int) <= next.day), 0) as principal_minor,
                             coalesce(sum(f.open_minor) filter (where f.part = 'INTEREST' and f.due_on + cast(o.grace_days as int) <= next.day), 0) as interest_minor,
                             min(f.due_on + cast(o.grace_days as int)) filter (where f.due_on + cast(o.grace_days as int) > next.day) as changes_on, min(f.due_on) as since
                        from house.fallen_due f where f.deal_id = d.deal_id and f.open_minor > 0) late
  left join lateral (select i.ends_on from house.instalment i where i.deal_id = d.deal_id and i.ends_on > next.day
                        and i.version = (select max(p.version) from house.loan_plan p where p.deal_id = d.deal_id) order by i.number limit 1) plan on true
  left join lateral (select q.loan_class, q.stage, q.lowered_to from house.loan_quality q where q.deal_id = d.deal_id order by q.id desc limit 1) quality on true
  left join lateral (select min(greatest(x.effective_on, next.day + 1)) as changes_on from house.reference_rate x
                      where x.tenant_id = :tenant_id and x.code = o.reference_code and x.annual_rate <> rates.reference_rate
                        and x.effective_on >= (select max(y.effective_on) from house.reference_rate y
                                                where y.tenant_id = :tenant_id and y.code = o.reference_code and y.effective_on <= next.day + 1)) published on o.reference_code <> ''
 where rates.begun_on is not null
"""
STANDINGS = text(STANDING)
OF_STEPS = """
  select n.deal_id, n.day, :tenant_id, n.principal_minor, n.overdue_minor, n.overdue_interest_minor, n.annual_rate, n.penalty_rate, n.day_weight, n.year,
         n.running, n.running_penalty, n.running_compound, n.posted_minor, n.penalty_minor, n.compound_minor, n.currency, n.closes_period
    from unnest(cast(:deals as uuid[]), cast(:days as date[]), cast(:principals as bigint[]), cast(:overdue as bigint[]), cast(:overdue_interest as bigint[]),
                cast(:rates as numeric[]), cast(:penalty_rates as numeric[]), cast(:weights as int[]), cast(:years as int[]), cast(:running as numeric[]),
                cast(:running_penalty as numeric[]), cast(:running_compound as numeric[]), cast(:posted as bigint[]), cast(:penalties as bigint[]),
                cast(:compounds as bigint[]), cast(:currencies as text[]), cast(:closing as boolean[]))
         as n (deal_id, day, principal_minor, overdue_minor, overdue_interest_minor, annual_rate, penalty_rate, day_weight, year, running, running_penalty,
               running_compound, posted_minor, penalty_minor, compound_minor, currency, closes_period)
"""
BY_STEPS = new_days(
    days=OF_STEPS, tenant=":tenant_id", person=":person_id", now=":now", id="uuidv7()", key="'accrual:' || t.day", facts="json_build_object('day', t.day)"
)  # fmt: skip
KEEP = text(f"with {BY_STEPS} select count(*) from taken")  # noqa: S608 (a statement of our own)
QUIET = text("""
insert into house.quiet_loan (deal_id, tenant_id, until, rates_known)
select n.deal_id, :tenant_id, n.until, (select count(*) from house.reference_rate r where r.tenant_id = :tenant_id)
  from unnest(cast(:deals as uuid[]), cast(:days as date[])) n (deal_id, until)
 where not exists (select from house.loan_misuse m where m.deal_id = n.deal_id and m.ended_on is null)
on conflict (deal_id) do update set until = excluded.until, rates_known = excluded.rates_known
""")


def standings(ws: Workspace, deal_ids: Sequence[UUID]) -> list[Standing]:
    """What the next days of these loans rest on; those that owe nothing are left out. The caller holds them."""
    ws.session.flush()
    values = {
        "deals": [str(one) for one in deal_ids],
        "owing": OWING_STATES,
        "tenant_id": ws.tenant_id,
        "places": 10**RATE_PLACES,
    }
    return [_standing(row) for row in ws.session.execute(STANDINGS, values)]


def keep_days(ws: Workspace, steps: Sequence[Step]) -> int:
    """Keep the days that were taken up and book them, all or none; how many were new."""
    columns = _columns(steps)
    if not columns["deals"]:
        return 0
    values = columns | {"tenant_id": ws.tenant_id, "person_id": ws.person_id, "now": ws.now}
    return int(ws.session.execute(KEEP, values).scalar_one())


def keep_quiet(ws: Workspace, steps: Sequence[Step]) -> None:
    """Tell the nights to come which loans need no rule for a while. The caller holds these loans and the books."""
    found = [(str(step.standing.deal_id), step.quiet_until) for step in steps if step.quiet_until]
    if found:
        deals, days = (list(column) for column in zip(*found, strict=True))
        ws.session.execute(QUIET, {"tenant_id": ws.tenant_id, "deals": deals, "days": days})


def _columns(steps: Sequence[Step]) -> dict[str, Any]:
    found = [(step.standing, step, day) for step in steps for day in step.taken]
    return {
        "deals": [str(loan.deal_id) for loan, _, _ in found],
        "days": [day.day for _, _, day in found],
        "principals": [loan.principal - loan.overdue for loan, _, _ in found],
        "overdue": [loan.overdue for loan, _, _ in found],
        "overdue_interest": [loan.overdue_interest for loan, _, _ in found],
        "rates": [_share(loan.rate) for loan, _, _ in found],
        "penalty_rates": [_share(loan.penalty_rate) for loan, _, _ in found],
        "weights": [day.weight for _, _, day in found],
        "years": [loan.day_count.year for loan, _, _ in found],
        "running": [_share(day.running) for _, _, day in found],
        "running_penalty": [_share(day.running_penalty) for _, _, day in found],
        "running_compound": [_share(day.running_compound) for _, _, day in found],
        "posted": [day.posted for _, _, day in found],
        "penalties": [day.penalty for _, _, day in found],
        "compounds": [day.compound for _, _, day in found],
        "currencies": [loan.currency for loan, _, _ in found],
        "closing": [step.bills and day.day == step.until for _, step, day in found],
    }


def _share(whole: int) -> str:
    """A figure kept times 10^10, as the database reads it."""
    return f"{whole}e-{RATE_PLACES}"


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        deal_id=row.deal_id,
        state=DealState(row.status),
        currency=row.currency,
        day_count=DayCount(row.day_count),
        grace_days=row.grace_days,
        compounds=row.compounds,
        next_day=row.next_day,
        changes_on=row.changes_on,
        period_ends_on=row.ends_on,
        reset_on=_reset_on(row),
        unpaid_since=row.since,
        principal=int(row.principal_minor),
        overdue=int(row.overdue_minor),
        overdue_interest=int(row.overdue_interest_minor),
        rate=row.rate,
        penalty_rate=row.penalty_rate,
        running=int(row.running or 0),
        running_penalty=int(row.running_penalty or 0),
        running_compound=int(row.running_compound or 0),
        quality=_quality(row),
    )


def _reset_on(row: Row[Any]) -> date | None:
    """A rate that follows each new reference rate is looked at with the next that differs; others every so many months."""
    if not row.reference_code:
        return None
    return next_reset(row.begun_on, row.reset_months, row.next_day) if row.reset_months else row.published_on


def _quality(row: Row[Any]) -> Quality | None:
    if row.loan_class is None:
        return None
    return Quality(LoanClass(row.loan_class), row.stage, LoanClass(row.lowered_to) if row.lowered_to else None)
