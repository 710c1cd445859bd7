"""Calls of inquiries: one request to several banks, their answers side by side, and taking it back. An offer is accepted in its own deal."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Shape
from frontend.financing.agreeing.shapes import CostView, OfferView, cost_view, offer_view
from frontend.financing.api import Withdrawal
from frontend.financing.blueprint import api
from frontend.financing.shapes import Days, Goods, Sentence, chosen, goods, money
from marketplace.financing import actions
from marketplace.financing.agreeing.competing import Answer, answers, find_inquiry
from tenants.workspace import Workspace


class InquiryBody(Shape):
    """A request for finance that is put to several banks at once."""

    bank_ids: Annotated[list[UUID], Field(min_length=1, max_length=8)]
    amount: MoneyShape
    tenor_days: Days
    purpose: Sentence
    goods: Goods
    core_id: UUID | None = None


class AnswerView(Shape):
    """One bank's place: its deal and, once it has answered, its offer with what it costs all in. `falls_short`: less, or shorter, than was asked for."""

    deal_id: UUID
    bank_id: UUID
    status: str
    offer: OfferView | None
    cost: CostView | None
    falls_short: bool
    is_cheapest: bool


class InquiryView(Shape):
    """An inquiry with its answers, the cheapest by its compound yearly rate first."""

    id: UUID
    asked_at: Moment
    accepted_deal_id: UUID | None
    closed_at: Moment | None
    answers: list[AnswerView]


@api.act("/inquiries", takes=InquiryBody, gives=InquiryView, status=201)
def ask_banks(ws: Workspace, body: InquiryBody) -> InquiryView:
    """Put one request to several banks; none of them learns who else was asked."""
    asked = body.model_dump() | {"amount": money(body.amount), "goods": goods(body.goods), "items": chosen(body.goods)}
    return inquiry_view(ws, actions.ask_banks(ws, **asked).id)


@api.look("/inquiries/<uuid:inquiry_id>", gives=InquiryView)
def show_inquiry(ws: Workspace, inquiry_id: UUID) -> InquiryView:
    """The banks' answers side by side, each with its all-in cost on the amount and term that were asked for."""
    return inquiry_view(ws, inquiry_id)


@api.act("/inquiries/<uuid:inquiry_id>/withdrawal", takes=Withdrawal, gives=InquiryView)
def withdraw_inquiry(ws: Workspace, inquiry_id: UUID, body: Withdrawal) -> InquiryView:
    """Take the request back from every bank."""
    actions.withdraw_inquiry(ws, inquiry_id, because=body.because)
    return inquiry_view(ws, inquiry_id)


def inquiry_view(ws: Workspace, inquiry_id: UUID) -> InquiryView:
    """An inquiry in the API's shape."""
    row = find_inquiry(ws, inquiry_id)
    return InquiryView(
        id=row.id,
        asked_at=row.asked_at,
        accepted_deal_id=row.accepted_deal_id,
        closed_at=row.closed_at,
        answers=[_answer(one) for one in answers(ws, inquiry_id)],
    )


def _answer(one: Answer) -> AnswerView:
    return AnswerView(
        deal_id=one.deal.deal_id,
        bank_id=one.deal.bank_id,
        status=one.deal.status,
        offer=offer_view(one.offer) if one.offer else None,
        cost=cost_view(one.cost) if one.cost else None,
        falls_short=one.falls_short,
        is_cheapest=one.is_cheapest,
    )
