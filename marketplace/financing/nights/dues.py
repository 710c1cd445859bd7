"""What falls due: at a period's end the interest taken up so far and the planned principal, for many loans at once; and how late a loan is."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from marketplace.financing.events.loans import LoanFellOverdue
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.loans import FallenDue
from marketplace.financing.queries import position
from marketplace.financing.rules.quality import days_past_due
from marketplace.financing.steps import step_deal
from marketplace.ledger.queries import balances
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.states import Actor
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

# Interest falls due with what was taken up and not billed, not with what was planned: the plan is a forecast, the book is what is. The last payment
# takes all principal that is left.
BILL = text("""
with ending as (
  select i.deal_id, i.number, i.due_on, i.principal_minor, i.balance_minor, i.currency, i.ends_on
    from unnest(cast(:deals as uuid[]), cast(:ends as date[])) w (deal_id, ends_on)
    join lateral (select max(p.version) as version from house.loan_plan p where p.deal_id = w.deal_id) plan on true
    join house.instalment i on i.deal_id = w.deal_id and i.version = plan.version and i.ends_on = w.ends_on
), standing as (
  select n.*,
    (select coalesce(sum(e.amount_minor), 0) from house.ledger_entry e where e.deal_id = n.deal_id and e.account = 'interest_receivable' and e.value_date < n.ends_on) as interest_minor,
    (select coalesce(sum(e.amount_minor), 0) from house.ledger_entry e where e.deal_id = n.deal_id and e.account = 'loan_principal' and e.value_date < n.ends_on) as owed_minor,
    (select coalesce(sum(f.open_minor) filter (where f.part = 'INTEREST'), 0) from house.fallen_due f where f.deal_id = n.deal_id and f.open_minor > 0) as billed_interest,
    (select coalesce(sum(f.open_minor) filter (where f.part = 'PRINCIPAL'), 0) from house.fallen_due f where f.deal_id = n.deal_id and f.open_minor > 0) as billed_principal
    from ending n
), owed as (
  select s.deal_id, s.number, s.due_on, s.currency, 'INTEREST' as part, s.interest_minor - s.billed_interest as amount_minor from standing s
  union all
  select s.deal_id, s.number, s.due_on, s.currency, 'PRINCIPAL',
         case when s.balance_minor = 0 then s.owed_minor - s.billed_principal else least(s.principal_minor, s.owed_minor - s.billed_principal) end from standing s
), billed as (
  insert into house.fallen_due (deal_id, number, part, tenant_id, due_on, amount_minor, open_minor, currency, billed_at)
  select o.deal_id, o.number, o.part, :tenant_id, o.due_on, o.amount_minor, o.amount_minor, o.currency, :now from owed o where o.amount_minor > 0
  on conflict (deal_id, number, part) do nothing returning deal_id
)
select count(*) from billed
""")

# Loan by loan through the index of what is open: a plan that joins first and picks the loans afterwards reads the whole book.
OLDEST_UNPAID = text("""
select w.deal_id, late.since, o.grace_days
  from unnest(cast(:deals as uuid[])) w (deal_id)
  join lateral (select min(f.due_on) as since from house.fallen_due f where f.deal_id = w.deal_id and f.open_minor > 0) late on late.since is not null
  join house.deal d on d.deal_id = w.deal_id
  join house.offer o on o.deal_id = d.deal_id and o.id = d.offer_id
""")


def bill(ws: Workspace, ending: Sequence[tuple[UUID, date]]) -> int:
    """Let fall due what belongs to these loans' periods that end with those days (not counted), once the days before are taken up; how many dues there were."""
    values = {"deals": [str(deal_id) for deal_id, _ in ending], "ends": [ends_on for _, ends_on in ending], "tenant_id": ws.tenant_id, "now": ws.now}  # fmt: skip
    return int(ws.session.execute(BILL, values).scalar_one())


def open_dues(ws: Workspace, deal_id: UUID) -> list[FallenDue]:
    """What has fallen due and is not paid, oldest first."""
    wanted = select(FallenDue).where(FallenDue.deal_id == deal_id, FallenDue.open_minor > 0)
    return list(ws.session.scalars(wanted.order_by(FallenDue.due_on, FallenDue.number, FallenDue.part)))


def instalment_states(ws: Workspace, deal: Deal) -> dict[int, str]:
    """Of each instalment that has fallen due: PAID; DUE, where it is not paid and still in time; LATE, once the loan is past due and its day is gone."""
    fallen = ws.session.scalars(select(FallenDue).where(FallenDue.deal_id == deal.deal_id)).all()
    unpaid = {one.number for one in fallen if one.open_minor}
    past = {one.number for one in fallen if one.due_on < today(ws)} if days_late(ws, deal) else set()
    return {one.number: "PAID" if one.number not in unpaid else "LATE" if one.number in past else "DUE" for one in fallen}  # fmt: skip


def unbilled(ws: Workspace, deal: Deal) -> tuple[Money, Money]:
    """Interest taken up and principal owed that have not fallen due yet."""
    standing = balances(ws, deal.deal_id, currency=deal.currency)
    billed = {part: sum(one.open_minor for one in open_dues(ws, deal.deal_id) if one.part == part) for part in ("INTEREST", "PRINCIPAL")}  # fmt: skip
    interest = Money(standing[Account.INTEREST_RECEIVABLE].minor - billed["INTEREST"], deal.currency)
    principal = Money(standing[Account.LOAN_PRINCIPAL].minor - billed["PRINCIPAL"], deal.currency)
    return interest, principal


def oldest_unpaid(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[UUID, tuple[date, int]]:
    """Of each loan that owes something due: since when, and its days of grace."""
    rows = ws.session.execute(OLDEST_UNPAID, {"deals": [str(one) for one in deal_ids]})
    return {deal_id: (since, grace) for deal_id, since, grace in rows}


def days_late(ws: Workspace, deal: Deal, on: date | None = None) -> int:
    """Days past due of one loan, today or on a day."""
    since, grace = oldest_unpaid(ws, [deal.deal_id]).get(deal.deal_id, (None, 0))
    return days_past_due(since, on or today(ws), grace_days=grace)


def fall_overdue(ws: Workspace, deal: Deal, since: date) -> None:
    """What fell due on `since` is not paid and its days of grace are over: the loan is overdue. The caller holds the deal."""
    step_deal(ws, deal, "fall_overdue", actor=Actor.SYSTEM, met={"amount_overdue"})
    fact = LoanFellOverdue(number=deal.number, since=since, outstanding=position(ws, deal.deal_id).outstanding)
    ws.record(fact, on=deal.deal_id)
