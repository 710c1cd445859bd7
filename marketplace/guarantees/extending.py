"""A loan is to run longer (展期): whoever stands behind it says whether it stands behind the longer time too.

An extension that the guarantor did not agree to in writing leaves its guarantee as it was (Civil Code 695): so the question names the undertaking's new last day, the
answer is given by two people of the guarantor, and the bank's officers read it before they decide.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from marketplace.financing.money.changes import require_extendable
from marketplace.financing.ports import ask_for_consent
from marketplace.financing.rules.terms import require_text
from marketplace.financing.steps import held_deal
from marketplace.guarantees.events import (
    ExtensionAsked,
    ExtensionConsented,
    ExtensionRefused,
    GuaranteeExtended,
    GuaranteeNotExtended,
)
from marketplace.guarantees.models import ExtensionConsent, Guarantee
from marketplace.guarantees.queries import find_guarantee, guarantees_of
from marketplace.guarantees.rules import GuaranteeState
from marketplace.guarantees.steps import held
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict
from tenants.events import sentence
from tenants.workspace import Workspace

BINDING = (GuaranteeState.GIVEN, GuaranteeState.CLAIMED)


def ask_extension(ws: Workspace, deal_id: UUID, *, until: date, because: str) -> list[ExtensionConsent]:
    """The bank asks whoever stands behind a loan whether it may run until that day; each undertaking would stand as many days longer. Replaces what was asked before.

    Refuses a day until which the loan cannot run, and a loan behind which nobody stands.
    """
    ws.may("ask_guarantee")
    reason = require_text(because, "because", longest=300)
    deal = held_deal(ws, deal_id, role="bank")
    require_extendable(ws, deal, until)
    assert deal.matures_on is not None, "what can be extended has its last day"
    longer, standing = until - deal.matures_on, [one for one in guarantees_of(ws, deal_id) if one.status in BINDING]
    if not standing:
        raise Conflict("nobody_stands_behind", "Nobody stands behind this loan.")
    for one in consents_of(ws, deal_id):
        if one.status == "ASKED":
            one.status = "WITHDRAWN"
    ws.session.flush()
    return [_ask(ws, one, until, one.until + longer, reason) for one in standing]


def consents_of(ws: Workspace, deal_id: UUID) -> list[ExtensionConsent]:
    """What was asked and answered about a deal's extensions, newest first."""
    wanted = select(ExtensionConsent).where(ExtensionConsent.deal_id == deal_id)
    return list(ws.session.scalars(wanted.order_by(ExtensionConsent.id.desc())))


def consent_asked(ws: Workspace, guarantee: Guarantee) -> ExtensionConsent | None:
    """The question about an undertaking that nobody has answered, if there is one."""
    asked = (one for one in consents_of(ws, guarantee.deal_id) if one.guarantee_id == guarantee.id)
    return next((one for one in asked if one.status == "ASKED"), None)


def propose_consent(ws: Workspace, guarantee_id: UUID) -> Approval:
    """Put the consent before a colleague in the core enterprise: like the undertaking itself, it takes two people."""
    ws.may("give_guarantee")
    guarantee = held(ws, guarantee_id, role="core")
    asked = _asked(ws, guarantee)
    summary = sentence("%(number)s: deal %(deal)s runs until %(loan_until)s, the undertaking stands until %(until)s", number=guarantee.number, deal=guarantee.deal_number, loan_until=asked.loan_until, until=asked.until)  # fmt: skip
    return approvals.propose(ws, "approve_extension_consent", subject_id=guarantee_id, summary=summary, consent_id=str(asked.id))  # fmt: skip


@upon_approval("approve_extension_consent")
def consent(ws: Workspace, approval: Approval) -> None:
    """A second person agrees. Refuses where the bank has asked something else meanwhile."""
    guarantee = held(ws, approval.subject_id, role="core")
    asked = _asked(ws, guarantee)
    if str(asked.id) != approval.payload["consent_id"]:
        raise Conflict("nothing_asked", "The bank does not ask this any more.")
    asked.status, asked.answered_at = "CONSENTED", ws.now
    fact = ExtensionConsented(guarantee_id=guarantee.id, number=guarantee.number, loan_until=asked.loan_until, until=asked.until)  # fmt: skip
    ws.record(fact, on=guarantee.deal_id, evidence=[approval.id])


def refuse_extension(ws: Workspace, guarantee_id: UUID, *, because: str) -> ExtensionConsent:
    """The core enterprise does not stand behind the longer time, with its reason."""
    ws.may("give_guarantee")
    reason = require_text(because, "because", longest=300)
    guarantee = held(ws, guarantee_id, role="core")
    asked = _asked(ws, guarantee)
    asked.status, asked.answered_at, asked.answer_note = "REFUSED", ws.now, reason
    fact = ExtensionRefused(guarantee_id=guarantee.id, number=guarantee.number, because=reason)
    ws.record(fact, on=guarantee.deal_id)
    return asked


def follow_extension(ws: Workspace, deal_id: UUID, until: date) -> None:
    """In the bank's workspace: the loan runs longer. Undertakings that were agreed to for it do too; the others stand as they were, and the record says so."""
    agreed = _agreed(ws, deal_id, until)
    for one in guarantees_of(ws, deal_id):
        if one.status not in BINDING:
            continue
        guarantee = find_guarantee(ws, one.id, lock=True)
        if guarantee.id in agreed:
            guarantee.until = agreed[guarantee.id].until
        told = GuaranteeExtended if guarantee.id in agreed else GuaranteeNotExtended
        ws.record(told(guarantee_id=guarantee.id, number=guarantee.number, until=guarantee.until), on=deal_id)


def without_consent(ws: Workspace, deal_id: UUID, until: date) -> Sequence[str]:
    """The undertakings behind a deal that were not agreed to for a loan until that day, by number."""
    agreed = _agreed(ws, deal_id, until)
    return [one.number for one in guarantees_of(ws, deal_id) if one.status in BINDING and one.id not in agreed]


def _agreed(ws: Workspace, deal_id: UUID, until: date) -> dict[UUID, ExtensionConsent]:
    return {one.guarantee_id: one for one in reversed(consents_of(ws, deal_id)) if one.status == "CONSENTED" and one.loan_until == until}  # fmt: skip


def _asked(ws: Workspace, guarantee: Guarantee) -> ExtensionConsent:
    asked = consent_asked(ws, guarantee)
    if asked is None:
        raise Conflict("nothing_asked", "The bank does not ask this any more.")
    return asked


def _ask(ws: Workspace, guarantee: Guarantee, loan_until: date, until: date, because: str) -> ExtensionConsent:
    asked = ExtensionConsent(
        deal_id=guarantee.deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        guarantee_id=guarantee.id,
        core_id=guarantee.core_id,
        number=guarantee.number,
        loan_until=loan_until,
        until=until,
        because=because,
        status="ASKED",
        asked_at=ws.now,
    )
    ws.session.add(asked)
    fact = ExtensionAsked(guarantee_id=guarantee.id, number=guarantee.number, deal=guarantee.deal_number, loan_until=loan_until, until=until, because=because)  # fmt: skip
    ws.record(fact, on=guarantee.deal_id)
    return asked


ask_for_consent(without_consent)
