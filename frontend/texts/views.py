"""The page of one's own phone: the number and its code, which notices go there, and what was sent."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend.language import translate
from frontend.pages import Pages, render
from frontend.tenants.telling import DANGER
from frontend.webhooks.views import topics
from tenants.texts import actions, ports, queries
from tenants.workspace import Workspace

pages = Pages("texts", __name__)


@pages.look("/profile/phone")
def show_phone(ws: Workspace) -> Any:
    phone, messages = queries.my_phone(ws), queries.my_texts(ws)
    failed = queries.failed_texts(ws, messages)
    chosen = DANGER if phone is None or phone.kinds is None else set(phone.kinds)
    return render(
        "texts/phone.html",
        phone=phone,
        are_sent=ports.are_sent(),
        topics=topics(),
        ticked=set(request.form.getlist("kinds")) or chosen,
        messages=[(one, queries.words_of(one), one.id in failed) for one in messages],
    )


@pages.act("/profile/phone/codes", again="show_phone")
def ask_code(ws: Workspace) -> Any:
    actions.ask_code(ws, request.form.get("number", ""))
    flash(translate("The code is on its way to your phone."), "ok")
    return redirect(url_for(".show_phone"))


@pages.act("/profile/phone/confirmation", again="show_phone")
def confirm_phone(ws: Workspace) -> Any:
    if actions.confirm_phone(ws, request.form.get("code", "")):
        flash(translate("The phone is yours. Now choose which notices go there."), "ok")
    else:
        flash(translate("This is not the code that was sent, or it is too old."), "refused")
    return redirect(url_for(".show_phone"))


@pages.act("/profile/phone/notices", again="show_phone")
def choose_notices(ws: Workspace) -> Any:
    actions.choose_notices(ws, request.form.getlist("kinds"))
    flash(translate("Saved."), "ok")
    return redirect(url_for(".show_phone"))


@pages.act("/profile/phone/texts/<uuid:text_id>/repetition", again="show_phone")
def send_again(ws: Workspace, text_id: UUID) -> Any:
    actions.send_again(ws, text_id)
    flash(translate("The message is on its way again."), "ok")
    return redirect(url_for(".show_phone"))


@pages.act("/profile/phone/end", again="show_phone")
def forget_phone(ws: Workspace) -> Any:
    actions.forget_phone(ws)
    flash(translate("The number is forgotten."), "ok")
    return redirect(url_for(".show_phone"))
