"""Interest, day by day: each business date is taken up once, whenever and however often the clock asks.

The exact interest of all days so far is rounded once; a day posts what that total grew by. So two days post what they cost together, to the
fen, and a late worker that takes up a week at once posts the same as one that came every night (invariants 18 and 44).
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, select

from marketplace.business_days import SHANGHAI
from marketplace.exact import half_up_whole
from marketplace.financing.events import InterestAccrued
from marketplace.financing.models import AccruedDay, Deal, Drawdown, Offer
from marketplace.financing.queries import agreed_terms
from marketplace.financing.rules.interest import DayCount, days_between, overdue_rate
from marketplace.ledger.actions import post
from marketplace.ledger.queries import balances
from marketplace.ledger.rules_accounts import Account
from marketplace.money import Money
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

CLOSING_TIME = time(0, 10)  # ten past midnight: the day before is over everywhere in the zone


def accrue(ws: Workspace, deal: Deal) -> Money:
    """Take up interest for every day that is over and was not taken up; how much that came to. The caller holds the deal."""
    terms, days = agreed_terms(ws, deal), _days_due(ws, deal)
    running = _exact_minor(ws, deal.deal_id)
    posted = before = _posted_minor(ws, deal.deal_id)
    for day in days:
        taken = _taken_up(ws, deal, terms, day)
        running += Fraction(taken.principal_minor * taken.day_weight, taken.year) * Fraction(taken.annual_rate)
        taken.posted_minor = half_up_whole(running) - posted
        posted += taken.posted_minor
        ws.session.add(taken)
        _post(ws, taken)
    ws.session.flush()
    grown = Money(posted - before, deal.currency)
    if days and grown:
        ws.record(InterestAccrued(amount=grown, days=len(days), until=days[-1]), on=deal.deal_id)
    return grown


def next_close(ws: Workspace, deal_id: UUID) -> None:
    """Have the deal's day closed shortly after the coming midnight. Asked twice on a day, it is closed once."""
    tomorrow = today(ws) + timedelta(days=1)
    due = datetime.combine(tomorrow, CLOSING_TIME, tzinfo=SHANGHAI)
    ws.set_timer("financing.close_day", key=f"{deal_id}:{tomorrow}", due=due, stream_id=deal_id)


def _days_due(ws: Workspace, deal: Deal) -> list[date]:
    """Days from the first payment (counted) to today (not counted) that were not taken up yet."""
    last = ws.session.scalar(select(func.max(AccruedDay.day)).where(AccruedDay.deal_id == deal.deal_id))
    paid_at = ws.session.scalar(select(func.min(Drawdown.confirmed_at)).where(Drawdown.deal_id == deal.deal_id))
    if paid_at is None:
        return []
    first = last + timedelta(days=1) if last else paid_at.astimezone(SHANGHAI).date()
    return [first + timedelta(days=offset) for offset in range((today(ws) - first).days)]


def _taken_up(ws: Workspace, deal: Deal, terms: Offer, day: date) -> AccruedDay:
    """One day: the principal at its end, so that money lent on it bears interest and money repaid on it does not."""
    count = DayCount(terms.day_count)
    principal = balances(ws, deal.deal_id, currency=deal.currency, until=day)[Account.LOAN_PRINCIPAL]
    return AccruedDay(
        deal_id=deal.deal_id,
        day=day,
        tenant_id=ws.tenant_id,
        principal_minor=principal.minor,
        annual_rate=_rate_on(deal, terms, day),
        day_weight=days_between(day, day + timedelta(days=1), count),
        year=count.year,
        currency=deal.currency,
    )


def _rate_on(deal: Deal, terms: Offer, day: date) -> Decimal:
    """The contract's rate, and the penalty rate from the day of maturity on (银发〔2003〕251号)."""
    if deal.matures_on is None or day < deal.matures_on:
        return terms.annual_rate
    rate = overdue_rate(terms.annual_rate, terms.overdue_factor)
    return Decimal(rate.numerator) / Decimal(rate.denominator)


def _exact_minor(ws: Workspace, deal_id: UUID) -> Fraction:
    """Interest of all days taken up so far, in minor units, unrounded."""
    sums = (
        select(AccruedDay.year, func.sum(AccruedDay.principal_minor * AccruedDay.day_weight * AccruedDay.annual_rate))
        .where(AccruedDay.deal_id == deal_id)
        .group_by(AccruedDay.year)
    )
    return sum((Fraction(weighted) / year for year, weighted in ws.session.execute(sums)), Fraction(0))


def _posted_minor(ws: Workspace, deal_id: UUID) -> int:
    posted = select(func.coalesce(func.sum(AccruedDay.posted_minor), 0)).where(AccruedDay.deal_id == deal_id)
    return int(ws.session.scalar(posted) or 0)


def _post(ws: Workspace, taken: AccruedDay) -> None:
    if not taken.posted_minor:
        return
    amount = Money(taken.posted_minor, taken.currency)
    post(
        ws,
        deal_id=taken.deal_id,
        key=f"accrual:{taken.day}",
        narrative="Interest for %(day)s",
        entries=[(Account.INTEREST_RECEIVABLE, amount), (Account.INTEREST_INCOME, -amount)],
        facts={"day": taken.day.isoformat()},
    )
