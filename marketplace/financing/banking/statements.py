"""Statements of the bank's account come home: each movement is recognised once, and what is not waits for an officer.

Money itself never passes here: a statement is the confirmation of what was instructed (domain model, point 5).
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.financing.events.money import LineAssigned, LineParked, StatementImported
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.money import Repayment
from marketplace.financing.models.payments import BankLine, BankStatement, PaymentOrder
from marketplace.financing.money.drawdowns import confirm_payment, fail_payment
from marketplace.financing.money.repayments import enter_repayment, record_repayment
from marketplace.financing.queries import find_deal, positions
from marketplace.financing.rules.bank_messages import Message, Moved, read_message
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.matching import Awaited, Found, Meaning, Owing, recognise
from marketplace.financing.rules.terms import OWING, require_text
from marketplace.money import Money
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tenants.events import sentence
from tenants.workspace import Workspace

OPEN = ("UNMATCHED", "PARKED")


def import_statement(ws: Workspace, content: bytes, *, name: str = "") -> BankStatement:
    """Read a statement or notice of the bank's own account and do what its movements say: confirm payments, reverse those that came back, enter
    repayments. What is told a second time has no effect; what is not recognised waits in the queue. Refuses what is no such message.
    """
    ws.may("confirm_payment")
    message, digest = read_message(content), sha256(content).hexdigest()
    known = select(BankStatement).where(BankStatement.tenant_id == ws.tenant_id, BankStatement.sha256 == digest)
    earlier = ws.session.scalars(known).one_or_none()
    if earlier is not None:
        return earlier
    statement_id = new_id()
    fresh = _new_lines(ws, statement_id, message)
    statement = BankStatement(
        tenant_id=ws.tenant_id,
        id=statement_id,
        kind=message.kind,
        message_id=message.message_id[:64],
        account=", ".join(message.accounts)[:200],
        name=name.strip()[:200],
        sha256=digest,
        movements=len(message.moved),
        fresh=len(fresh),
        imported_at=ws.now,
        importer=ws.member.name,
    )
    ws.session.add(statement)
    ws.session.flush()
    matched = _match(ws, fresh)
    fact = StatementImported(
        name=message.message_id[:64], account=statement.account, movements=len(fresh), matched=matched
    )
    ws.record(fact, on=ws.tenant_id, evidence=[digest])
    return statement


def propose_assignment(ws: Workspace, line_id: UUID, *, deal_id: UUID, because: str) -> Approval:
    """Ask a second officer to take a credit in the queue for a repayment of a deal. Refuses money that went out, another currency, and a deal that owes nothing."""
    ws.may("record_repayment")
    reason = require_text(because, "because")
    line, deal = _assignable(ws, line_id, deal_id)
    summary = sentence("%(amount)s of %(payer)s to %(deal)s: %(because)s", amount=line.amount, payer=line.counterparty or line.reference, deal=deal.number, because=reason[:400])  # fmt: skip
    return approvals.propose(
        ws, "approve_assignment", subject_id=line_id, summary=summary, deal_id=str(deal_id), because=reason
    )


@upon_approval("approve_assignment")
def assign_line(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the credit is a repayment of that deal."""
    line, deal = _assignable(ws, approval.subject_id, UUID(approval.payload["deal_id"]))
    repayment = enter_repayment(ws, deal.deal_id, amount=line.amount, reference=line.reference)
    _settle(ws, line, "ASSIGNED", "REPAID", repayment.id, deal.deal_id, approval.payload["because"])
    fact = LineAssigned(amount=line.amount, number=deal.number, because=line.note)
    ws.record(fact, on=ws.tenant_id, evidence=[approval.id, repayment.posting_id])


def park_line(ws: Workspace, line_id: UUID, *, because: str) -> BankLine:
    """Leave a movement out of the queue that is none of the loans', with a reason. It can still be assigned later."""
    ws.may("record_repayment")
    reason = require_text(because, "because")
    line = find_line(ws, line_id, lock=True)
    if line.status not in OPEN:
        raise Conflict("line_settled", "This movement is settled already.")
    line.status, line.note, line.settled_at = "PARKED", reason, ws.now
    ws.record(LineParked(amount=line.amount, because=reason), on=ws.tenant_id)
    return line


def claim_line(ws: Workspace, line: BankLine, *, kind: str, by: UUID) -> None:
    """A movement that no loan knows is another room's own: what it is there, and of what. Refuses one that is settled."""
    if line.status not in OPEN:
        raise Conflict("line_settled", "This movement is settled already.")
    _settle(ws, line, "MATCHED", kind, by, None, "")


def find_line(ws: Workspace, line_id: UUID, *, lock: bool = False) -> BankLine:
    """One movement on the bank's account."""
    line = ws.session.get(BankLine, (ws.tenant_id, line_id), with_for_update=lock)
    if line is None:
        raise NotFound("line_unknown", "There is no such movement.")
    return line


def bank_lines(
    ws: Workspace, *, status: str | None = "UNMATCHED", statement_id: UUID | None = None, limit: int = 200
) -> list[BankLine]:
    """Movements, newest first: the queue, or all of a status or statement."""
    wanted = select(BankLine).where(BankLine.tenant_id == ws.tenant_id)
    if status:
        wanted = wanted.where(BankLine.status == status)
    if statement_id is not None:
        wanted = wanted.where(BankLine.statement_id == statement_id)
    return list(ws.session.scalars(wanted.order_by(BankLine.id.desc()).limit(limit)))


def count_lines(ws: Workspace) -> dict[str, int]:
    """How many movements stand in each status."""
    counted = (
        select(BankLine.status, func.count().label("lines"))
        .where(BankLine.tenant_id == ws.tenant_id)
        .group_by(BankLine.status)
    )
    return {row.status: row.lines for row in ws.session.execute(counted)}


