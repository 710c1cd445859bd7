"""From the bank's wish to the core enterprise's word: asked for, given by two people, declined or withdrawn."""

from datetime import date
from uuid import UUID

from marketplace.financing.models.deals import Deal
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import SIGNED, UNSIGNED, require_text
from marketplace.financing.steps import held_deal
from marketplace.guarantees.events import GuaranteeAsked, GuaranteeDeclined, GuaranteeGiven, GuaranteeWithdrawn
from marketplace.guarantees.models import Guarantee
from marketplace.guarantees.rules import GUARANTEE, GuaranteeKind, GuaranteeState, require_terms
from marketplace.guarantees.steps import advance, held
from marketplace.guarantees.words import KINDS
from marketplace.money import Money
from marketplace.states import Actor
from marketplace.valuation.queries import today
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

LONGEST = 300  # characters of a reason, or of what it is about


def ask_guarantee(
    ws: Workspace, deal_id: UUID, *, kind: str, amount: Money, until: date, pay_days: int, subject: str
) -> Guarantee:
    """The bank asks the core enterprise of a deal to stand behind it. `subject`: the contract or invoice it is about.

    Refuses a deal that is over or names no core enterprise, another currency, and terms that cannot be.
    """
    ws.may("ask_guarantee")
    deal = held_deal(ws, deal_id, role="bank")
    if DealState(deal.status) not in UNSIGNED | SIGNED:
        raise Conflict("deal_over", "This deal is over.")
    if deal.core_id is None:
        raise Conflict("core_missing", "This deal names no core enterprise.")
    if amount.currency != deal.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="amount", currency=deal.currency)
    known = require_terms(kind, amount, until, pay_days, today(ws))
    guarantee = _written(ws, deal, known, amount, until, pay_days, require_text(subject, "subject", longest=LONGEST))
    ws.session.add(guarantee)
    ws.record(_asked(guarantee), on=deal_id)
    return guarantee


def propose_giving(ws: Workspace, guarantee_id: UUID) -> Approval:
    """Put the undertaking before a colleague in the core enterprise: it binds once two people have given it."""
    ws.may("give_guarantee")
    guarantee = held(ws, guarantee_id, role="core")
    GUARANTEE.find(GuaranteeState(guarantee.status), "give")
    summary = sentence("%(kind)s %(number)s: %(amount)s until %(until)s, for %(subject)s", kind={"word": KINDS[guarantee.kind], "facts": {}}, number=guarantee.number, amount=guarantee.amount, until=guarantee.until, subject=guarantee.subject)  # fmt: skip
    return approvals.propose(ws, "approve_guarantee", subject_id=guarantee_id, summary=summary)


@upon_approval("approve_guarantee")
def give(ws: Workspace, approval: Approval) -> None:
    """A second person of the core enterprise agrees. Refuses once the last day has passed."""
    guarantee = held(ws, approval.subject_id, role="core")
    if guarantee.until < today(ws):
        raise Conflict("undertaking_lapsed", "The last day of this undertaking has passed.")
    advance(guarantee, "give", actor=Actor.CORE_ENTERPRISE)
    guarantee.answered_at = ws.now
    fact = GuaranteeGiven(guarantee_id=guarantee.id, number=guarantee.number, amount=guarantee.amount)
    ws.record(fact, on=guarantee.deal_id, evidence=[approval.id])


def decline(ws: Workspace, guarantee_id: UUID, *, because: str) -> Guarantee:
    """The core enterprise says no, with its reason."""
    ws.may("give_guarantee")
    reason = require_text(because, "because", longest=LONGEST)
    guarantee = held(ws, guarantee_id, role="core")
    advance(guarantee, "decline", actor=Actor.CORE_ENTERPRISE)
    guarantee.answered_at = guarantee.ended_at = ws.now
    guarantee.answer_note = reason
    fact = GuaranteeDeclined(guarantee_id=guarantee.id, number=guarantee.number, because=reason)
    ws.record(fact, on=guarantee.deal_id)
    return guarantee


def withdraw(ws: Workspace, guarantee_id: UUID) -> Guarantee:
    """The bank asks no more, as long as it was not given."""
    ws.may("ask_guarantee")
    guarantee = held(ws, guarantee_id, role="bank")
    advance(guarantee, "withdraw", actor=Actor.BANK)
    guarantee.ended_at = ws.now
    ws.record(GuaranteeWithdrawn(guarantee_id=guarantee.id, number=guarantee.number), on=guarantee.deal_id)
    return guarantee


def _asked(guarantee: Guarantee) -> GuaranteeAsked:
    return GuaranteeAsked(
        guarantee_id=guarantee.id,
        number=guarantee.number,
        kind={"word": KINDS[guarantee.kind], "facts": {}},
        amount=guarantee.amount,
        until=guarantee.until,
    )


def _written(
    ws: Workspace, deal: Deal, kind: GuaranteeKind, amount: Money, until: date, pay_days: int, subject: str
) -> Guarantee:
    assert deal.core_id is not None, "asked before"
    guarantee_id = new_id()
    return Guarantee(
        deal_id=deal.deal_id,
        id=guarantee_id,
        tenant_id=ws.tenant_id,
        core_id=deal.core_id,
        borrower_id=deal.borrower_id,
        number=f"G{ws.now:%y%m%d}-{guarantee_id.hex[-4:].upper()}",
        deal_number=deal.number,
        kind=kind.value,
        status=GUARANTEE.advance(None, "ask", actor=Actor.BANK).value,
        amount_minor=amount.minor,
        currency=amount.currency,
        until=until,
        pay_days=pay_days,
        subject=subject,
        asked_at=ws.now,
    )
