"""Calls about a declared default: what it says, what is said against it, and the bank's answers."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import Sentence
from frontend.pledges.api import Proposed, proposed
from marketplace.financing import actions
from marketplace.financing.contesting import last_default, objections_to
from tenants.errors import NotFound
from tenants.workspace import Workspace


class DefaultObjectionBody(Shape):
    """What of the default is contested, why, and the papers of the deal's room that show it."""

    ground: Annotated[str, Field(pattern="^(EVENT|PAID|DEBT)$")]
    because: Annotated[str, Field(min_length=1, max_length=1000)]
    documents: Annotated[list[UUID], Field(max_length=10, default_factory=list)]


class DefaultObjectionView(Shape):
    """An objection: `tenant_id` raised it; `outcome` UPHELD or REJECTED once the bank has answered."""

    id: UUID
    tenant_id: UUID
    ground: str
    because: str
    documents: list[UUID]
    raised_at: Moment
    outcome: str | None
    answer: str | None
    answered_at: Moment | None


class DeclaredDefaultView(Shape):
    """A default as it was declared: it may be contested before `object_until`; `withdrawn_at` once the bank has taken it back."""

    id: UUID
    deal_id: UUID
    event: str
    because: str
    declared_at: Moment
    object_until: Moment
    withdrawn_at: Moment | None
    objections: list[DefaultObjectionView]


class DefaultAnswerBody(Shape):
    """The bank's answer to one objection."""

    objection_id: UUID
    upheld: bool
    because: Sentence


@api.look("/deals/<uuid:deal_id>/default", gives=DeclaredDefaultView)
def show_declared_default(ws: Workspace, deal_id: UUID) -> DeclaredDefaultView:
    """The latest default of a deal and what was said against it, for its bank, its borrower and who stands behind it."""
    default = last_default(ws, deal_id)
    if default is None:
        raise NotFound("default_unknown", "No default was declared on this deal.")
    plain = {name: getattr(default, name) for name in DeclaredDefaultView.model_fields if name != "objections"}
    said = [DefaultObjectionView.model_validate(one) for one in objections_to(ws, default)]
    return DeclaredDefaultView(**plain, objections=said)


@api.act("/deals/<uuid:deal_id>/default/objections", takes=DefaultObjectionBody, gives=DefaultObjectionView, status=201)
def object_to_default(ws: Workspace, deal_id: UUID, body: DefaultObjectionBody) -> DefaultObjectionView:
    """The borrower, or who stands behind the loan, contests its declared default."""
    said = actions.object_to_default(ws, deal_id, ground=body.ground, because=body.because, documents=body.documents)
    return DefaultObjectionView.model_validate(said)


@api.act("/deals/<uuid:deal_id>/default/answer", takes=DefaultAnswerBody, gives=Proposed)
def answer_default_objection(ws: Workspace, deal_id: UUID, body: DefaultAnswerBody) -> Proposed:
    """Put the bank's answer before a second officer: uphold, so that the default is taken back, or reject."""
    return proposed(actions.propose_default_answer(ws, deal_id, body.objection_id, upheld=body.upheld, because=body.because))  # fmt: skip
