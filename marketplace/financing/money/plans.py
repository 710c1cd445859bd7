"""A loan's rate and its plan of payments: made at the first drawdown, made anew when principal, rate or term change."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from marketplace.business_days import rolled_forward
from marketplace.financing.models.books import ReferenceRate
from marketplace.financing.models.deals import Deal, Offer
from marketplace.financing.models.loans import Instalment, LoanPlan, LoanRate
from marketplace.financing.nights.dues import unbilled
from marketplace.financing.rules.interest import DayCount
from marketplace.financing.rules.repayment import Recalculation
from marketplace.financing.rules.schedule import Period, Plan, period_ends, plan_periods
from marketplace.money import Money
from marketplace.valuation.queries import today
from tenants.errors import Invalid, Unavailable
from tenants.workspace import Workspace


def rate_of(ws: Workspace, deal_id: UUID, on: date) -> LoanRate | None:
    """The loan's rate on a day."""
    wanted = select(LoanRate).where(LoanRate.deal_id == deal_id, LoanRate.effective_on <= on)
    return ws.session.scalars(wanted.order_by(LoanRate.effective_on.desc()).limit(1)).first()


def rates_of(ws: Workspace, deal_id: UUID) -> list[LoanRate]:
    """The loan's rates, oldest first."""
    return list(ws.session.scalars(select(LoanRate).where(LoanRate.deal_id == deal_id).order_by(LoanRate.effective_on)))


def plans_of(ws: Workspace, deal_id: UUID) -> list[LoanPlan]:
    """The plans that were made, newest first."""
    return list(
        ws.session.scalars(select(LoanPlan).where(LoanPlan.deal_id == deal_id).order_by(LoanPlan.version.desc()))
    )


def instalments_of(ws: Workspace, deal_id: UUID) -> list[Instalment]:
    """The plan that counts, in its order; empty before the first drawdown."""
    newest = select(func.max(LoanPlan.version)).where(LoanPlan.deal_id == deal_id).scalar_subquery()
    wanted = select(Instalment).where(Instalment.deal_id == deal_id, Instalment.version == newest)
    return list(ws.session.scalars(wanted.order_by(Instalment.number)))


def reference_rate(ws: Workspace, code: str, on: date) -> ReferenceRate:
    """The bank's newest reference rate of that code on a day. Refuses where none was imported."""
    wanted = select(ReferenceRate).where(
        ReferenceRate.tenant_id == ws.tenant_id, ReferenceRate.code == code, ReferenceRate.effective_on <= on
    )
    found = ws.session.scalars(wanted.order_by(ReferenceRate.effective_on.desc()).limit(1)).first()
    if found is None:
        raise Unavailable(
            "reference_rate_missing",
            "No reference rate %(name)s is imported for that day.",
            field="reference_code",
            name=code,
        )
    return found


def begin_plan(ws: Workspace, deal: Deal, terms: Offer, principal: Money) -> None:
    """The first payment out: the rate of today, the day of maturity, the plan."""
    begins_on = today(ws)
    rate = set_rate(ws, deal, terms, begins_on)
    assert rate is not None, "a loan begins once"
    assert deal.matures_on is not None, "a loan that begins has its last day"
    ends = period_ends(Plan(terms.repayment_plan), begins_on, deal.matures_on)
    made = plan_periods(
        Plan(terms.repayment_plan), principal, rate.annual_rate, begins_on, ends, DayCount(terms.day_count)
    )
    _keep(ws, deal, made, "drawdown", principal, rate.annual_rate)


