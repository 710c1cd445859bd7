"""Conditions precedent (放款前提): what has to be there before money is paid, each shown by evidence and not by a tick."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from marketplace.documents.queries import documents_of
from marketplace.documents.rules.content import Paper
from marketplace.financing.events.deals import ConditionRecorded, ConditionsMet
from marketplace.financing.models.deals import ConditionRecord, Deal, Offer
from marketplace.financing.queries import condition_records, open_call, position, terms_of
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import OWING, SIGNED, Condition, percent_text, require_text
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.inventory.queries import find_lot
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import control_records, pledges_of_deal
from marketplace.states import Actor
from marketplace.supervision.queries import condition_of
from marketplace.valuation.queries import latest_valuation, today
from marketplace.valuation.rules.worth import require_fresh
from tenants.database import new_id
from tenants.errors import Invalid, NotFound, Refused
from tenants.workspace import Workspace

WORDS = {
    Condition.INSURANCE: "Goods insured, the bank as loss payee",
    Condition.ACCOUNT: "Supervised account open",
    Condition.GUARANTEE: "Undertaking of the core enterprise in force",
}
IN_FORCE = ("ACTIVE", "IMPAIRED", "ENFORCING")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist: an English msgid, whether it is met (None: waiting for somebody), and its evidence."""

    name: str
    label: str
    met: bool | None
    evidence: str = ""
    at: datetime | None = None


def record_condition(
    ws: Workspace,
    deal_id: UUID,
    condition: str,
    *,
    reference: str = "",
    valid_until: date | None = None,
    waived_because: str = "",
    document_id: UUID | None = None,
) -> ConditionRecord:
    """Enter the evidence of a condition (policy or account number), or waive it with a reason.

    Refuses an unknown condition, neither evidence nor reason, a policy that is not in force today, a paper that is not in the deal or of another kind, and
    a word instead of an undertaking that was given.
    """
    ws.may("propose_approval")
    if condition not in {known.value for known in Condition}:
        raise Invalid("condition_unknown", "There is no such condition.", field="condition")
    held_deal(ws, deal_id, role="bank")
    if not waived_because.strip():
        if condition == Condition.GUARANTEE:
            raise Invalid("condition_shown", "The undertaking itself shows this; it can only be waived, with a reason.", field="waived_because")  # fmt: skip
        reference = require_text(reference, "reference", longest=200)
    if valid_until is not None and valid_until < today(ws):
        raise Invalid("condition_run_out", "This ran out on %(day)s.", field="valid_until", day=str(valid_until))
    if document_id is not None:
        _require_paper(ws, deal_id, Condition(condition), document_id)
    record = _written(ws, deal_id, condition, reference.strip(), valid_until)
    record.waived_because, record.document_id = waived_because.strip()[:500], document_id
    ws.session.add(record)
    ws.record(_said_of(record), on=deal_id, evidence=[record.id, *([document_id] if document_id else [])])
    meet_conditions(ws, deal_id)
    return record


def _require_paper(ws: Workspace, deal_id: UUID, condition: Condition, document_id: UUID) -> None:
    """The paper that is named lies in the deal's room, in its newest version, and is one that could show it."""
    paper = next((one for one in documents_of(ws, deal_id) if one.id == document_id), None)
    if paper is None:
        raise NotFound("document_unknown", "There is no such document in this deal.", field="document_id")
    if condition is Condition.INSURANCE and paper.kind != Paper.INSURANCE_POLICY:
        raise Invalid("paper_of_another_kind", "An insurance policy shows this.", field="document_id")


def note_undertaking(ws: Workspace, deal_id: UUID, *, number: str, until: date, stands: bool) -> None:
    """An undertaking of the core enterprise was given, or binds no more: the deal's condition is shown by it, or shown no longer.

    In the bank's workspace. Where the terms ask for none, or it was waived, nothing changes; told twice, neither.
    """
    deal = held_deal(ws, deal_id, role="bank")
    terms, known = terms_of(ws, deal), condition_records(ws, deal_id).get(Condition.GUARANTEE)
    if terms is None or Condition.GUARANTEE not in terms.conditions or deal.closed_at is not None:
        return
    if known is not None and (known.waived_because or (known.reference, known.is_gone) == (number, not stands)):
        return
    record = _written(ws, deal_id, Condition.GUARANTEE, number, until)
    record.is_gone = not stands
    ws.session.add(record)
    if stands:
        ws.record(_said_of(record), on=deal_id, evidence=[record.id])
        meet_conditions(ws, deal_id)


def _written(ws: Workspace, deal_id: UUID, condition: str, reference: str, valid_until: date | None) -> ConditionRecord:
    return ConditionRecord(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        kind=condition,
        reference=reference,
        waived_because="",
        valid_until=valid_until,
        recorded_at=ws.now,
        recorder=ws.member.name,
    )


