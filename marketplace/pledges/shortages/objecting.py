"""A claimant objects to a line of its own, with reason and papers; two people of the supervisor decide, and the table follows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.pledges.shortages.drawing import draw_shares
from marketplace.pledges.shortages.events import ObjectionAnswered, ShareContested
from marketplace.pledges.shortages.models import Shortage, ShortageLine, ShortageObjection
from marketplace.pledges.shortages.opening import nothing_short, require_decider
from marketplace.pledges.shortages.queries import find_objection, find_shortage, objections_of
from marketplace.quantity import Quantity, base_units
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

MOST_UNITS = 10**15  # so that sums of lines stay whole numbers of the database
CORRECT = text("select gate.correct_line(:id, :line, :claimed, :taken)")


def object_to_share(
    ws: Workspace,
    line_id: UUID,
    *,
    claimed: Quantity,
    taken: Quantity,
    because: str,
    papers: Sequence[str] = (),
) -> ShortageObjection:
    """Say what a line of one's own should be: how much is claimed, and how much was had before.

    `papers`: numbers of documents, weighings or receipts that show it. Refuses another's line, a shortage that is decided, the time for objections being over, no reason, and a second objection to a line.
    """
    ws.may("object_to_shortage")
    line, shortage = own_line(ws, line_id, lock=True)
    if shortage.status != "OPEN" or ws.now >= shortage.objections_until:
        raise Conflict("objections_over", "The time for objections is over.")
    if any(one.line_id == line.id for one in objections_of(ws, shortage.id)):
        raise Conflict("objection_made", "You have objected to this line already.")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    figures = [_units(one, shortage.unit, field) for one, field in ((claimed, "claimed"), (taken, "taken"))]
    objection = ShortageObjection(
        tenant_id=ws.tenant_id, id=new_id(), shortage_id=shortage.id, line_id=line.id, lot_number=line.lot_number, claimed_units=figures[0],
        taken_units=figures[1], because=because.strip()[:1000], papers=list(papers), status="OPEN", answer="",
        objected_by=ws.member.name, objected_at=ws.now,
    )  # fmt: skip
    ws.session.add(objection)
    rooms.found(ws, objection.id, kind="objection", role="claimant")
    rooms.share(ws, objection.id, to=shortage.tenant_id, role="supervisor")
    fact = ShareContested(shortage_id=shortage.id, number=shortage.number, objection_id=objection.id, lot=line.lot_number, because=objection.because)  # fmt: skip
    ws.record(fact, on=objection.id, evidence=papers)
    return objection


def propose_answer(ws: Workspace, objection_id: UUID, *, upheld: bool, answer: str) -> Approval:
    """The supervisor proposes to uphold an objection, or to leave the line as it is; a colleague decides."""
    objection = find_objection(ws, objection_id)
    shortage = find_shortage(ws, objection.shortage_id)
    require_decider(ws, shortage)
    _require_open(objection)
    if not answer.strip():
        raise Invalid("reason_missing", "Say why.", field="answer")
    word = "Uphold the objection about lot %(lot)s: %(answer)s" if upheld else "Reject the objection about lot %(lot)s: %(answer)s"  # fmt: skip
    summary = sentence(word, lot=objection.lot_number, answer=answer.strip())
    return approvals.propose(
        ws, "answer_share_objection", subject_id=objection.id, summary=summary, shortage_id=str(shortage.id), upheld=upheld, answer=answer.strip()[:1000]
    )  # fmt: skip


@upon_approval("answer_share_objection")
def _answer(ws: Workspace, approval: Approval) -> None:
    objection = find_objection(ws, approval.subject_id, lock=True)
    shortage = find_shortage(ws, objection.shortage_id, lock=True)
    require_decider(ws, shortage)
    _require_open(objection)
    upheld = bool(approval.payload["upheld"])
    objection.status, objection.answer = "UPHELD" if upheld else "REJECTED", approval.payload["answer"]
    objection.answered_by, objection.answered_at = ws.member.name, ws.now
    fact = ObjectionAnswered(
        shortage_id=shortage.id, number=shortage.number, objection_id=objection.id, lot=objection.lot_number, upheld=upheld,
        answer=objection.answer,
    )  # fmt: skip
    ws.record(fact, on=objection.id, evidence=[approval.id])
    if upheld:
        _correct(ws, shortage, objection)


def _correct(ws: Workspace, shortage: Shortage, objection: ShortageObjection) -> None:
    given = {"id": shortage.id, "line": objection.line_id, "claimed": objection.claimed_units, "taken": objection.taken_units}  # fmt: skip
    try:
        with ws.session.begin_nested():
            ws.session.execute(CORRECT, given)
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") == "23514":
            raise nothing_short() from refused
        raise
    draw_shares(ws, find_shortage(ws, shortage.id))


def own_line(ws: Workspace, line_id: UUID, *, lock: bool = False) -> tuple[ShortageLine, Shortage]:
    """A line of the acting firm's own, and the shortage that it is of. `lock`: hold the shortage until the act is done."""
    wanted = select(ShortageLine).where(ShortageLine.id == line_id, ShortageLine.tenant_id == ws.tenant_id)
    line = ws.session.scalars(wanted).one_or_none()
    if line is None:
        raise NotFound("line_unknown", "There is no such line.")
    return line, find_shortage(ws, line.shortage_id, lock=lock)


def _units(given: Quantity, unit: str, field: str) -> int:
    units = base_units(given.to(unit, field=field))
    if units < 0:
        raise Invalid("quantity_not_positive", "A quantity is not below zero.", field=field)
    if units > MOST_UNITS:
        raise Invalid("quantity_too_large", "The quantity is larger than a record can hold.", field=field)
    return units


def _require_open(objection: ShortageObjection) -> None:
    if objection.status != "OPEN":
        raise Conflict("objection_decided", "This objection is decided.")
