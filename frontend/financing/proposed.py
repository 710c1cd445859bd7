"""What a second officer of the bank decides on where the sentence leaves it out: the ladder's people and limits, terms of a borrowing base, the paper of a misuse."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.financing.proposed_terms import DrawdownTerms, LadderTerms, MisuseTerms, ProposedBaseTerms
from frontend.proposals import lays_open
from marketplace.documents.queries import find_document
from marketplace.financing.credit.ladder import deciders
from marketplace.financing.money.payees import orders_behind, payee_of
from marketplace.financing.queries import find_deal, find_drawdown, position
from marketplace.money import Money
from marketplace.valuation.models_base import BaseTerms
from tenants.approvals import Approval
from tenants.workspace import Workspace


@lays_open("approve_ladder", "financing/credit/proposed_ladder.html", LadderTerms)
def proposed_ladder(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """Each stage with its limit and who decides at it; who has left since is told as such by the rule, on approval."""
    told, names = approval.payload, {str(one): name for one, name in deciders(ws).items()}
    return {
        "stages": [
            {
                "name": one["name"],
                "limit": None if one["minor"] is None else Money(one["minor"], told["currency"]),
                "people": [names.get(person, "–") for person in one["people"]],
                "ids": one["people"],
            }
            for one in told["stages"]
        ]
    }


@lays_open("approve_base_terms", "financing/bases/proposed_base.html", ProposedBaseTerms)
def proposed_base(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The terms as the base would show them."""
    told = approval.payload
    shares = {name: Decimal(told[name]) for name in ("cap", "wrong_way")}
    terms = BaseTerms(**told | shares)
    return {"terms": terms, "sub_limits": [(one.name, one.most) for one in terms.limited]}


@lays_open("approve_drawdown", "financing/money/proposed_drawdown.html", DrawdownTerms)
def proposed_drawdown(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """Where the money goes, for what, and what may be drawn now."""
    drawdown = find_drawdown(ws, approval.subject_id)
    orders = orders_behind(ws, find_deal(ws, drawdown.deal_id), payee_of(drawdown))
    return {"drawdown": drawdown, "position": position(ws, drawdown.deal_id), "orders": orders}


@lays_open("approve_misuse", "financing/misuses/proposed_misuse.html", MisuseTerms)
def proposed_misuse(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The paper that shows it, and the reason in full."""
    told = approval.payload
    amount = Money(told["minor"], find_deal(ws, approval.subject_id).currency)
    document = find_document(ws, UUID(told["document_id"]))
    return {"document": document, "because": told["because"], "amount": amount, "since": told["since"]}