def meet_conditions(ws: Workspace, deal_id: UUID) -> bool:
    """Move a signed deal on once nothing is missing; whether it did. Run again, it does nothing."""
    deal = held_deal(ws, deal_id, role="bank")
    if not stands_at(deal, DealState.SIGNED) or any(check.met is not True for check in precedents(ws, deal)):
        return False
    step_deal(
        ws,
        deal,
        "meet_conditions",
        actor=Actor.BANK,
        met={"pledge_active", "insurance_in_force", "account_opened"},
    )
    ws.record(ConditionsMet(number=deal.number), on=deal_id)
    return True


def precedents(ws: Workspace, deal: Deal) -> list[Check]:
    """What must be there before the deal may be drawn at all."""
    terms = terms_of(ws, deal)
    pledges = pledges_of_deal(ws, deal.deal_id)
    return [
        _accepted(terms),
        Check("approved", "Approved by two officers of the bank", DealState(deal.status) in SIGNED or None),
        _controlled(ws, deal),
        _pledged(pledges),
        *_recorded(ws, deal, terms),
    ]


def draw_checks(ws: Workspace, deal: Deal) -> list[Check]:
    """What must hold on the day of each drawdown, beyond the precedents."""
    lots = [find_lot(ws, lot_id) for lot_id in sorted({pledge.lot_id for pledge in pledges_of_deal(ws, deal.deal_id)})]
    critical = [lot.number for lot in lots if condition_of(ws, lot.id).has_open_critical]
    frozen = [lot.number for lot in lots if lot.is_frozen]
    return [
        _valued(ws, deal),
        Check("alarms", "No critical alarm open on the goods", not critical, ", ".join(critical)),
        Check("frozen", "No lot frozen", not frozen, ", ".join(frozen)),
        Check("controlled", "Control over the goods stands", _stands(ws, deal)),
        Check("call", "No margin call open", open_call(ws, deal.deal_id) is None),
    ]


def checklist(ws: Workspace, deal: Deal) -> list[Check]:
    """Everything, in the order in which it comes about."""
    return [*precedents(ws, deal), *draw_checks(ws, deal)]


def _stands(ws: Workspace, deal: Deal) -> bool | None:
    """Whether nobody reports control as lost and no pledge is in doubt; nothing stands yet that nobody has confirmed."""
    if not control_records(ws, deal.deal_id):
        return None
    doubtful = any(pledge.status == "IMPAIRED" for pledge in pledges_of_deal(ws, deal.deal_id))
    return not doubtful and standing_loss(ws, deal.deal_id) is None


def _accepted(terms: Offer | None) -> Check:
    return Check(
        "accepted", "Offer accepted by the borrower", True if terms else None, at=terms.closed_at if terms else None
    )


def _controlled(ws: Workspace, deal: Deal) -> Check:
    records = control_records(ws, deal.deal_id)
    if not records:
        return Check("control", "Control confirmed by the supervisor", None)
    newest = records[0]
    return Check("control", "Control confirmed by the supervisor", True, newest.signed_by, newest.effective_at)


def _pledged(pledges: list[Pledge]) -> Check:
    label = "Pledge active: control accepted by two officers"
    if not any(pledge.status in IN_FORCE for pledge in pledges):
        return Check("pledge", label, None)
    certificates = sorted({pledge.certificate for pledge in pledges if pledge.certificate})
    since = min((pledge.active_at for pledge in pledges if pledge.active_at), default=None)
    return Check("pledge", label, True, ", ".join(certificates), since)


def _recorded(ws: Workspace, deal: Deal, terms: Offer | None) -> list[Check]:
    """Conditions that the terms ask for and the bank records. One whose evidence has run out is not met any more."""
    records = condition_records(ws, deal.deal_id)
    checks = []
    for name in terms.conditions if terms else []:
        record = records.get(name)
        met = None if record is None else not _has_run_out(ws, record)
        evidence = (record.reference or record.waived_because) if record else ""
        checks.append(
            Check(name.lower(), WORDS[Condition(name)], met, evidence, record.recorded_at if record else None)
        )
    return checks


def _has_run_out(ws: Workspace, record: ConditionRecord) -> bool:
    return record.is_gone or (record.valid_until is not None and record.valid_until < today(ws))


def _valued(ws: Workspace, deal: Deal) -> Check:
    value = latest_valuation(ws, deal.deal_id)
    standing = position(ws, deal.deal_id)
    try:
        require_fresh(value.found_at if value else None, ws.now)
    except Refused:
        return Check("value", "Goods valued within a day", False, at=value.found_at if value else None)
    evidence = percent_text(standing.ltv) if DealState(deal.status) in OWING else ""
    return Check("value", "Goods valued within a day", True, evidence, value.found_at if value else None)


def _said_of(record: ConditionRecord) -> ConditionRecorded:
    return ConditionRecorded(
        condition={"word": WORDS[Condition(record.kind)], "facts": {}},
        reference=record.reference or record.waived_because,
        waived=not record.reference,
    )
