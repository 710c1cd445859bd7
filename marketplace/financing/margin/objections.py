"""A margin call contested: the borrower objects with reason and papers, the bank answers by two people, and the clock meanwhile does what was agreed."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.documents.queries import documents_of
from marketplace.financing.events.calls import (
    MarginCallAccepted,
    MarginCallCancelled,
    MarginCallDisputed,
    MarginCallHeld,
    ObjectionRejected,
    ObjectionUpheld,
)
from marketplace.financing.margin.watching import PENDING, review_deal, set_cure_timer
from marketplace.financing.models.calls import MarginCall, MarginObjection
from marketplace.financing.queries import agreed_terms, find_call, find_deal, position
from marketplace.financing.rules.margin import MARGIN_CALL, CallState, Zone
from marketplace.financing.rules.objections import PAPERS_MAX, Outcome, held_until, require_ground, resumed
from marketplace.financing.rules.terms import require_text
from marketplace.financing.steps import held_deal
from marketplace.states import Actor
from marketplace.valuation.rules.worth import require_fresh
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

BY_BANK = "the objection was not upheld"


def object_to_call(
    ws: Workspace, call_id: UUID, *, ground: str, because: str, documents: Sequence[UUID] = ()
) -> MarginObjection:
    """The borrower contests a figure of a call (price, quantity, condition or debt) with a reason and papers that lie in the deal's room.

    The time to cure runs on unless the agreed terms hold it. Refuses a call that is answered already, an unknown ground, no reason, and a paper that is
    not in the room.
    """
    ws.may("answer_margin_call")
    call = _held(ws, call_id, role="borrower")
    call.status = MARGIN_CALL.advance(CallState(call.status), "dispute", actor=Actor.SME).value
    reason = require_text(because, "because", longest=1000)
    objection = MarginObjection(
        deal_id=call.deal_id,
        call_id=call.id,
        tenant_id=ws.tenant_id,
        ground=require_ground(ground).value,
        because=reason,
        documents=papers_of_room(ws, call.deal_id, documents),
        raised_by=ws.member.name,
        raised_at=ws.now,
    )
    call.answered_at, call.answer_note = ws.now, reason
    ws.session.add(objection)
    fact = MarginCallDisputed(call_id=call.id, number=call.number, ground=objection.ground, because=reason)
    ws.record(fact, on=call.deal_id, evidence=objection.documents)
    return objection


def objection_to(ws: Workspace, call: MarginCall, *, lock: bool = False) -> MarginObjection | None:
    """The objection to a call, if there is one."""
    return ws.session.get(MarginObjection, (call.deal_id, call.id), with_for_update={"key_share": True} if lock else None)  # fmt: skip


def hold_clock(ws: Workspace, call_id: UUID) -> None:
    """In the bank's workspace: where the terms say so, an unanswered objection stops the time to cure, once. Elsewhere, and asked again, it does nothing."""
    call = _held(ws, call_id, role="bank")
    objection = objection_to(ws, call, lock=True)
    if objection is None or objection.outcome or objection.held_until or CallState(call.status) not in PENDING:
        return
    days = agreed_terms(ws, find_deal(ws, call.deal_id)).objection_days
    if not days:
        return
    objection.held_until, objection.cure_by_before = held_until(objection.raised_at, days), call.cure_by
    call.cure_by = resumed(call.cure_by, objection.raised_at, objection.held_until)
    set_cure_timer(ws, call)
    fact = MarginCallHeld(call_id=call.id, number=call.number, held_until=objection.held_until, cure_by=call.cure_by)
    ws.record(fact, on=call.deal_id)


def propose_objection_answer(ws: Workspace, call_id: UUID, *, upheld: bool, because: str) -> Approval:
    """Put the bank's answer before a second officer: upheld, which withdraws the call, or rejected, which keeps it.

    Refuses where nothing waits for an answer, and to uphold while the figures on record still reach the call line: a call goes by better figures, not by
    a word. So the price, the quantity or the book is corrected first.
    """
    ws.may("call_margin")
    call = _held(ws, call_id, role="bank")
    _unanswered(ws, call)
    reason = require_text(because, "because")
    if upheld:
        _withdrawn(ws, call)
    outcome = Outcome.UPHELD if upheld else Outcome.REJECTED
    facts = {"number": call.number, "because": reason[:400]}
    kept, gone = "Margin call %(number)s: reject the objection: %(because)s", "Margin call %(number)s: uphold the objection: %(because)s"  # fmt: skip
    summary = sentence(gone, **facts) if upheld else sentence(kept, **facts)
    return approvals.propose(ws, "approve_objection_answer", subject_id=call_id, summary=summary, outcome=outcome.value, because=reason)  # fmt: skip


