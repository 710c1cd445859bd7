"""The risk assessment of a deal (domain model, section 9, report 3): whatever a bank knows of it here, put into one score, one loss and one piece of advice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, select

from marketplace.documents.blind_index import warnings_about
from marketplace.documents.models import Trade, TradeEntry
from marketplace.documents.queries import entries_of, trades_of_room
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.loans import LoanQuality
from marketplace.financing.nights.classes import latest_qualities
from marketplace.financing.nights.provisions import LossShares, loss_of, loss_shares
from marketplace.financing.queries import find_deal, goods_of, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.quality import ExpectedLoss, LoanClass, probability_of_default
from marketplace.financing.rules.scoring import concentration
from marketplace.financing.rules.terms import Position
from marketplace.pledges.models_papers import ControlLoss
from marketplace.reliance.queries import last_grades
from marketplace.risk.assessment.advice import (  # fmt: skip
    FALLS,
    Looked,
    Recommendation,
    Shock,
    Signal,
    Worth,
    advise,
    shock_of,
    value_after,
)
from marketplace.risk.assessment.core import CoreHealth, Owed, health_of
from marketplace.risk.assessment.movements import movements_of
from marketplace.risk.assessment.scorecard import Kind, Score, score_of
from marketplace.risk.assessment.turnover import Turnover, turnover_of
from marketplace.supervision.about import about_any
from marketplace.supervision.alarms.contests import counts_as
from marketplace.supervision.models.alarms import Alarm
from marketplace.valuation.queries import latest_valuation, today
from tenants.errors import NotAllowed
from tenants.organisations import Organisation, find_organisation
from tenants.workspace import Workspace

TAMPERING = ("tamper", "signature", "replay", "cloned_key")
GRADES = {"A": 4, "B": 3, "C": 2, "D": 1, "E": 0}


@dataclass(frozen=True, slots=True)
class Profile:
    """Who borrows, and how it stands with this bank: its other deals by state."""

    borrower: str
    code: str | None
    city: str | None
    admitted_at: datetime
    deals: tuple[tuple[str, int], ...]
    core: str | None


@dataclass(frozen=True, slots=True)
class Flows:
    """The trades before the deal: how many, how they agree (by amount), what contradicts, and how concentrated their buyers are."""

    trades: int
    score: Decimal | None
    breaks: int
    buyers: Fraction | None
    largest: str
    largest_share: Fraction | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The report. `booked` is the loss to expect by the bank's own probability, as its books have it; `loss` by the one that the score means."""

    deal: Deal
    at: datetime
    profile: Profile
    position: Position
    quality: tuple[LoanClass, int, int]  # class, stage, days past due
    score: Score
    probability: Fraction
    loss: ExpectedLoss
    booked: ExpectedLoss
    shares: LossShares
    flows: Flows
    turnover: Turnover
    core: CoreHealth | None
    signals: tuple[Signal, ...]
    shocks: tuple[Shock, ...]
    recommendation: Recommendation


def assess(ws: Workspace, deal_id: UUID) -> Assessment:
    """For the bank of the deal; refuses others, as not found where they are not in its room."""
    ws.may("read")
    deal = find_deal(ws, deal_id)
    if deal.bank_id != ws.tenant_id:
        raise NotAllowed("report_of_banks", "This report is a bank's, on its own deals.")
    standing, trades = position(ws, deal_id), trades_of_room(ws, deal_id)
    flows, core, quality = _flows(trades), _core(ws, deal, trades), _quality(ws, deal_id)
    shares = loss_shares(ws)
    score = score_of(_between(shares.default_probability), _figures(ws, deal, standing, flows, core))
    scored, days = replace(shares, default_probability=score.default_probability), _days_left(ws, deal)
    goods = _goods(ws, deal_id)
    shocks = [_shock(scored, deal, standing, goods, fall, quality[1], days) for fall in FALLS]
    signals = _signals(ws, deal_id, trades)
    zone = standing.zone if standing.market_value is not None else None
    turnover = turnover_of(movements_of(ws, deal.borrower_id, goods_of(ws, deal_id)), today(ws))
    looked = Looked(score, quality[1], zone, shocks, signals, core.health if core else None, flows.buyers, turnover.is_slow)  # fmt: skip
    return Assessment(
        deal=deal,
        at=ws.now,
        profile=_profile(ws, deal),
        position=standing,
        quality=quality,
        score=score,
        probability=probability_of_default(score.default_probability, days, quality[1]),
        loss=loss_of(scored, deal, standing, quality[1], days),
        booked=loss_of(shares, deal, standing, quality[1], days),
        shares=shares,
        flows=flows,
        turnover=turnover,
        core=core,
        signals=signals,
        shocks=tuple(shocks),
        recommendation=advise(looked),
    )


