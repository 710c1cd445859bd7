"""A loan used for another purpose than was agreed (挪用): found by two officers on evidence, charged at the misuse rate from that day, until two say it is put right."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from marketplace.documents.queries import documents_of
from marketplace.financing.events.misuse import MisuseEnded, MisuseFound
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.misuses.days import add_back_days
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.misuse import LoanMisuse
from marketplace.financing.money.plans import rates_of
from marketplace.financing.nights.running import ONE_DAY, accrue
from marketplace.financing.queries import agreed_terms, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import OWING, require_text
from marketplace.financing.steps import held_deal
from marketplace.money import Money
from marketplace.valuation.queries import today
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace


def propose_misuse(ws: Workspace, deal_id: UUID, *, amount: Money, since: date, because: str, document_id: UUID) -> Approval:  # fmt: skip
    """Ask a second officer to find that `amount` of a loan serves another purpose since a day, as a paper in the deal's room shows.

    Refuses a loan that owes nothing, a second finding beside one that stands, more than is owed, a day before the money was paid out or that has not come, and a
    paper that is not in the deal.
    """
    ws.may("call_margin")
    reason = require_text(because, "because")
    deal = held_deal(ws, deal_id, role="bank")
    _require(ws, deal, amount, since)
    if document_id not in {one.id for one in documents_of(ws, deal_id)}:
        raise NotFound("document_unknown", "There is no such document in this deal.", field="document_id")
    summary = sentence("%(deal)s: %(amount)s misused since %(since)s: %(because)s", deal=deal.number, amount=amount, since=since, because=reason[:400])  # fmt: skip
    return approvals.propose(
        ws,
        "approve_misuse",
        subject_id=deal_id,
        summary=summary,
        minor=amount.minor,
        since=since.isoformat(),
        because=reason,
        document_id=str(document_id),
    )


@upon_approval("approve_misuse")
def find_misuse(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the days since then that are closed already are charged by one posting of today, those that follow each on its own."""
    told = approval.payload
    deal = held_deal(ws, approval.subject_id, role="bank")
    amount, since = Money(told["minor"], deal.currency), date.fromisoformat(told["since"])
    _require(ws, deal, amount, since)
    accrue(ws, deal)
    misuse = LoanMisuse(
        deal_id=deal.deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        since=since,
        amount_minor=amount.minor,
        currency=deal.currency,
        factor=agreed_terms(ws, deal).misuse_factor,
        because=told["because"],
        document_id=UUID(told["document_id"]),
        found_at=ws.now,
    )
    ws.session.add(misuse)
    ws.session.flush()
    added = add_back_days(ws, misuse, today(ws) - ONE_DAY)
    fact = MisuseFound(
        number=deal.number, amount=amount, since=since, factor=f"{misuse.factor.normalize():f}", added=added, because=misuse.because
    )  # fmt: skip
    ws.record(fact, on=deal.deal_id, evidence=[approval.id, misuse.document_id])
    review_deal(ws, deal.deal_id, cause="misuse")


def propose_misuse_end(ws: Workspace, deal_id: UUID, *, because: str) -> Approval:
    """Ask a second officer to find that the money serves its purpose again, or came back. Refuses where no misuse stands."""
    ws.may("call_margin")
    reason = require_text(because, "because")
    deal = held_deal(ws, deal_id, role="bank")
    _standing(ws, deal_id)
    summary = sentence("%(deal)s: the misuse is put right: %(because)s", deal=deal.number, because=reason[:400])
    return approvals.propose(ws, "approve_misuse_end", subject_id=deal_id, summary=summary, because=reason)


@upon_approval("approve_misuse_end")
def end_misuse(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: from today on the loan bears its own rate again. What was charged stays owed."""
    deal = held_deal(ws, approval.subject_id, role="bank")
    misuse = _standing(ws, deal.deal_id)
    accrue(ws, deal)
    misuse.ended_on, misuse.ended_because = today(ws), approval.payload["because"]
    fact = MisuseEnded(number=deal.number, on=misuse.ended_on, because=misuse.ended_because)
    ws.record(fact, on=deal.deal_id, evidence=[approval.id])


def misuses_of(ws: Workspace, deal_id: UUID) -> list[LoanMisuse]:
    """What was found of a loan's use, newest first. For its two parties."""
    wanted = select(LoanMisuse).where(LoanMisuse.deal_id == deal_id)
    return list(ws.session.scalars(wanted.order_by(LoanMisuse.found_at.desc())))


def _standing(ws: Workspace, deal_id: UUID) -> LoanMisuse:
    found = next((one for one in misuses_of(ws, deal_id) if one.ended_on is None), None)
    if found is None:
        raise Conflict("misuse_unknown", "No misuse of this loan stands.")
    return found


def _require(ws: Workspace, deal: Deal, amount: Money, since: date) -> None:
    if DealState(deal.status) not in OWING:
        raise Conflict("nothing_owed", "Nothing is owed on this deal.")
    if any(one.ended_on is None for one in misuses_of(ws, deal.deal_id)):
        raise Conflict("misuse_stands", "A misuse of this loan stands already: end it first.")
    owed = position(ws, deal.deal_id).principal
    if amount.currency != deal.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="amount", currency=deal.currency)
    if not 0 < amount.minor <= owed.minor:
        raise Invalid("misuse_amount_wrong", "Between nothing and the principal owed, %(owed)s, can be misused.", field="amount", owed=owed)  # fmt: skip
    begun_on = rates_of(ws, deal.deal_id)[0].effective_on
    if not begun_on <= since <= today(ws):
        raise Invalid("misuse_day_wrong", "Name a day from %(begun_on)s, when the money was paid out, to today.", field="since", begun_on=begun_on)  # fmt: skip
