"""What a misuse adds to a loan's interest, day by day behind the days that are taken up already. A loan of which no misuse was found costs one look for a whole stretch."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, select

from marketplace.exact import half_up
from marketplace.financing.models.loans import AccruedDay
from marketplace.financing.models.misuse import LoanMisuse, MisuseDay
from marketplace.financing.rules.days import RATE_PLACES
from marketplace.financing.rules.misuse import LentDay, MisusedDay, take_up_misuse
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account, Line
from marketplace.money import Money
from tenants.workspace import Workspace


def add_misuse(ws: Workspace, deal_ids: Sequence[UUID], until: date) -> int:
    """Take up what misuse adds to these loans' days up to `until`, each day with its posting; what that came to in minor units. The caller holds the loans."""
    wanted = select(LoanMisuse).where(LoanMisuse.deal_id.in_(deal_ids), LoanMisuse.ended_on.is_(None))
    return sum(_add(ws, one, until) for one in ws.session.scalars(wanted).all())


def add_back_days(ws: Workspace, misuse: LoanMisuse, until: date) -> Money:
    """What a misuse adds to days that were closed before it was found, by one posting of today; how much that was."""
    found = _taken(ws, misuse, until)
    added = Money(sum(one.posted for one in found), misuse.currency)
    if added:
        told = {"since": misuse.since.isoformat(), "until": until.isoformat()}
        narrative = "Misuse of the loan from %(since)s to %(until)s"
        post(
            ws,
            deal_id=misuse.deal_id,
            key=f"misuse:{misuse.id}",
            narrative=narrative,
            entries=_lines(added),
            facts=told,
        )
    return added


def added_by(ws: Workspace, misuses: Sequence[LoanMisuse]) -> dict[UUID, Money]:
    """What each has added to the interest so far."""
    sums = select(MisuseDay.misuse_id, func.sum(MisuseDay.posted_minor)).where(MisuseDay.misuse_id.in_([one.id for one in misuses]))  # fmt: skip
    minor = {misuse_id: int(amount) for misuse_id, amount in ws.session.execute(sums.group_by(MisuseDay.misuse_id))}
    return {one.id: Money(minor.get(one.id, 0), one.currency) for one in misuses}


def _add(ws: Workspace, misuse: LoanMisuse, until: date) -> int:
    found = _taken(ws, misuse, until)
    for one in found:
        if one.posted:
            post(
                ws,
                deal_id=misuse.deal_id,
                key=f"misuse:{misuse.id}:{one.day}",
                narrative="Misuse of the loan on %(day)s",
                entries=_lines(Money(one.posted, misuse.currency)),
                facts={"day": one.day.isoformat()},
                value_date=one.day,
            )
    return sum(one.posted for one in found)


def _taken(ws: Workspace, misuse: LoanMisuse, until: date) -> list[MisusedDay]:
    """The days that are new, kept."""
    last = ws.session.scalars(
        select(MisuseDay).where(MisuseDay.deal_id == misuse.deal_id, MisuseDay.misuse_id == misuse.id).order_by(MisuseDay.day.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    days = select(AccruedDay).where(AccruedDay.deal_id == misuse.deal_id, AccruedDay.day >= misuse.since, AccruedDay.day <= until)  # fmt: skip
    fresh = days if last is None else days.where(AccruedDay.day > last.day)
    lent = [_lent(row) for row in ws.session.scalars(fresh.order_by(AccruedDay.day))]
    found = list(take_up_misuse(lent, misuse.amount_minor, misuse.factor, Fraction(last.running if last else 0)))
    ws.session.add_all([_row(misuse, one) for one in found])
    ws.session.flush()
    return found


def _lent(row: AccruedDay) -> LentDay:
    return LentDay(
        day=row.day,
        principal=row.principal_minor,
        overdue=row.overdue_minor,
        annual_rate=row.annual_rate,
        penalty_rate=row.penalty_rate,
        weight=row.day_weight,
        year=row.year,
        running=row.running,
        closes_period=row.closes_period,
    )


def _row(misuse: LoanMisuse, one: MisusedDay) -> MisuseDay:
    return MisuseDay(
        deal_id=misuse.deal_id,
        misuse_id=misuse.id,
        day=one.day,
        tenant_id=misuse.tenant_id,
        misused_minor=one.misused,
        overdue_minor=one.overdue,
        annual_rate=half_up(one.annual_rate, RATE_PLACES),
        running=half_up(one.running, RATE_PLACES),
        posted_minor=one.posted,
    )


def _lines(added: Money) -> list[Line]:
    return [(Account.PENALTY_RECEIVABLE, added), (Account.PENALTY_INCOME, -added)]
