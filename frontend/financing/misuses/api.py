"""Calls about what a loan's money serves: a misuse is found, shown and put right."""

from datetime import date
from uuid import UUID

from frontend.api import Moment, MoneyShape, Ratio, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import Because, Sentence, money
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.financing.misuses import days as misuse_days
from marketplace.financing.misuses import finding as misuse
from tenants.workspace import Workspace

PLAIN = ("id", "since", "factor", "because", "document_id", "found_at", "ended_on", "ended_because")


class MisuseBody(Shape):
    """How much of a loan serves another purpose, since when, and the document in the deal that shows it."""

    amount: MoneyShape
    since: date
    document_id: UUID
    because: Sentence


class MisuseView(Shape):
    """A misuse that two officers found: what bears the misuse rate, and what that has added to the interest so far."""

    id: UUID
    since: date
    amount: MoneyShape
    factor: Ratio
    added: MoneyShape
    because: str
    document_id: UUID
    found_at: Moment
    ended_on: date | None
    ended_because: str


class MisusePage(Shape):
    """What was found of the use of a loan's money, newest first."""

    items: list[MisuseView]


@api.look("/deals/<uuid:deal_id>/misuses", gives=MisusePage)
def list_misuses(ws: Workspace, deal_id: UUID) -> MisusePage:
    """What was found of the use of a loan's money; for its two parties."""
    queries.find_deal(ws, deal_id)
    found = misuse.misuses_of(ws, deal_id)
    added = misuse_days.added_by(ws, found)
    views = [
        MisuseView(
            amount=money_shape(one.amount),
            added=money_shape(added[one.id]),
            **{name: getattr(one, name) for name in PLAIN},
        )
        for one in found
    ]
    return MisusePage(items=views)


@api.act("/deals/<uuid:deal_id>/misuses", takes=MisuseBody, gives=Proposed)
def propose_misuse(ws: Workspace, deal_id: UUID, body: MisuseBody) -> Proposed:
    """Ask a second officer to find that money of a loan serves another purpose than was agreed."""
    told = body.model_dump() | {"amount": money(body.amount)}
    return proposed(actions.propose_misuse(ws, deal_id, **told))


@api.act("/deals/<uuid:deal_id>/misuses/end", takes=Because, gives=Proposed)
def propose_misuse_end(ws: Workspace, deal_id: UUID, body: Because) -> Proposed:
    """Ask a second officer to find that the misuse is put right."""
    return proposed(actions.propose_misuse_end(ws, deal_id, because=body.because))
