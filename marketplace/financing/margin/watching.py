"""Watching a loan against its lines: every fact that could move its value or its debt ends here, in one review.

A review values the goods anew, holds the deal and its call, and takes the one step that the figures ask for. Run twice on the same figures it does
nothing the second time (invariant 44); the database lets one call stand on a deal.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from marketplace.business_days import SHANGHAI
from marketplace.financing.events.calls import (
    MarginCallCured,
    MarginCallEscalated,
    MarginCallOpened,
    MarginCallPartlyCured,
)
from marketplace.financing.events.loans import WatchBegun
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.deals import Deal
from marketplace.financing.queries import hold_deals, open_calls, positions
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.margin import MARGIN_CALL, CallState, Zone, call_deadlines, call_step
from marketplace.financing.rules.terms import LENT, OWING, Position, percent_text
from marketplace.financing.steps import stands_at, step_deal
from marketplace.states import Actor
from marketplace.valuation.events import ValuationBlocked
from marketplace.valuation.finding import Asked
from marketplace.valuation.models import DealValuation
from marketplace.valuation.queries import latest_valuation
from marketplace.valuation.rules.worth import VALUATION_AGE_MAX
from marketplace.valuation.valuing import pledged_under, revalue_all
from tenants.database import new_id
from tenants.errors import NotFound, Refused, Unavailable
from tenants.events import Event
from tenants.workspace import Workspace

PENDING = frozenset({CallState.NOTIFIED, CallState.ACCEPTED, CallState.DISPUTED, CallState.PARTIAL})
AT_LIQUIDATION = "The loan-to-value has reached the liquidation line."
NOT_CURED = "The time to cure has run out."


def review_deal(ws: Workspace, deal_id: UUID, *, cause: str, received: bool = False) -> MarginCall | None:
    """Value a deal's goods and do what its lines ask: watch, call, escalate or cure. Returns the call that stands or has just ended.

    `received`: cash or goods have just come in, so that a call which they do not cure is partly cured. Where the goods cannot be valued, no call is
    opened and none is cured, unless nothing is owed any more: unknown is neither good nor bad news, and it stops draws and releases by itself.
    """
    found = review_deals(ws, [deal_id], cause=cause, received=received)
    if deal_id not in found:
        raise NotFound("deal_unknown", "There is no such deal.")
    return found[deal_id]


def review_deals(
    ws: Workspace, deal_ids: Sequence[UUID], *, cause: str, received: bool = False
) -> dict[UUID, MarginCall | None]:
    """The same for many deals in one act, each question asked once for all of them. Deals that the viewer sees no more are left out."""
    deals = hold_deals(ws, deal_ids)
    # In default nothing is called any more, but what is left of the goods has its value.
    owing = [deal for deal in deals if DealState(deal.status) in OWING]
    newest = _newest_values(ws, owing, cause)
    calls = open_calls(ws, [deal.deal_id for deal in deals], lock=True)
    standing = positions(ws, owing, values=newest)
    found = {deal.deal_id: calls.get(deal.deal_id) for deal in deals}
    for deal in owing:
        if DealState(deal.status) in LENT:
            value = _fresh(ws, newest[deal.deal_id])
            found[deal.deal_id] = _judge(ws, deal, standing[deal.deal_id], value, found[deal.deal_id], cause, received)
    return found


def review_together(ws: Workspace, deal_ids: Sequence[UUID], *, cause: str) -> None:
    """A stretch of a book looked at in one act. Where it fails as a whole, each of its deals is looked at in a transaction of its own, so that one in
    trouble holds up no other.
    """
    try:
        with ws.session.begin_nested():
            review_deals(ws, deal_ids, cause=cause)
    except (Refused, DataError, IntegrityError):
        for deal_id in deal_ids:
            ws.set_timer("financing.review_deal", key=str(new_id()), due=ws.now, stream_id=deal_id, cause=cause)


def _judge(
    ws: Workspace,
    deal: Deal,
    standing: Position,
    value: DealValuation | None,
    call: MarginCall | None,
    cause: str,
    received: bool,
) -> MarginCall | None:
    """The one step that a loan's figures ask for. `value`: of its goods, where they could be valued of late."""
    if value is None and standing.outstanding:
        return call
    zone = standing.zone or Zone.SAFE
    _watch(ws, deal, standing, zone)
    step = call_step(zone, standing.is_cured, CallState(call.status) if call else None)
    if call is None:
        return _open(ws, deal, standing, value, step, cause) if step and value else None
    if step == "cure":
        _cure(ws, call, standing)
    elif step == "liquidate":
        escalate(ws, call, "liquidate", AT_LIQUIDATION)
    elif received and CallState(call.status) in PENDING:
        _cure_in_part(ws, call, standing)
    return call


def escalate(ws: Workspace, call: MarginCall, action: str, because: str) -> None:
    """The bank has to decide. `action` is the table's: liquidate, or escalate after expiry."""
    guards = {"at_liquidation_line"} if action == "liquidate" else set()
    call.status = MARGIN_CALL.advance(CallState(call.status), action, actor=Actor.SYSTEM, met=guards).value
    call.escalated_at = ws.now
    ws.record(
        MarginCallEscalated(call_id=call.id, number=call.number, because={"word": because, "facts": {}}),
        on=call.deal_id,
        evidence=[call.valuation_id],
    )


