"""Calls of credit approval: the bank's ladder, and who decided what on a deal. For the bank's own people and auditors."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import money
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing.credit.deciding import decisions_on
from marketplace.financing.credit.ladder import ladder_rows, propose_ladder
from marketplace.financing.queries import find_deal
from marketplace.financing.rules.credit import Stage
from tenants.workspace import Workspace


class StageBody(Shape):
    """One stage of the ladder: the most that it approves (null: any amount) and the people who decide in it."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    limit: MoneyShape | None = None
    people: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class LadderBody(Shape):
    """A ladder, its first stage first."""

    stages: Annotated[list[StageBody], Field(min_length=1, max_length=6)]


class StageView(Shape):
    """One stage of the ladder in force."""

    stage: int
    name: str
    limit: MoneyShape | None
    people: list[UUID]
    set_at: Moment


class LadderView(Shape):
    """The ladder in force; empty where the bank has set none, and any second officer decides."""

    items: list[StageView]


class DecisionView(Shape):
    """One person's part in a deal's approval; stage 0 put it forward."""

    stage: int
    stage_name: str
    decision: str
    amount: MoneyShape
    reason: str
    person_id: UUID
    person: str
    decided_at: Moment


class DecisionPage(Shape):
    """Who decided what, stage by stage."""

    items: list[DecisionView]


@api.look("/credit-ladder", gives=LadderView)
def show_ladder(ws: Workspace) -> LadderView:
    """The caller's approval ladder."""
    return LadderView(
        items=[
            StageView(
                stage=one.stage,
                name=one.name,
                limit=money_shape(one.limit) if one.limit else None,
                people=[UUID(person) for person in one.people],
                set_at=one.set_at,
            )
            for one in ladder_rows(ws)
        ]
    )


@api.act("/credit-ladder", takes=LadderBody, gives=Proposed)
def propose(ws: Workspace, body: LadderBody) -> Proposed:
    """Put an approval ladder before a second officer."""
    stages = [
        Stage(number, one.name, money(one.limit) if one.limit else None, frozenset(one.people))
        for number, one in enumerate(body.stages, start=1)
    ]
    return proposed(propose_ladder(ws, stages))


@api.look("/deals/<uuid:deal_id>/credit-decisions", gives=DecisionPage)
def list_decisions(ws: Workspace, deal_id: UUID) -> DecisionPage:
    """Who decided what on a deal, when and why: the bank reads it; to the borrower there is nothing."""
    find_deal(ws, deal_id)
    plain = ("stage", "stage_name", "decision", "reason", "person_id", "person", "decided_at")
    return DecisionPage(
        items=[
            DecisionView(amount=money_shape(one.amount), **{name: getattr(one, name) for name in plain})
            for one in decisions_on(ws, deal_id)
        ]
    )
