"""The life of a margin call after it is opened: notice, answer, expiry, more time, cancellation."""

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.business_days import business_time_after
from marketplace.financing.events.calls import (
    MarginCallAccepted,
    MarginCallCancelled,
    MarginCallExpired,
    MarginCallExtended,
    MarginCallNotified,
    NoticeOverdue,
    NoticeReached,
)
from marketplace.financing.margin.objections import hold_clock
from marketplace.financing.margin.watching import NOT_CURED, PENDING, escalate, review_deal, set_cure_timer
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.queries import find_call, open_call, position
from marketplace.financing.rules.margin import MARGIN_CALL, CallState, Zone, call_deadlines
from marketplace.financing.rules.terms import require_text
from marketplace.financing.steps import held_deal
from marketplace.states import Actor
from marketplace.valuation.rules.worth import require_fresh
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

EXTENSION_MAX = timedelta(days=30)
BY_BORROWER = "by the borrower"
BY_SILENCE = "no answer in time"


def call_margin(ws: Workspace, deal_id: UUID) -> MarginCall:
    """Look at a deal now and call for cover where its lines ask for it. Refuses where they do not, or a call stands already."""
    ws.may("call_margin")
    held_deal(ws, deal_id, role="bank")
    if open_call(ws, deal_id):
        raise Conflict("call_stands", "A margin call stands on this deal already.")
    call = review_deal(ws, deal_id, cause="request")
    if call is None:
        raise Conflict("at_call_line", "The loan-to-value has not reached the call line.")
    return call


def tell_notice(ws: Workspace, call_id: UUID) -> None:
    """In the borrower's own workspace: the notice is here. That is the proof of its delivery."""
    call = find_call(ws, call_id)
    ws.record(NoticeReached(call_id=call.id, number=call.number, proof=ws.member.organisation), on=call.deal_id)


def serve_notice(ws: Workspace, call_id: UUID, *, proof: str) -> MarginCall:
    """The bank served the notice itself (courier, registered mail) and enters the proof."""
    ws.may("call_margin")
    call = find_call(ws, call_id)
    written = require_text(proof, "proof", longest=200)
    MARGIN_CALL.find(CallState(call.status), "notify")
    ws.record(NoticeReached(call_id=call.id, number=call.number, proof=written), on=call.deal_id)
    count_notified(ws, call_id)
    return find_call(ws, call_id)


def count_notified(ws: Workspace, call_id: UUID) -> None:
    """With the proof of delivery the times to answer and to cure begin. Told twice, they begin once."""
    call = _held(ws, call_id)
    if call.status != CallState.OPEN:
        return
    call.status = MARGIN_CALL.advance(CallState.OPEN, "notify", actor=Actor.SYSTEM, met={"notice_sent"}).value
    deadlines = call_deadlines(ws.now)
    call.notified_at, call.answer_by, call.cure_by = ws.now, deadlines.answer_at, deadlines.cure_at
    ws.set_timer(
        "financing.take_silence",
        key=str(call.id),
        due=call.answer_by,
        stream_id=call.deal_id,
        call_id=str(call.id),
    )
    set_cure_timer(ws, call)
    ws.record(
        MarginCallNotified(call_id=call.id, number=call.number, answer_by=call.answer_by, cure_by=call.cure_by),
        on=call.deal_id,
    )


def check_notice(ws: Workspace, call_id: UUID) -> None:
    """An hour after the opening: tell the bank where there is no proof of delivery yet."""
    call = _held(ws, call_id)
    if call.status == CallState.OPEN:
        ws.record(NoticeOverdue(call_id=call.id, number=call.number), on=call.deal_id)


def accept_call(ws: Workspace, call_id: UUID, *, note: str = "") -> MarginCall:
    """The borrower accepts a call; what it adds is kept. To contest a call is an act of its own."""
    ws.may("answer_margin_call")
    held_deal(ws, find_call(ws, call_id).deal_id, role="borrower")
    call = find_call(ws, call_id, lock=True)
    call.status = MARGIN_CALL.advance(CallState(call.status), "accept", actor=Actor.SME).value
    call.answered_at, call.answer_note = ws.now, note.strip()[:1000]
    ws.record(_accepted(call, BY_BORROWER), on=call.deal_id)
    return call