def statements(ws: Workspace, *, limit: int = 50) -> list[BankStatement]:
    """The statements that were read, newest first."""
    wanted = select(BankStatement).where(BankStatement.tenant_id == ws.tenant_id).order_by(BankStatement.id.desc())
    return list(ws.session.scalars(wanted.limit(limit)))


def _new_lines(ws: Workspace, statement_id: UUID, message: Message) -> list[tuple[BankLine, Moved]]:
    """The movements that nobody told before, kept as lines."""
    told = {moved.identity: moved for moved in message.moved if moved.amount.minor > 0}
    if not told:
        return []
    plain = (
        "account",
        "booked_on",
        "value_on",
        "end_to_end_id",
        "bank_reference",
        "counterparty",
        "counterparty_account",
        "remittance",
        "is_return",
    )
    rows = [
        {name: getattr(moved, name) for name in plain}
        | {"tenant_id": ws.tenant_id, "id": new_id(), "statement_id": statement_id, "identity": identity, "direction": moved.direction.value}
        | {"amount_minor": moved.amount.minor, "currency": moved.amount.currency, "status": "UNMATCHED", "matched_kind": "", "note": ""}
        for identity, moved in told.items()
    ]  # fmt: skip
    kept = ws.session.scalars(
        insert(BankLine)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["tenant_id", "identity"])
        .returning(BankLine)
    ).all()
    return [(line, told[line.identity]) for line in sorted(kept, key=lambda line: line.id)]


def _match(ws: Workspace, fresh: Sequence[tuple[BankLine, Moved]]) -> int:
    """Do what each new movement says; how many were recognised. One that its action refuses waits in the queue with the reason."""
    ordered, matched = _awaited(ws, [moved.end_to_end_id for _, moved in fresh]), 0
    for line, moved in fresh:
        found = recognise(moved, ordered, _owing(ws), _known(ws, moved))
        line.deal_id, line.note = found.deal_id, found.because
        if found.meaning is not Meaning.UNKNOWN:
            matched += _carry_out(ws, line, found)
    ws.session.flush()
    return matched


def _carry_out(ws: Workspace, line: BankLine, found: Found) -> bool:
    try:
        with ws.session.begin_nested():
            matched_id = _done(ws, line, found)
    except Refused as refused:
        line.note = refused.because % refused.facts
        return False
    _settle(ws, line, "MATCHED", found.meaning.value, matched_id, found.deal_id, "")
    return True


def _done(ws: Workspace, line: BankLine, found: Found) -> UUID:
    """Carry out what the movement says; the id of the drawdown or repayment that it became."""
    if found.meaning is Meaning.PAID_OUT:
        assert found.id is not None, "a payment that was ordered is known"
        return confirm_payment(ws, found.id, bank_reference=line.reference).id
    if found.meaning is Meaning.RETURNED:
        assert found.id is not None, "a payment that was ordered is known"
        return fail_payment(ws, found.id, because="The payment came back.").id
    if found.meaning is Meaning.KNOWN_REPAYMENT:
        assert found.id is not None, "a repayment that was entered is known"
        return found.id
    assert found.deal_id is not None, "a repayment names its deal"
    return record_repayment(ws, found.deal_id, amount=line.amount, reference=line.reference).id


def _settle(
    ws: Workspace, line: BankLine, status: str, kind: str, matched_id: UUID, deal_id: UUID | None, note: str
) -> None:
    line.status, line.matched_kind, line.matched_id, line.deal_id = status, kind, matched_id, deal_id
    line.note, line.settled_at = note, ws.now
    ws.session.flush()


def _awaited(ws: Workspace, references: Sequence[str]) -> Mapping[str, Awaited]:
    wanted = select(PaymentOrder).where(
        PaymentOrder.tenant_id == ws.tenant_id, PaymentOrder.end_to_end_id.in_(references)
    )
    return {one.end_to_end_id: Awaited(one.drawdown_id, one.deal_id, Money(one.amount_minor, one.currency)) for one in ws.session.scalars(wanted)}  # fmt: skip


def _owing(ws: Workspace) -> list[Owing]:
    """The bank's loans that owe something, with their numbers."""
    states = [state.value for state in OWING]
    deals = list(ws.session.scalars(select(Deal).where(Deal.bank_id == ws.tenant_id, Deal.status.in_(states))))
    standing = positions(ws, deals)
    return [Owing(deal.deal_id, deal.number, standing[deal.deal_id].outstanding) for deal in deals]


def _known(ws: Workspace, moved: Moved) -> dict[str, tuple[UUID, UUID, Money]]:
    """Repayments to this bank under one of the movement's references."""
    references = [one for one in (moved.bank_reference, moved.end_to_end_id) if one]
    wanted = select(Repayment).where(Repayment.tenant_id == ws.tenant_id, Repayment.reference.in_(references))
    return {one.reference: (one.id, one.deal_id, one.amount) for one in ws.session.scalars(wanted)}


def _assignable(ws: Workspace, line_id: UUID, deal_id: UUID) -> tuple[BankLine, Deal]:
    line, deal = find_line(ws, line_id, lock=True), find_deal(ws, deal_id)
    if line.status not in OPEN:
        raise Conflict("line_settled", "This movement is settled already.")
    if line.direction != "IN":
        raise Conflict("line_outgoing", "Money that went out repays nothing.")
    if deal.bank_id != ws.tenant_id or DealState(deal.status) not in OWING:
        raise Conflict("nothing_owed", "Nothing is owed under this deal.")
    if deal.currency != line.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="deal_id", currency=deal.currency)
    return line, deal
