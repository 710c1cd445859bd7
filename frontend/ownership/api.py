"""Calls about owners of firms: the platform's register, a firm's own entries."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Shape
from frontend.tenants.api import ApprovalView
from tenants.ownership import actions
from tenants.ownership.queries import owners_of, related_firms
from tenants.ownership.rules import Relation, StakeKind
from tenants.workspace import Workspace

api = Api("ownership")
Words = Annotated[str, Field(min_length=1, max_length=1000)]
Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=7, decimal_places=4)]


class StakeView(Shape):
    """One entry among a firm's owners; in force while `until` is null."""

    id: UUID
    firm_id: UUID
    owner_name: str
    kind: StakeKind
    percent: Decimal | None
    since: date
    until: date | None
    evidence: str
    entered_at: Moment
    objection: str | None


class StakePage(Shape):
    """Entries, those in force first."""

    items: list[StakeView]


class RelatedView(Shape):
    """Another firm of the house, and the rule by which it is related."""

    name: str
    rule: Relation


class RegisterView(Shape):
    """A firm's owners as the platform keeps them, and the firms that are related to it today."""

    items: list[StakeView]
    related: list[RelatedView]


class StakeBody(Shape):
    """An owner: a firm of the house by its id, or somebody outside by name and number. `percent` for shares alone."""

    kind: StakeKind
    percent: Percent | None = None
    since: date
    evidence: Words
    owner_id: UUID | None = None
    owner_name: Annotated[str, Field(max_length=200)] = ""
    owner_code: Annotated[str, Field(max_length=40)] = ""
    person: bool = False


class EndBody(Shape):
    """Since when somebody is an owner no longer."""

    until: date


class ObjectionBody(Shape):
    """Why an entry is wrong."""

    because: Words


@api.look("/owners", gives=StakePage)
def list_own_owners(ws: Workspace) -> StakePage:
    """What is entered about the owners of one's own firm."""
    return StakePage(items=[StakeView.model_validate(one) for one in owners_of(ws, ws.tenant_id)])


@api.act("/owners/<uuid:stake_id>/objection", takes=ObjectionBody, gives=StakeView)
def object_to_stake(ws: Workspace, stake_id: UUID, body: ObjectionBody) -> StakeView:
    """Object to an entry among one's own owners; it counts until the platform has ended it."""
    return StakeView.model_validate(actions.object_to_stake(ws, stake_id, because=body.because))


@api.look("/organisations/<uuid:organisation_id>/owners", gives=RegisterView)
def list_owners(ws: Workspace, organisation_id: UUID) -> RegisterView:
    """A firm's owners as the platform keeps them, and whom they relate it to."""
    related = [RelatedView(name=name, rule=rule) for name, rule in related_firms(ws, organisation_id)]
    return RegisterView(
        items=[StakeView.model_validate(one) for one in owners_of(ws, organisation_id)], related=related
    )


@api.act("/organisations/<uuid:organisation_id>/owners", takes=StakeBody, gives=ApprovalView, status=201)
def propose_stake(ws: Workspace, organisation_id: UUID, body: StakeBody) -> ApprovalView:
    """Put an owner of a firm before a second person of the platform."""
    return ApprovalView.model_validate(actions.propose_stake(ws, organisation_id, **body.model_dump()))


@api.act("/owners/<uuid:stake_id>/end", takes=EndBody, gives=ApprovalView, status=201)
def propose_stake_end(ws: Workspace, stake_id: UUID, body: EndBody) -> ApprovalView:
    """Put the end of an entry before a second person of the platform."""
    return ApprovalView.model_validate(actions.propose_stake_end(ws, stake_id, until=body.until))
