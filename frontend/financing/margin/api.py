"""Calls of a loan in trouble: margin calls, default, write-off; and the bank's book at one look."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, Ratio, Shape
from frontend.financing.blueprint import api
from frontend.financing.shapes import (
    Because,
    CallPage,
    CallView,
    DealView,
    Sentence,
    call_view,
    deal_view,
)
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.financing.margin.objections import objection_to
from tenants.errors import NotFound
from tenants.workspace import Workspace


class NoticeBody(Shape):
    """How the notice was served, so that a later reader can find the proof."""

    proof: Annotated[str, Field(min_length=1, max_length=200)]


class ObjectionBody(Shape):
    """Which figure of a call is contested, why, and the papers of the deal's room that show it."""

    ground: Annotated[str, Field(pattern="^(PRICE|QUANTITY|CONDITION|DEBT)$")]
    because: Annotated[str, Field(min_length=1, max_length=1000)]
    documents: Annotated[list[UUID], Field(max_length=10, default_factory=list)]


class ObjectionView(Shape):
    """An objection: `held_until` where it holds the time to cure, `outcome` UPHELD or REJECTED once the bank has answered."""

    call_id: UUID
    ground: str
    because: str
    documents: list[UUID]
    raised_at: Moment
    held_until: Moment | None
    outcome: str | None
    answer: str | None
    answered_at: Moment | None


class ObjectionAnswerBody(Shape):
    """The bank's answer."""

    upheld: bool
    because: Sentence


class ExtensionBody(Shape):
    """A new deadline, and why."""

    until: Moment
    because: Sentence


class DefaultBody(Shape):
    """What has happened, and which event of default it is (taken from the record where it is not named)."""

    because: Sentence
    event: Annotated[str, Field(pattern="^(UNCURED_CALL|PAST_DUE|FRAUD|CROSS_DEFAULT)$")] | None = None


class ExposureView(Shape):
    """One loan in a bank's book."""

    deal_id: UUID
    number: str
    status: str
    borrower_id: UUID
    outstanding: MoneyShape
    market_value: MoneyShape | None
    ltv: Ratio | None
    headroom: Ratio | None
    zone: str | None
    valued_at: Moment | None
    call_id: UUID | None


class Portfolio(Shape):
    """Every loan with money out, worst first."""

    items: list[ExposureView]


@api.look("/margin-calls", gives=CallPage)
def list_margin_calls(ws: Workspace) -> CallPage:
    """Margin calls of the caller's deals."""
    return CallPage(items=[call_view(row) for row in queries.margin_calls(ws)])


@api.act("/deals/<uuid:deal_id>/margin-calls", takes=Nothing, gives=CallView, status=201)
def call_margin(ws: Workspace, deal_id: UUID, body: Nothing) -> CallView:
    """Look at a deal now, and call for cover where its lines ask for it."""
    return call_view(actions.call_margin(ws, deal_id))


@api.act("/margin-calls/<uuid:call_id>/acceptance", takes=Nothing, gives=CallView)
def accept_call(ws: Workspace, call_id: UUID, body: Nothing) -> CallView:
    """The borrower accepts a call."""
    return call_view(actions.accept_call(ws, call_id))


@api.act("/margin-calls/<uuid:call_id>/objection", takes=ObjectionBody, gives=ObjectionView, status=201)
def object_to_call(ws: Workspace, call_id: UUID, body: ObjectionBody) -> ObjectionView:
    """The borrower contests a figure of a call."""
    found = actions.object_to_call(ws, call_id, ground=body.ground, because=body.because, documents=body.documents)
    return ObjectionView.model_validate(found)


@api.look("/margin-calls/<uuid:call_id>/objection", gives=ObjectionView)
def show_objection(ws: Workspace, call_id: UUID) -> ObjectionView:
    """The objection to a call and the bank's answer."""
    found = objection_to(ws, queries.find_call(ws, call_id))
    if found is None:
        raise NotFound("objection_unknown", "Nobody has objected to this call.")
    return ObjectionView.model_validate(found)


@api.act("/margin-calls/<uuid:call_id>/objection-answer", takes=ObjectionAnswerBody, gives=Proposed)
def answer_objection(ws: Workspace, call_id: UUID, body: ObjectionAnswerBody) -> Proposed:
    """Put the bank's answer before a second officer: uphold, so that the call is withdrawn, or reject."""
    return proposed(actions.propose_objection_answer(ws, call_id, upheld=body.upheld, because=body.because))


@api.act("/deals/<uuid:deal_id>/default", takes=DefaultBody, gives=Proposed)
def propose_default(ws: Workspace, deal_id: UUID, body: DefaultBody) -> Proposed:
    """Put a declaration of default before a second officer."""
    return proposed(actions.propose_default(ws, deal_id, because=body.because, event=body.event))


@api.look("/margin-calls/<uuid:call_id>", gives=CallView)
def show_margin_call(ws: Workspace, call_id: UUID) -> CallView:
    """One margin call."""
    return call_view(queries.find_call(ws, call_id))


@api.act("/margin-calls/<uuid:call_id>/notice", takes=NoticeBody, gives=CallView)
def serve_notice(ws: Workspace, call_id: UUID, body: NoticeBody) -> CallView:
    """The bank served the notice itself and enters the proof."""
    return call_view(actions.serve_notice(ws, call_id, proof=body.proof))


@api.act("/margin-calls/<uuid:call_id>/cancellation", takes=Nothing, gives=CallView)
def cancel_call(ws: Workspace, call_id: UUID, body: Nothing) -> CallView:
    """The bank withdraws a call on a loan that is below its warning line."""
    return call_view(actions.cancel_call(ws, call_id))


@api.act("/margin-calls/<uuid:call_id>/extension", takes=ExtensionBody, gives=Proposed)
def propose_extension(ws: Workspace, call_id: UUID, body: ExtensionBody) -> Proposed:
    """Put more time before a second officer."""
    return proposed(actions.propose_extension(ws, call_id, until=body.until, because=body.because))


@api.act("/deals/<uuid:deal_id>/watch-end", takes=Because, gives=DealView)
def end_watch(ws: Workspace, deal_id: UUID, body: Because) -> DealView:
    """Take a deal off the watch list."""
    return deal_view(actions.end_watch(ws, deal_id, because=body.because))


@api.act("/deals/<uuid:deal_id>/write-off", takes=Because, gives=Proposed)
def propose_write_off(ws: Workspace, deal_id: UUID, body: Because) -> Proposed:
    """Put a write-off before a second officer."""
    return proposed(actions.propose_write_off(ws, deal_id, because=body.because))


@api.look("/portfolio", gives=Portfolio)
def show_portfolio(ws: Workspace) -> Portfolio:
    """Every loan with money out, the one nearest to trouble first."""
    return Portfolio(items=[_exposure(one) for one in queries.portfolio(ws)])


def _exposure(one: queries.Exposure) -> ExposureView:
    standing = one.position
    return ExposureView(
        deal_id=one.deal.deal_id,
        number=one.deal.number,
        status=one.deal.status,
        borrower_id=one.deal.borrower_id,
        outstanding=money_shape(standing.outstanding),
        market_value=money_shape(standing.market_value) if standing.market_value else None,
        ltv=standing.ltv,
        headroom=standing.headroom,
        zone=standing.zone,
        valued_at=standing.valued_at,
        call_id=one.call.id if one.call else None,
    )
