"""What a loan's money serves, as its plan's page shows it; and the two officers' acts."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for

from frontend import entered
from frontend.financing.blueprint import pages
from marketplace.documents.queries import documents_of
from marketplace.financing import actions, queries
from marketplace.financing.misuses import days as misuse_days
from marketplace.financing.misuses import finding as misuse
from tenants import approvals
from tenants.workspace import Workspace


def misuses_shown(ws: Workspace, deal_id: UUID, *, bank: bool) -> dict[str, Any]:
    """What was found, what it cost so far, and to the bank what it may show it by."""
    found = misuse.misuses_of(ws, deal_id)
    return {
        "misuses": found,
        "misuse_added": misuse_days.added_by(ws, found),
        "papers": [(one.id, one.name) for one in documents_of(ws, deal_id)] if bank else [],
        "proposals": {one.act for one in approvals.waiting(ws) if one.subject_id == deal_id} if bank else set(),
    }


@pages.act("/deals/<uuid:deal_id>/misuses", again="show_plan")
def propose_misuse(ws: Workspace, deal_id: UUID) -> Any:
    currency = queries.find_deal(ws, deal_id).currency
    actions.propose_misuse(
        ws,
        deal_id,
        amount=entered.money("amount", currency),
        since=entered.day("since"),
        because=entered.text("because"),
        document_id=entered.chosen("document_id"),
    )
    return redirect(url_for(".show_plan", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/misuses/end", again="show_plan")
def propose_misuse_end(ws: Workspace, deal_id: UUID) -> Any:
    actions.propose_misuse_end(ws, deal_id, because=entered.text("because"))
    return redirect(url_for(".show_plan", deal_id=deal_id))