def _between(probability: Decimal) -> Decimal:
    """A bank may book with nought or one; a card has no points for certainty."""
    return min(max(probability, Decimal("0.0001")), Decimal("0.9999"))


def _profile(ws: Workspace, deal: Deal) -> Profile:
    firm: Organisation = find_organisation(ws.session, deal.borrower_id)
    states = select(Deal.status, func.count()).where(Deal.bank_id == ws.tenant_id, Deal.tenant_id == deal.tenant_id)
    counted = sorted((status, count) for status, count in ws.session.execute(states.group_by(Deal.status)))
    core = find_organisation(ws.session, deal.core_id).name if deal.core_id else None
    return Profile(firm.name, firm.uscc or firm.lei, firm.city, firm.admitted_at, tuple(counted), core)


def _figures(
    ws: Workspace, deal: Deal, standing: Position, flows: Flows, core: CoreHealth | None
) -> list[tuple[Kind, Decimal | Fraction | int | None]]:
    """What the card looks at; a core enterprise only where the deal has one."""
    past_due = select(func.coalesce(func.max(LoanQuality.days_past_due), 0)).where(LoanQuality.deal_id == deal.deal_id)
    expired = select(func.count()).where(MarginCall.deal_id == deal.deal_id, MarginCall.expired_at.is_not(None))
    settled = select(func.count()).where(Deal.bank_id == ws.tenant_id, Deal.tenant_id == deal.tenant_id, Deal.status == DealState.SETTLED)  # fmt: skip
    cushion = standing.headroom if standing.outstanding else _unused(standing)
    found: list[tuple[Kind, Decimal | Fraction | int | None]] = [
        (Kind.CUSHION, cushion),
        (Kind.DAYS_PAST_DUE, ws.session.scalar(past_due)),
        (Kind.CALLS_EXPIRED, ws.session.scalar(expired)),
        (Kind.EVIDENCE, _worst_grade(ws, deal.deal_id)),
        (Kind.FLOWS, flows.score),
        (Kind.BUYERS, flows.buyers),
    ]
    return [*found, *([(Kind.CORE, core.health)] if core else []), (Kind.SETTLED, ws.session.scalar(settled))]


def _unused(standing: Position) -> Decimal | None:
    """The cushion of a loan that is not drawn, were it drawn up to its initial line."""
    return None if standing.lines is None else 1 - Decimal(str(standing.lines.initial)) / Decimal(str(standing.lines.call))  # fmt: skip


def _worst_grade(ws: Workspace, deal_id: UUID) -> int | None:
    lots = [one.lot_id for one in goods_of(ws, deal_id)]
    grades = last_grades(ws, lots)
    return min((GRADES[one.grade] for one in grades.values()), default=None) if len(grades) == len(lots) else None


def _quality(ws: Workspace, deal_id: UUID) -> tuple[LoanClass, int, int]:
    found = latest_qualities(ws, [deal_id]).get(deal_id)
    return (LoanClass(found.loan_class), found.stage, found.days_past_due) if found else (LoanClass.NORMAL, 1, 0)