def renew_plan(
    ws: Workspace,
    deal: Deal,
    terms: Offer,
    because: str,
    *,
    recalculation: Recalculation = Recalculation.SMALLER,
    on: date | None = None,
) -> None:
    """Plan anew what has not fallen due: the periods stay where they were, the payments follow. The days before `on` (today) are taken up before.

    `recalculation`: whether less principal makes smaller payments or a shorter term (level and equal principal only).
    """
    day, plan = on or today(ws), Plan(terms.repayment_plan)
    known = instalments_of(ws, deal.deal_id)
    carried, principal = unbilled(ws, deal)
    ahead = [one for one in known if one.ends_on > day]
    if not principal or not known or deal.matures_on is None or day >= deal.matures_on:
        return
    current = rate_of(ws, deal.deal_id, day)
    assert current is not None, "a running loan has its rate"
    keeps = recalculation is Recalculation.SHORTER and ahead and plan in {Plan.LEVEL, Plan.EQUAL_PRINCIPAL}
    made = plan_periods(
        plan,
        principal,
        current.annual_rate,
        ahead[0].starts_on if ahead else known[-1].ends_on,
        _ends_ahead(plan, known, day, deal.matures_on),
        DayCount(terms.day_count),
        first_number=ahead[0].number if ahead else known[-1].number + 1,
        carried=carried.at_least_zero(),
        accrued_to=day,
        payment=ahead[0].payment if keeps and plan is Plan.LEVEL else None,
        part=ahead[0].principal if keeps and plan is Plan.EQUAL_PRINCIPAL else None,
    )
    _keep(ws, deal, made, because, principal, current.annual_rate)


def set_rate(ws: Workspace, deal: Deal, terms: Offer, on: date) -> LoanRate | None:
    """Let the loan bear its rate from that day on: the agreed one, or reference rate and spread. None where it is the same as before."""
    reference = reference_rate(ws, terms.reference_code, on) if terms.reference_code else None
    annual = reference.annual_rate + terms.spread if reference else terms.annual_rate
    if annual < 0:
        raise Invalid("rate_negative", "An interest rate is not negative.", field="rate")
    before = rate_of(ws, deal.deal_id, on)
    if before is not None and before.annual_rate == annual:
        return None
    fresh = LoanRate(
        deal_id=deal.deal_id,
        effective_on=on,
        tenant_id=ws.tenant_id,
        annual_rate=annual,
        reference_rate=reference.annual_rate if reference else None,
        set_at=ws.now,
    )
    ws.session.add(fresh)
    ws.session.flush()
    return fresh


def maturity(begins_on: date, tenor_days: int) -> date:
    """The last day of a loan: so many days after it began, moved to the next business day (Civil Code 203); interest runs until then."""
    return rolled_forward(date.fromordinal(begins_on.toordinal() + tenor_days))


def _ends_ahead(plan: Plan, known: Sequence[Instalment], day: date, matures_on: date) -> list[date]:
    """Where the periods that are left end: where they did, and monthly on after the old last day where the loan was extended."""
    if plan is Plan.BULLET:
        return [matures_on]
    ends: Iterable[date] = (one.ends_on for one in known)
    if matures_on > known[-1].ends_on:
        ends = period_ends(plan, known[0].starts_on, matures_on)
    return [*(end for end in ends if day < end < matures_on), matures_on]


def _keep(ws: Workspace, deal: Deal, made: Sequence[Period], because: str, principal: Money, annual: Decimal) -> None:
    version = 1 + (ws.session.scalar(select(func.max(LoanPlan.version)).where(LoanPlan.deal_id == deal.deal_id)) or 0)
    plain = {"deal_id": deal.deal_id, "version": version, "tenant_id": ws.tenant_id}
    ws.session.add(LoanPlan(**plain, because=because, principal_minor=principal.minor, annual_rate=annual, made_at=ws.now))  # fmt: skip
    for one in made:
        ws.session.add(
            Instalment(
                **plain,
                number=one.number,
                starts_on=one.starts_on,
                ends_on=one.ends_on,
                due_on=one.due_on,
                interest_minor=one.interest.minor,
                principal_minor=one.principal.minor,
                balance_minor=one.balance.minor,
                currency=deal.currency,
            )
        )
    ws.session.flush()
