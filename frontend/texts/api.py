"""Calls about one's own phone: every act of the screen."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Nothing, Shape
from tenants.texts import actions, ports, queries
from tenants.texts.models import TextMessage
from tenants.workspace import Workspace

api = Api("phone")


class NumberBody(Shape):
    """A number with its country, as E.164 has it."""

    number: Annotated[str, Field(min_length=1, max_length=40, examples=["+8613800138000"])]


class CodeBody(Shape):
    """The six digits that were sent."""

    code: Annotated[str, Field(min_length=1, max_length=20)]


class NoticesBody(Shape):
    """Of which kinds of notice the phone is told, as `/webhooks/kinds` lists them; none, where none is named."""

    kinds: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=500)]


class PhoneView(Shape):
    """One's own phone. `available`: whether this installation sends text messages at all."""

    available: bool
    number: str | None
    verified_at: Moment | None
    kinds: list[str]


class Confirmed(Shape):
    """Whether the code was the right one."""

    confirmed: bool


class TextView(Shape):
    """One message; a code is hidden. `failed`: it was tried and did not go out yet."""

    id: UUID
    kind: str | None
    text: str
    created_at: Moment
    sent_at: Moment | None
    failed: bool


class TextPage(Shape):
    """What was sent to one's own phone, newest first."""

    items: list[TextView]


@api.look("/phone", gives=PhoneView)
def show_phone(ws: Workspace) -> PhoneView:
    """One's own phone."""
    return _seen(ws)


@api.act("/phone/codes", takes=NumberBody, gives=PhoneView)
def ask_code(ws: Workspace, body: NumberBody) -> PhoneView:
    """Have a code sent to a number that is to be one's own."""
    actions.ask_code(ws, body.number)
    return _seen(ws)


@api.act("/phone/confirmation", takes=CodeBody, gives=Confirmed)
def confirm_phone(ws: Workspace, body: CodeBody) -> Confirmed:
    """Prove the phone by its code."""
    return Confirmed(confirmed=actions.confirm_phone(ws, body.code))


@api.act("/phone/notices", takes=NoticesBody, gives=NoticesBody)
def choose_notices(ws: Workspace, body: NoticesBody) -> NoticesBody:
    """Choose of which notices the phone is told."""
    actions.choose_notices(ws, body.kinds)
    return body


@api.act("/phone/end", gives=Nothing)
def forget_phone(ws: Workspace, body: Nothing) -> Nothing:
    """Have the number forgotten."""
    actions.forget_phone(ws)
    return body


@api.look("/phone/texts", gives=TextPage)
def list_texts(ws: Workspace) -> TextPage:
    """What was sent to one's own phone."""
    messages = queries.my_texts(ws)
    failed = queries.failed_texts(ws, messages)
    return TextPage(items=[_text(one, failed=one.id in failed) for one in messages])


@api.act("/phone/texts/<uuid:text_id>/repetition", gives=TextView)
def send_text_again(ws: Workspace, text_id: UUID, body: Nothing) -> TextView:
    """Have a message that failed sent again."""
    return _text(actions.send_again(ws, text_id), failed=False)


def _text(one: TextMessage, *, failed: bool) -> TextView:
    return TextView(id=one.id, kind=one.kind, text=queries.words_of(one), created_at=one.created_at, sent_at=one.sent_at, failed=failed)  # fmt: skip


def _seen(ws: Workspace) -> PhoneView:
    phone = queries.my_phone(ws)
    if phone is None:
        return PhoneView(available=ports.are_sent(), number=None, verified_at=None, kinds=[])
    return PhoneView(
        available=ports.are_sent(), number=phone.number, verified_at=phone.verified_at, kinds=phone.kinds or []
    )
