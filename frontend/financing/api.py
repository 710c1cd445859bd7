"""Calls of a deal up to its money: request, offer, acceptance, approval, conditions, goods."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, PageQuery, QuantityShape, Shape
from frontend.financing.agreeing.shapes import OfferBody, OfferPage, OfferView, offer_view, terms_of
from frontend.financing.blueprint import api
from frontend.financing.shapes import (
    Because,
    ConditionBody,
    DealPage,
    DealView,
    PositionView,
    RequestBody,
    TopUpBody,
    chosen,
    deal_view,
    goods,
    money,
)
from frontend.pledges.api import Proposed, proposed, shape
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.financing.agreeing.conditions import checklist
from tenants.workspace import Workspace


class CoverView(Shape):
    """The cover of a deal's file, for everybody in its room: parties and stage, no amount."""

    id: UUID
    number: str
    borrower_id: UUID
    bank_id: UUID
    stage: str
    opened_at: Moment
    closed_at: Moment | None


class CoverPage(Shape):
    """Covers, newest first."""

    items: list[CoverView]
    next: UUID | None


class GoodsView(Shape):
    """A lot that carries a deal."""

    lot_id: UUID
    quantity: QuantityShape
    items: list[UUID] | None
    is_top_up: bool
    added_at: Moment


class GoodsPage(Shape):
    """A deal's goods."""

    items: list[GoodsView]


class CheckView(Shape):
    """One condition: met, not met, or (null) waiting for somebody."""

    name: str
    label: str
    met: bool | None
    evidence: str
    at: Moment | None


class Checklist(Shape):
    """Everything that has to be there before money is paid."""

    items: list[CheckView]


class Acceptance(Shape):
    """The offer to accept; the newest where none is named."""

    offer_id: UUID | None = None


class Withdrawal(Shape):
    """Why, if the bank should know."""

    because: Annotated[str, Field(max_length=500)] = ""


@api.look("/deals", takes=PageQuery, gives=DealPage)
def list_deals(ws: Workspace, body: PageQuery) -> DealPage:
    """Deals of the caller's: its requests, or requests to it."""
    rows = queries.list_deals(ws, cursor=body.cursor, limit=body.limit)
    return DealPage(items=[deal_view(row) for row in rows], next=rows[-1].deal_id if len(rows) == body.limit else None)


@api.act("/deals", takes=RequestBody, gives=DealView, status=201)
def request_financing(ws: Workspace, body: RequestBody) -> DealView:
    """Ask a bank for finance on goods."""
    asked = body.model_dump() | {"amount": money(body.amount), "goods": goods(body.goods), "items": chosen(body.goods)}
    return deal_view(actions.request_financing(ws, **asked))


@api.look("/deals/<uuid:deal_id>", gives=DealView)
def show_deal(ws: Workspace, deal_id: UUID) -> DealView:
    """One deal."""
    return deal_view(queries.find_deal(ws, deal_id))


@api.look("/deals/<uuid:deal_id>/position", gives=PositionView)
def show_position(ws: Workspace, deal_id: UUID) -> PositionView:
    """What is owed on a deal and what its goods are worth."""
    queries.find_deal(ws, deal_id)
    found = queries.position(ws, deal_id)
    return PositionView(
        principal=money_shape(found.principal),
        interest=money_shape(found.interest),
        penalty=money_shape(found.penalty),
        fees=money_shape(found.fees),
        outstanding=money_shape(found.outstanding),
        market_value=money_shape(found.market_value) if found.market_value else None,
        ltv=found.ltv,
        zone=str(found.zone) if found.zone else "",
    )


@api.look("/deals/<uuid:deal_id>/offers", gives=OfferPage)
def list_offers(ws: Workspace, deal_id: UUID) -> OfferPage:
    """A deal's offers."""
    queries.find_deal(ws, deal_id)
    return OfferPage(items=[offer_view(row) for row in queries.offers(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/offers", takes=OfferBody, gives=OfferView, status=201)
def offer_financing(ws: Workspace, deal_id: UUID, body: OfferBody) -> OfferView:
    """The bank offers terms."""
    return offer_view(actions.offer_financing(ws, deal_id, terms_of(body), valid_until=body.valid_until))


@api.act("/deals/<uuid:deal_id>/acceptance", takes=Acceptance, gives=DealView)
def accept_offer(ws: Workspace, deal_id: UUID, body: Acceptance) -> DealView:
    """The borrower accepts the bank's offer; its goods are put at the bank's disposal."""
    actions.accept_offer(ws, deal_id, offer_id=body.offer_id)
    return deal_view(queries.find_deal(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/approval", takes=Nothing, gives=Proposed)
def propose_approval(ws: Workspace, deal_id: UUID, body: Nothing) -> Proposed:
    """Put the deal before a second officer."""
    return proposed(actions.propose_approval(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/withdrawal", takes=Withdrawal, gives=DealView)
def withdraw_request(ws: Workspace, deal_id: UUID, body: Withdrawal) -> DealView:
    """The borrower takes its request back."""
    actions.withdraw_request(ws, deal_id, because=body.because)
    return deal_view(queries.find_deal(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/conditions", takes=ConditionBody, gives=DealView)
def record_condition(ws: Workspace, deal_id: UUID, body: ConditionBody) -> DealView:
    """Enter evidence for a condition precedent."""
    given = body.model_dump()
    actions.record_condition(ws, deal_id, given.pop("kind"), **given)
    return deal_view(queries.find_deal(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/top-ups", takes=TopUpBody, gives=DealView)
def top_up(ws: Workspace, deal_id: UUID, body: TopUpBody) -> DealView:
    """The borrower offers more goods."""
    actions.top_up(ws, deal_id, goods(body.goods), items=chosen(body.goods))
    return deal_view(queries.find_deal(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/rejection", takes=Because, gives=DealView)
def reject_request(ws: Workspace, deal_id: UUID, body: Because) -> DealView:
    """The bank declines, with its reason."""
    return deal_view(actions.reject_request(ws, deal_id, because=body.because))


@api.look("/deals/<uuid:deal_id>/conditions", gives=Checklist)
def list_conditions(ws: Workspace, deal_id: UUID) -> Checklist:
    """What has to be there before money is paid, and its evidence."""
    checks = checklist(ws, queries.find_deal(ws, deal_id))
    return Checklist(items=[CheckView.model_validate(check) for check in checks])


@api.look("/deals/<uuid:deal_id>/goods", gives=GoodsPage)
def list_goods(ws: Workspace, deal_id: UUID) -> GoodsPage:
    """The lots that carry a deal: for everybody in its room."""
    queries.find_cover(ws, deal_id)
    rows = queries.goods_of(ws, deal_id)
    return GoodsPage(
        items=[
            GoodsView(
                lot_id=row.lot_id,
                quantity=shape(row.pledged),
                items=row.chosen,
                is_top_up=row.is_top_up,
                added_at=row.added_at,
            )
            for row in rows
        ]
    )


@api.look("/deal-covers", takes=PageQuery, gives=CoverPage)
def list_covers(ws: Workspace, body: PageQuery) -> CoverPage:
    """Covers of the deals in whose rooms the caller is, in whatever role."""
    rows = queries.list_covers(ws, cursor=body.cursor, limit=body.limit)
    items = [
        CoverView(
            id=row.deal_id,
            number=row.number,
            borrower_id=row.tenant_id,
            bank_id=row.bank_id,
            stage=row.stage,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]
    return CoverPage(items=items, next=rows[-1].deal_id if len(rows) == body.limit else None)
