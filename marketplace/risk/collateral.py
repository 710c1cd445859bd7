"""The daily collateral report of a bank: every facility with goods in pledge on a day, from the record as it stood at that day's end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.business_days import SHANGHAI
from marketplace.financing.bases.showing import drawn_on
from marketplace.financing.models.deals import ConditionRecord, Deal
from marketplace.financing.queries import lines_of, terms_of
from marketplace.financing.rules.terms import Condition
from marketplace.money import Money, total
from marketplace.pledges.models import Pledge, ReleaseExecution
from marketplace.risk.rules.collateral import NOTHING, Facility, Movement, Papers, findings_of
from marketplace.supervision.about import about_any
from marketplace.supervision.models.alarms import Alarm
from marketplace.valuation.models import DealValuation, ValuationLine
from marketplace.valuation.queries import latest_valuation, today
from tenants import rooms
from tenants.errors import Invalid, NotAllowed
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CollateralReport:
    """All facilities of one day, exceptions first, and what they come to by currency."""

    day: date
    facilities: tuple[Facility, ...]

    @property
    def exceptions(self) -> int:
        """How many facilities have something to look at."""
        return sum(bool(one.findings) for one in self.facilities)

    def sums(self) -> dict[str, tuple[Money, Money]]:
        """Currency -> what is owed and what the goods are worth."""
        found: dict[str, tuple[Money, Money]] = {}
        for currency in sorted({one.owed.currency for one in self.facilities}):
            mine = [one for one in self.facilities if one.owed.currency == currency]
            worth = (one.market_value for one in mine if one.market_value is not None)
            found[currency] = (total((one.owed for one in mine), currency), total(worth, currency))
        return found


def collateral_report(ws: Workspace, *, on: date | None = None) -> CollateralReport:
    """The report of a day (today's up to now). For a bank, on its own deals; refuses other firms and a day that has not come."""
    ws.may("read")
    if Kind.BANK not in ws.member.kinds:
        raise NotAllowed("report_of_banks", "This report is a bank's, on its own deals.")
    day = on or today(ws)
    if day > today(ws):
        raise Invalid("day_ahead", "That day has not come yet.", field="day")
    deals = {deal.deal_id: deal for deal in _deals(ws)}
    held: dict[UUID, list[Pledge]] = defaultdict(list)
    for pledge in _pledges(ws, list(deals), day):
        held[pledge.deal_id].append(pledge)
    facilities = [_facility(ws, deals[deal_id], pledges, day) for deal_id, pledges in held.items()]
    return CollateralReport(day, tuple(sorted(facilities, key=lambda one: (*one.rank, one.number))))


def _deals(ws: Workspace) -> list[Deal]:
    mine = rooms.granted(ws, Deal, Deal.deal_id, kind="deal").where(Deal.bank_id == ws.tenant_id)
    return list(ws.session.scalars(mine))


def _pledges(ws: Workspace, deals: Sequence[UUID], day: date) -> list[Pledge]:
    """Pledges that were in force at any time of the day."""
    wanted = select(Pledge).where(
        Pledge.deal_id.in_(deals),
        Pledge.active_at <= _end(day),
        or_(Pledge.ended_at.is_(None), Pledge.ended_at > _begin(day)),
    )
    return list(ws.session.scalars(wanted))


def _facility(ws: Workspace, deal: Deal, pledges: Sequence[Pledge], day: date) -> Facility:
    end = min(_end(day), ws.now)
    value = latest_valuation(ws, deal.deal_id, until=end)
    drawn, terms = drawn_on(ws, deal, day), terms_of(ws, deal)
    facility = Facility(
        deal_id=deal.deal_id,
        number=deal.number,
        borrower=find_organisation(ws.session, deal.borrower_id).name,
        status=deal.status,
        movements=tuple(_movements(ws, pledges, value, day)),
        owed=drawn.outstanding,
        lines=lines_of(terms) if terms else None,
        valued_at=value.found_at if value else None,
        market_value=value.market_value if value else None,
        collateral_value=value.collateral_value if value else None,
    )
    alarms = _alarms(ws, {one.lot_id for one in pledges}, end)
    return replace(facility, findings=findings_of(facility, _papers(ws, deal, pledges, end), alarms, at=end))


@dataclass(frozen=True, slots=True)
class _History:
    """The pledges of one lot under one deal, and what was weighed out of them and when."""

    pledges: Sequence[Pledge]
    weighed_out: Sequence[tuple[Decimal, datetime]]

    def held(self, at: datetime) -> Decimal:
        """What they held at a moment: what they hold now, and what has been weighed out since."""
        standing = [one for one in self.pledges if _was_in_force(one, at)]
        since = sum((weighed for weighed, when in self.weighed_out if when > at), NOTHING)
        return sum((one.quantity for one in standing), NOTHING) + (since if standing else NOTHING)

    def went(self, begin: datetime, end: datetime) -> Decimal:
        """What left them in between: weighed out under a release order, or held no more at all."""
        weighed = sum((weighed for weighed, when in self.weighed_out if begin < when <= end), NOTHING)
        ended = (one.quantity for one in self.pledges if one.ended_at and begin < one.ended_at <= end)
        return weighed + sum(ended, NOTHING)


def _was_in_force(pledge: Pledge, at: datetime) -> bool:
    began = pledge.active_at is not None and pledge.active_at <= at
    return began and (pledge.ended_at is None or pledge.ended_at > at)


def _movements(ws: Workspace, pledges: Sequence[Pledge], value: DealValuation | None, day: date) -> Iterable[Movement]:
    begin, end = _begin(day), _end(day)
    before = latest_valuation(ws, pledges[0].deal_id, until=begin)
    out = _weighed_out(ws, pledges[0].deal_id)
    lines, earlier = ({line.lot_id: line for line in one.lines} if one else {} for one in (value, before))
    for lot_id in sorted({one.lot_id for one in pledges}):
        mine = [one for one in pledges if one.lot_id == lot_id]
        history = _History(mine, out[lot_id])
        opening, closing, went = history.held(begin), history.held(end), history.went(begin, end)
        recorded = earlier[lot_id].pledged_qty if before and lot_id in earlier else None
        movement = Movement(
            lot_number=mine[0].lot_number,
            product_name=mine[0].product_name,
            unit=mine[0].unit,
            opening=opening,
            came=closing - opening + went,
            went=went,
            closing=closing,
            unexplained=history.held(before.found_at) - recorded if before and recorded is not None else NOTHING,
        )
        yield _with_value(movement, lines.get(lot_id))


def _with_value(movement: Movement, line: ValuationLine | None) -> Movement:
    if line is None:
        return movement
    return replace(
        movement,
        book=line.verified_qty,
        measured=line.measured_qty,
        price=line.price,
        quoted_on=line.quoted_on,
        grade=line.grade,
        condition=line.condition,
        market_value=line.market_value,
        collateral_value=line.collateral_value,
        barred=line.barred,
    )


def _weighed_out(ws: Workspace, deal_id: UUID) -> dict[UUID, list[tuple[Decimal, datetime]]]:
    found: dict[UUID, list[tuple[Decimal, datetime]]] = defaultdict(list)
    for one in ws.session.scalars(select(ReleaseExecution).where(ReleaseExecution.deal_id == deal_id)):
        found[one.lot_id].append((one.weighed, one.executed_at))
    return found


def _alarms(ws: Workspace, lots: set[UUID], end: datetime) -> list[str]:
    """The severities of the alarms about these lots that stood at that moment."""
    wanted = select(Alarm.severity).where(
        about_any(lots), Alarm.raised_at <= end, or_(Alarm.closed_at.is_(None), Alarm.closed_at > end)
    )
    return list(ws.session.scalars(wanted))


def _papers(ws: Workspace, deal: Deal, pledges: Sequence[Pledge], end: datetime) -> Papers:
    wanted = select(ConditionRecord).where(
        ConditionRecord.deal_id == deal.deal_id,
        ConditionRecord.kind == Condition.INSURANCE,
        ConditionRecord.recorded_at <= end,
    )
    insurance = ws.session.scalars(
        wanted.order_by(ConditionRecord.recorded_at.desc(), ConditionRecord.id.desc()).limit(1)
    ).first()
    return Papers(
        insured_until=insurance.valid_until if insurance else None,
        is_insured=insurance is not None,
        is_registered=all(one.certificate for one in pledges),
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


def _end(day: date) -> datetime:
    return datetime.combine(day, time.max, SHANGHAI)