def take_silence(ws: Workspace, call_id: UUID) -> None:
    """No answer in four hours: the call stands as if accepted. Silence is no way out of it."""
    call = _held(ws, call_id)
    if call.status != CallState.NOTIFIED or ws.now < call.answer_by:
        return
    call.status = MARGIN_CALL.advance(CallState.NOTIFIED, "take_as_accepted", actor=Actor.SYSTEM).value
    ws.record(_accepted(call, BY_SILENCE), on=call.deal_id)


def expire_call(ws: Workspace, call_id: UUID) -> None:
    """The time to cure is over: a last look at the figures, and then the bank has to decide. Run again, or too early, it does nothing more."""
    hold_clock(ws, call_id)
    call = _held(ws, call_id)
    if ws.now < call.cure_by or CallState(call.status) not in PENDING | {CallState.OPEN}:
        return
    if call.status == CallState.OPEN:
        _wait_for_proof(ws, call)
        return
    review_deal(ws, call.deal_id, cause="deadline")
    if CallState(call.status) not in PENDING:
        return
    call.status = MARGIN_CALL.advance(CallState(call.status), "expire", actor=Actor.SYSTEM, met={"cure_period_over"}).value  # fmt: skip
    call.expired_at = ws.now
    ws.record(MarginCallExpired(call_id=call.id, number=call.number), on=call.deal_id)
    escalate(ws, call, "escalate", NOT_CURED)


def cancel_call(ws: Workspace, call_id: UUID) -> MarginCall:
    """The bank withdraws a call once the loan is below its warning line again. Refuses by a valuation that is out of date."""
    ws.may("call_margin")
    call = _held(ws, call_id)
    review_deal(ws, call.deal_id, cause="request")
    if call.status == CallState.CURED:
        return call
    standing = position(ws, call.deal_id)
    require_fresh(standing.valued_at, ws.now)
    below = {"below_warning"} if standing.zone is Zone.SAFE else set()
    call.status = MARGIN_CALL.advance(CallState(call.status), "cancel", actor=Actor.BANK, met=below).value
    call.closed_at = ws.now
    ws.record(MarginCallCancelled(call_id=call.id, number=call.number), on=call.deal_id)
    return call


def propose_extension(ws: Workspace, call_id: UUID, *, until: datetime, because: str) -> Approval:
    """Ask a second officer to give more time on an escalated call, at most 30 days."""
    ws.may("call_margin")
    call = _held(ws, call_id)
    MARGIN_CALL.find(CallState(call.status), "extend")
    reason = require_text(because, "because")
    if not ws.now < until <= ws.now + EXTENSION_MAX:
        raise Invalid("extension_wrong", "More time may be given from now for at most 30 days.", field="until")
    summary = sentence("Margin call %(number)s until %(until)s: %(because)s", number=call.number, until=until, because=reason[:400])  # fmt: skip
    return approvals.propose(ws, "approve_extension", subject_id=call_id, summary=summary, until=until.isoformat())


@upon_approval("approve_extension")
def extend_call(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the call stands until the new deadline."""
    call = _held(ws, approval.subject_id)
    call.status = MARGIN_CALL.advance(CallState(call.status), "extend", actor=Actor.BANK).value
    call.cure_by = datetime.fromisoformat(approval.payload["until"])
    if call.cure_by <= ws.now:
        raise Conflict("extension_wrong", "The new deadline has passed already.")
    set_cure_timer(ws, call)
    fact = MarginCallExtended(call_id=call.id, number=call.number, cure_by=call.cure_by)
    ws.record(fact, on=call.deal_id, evidence=[approval.id])


def _held(ws: Workspace, call_id: UUID) -> MarginCall:
    """The deal first, then its call: always in this order."""
    held_deal(ws, find_call(ws, call_id).deal_id, role="bank")
    return find_call(ws, call_id, lock=True)


def _wait_for_proof(ws: Workspace, call: MarginCall) -> None:
    """Nobody can be late for what never reached them: the deadline moves on by a business day, and the bank is told again."""
    call.cure_by = business_time_after(ws.now, 1)
    set_cure_timer(ws, call)
    ws.record(NoticeOverdue(call_id=call.id, number=call.number), on=call.deal_id)


def _accepted(call: MarginCall, how: str) -> MarginCallAccepted:
    return MarginCallAccepted(call_id=call.id, number=call.number, how={"word": how, "facts": {}})