def _days_left(ws: Workspace, deal: Deal) -> int:
    return max(0, (deal.matures_on - today(ws)).days) if deal.matures_on else deal.tenor_days


def _goods(ws: Workspace, deal_id: UUID) -> list[Worth]:
    value = latest_valuation(ws, deal_id)
    return [Worth(line.market_value, line.ahead) for line in value.lines] if value else []


def _shock(shares: LossShares, deal: Deal, standing: Position, goods: Sequence[Worth], fall: Decimal, stage: int, days: int) -> Shock:  # fmt: skip
    fallen = replace(standing, market_value=value_after(goods, deal.currency, fall))
    return shock_of(goods, standing.outstanding, standing.lines, fall, loss_of(shares, deal, fallen, stage, days).loss)


def _flows(trades: Sequence[Trade]) -> Flows:
    amounts = Counter[str]()
    for one in trades:
        amounts[one.buyer] += one.amount_minor
    whole = sum(amounts.values())
    largest = max(amounts, key=lambda buyer: amounts[buyer], default="")
    score = sum((one.score * one.amount_minor for one in trades), Decimal(0)) / whole if whole else None
    return Flows(
        trades=len(trades),
        score=score,
        breaks=sum(one.breaks for one in trades),
        buyers=concentration(list(amounts.values())) if whole else None,
        largest=largest,
        largest_share=Fraction(amounts[largest], whole) if whole else None,
    )


def _core(ws: Workspace, deal: Deal, trades: Sequence[Trade]) -> CoreHealth | None:
    """By the trades before the deal that the core enterprise buys in."""
    if deal.core_id is None:
        return None
    firm = find_organisation(ws.session, deal.core_id)
    mine = [one.trade_id for one in trades if one.buyer == firm.name or (one.buyer_code and one.buyer_code == firm.uscc)]  # fmt: skip
    entries = entries_of(ws, mine)
    paid: dict[str, list[tuple[date, int]]] = {}
    for one in entries:
        if one.lane == "MONEY" and one.dated:
            paid.setdefault(one.refers, []).append((one.dated, one.amount_minor or 0))
    invoices = _invoices(entries, paid)
    orders = [(one.dated, one.amount_minor or 0) for one in entries if one.lane == "ORDER" and one.dated]
    return health_of(invoices, orders, today(ws))


def _invoices(entries: Sequence[TradeEntry], paid: dict[str, list[tuple[date, int]]]) -> list[Owed]:
    """Lines of one invoice are one debt."""
    lines: dict[str, list[TradeEntry]] = {}
    for one in entries:
        if one.lane == "INVOICE" and one.dated:
            lines.setdefault(one.number, []).append(one)
    found = []
    for number, rows in lines.items():
        minor = rows[0].payable_minor or sum((row.amount_minor or 0) + row.tax_minor for row in rows)
        if rows[0].dated is not None:
            found.append(Owed(rows[0].dated, rows[0].due_on, minor, tuple(paid.get(number, ()))))
    return found


def _signals(ws: Workspace, deal_id: UUID, trades: Sequence[Trade]) -> tuple[Signal, ...]:
    """Whatever was found, the most frequent first: doubles, patterns among trades, devices that were meddled with, lost control."""
    found = Counter(flag for one in trades for flag in one.flags)
    found["break"] = sum(one.breaks for one in trades)
    found["duplicate"] = len(warnings_about(ws, deal_id=deal_id))
    lots = [one.lot_id for one in goods_of(ws, deal_id)]
    judged = select(func.count()).where(about_any(lots), counts_as() == "TRUE")
    meddled = Alarm.type.in_(TAMPERING)
    found["tampering"] = ws.session.scalar(judged.where(meddled)) or 0
    found["alarm"] = ws.session.scalar(judged.where(~meddled, Alarm.severity == "CRITICAL")) or 0
    found["control_lost"] = ws.session.scalar(select(func.count()).where(ControlLoss.deal_id == deal_id)) or 0
    return tuple(Signal(code, count) for code, count in found.most_common() if count)
