"""Reading deals: the deal itself, its position, its calls, what a portfolio holds, what a firm's stock could raise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, or_, select

from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.deals import ConditionRecord, Deal, DealCover, DealGoods, Offer
from marketplace.financing.models.money import Drawdown, Repayment
from marketplace.financing.rules.all_in import AllIn, Borrowing, Charges, all_in_cost
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.interest import DayCount
from marketplace.financing.rules.margin import Lines
from marketplace.financing.rules.schedule import Plan
from marketplace.financing.rules.terms import BEFORE_ITS_END, OWING, Position
from marketplace.ledger.queries import debts
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.valuation.models import DealValuation
from marketplace.valuation.queries import latest_valuation, latest_valuations, today
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200
CLOSED_CALLS = ("CURED", "DEFAULTED", "CANCELLED")
COMMITTED = ("APPROVED", "INSTRUCTED")


@dataclass(frozen=True, slots=True)
class Exposure:
    """One deal in a bank's portfolio."""

    deal: Deal
    position: Position
    call: MarginCall | None


def find_deal(ws: Workspace, deal_id: UUID, *, lock: bool = False) -> Deal:
    """A deal that the viewer takes part in as borrower, bank or core enterprise. `lock`: hold it, anew from the database."""
    wanted = select(Deal).where(Deal.deal_id == deal_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    deal = ws.session.scalars(wanted).one_or_none()
    if deal is None:
        raise NotFound("deal_unknown", "There is no such deal.")
    return deal


def hold_deals(ws: Workspace, deal_ids: Sequence[UUID]) -> list[Deal]:
    """Those of these deals that the viewer takes part in, held, anew from the database: in the order of their ids, so that two never wait for each other."""
    wanted = select(Deal).where(Deal.deal_id.in_(deal_ids)).order_by(Deal.deal_id).with_for_update(key_share=True)
    return list(ws.session.scalars(wanted))


def is_deal(ws: Workspace, deal_id: UUID) -> bool:
    """Whether a room holds a deal of the viewer's. (A room of another kind, or one without a loan, does not.)"""
    return ws.session.scalar(select(Deal.deal_id).where(Deal.deal_id == deal_id)) is not None


def find_cover(ws: Workspace, deal_id: UUID) -> DealCover:
    """The cover of a deal in whose room the viewer is, in whatever role."""
    cover = ws.session.get(DealCover, deal_id)
    if cover is None:
        raise NotFound("deal_unknown", "There is no such deal.")
    return cover


def list_deals(
    ws: Workspace, *, status: str | None = None, text: str | None = None, cursor: UUID | None = None, limit: int = 50
) -> list[Deal]:
    """The viewer's deals, newest first, from its own grants."""
    wanted = rooms.granted(ws, Deal, Deal.deal_id, kind="deal")
    if status:
        wanted = wanted.where(Deal.status.in_(status.split(",")))
    if text:
        like = f"%{text}%"
        wanted = wanted.where(or_(Deal.number.ilike(like), Deal.purpose.ilike(like)))
    if cursor is not None:
        wanted = wanted.where(Deal.deal_id < cursor)
    return list(ws.session.scalars(wanted.order_by(Deal.deal_id.desc()).limit(min(limit, MOST_ROWS))))


def list_covers(ws: Workspace, *, cursor: UUID | None = None, limit: int = 50) -> list[DealCover]:
    """The covers of all deals in whose rooms the viewer is: the list of those who may not see amounts."""
    wanted = rooms.granted(ws, DealCover, DealCover.deal_id, kind="deal")
    if cursor is not None:
        wanted = wanted.where(DealCover.deal_id < cursor)
    return list(ws.session.scalars(wanted.order_by(DealCover.deal_id.desc()).limit(min(limit, MOST_ROWS))))


def count_deals(ws: Workspace) -> dict[str, int]:
    """How many of the viewer's deals stand in each state."""
    mine = rooms.granted(ws, Deal, Deal.deal_id, kind="deal")
    found = ws.session.execute(mine.with_only_columns(Deal.status, func.count().label("deals")).group_by(Deal.status))
    return {row.status: row.deals for row in found}


def goods_of(ws: Workspace, deal_id: UUID) -> list[DealGoods]:
    """The lots that carry a deal, in the order in which they came."""
    wanted = select(DealGoods).where(DealGoods.deal_id == deal_id).order_by(DealGoods.added_at, DealGoods.lot_id)
    return list(ws.session.scalars(wanted))


def offers(ws: Workspace, deal_id: UUID) -> list[Offer]:
    """A deal's offers, newest first."""
    return list(ws.session.scalars(select(Offer).where(Offer.deal_id == deal_id).order_by(Offer.id.desc())))


def open_offers(ws: Workspace, deal_id: UUID) -> list[Offer]:
    """Offers that may still be accepted."""
    return [offer for offer in offers(ws, deal_id) if offer.status == "OFFERED" and offer.valid_until > ws.now]


def terms_of(ws: Workspace, deal: Deal) -> Offer | None:
    """The accepted offer: the deal's terms."""
    return None if deal.offer_id is None else ws.session.get(Offer, (deal.deal_id, deal.offer_id))


def agreed_terms(ws: Workspace, deal: Deal) -> Offer:
    """The terms of a deal that has them."""
    terms = terms_of(ws, deal)
    if terms is None:
        raise NotFound("terms_unknown", "No terms are agreed yet.")
    return terms


def lines_of(offer: Offer) -> Lines:
    """The agreed lines of a loan-to-value."""
    return Lines(offer.ltv_initial, offer.ltv_warn, offer.ltv_call, offer.ltv_liquidation)


def cost_of(ws: Workspace, offer: Offer, deal: Deal) -> AllIn:
    """The all-in cost of an offer on the amount and term that were asked for, as far as it reaches: drawn in full today, paid back by its plan."""
    start = today(ws)
    amount, days = min(deal.amount, offer.limit), min(deal.tenor_days, offer.tenor_days)
    loan = Borrowing(amount, offer.annual_rate, DayCount(offer.day_count), Plan(offer.repayment_plan), start, start + timedelta(days=days))  # fmt: skip
    return all_in_cost(loan, Charges(offer.fee, offer.premium, offer.storage, offer.supervision))


def condition_records(ws: Workspace, deal_id: UUID) -> dict[str, ConditionRecord]:
    """The newest record of each condition precedent."""
    wanted = select(ConditionRecord).where(ConditionRecord.deal_id == deal_id).order_by(ConditionRecord.id)
    return {record.kind: record for record in ws.session.scalars(wanted)}


def drawdowns(ws: Workspace, deal_id: UUID) -> list[Drawdown]:
    """A deal's drawdowns, newest first."""
    return list(ws.session.scalars(select(Drawdown).where(Drawdown.deal_id == deal_id).order_by(Drawdown.id.desc())))


def find_drawdown(ws: Workspace, drawdown_id: UUID, *, lock: bool = False) -> Drawdown:
    """One drawdown."""
    wanted = select(Drawdown).where(Drawdown.id == drawdown_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("drawdown_unknown", "There is no such drawdown.")
    return found


def repayments(ws: Workspace, deal_id: UUID) -> list[Repayment]:
    """A deal's repayments, newest first."""
    return list(ws.session.scalars(select(Repayment).where(Repayment.deal_id == deal_id).order_by(Repayment.id.desc())))


def committed(ws: Workspace, deal_id: UUID, currency: str) -> Money:
    """Approved or instructed and not yet confirmed."""
    minor = ws.session.scalar(
        select(func.coalesce(func.sum(Drawdown.amount_minor), 0)).where(
            Drawdown.deal_id == deal_id, Drawdown.status.in_(COMMITTED)
        )
    )
    return Money(int(minor or 0), currency)


def position(ws: Workspace, deal_id: UUID) -> Position:
    """Where a deal stands by its book and its last valuation, for its borrower and its bank."""
    deal = find_deal(ws, deal_id)
    return _position(
        deal,
        debts(ws, [deal_id])[deal_id],
        committed(ws, deal_id, deal.currency),
        terms_of(ws, deal),
        latest_valuation(ws, deal_id),
    )


def _position(
    deal: Deal, standing: dict[Account, int], commitments: Money, terms: Offer | None, value: DealValuation | None
) -> Position:
    def on(account: Account) -> Money:
        return Money(standing.get(account, 0), deal.currency)

    return Position(
        principal=on(Account.LOAN_PRINCIPAL),
        interest=on(Account.INTEREST_RECEIVABLE),
        penalty=on(Account.PENALTY_RECEIVABLE),
        fees=on(Account.FEES_RECEIVABLE),
        committed=commitments,
        limit=terms.limit if terms else None,
        lines=lines_of(terms) if terms else None,
        market_value=value.market_value if value else None,
        carries=value.carries if value else None,
        valued_at=value.at if value else None,
        may_draw=DealState(deal.status) in BEFORE_ITS_END,
    )


def positions(
    ws: Workspace, deals: Sequence[Deal], *, values: Mapping[UUID, DealValuation | None] | None = None
) -> dict[UUID, Position]:
    """Where many deals stand, read set by set and not deal by deal. `values`: their newest valuations, where they are known already."""
    ids = [deal.deal_id for deal in deals]
    owed, instructed = debts(ws, ids), _committed_of(ws, ids)
    newest = latest_valuations(ws, ids) if values is None else values
    accepted = select(Offer).where(Offer.deal_id.in_(ids), Offer.id.in_([deal.offer_id for deal in deals]))
    terms = {offer.deal_id: offer for offer in ws.session.scalars(accepted)}
    return {
        deal.deal_id: _position(
            deal,
            owed[deal.deal_id],
            Money(instructed.get(deal.deal_id, 0), deal.currency),
            terms.get(deal.deal_id),
            newest.get(deal.deal_id),
        )
        for deal in deals
    }


def portfolio(ws: Workspace, *, limit: int = MOST_ROWS) -> list[Exposure]:
    """A bank's deals with money out, worst first: by zone, then by loan-to-value."""
    deals = list_deals(ws, status=",".join(sorted(state.value for state in OWING)), limit=limit)
    standing = positions(ws, deals)
    calls = {call.deal_id: call for call in margin_calls(ws, live=True)}
    exposures = [Exposure(deal, standing[deal.deal_id], calls.get(deal.deal_id)) for deal in deals]
    return sorted(exposures, key=_worst_first)


def _committed_of(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[UUID, int]:
    sums = (
        select(Drawdown.deal_id, func.sum(Drawdown.amount_minor))
        .where(Drawdown.deal_id.in_(deal_ids), Drawdown.status.in_(COMMITTED))
        .group_by(Drawdown.deal_id)
    )
    return {deal_id: int(minor) for deal_id, minor in ws.session.execute(sums)}


def _worst_first(exposure: Exposure) -> tuple[int, Decimal]:
    """A debt whose goods are worth nothing, or were never valued, comes before every figure."""
    order = {None: 0, "LIQUIDATION": 0, "CALL": 1, "WARN": 2, "SAFE": 3}
    zone_now, ltv = exposure.position.zone, exposure.position.ltv
    return order[zone_now.value if zone_now else None], -(ltv if ltv is not None else Decimal(10**6))


def margin_calls(
    ws: Workspace, deal_id: UUID | None = None, *, live: bool | None = None, limit: int = MOST_ROWS
) -> list[MarginCall]:
    """The viewer's margin calls, newest first: of one deal or all; `live`: only those that stand, or only those that ended."""
    wanted = rooms.granted(ws, MarginCall, MarginCall.deal_id, kind="deal")
    if deal_id is not None:
        wanted = wanted.where(MarginCall.deal_id == deal_id)
    if live is not None:
        ended = MarginCall.status.in_(CLOSED_CALLS)
        wanted = wanted.where(~ended if live else ended)
    return list(ws.session.scalars(wanted.order_by(MarginCall.id.desc()).limit(limit)))


def find_call(ws: Workspace, call_id: UUID, *, lock: bool = False) -> MarginCall:
    """One margin call."""
    wanted = select(MarginCall).where(MarginCall.id == call_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("call_unknown", "There is no such margin call.")
    return found


def open_call(ws: Workspace, deal_id: UUID, *, lock: bool = False) -> MarginCall | None:
    """The call that stands on a deal, if one does; the database lets there be one at most."""
    return open_calls(ws, [deal_id], lock=lock).get(deal_id)


def open_calls(ws: Workspace, deal_ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, MarginCall]:
    """The calls that stand on any of these deals, by deal."""
    wanted = select(MarginCall).where(MarginCall.deal_id.in_(deal_ids), MarginCall.status.not_in(CLOSED_CALLS))
    if lock:
        wanted = wanted.order_by(MarginCall.deal_id).with_for_update(key_share=True)
    return {call.deal_id: call for call in ws.session.scalars(wanted)}
