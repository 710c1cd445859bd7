"""The pledgor's word: a yes by two of its people, or by its one; a no by any who may answer."""

from uuid import UUID

from marketplace.disposal.appropriating.events import AppropriationConsented, AppropriationDeclined
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.queries import find_appropriation
from marketplace.disposal.pledgors_people import takes_two
from marketplace.disposal.rules.afterwards import require_in_time
from marketplace.disposal.rules.appropriating import APPROPRIATION
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

ACT = "agree_appropriation"


def answer_appropriation(ws: Workspace, appropriation_id: UUID, *, accept: bool) -> Appropriation:
    """Agree to it or not, in time. A yes waits for a colleague where the firm has one who may decide; the answer binds.

    Refuses anybody but the pledgor, and what is answered or over.
    """
    ws.may("answer_appropriation")
    asked = _asked(ws, appropriation_id)
    APPROPRIATION.next_state(asked.state, "consent" if accept else "decline")
    if not accept:
        asked.status = APPROPRIATION.next_state(asked.state, "decline")
        asked.answered_at, asked.answered_by = ws.now, ws.member.name
        ws.record(AppropriationDeclined(appropriation_id=asked.id, title=asked.title), on=asked.deal_id)
    elif takes_two(ws, ACT):
        summary = sentence("Agree that the bank takes over %(goods)s, %(quantity)s, at %(value)s", goods=asked.title, quantity=asked.goods, value=asked.value)  # fmt: skip
        approvals.propose(ws, ACT, subject_id=asked.id, summary=summary)
    else:
        ws.may(ACT)
        _agree(ws, asked, ws.member.name)
    return asked


@upon_approval(ACT)
def agree_as_two(ws: Workspace, approval: Approval) -> None:
    """The second of the pledgor's people agrees."""
    _agree(ws, _asked(ws, approval.subject_id), f"{approval.maker}, {ws.member.name}", approval)


def _asked(ws: Workspace, appropriation_id: UUID) -> Appropriation:
    """The proposal, held, for its pledgor while there is time."""
    asked = find_appropriation(ws, appropriation_id, lock=True)
    if asked.borrower_id != ws.tenant_id:
        raise NotFound("appropriation_unknown", "There is no such proposal to take goods over.")
    require_in_time(ws.now, asked.answer_by)
    return asked


def _agree(ws: Workspace, asked: Appropriation, by: str, approval: Approval | None = None) -> None:
    asked.status = APPROPRIATION.next_state(asked.state, "consent")
    asked.answered_at, asked.answered_by = ws.now, by
    fact = AppropriationConsented(appropriation_id=asked.id, title=asked.title, value=asked.value)
    ws.record(fact, on=asked.deal_id, evidence=[approval.id] if approval else [])
