"""Calling an undertaking in: two officers of the bank claim, the core enterprise pays, and it ends."""

from uuid import UUID

from marketplace.business_days import business_days_after
from marketplace.financing.actions import record_repayment
from marketplace.financing.contesting import require_heard
from marketplace.financing.queries import find_deal, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import IN_TROUBLE, require_text
from marketplace.guarantees.events import GuaranteeClaimed, GuaranteeClaimFell, GuaranteeDischarged, GuaranteePaid
from marketplace.guarantees.models import Guarantee
from marketplace.guarantees.queries import tally_of
from marketplace.guarantees.rules import GUARANTEE, EntryKind, GuaranteeKind, GuaranteeState, require_within
from marketplace.guarantees.steps import advance, bank_reference, earlier, enter_under, held
from marketplace.guarantees.words import KINDS
from marketplace.money import Money
from marketplace.states import Actor
from marketplace.valuation.queries import today
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict
from tenants.events import sentence
from tenants.workspace import Workspace


def propose_claim(ws: Workspace, guarantee_id: UUID) -> Approval:
    """Put the claim of what can be claimed today before a second officer of the bank. Refuses what is not due."""
    ws.may("claim_guarantee")
    guarantee = held(ws, guarantee_id, role="bank")
    GUARANTEE.find(GuaranteeState(guarantee.status), "claim")
    amount = claimable(ws, guarantee)
    summary = sentence("%(kind)s %(number)s: claim %(amount)s", kind={"word": KINDS[guarantee.kind], "facts": {}}, number=guarantee.number, amount=amount)  # fmt: skip
    return approvals.propose(ws, "approve_claim", subject_id=guarantee_id, summary=summary)


@upon_approval("approve_claim")
def claim(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: what can be claimed on this day is claimed, to be paid in the agreed time (business days)."""
    guarantee = held(ws, approval.subject_id, role="bank")
    amount = claimable(ws, guarantee)
    advance(guarantee, "claim", actor=Actor.BANK, met={"claim_due"})
    guarantee.claimed_minor, guarantee.claimed_at = amount.minor, ws.now
    guarantee.pay_by = business_days_after(today(ws), guarantee.pay_days)
    fact = GuaranteeClaimed(guarantee_id=guarantee.id, number=guarantee.number, amount=amount, pay_by=guarantee.pay_by)
    ws.record(fact, on=guarantee.deal_id, evidence=[approval.id])


def claimable(ws: Workspace, guarantee: Guarantee) -> Money:
    """What the bank can claim today; refuses, with the reason, where that is nothing."""
    deal = find_deal(ws, guarantee.deal_id)
    if guarantee.kind == GuaranteeKind.BUY_BACK:
        require_heard(ws, guarantee.deal_id)
    return tally_of(ws, guarantee).claim(
        today=today(ws),
        until=guarantee.until,
        in_default=DealState(deal.status) in IN_TROUBLE,
        owed=position(ws, guarantee.deal_id).outstanding,
    )


def record_payment(ws: Workspace, guarantee_id: UUID, *, amount: Money, reference: str) -> Guarantee:
    """Enter what the core enterprise paid to the bank: it pays the loan's debt, by the order of every repayment.

    A confirmed receivable may be paid before it is claimed. Refuses what nobody claimed and more than is open; the same reference and amount again are
    the same payment.
    """
    ws.may("record_repayment")
    guarantee = held(ws, guarantee_id, role="bank")
    if earlier(ws, guarantee, EntryKind.PAYMENT, amount, reference) is not None:
        return guarantee
    left = open_amount(ws, guarantee)
    require_within(amount, left, "Of this undertaking %(most)s is open.", code="payment_too_much")
    repayment = record_repayment(ws, guarantee.deal_id, amount=amount, reference=bank_reference(guarantee, reference))
    entry = enter_under(ws, guarantee, EntryKind.PAYMENT, amount, reference)
    if amount == left:
        advance(guarantee, "pay", actor=Actor.BANK, met={"paid_in_full"})
        guarantee.ended_at = ws.now
    fact = GuaranteePaid(guarantee_id=guarantee.id, number=guarantee.number, amount=amount, left=left - amount, reference=entry.reference)  # fmt: skip
    ws.record(fact, on=guarantee.deal_id, evidence=[repayment.id])
    return guarantee


def open_amount(ws: Workspace, guarantee: Guarantee) -> Money:
    """What the core enterprise still has to pay: of the claim, or of a receivable that it confirmed. Refuses where it owes nothing yet."""
    paid, status = tally_of(ws, guarantee).paid, GuaranteeState(guarantee.status)
    binding = status in (GuaranteeState.GIVEN, GuaranteeState.CLAIMED)
    if binding and guarantee.kind == GuaranteeKind.RECEIVABLE_CONFIRMATION:
        return guarantee.amount - paid
    if status is GuaranteeState.CLAIMED and guarantee.claimed is not None:
        return guarantee.claimed - paid
    raise Conflict("nothing_claimed", "Nothing was claimed under this undertaking.")


def discharge(ws: Workspace, guarantee_id: UUID, *, because: str) -> Guarantee:
    """The bank lets the core enterprise out of its undertaking, with its reason."""
    ws.may("claim_guarantee")
    reason = require_text(because, "because", longest=300)
    guarantee = held(ws, guarantee_id, role="bank")
    end(ws, guarantee, {"word": "%(because)s", "facts": {"because": reason}}, actor=Actor.BANK)
    return guarantee


def end(ws: Workspace, guarantee: Guarantee, because: dict[str, object], *, actor: Actor) -> None:
    """It binds no more."""
    advance(guarantee, "discharge", actor=actor)
    guarantee.ended_at = ws.now
    fact = GuaranteeDischarged(guarantee_id=guarantee.id, number=guarantee.number, because=because)
    ws.record(fact, on=guarantee.deal_id)


def let_claim_fall(ws: Workspace, guarantee: Guarantee) -> None:
    """Nothing is claimed any more; it stands as it was given."""
    advance(guarantee, "let_claim_fall", actor=Actor.SYSTEM)
    guarantee.claimed_minor = guarantee.claimed_at = guarantee.pay_by = None
    ws.record(GuaranteeClaimFell(guarantee_id=guarantee.id, number=guarantee.number), on=guarantee.deal_id)