@upon_approval("approve_objection_answer")
def answer_objection(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: by fresh figures the call is withdrawn, or it stands and what was left of its time runs on from now."""
    call = _held(ws, approval.subject_id, role="bank")
    objection = _unanswered(ws, call)
    objection.outcome, objection.answer = approval.payload["outcome"], approval.payload["because"]
    objection.answered_at = ws.now
    if objection.outcome == Outcome.UPHELD:
        _uphold(ws, call, objection, approval)
    else:
        _reject(ws, call, objection, approval)


def _uphold(ws: Workspace, call: MarginCall, objection: MarginObjection, approval: Approval) -> None:
    review_deal(ws, call.deal_id, cause="request")
    fact = ObjectionUpheld(call_id=call.id, number=call.number, because=str(objection.answer))
    ws.record(fact, on=call.deal_id, evidence=[approval.id])
    if call.status == CallState.CURED:
        return
    call.status, call.closed_at = _withdrawn(ws, call).value, ws.now
    ws.record(MarginCallCancelled(call_id=call.id, number=call.number), on=call.deal_id, evidence=[approval.id])


def _reject(ws: Workspace, call: MarginCall, objection: MarginObjection, approval: Approval) -> None:
    if _is_held(ws, call, objection):
        assert objection.cure_by_before is not None, "a clock that is held has its deadline from before"
        call.cure_by = resumed(objection.cure_by_before, objection.raised_at, ws.now)
        set_cure_timer(ws, call)
    fact = ObjectionRejected(call_id=call.id, number=call.number, because=str(objection.answer), cure_by=call.cure_by)
    ws.record(fact, on=call.deal_id, evidence=[approval.id])
    if call.status == CallState.DISPUTED:
        call.status = MARGIN_CALL.advance(CallState.DISPUTED, "reject_objection", actor=Actor.BANK).value
        accepted = MarginCallAccepted(call_id=call.id, number=call.number, how={"word": BY_BANK, "facts": {}})
        ws.record(accepted, on=call.deal_id)


def _is_held(ws: Workspace, call: MarginCall, objection: MarginObjection) -> bool:
    """Whether the call's clock stands still now: not once more time was given, which is a deadline of its own."""
    if objection.held_until is None or objection.cure_by_before is None or ws.now >= objection.held_until:
        return False
    latest = resumed(objection.cure_by_before, objection.raised_at, objection.held_until)
    return CallState(call.status) in PENDING and call.cure_by == latest


def _withdrawn(ws: Workspace, call: MarginCall) -> CallState:
    """The state of a call that is withdrawn by the figures on record; refused where those are out of date."""
    standing = position(ws, call.deal_id)
    require_fresh(standing.valued_at, ws.now)
    met = {"below_call_line"} if standing.zone in {Zone.SAFE, Zone.WARN} else set()
    return MARGIN_CALL.advance(CallState(call.status), "uphold_objection", actor=Actor.BANK, met=met)


def _unanswered(ws: Workspace, call: MarginCall) -> MarginObjection:
    objection = objection_to(ws, call, lock=True)
    if objection is None or objection.outcome or call.closed_at is not None:
        raise Conflict("nothing_to_answer", "No objection to this call waits for an answer.")
    return objection


def papers_of_room(ws: Workspace, deal_id: UUID, documents: Sequence[UUID]) -> list[str]:
    """The papers that an objection names, each once, by their ids. Refuses too many, and those that do not lie in the deal's room."""
    if len(documents) > PAPERS_MAX:
        raise Invalid("too_many_papers", "At most %(most)s papers fit.", field="documents", most=PAPERS_MAX)
    known = {paper.id for paper in documents_of(ws, deal_id)} if documents else set()
    if not set(documents) <= known:
        raise Invalid("paper_elsewhere", "Lay the paper into the deal first, so that the bank can read it.", field="documents")  # fmt: skip
    return [str(one) for one in dict.fromkeys(documents)]


def _held(ws: Workspace, call_id: UUID, *, role: str) -> MarginCall:
    """The deal first, then its call: always in this order."""
    held_deal(ws, find_call(ws, call_id).deal_id, role=role)
    return find_call(ws, call_id, lock=True)