def _newest_values(ws: Workspace, deals: Sequence[Deal], cause: str) -> dict[UUID, DealValuation | None]:
    """A valuation of this moment of each; where there can be none, the last one, and that it is blocked is told once a day."""
    goods = pledged_under(ws, [deal.deal_id for deal in deals])
    found = revalue_all(ws, [Asked(deal.deal_id, goods[deal.deal_id], deal.currency) for deal in deals], cause=cause)
    newest: dict[UUID, DealValuation | None] = {}
    for deal in deals:
        value = found[deal.deal_id]
        if isinstance(value, Unavailable):
            deal.unvalued_since = deal.unvalued_since or ws.now
            _tell_blocked(ws, deal, value)
            newest[deal.deal_id] = latest_valuation(ws, deal.deal_id)
        elif isinstance(value, Refused):
            raise value
        else:
            deal.unvalued_since = None
            newest[deal.deal_id] = value
    return newest


def _fresh(ws: Workspace, value: DealValuation | None) -> DealValuation | None:
    return value if value and ws.now - value.found_at <= VALUATION_AGE_MAX else None


def _tell_blocked(ws: Workspace, deal: Deal, refused: Refused) -> None:
    day = ws.now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    told = select(Event.id).where(
        Event.stream_id == deal.deal_id,
        Event.kind == ValuationBlocked.__name__,
        Event.at >= day,
        Event.at < day + timedelta(days=1),
    )
    if ws.session.scalars(told.limit(1)).first() is None:
        because = {"word": refused.because, "facts": {name: str(fact) for name, fact in refused.facts.items()}}
        ws.record(ValuationBlocked(code=refused.code, because=because), on=deal.deal_id)


def _watch(ws: Workspace, deal: Deal, standing: Position, zone: Zone) -> None:
    if zone is not Zone.SAFE and stands_at(deal, DealState.ACTIVE, DealState.EXTENDED):
        step_deal(ws, deal, "watch", actor=Actor.SYSTEM, met={"reason_given"})
        ws.record(WatchBegun(number=deal.number, ltv=percent_text(standing.ltv)), on=deal.deal_id)


def _open(ws: Workspace, deal: Deal, standing: Position, value: DealValuation, step: str, cause: str) -> MarginCall:
    met = {"at_call_line", "at_liquidation_line"}
    status = MARGIN_CALL.advance(None, step, actor=Actor.SYSTEM, met=met)
    cure, deadlines = standing.cure, call_deadlines(ws.now)
    assert cure is not None, "a zone beyond the lines has its cure"
    call = MarginCall(
        deal_id=deal.deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        number=_next_number(ws, deal.deal_id),
        status=status.value,
        zone=standing.zone or Zone.SAFE,
        cause=cause,
        valuation_id=value.id,
        outstanding_minor=standing.outstanding.minor,
        market_value_minor=value.market_value_minor,
        cash_minor=cure.cash.minor,
        goods_minor=cure.goods.minor,
        currency=deal.currency,
        opened_at=ws.now,
        answer_by=deadlines.answer_at,
        cure_by=deadlines.cure_at,
        escalated_at=ws.now if status is CallState.ESCALATED else None,
    )
    ws.session.add(call)
    ws.session.flush()
    _tell_opened(ws, call, standing, status)
    return call


def _tell_opened(ws: Workspace, call: MarginCall, standing: Position, status: CallState) -> None:
    if status is CallState.ESCALATED:
        because = {"word": AT_LIQUIDATION, "facts": {}}
        fact = MarginCallEscalated(call_id=call.id, number=call.number, because=because)
        ws.record(fact, on=call.deal_id, evidence=[call.valuation_id])
        return
    ws.set_timer(
        "financing.check_notice",
        key=str(call.id),
        due=call_deadlines(ws.now).delivery_proof_at,
        stream_id=call.deal_id,
        call_id=str(call.id),
    )
    set_cure_timer(ws, call)
    ws.record(
        MarginCallOpened(
            call_id=call.id,
            number=call.number,
            ltv=percent_text(standing.ltv),
            outstanding=call.outstanding,
            market_value=call.market_value,
            cash=call.cash,
            goods=call.goods,
            cure_by=call.cure_by,
        ),
        on=call.deal_id,
        evidence=[call.valuation_id],
    )


def set_cure_timer(ws: Workspace, call: MarginCall) -> None:
    """Have the call looked at when its time to cure is over; a moved deadline has a timer of its own."""
    key = f"{call.id}:{call.cure_by.isoformat()}"
    ws.set_timer("financing.expire_call", key=key, due=call.cure_by, stream_id=call.deal_id, call_id=str(call.id))


def _cure(ws: Workspace, call: MarginCall, standing: Position) -> None:
    call.status = MARGIN_CALL.advance(CallState(call.status), "cure", actor=Actor.SYSTEM, met={"back_to_initial"}).value
    call.closed_at = ws.now
    ws.record(
        MarginCallCured(call_id=call.id, number=call.number, ltv=percent_text(standing.ltv or 0)), on=call.deal_id
    )


def _cure_in_part(ws: Workspace, call: MarginCall, standing: Position) -> None:
    cure = standing.cure
    assert cure is not None, "a call that stands on a valued loan has its cure"
    met = {"something_received"}
    call.status = MARGIN_CALL.advance(CallState(call.status), "cure_in_part", actor=Actor.SYSTEM, met=met).value
    fact = MarginCallPartlyCured(call_id=call.id, number=call.number, cash=cure.cash, goods=cure.goods)
    ws.record(fact, on=call.deal_id)


def _next_number(ws: Workspace, deal_id: UUID) -> int:
    counted = select(func.count()).select_from(MarginCall).where(MarginCall.deal_id == deal_id)
    return int(ws.session.scalar(counted) or 0) + 1
