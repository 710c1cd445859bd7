"""Pages of inquiries: the banks' answers side by side, and taking the request back."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for

from frontend import entered
from frontend.financing import shown
from frontend.financing.blueprint import pages
from frontend.firms import names_of
from frontend.pages import render
from marketplace.financing import actions
from marketplace.financing.agreeing.competing import answers, find_inquiry
from marketplace.financing.queries import goods_of
from tenants.workspace import Workspace


@pages.look("/inquiries/<uuid:inquiry_id>")
def show_inquiry(ws: Workspace, inquiry_id: UUID) -> Any:
    inquiry, found = find_inquiry(ws, inquiry_id), answers(ws, inquiry_id)
    deal = found[0].deal
    return render(
        "financing/agreeing/inquiry.html",
        inquiry=inquiry,
        deal=deal,
        answers=found,
        goods=shown.goods_shown(ws, deal.deal_id, goods_of(ws, deal.deal_id), None),
        names=names_of(ws, [one.deal.bank_id for one in found]),
    )


@pages.act("/inquiries/<uuid:inquiry_id>/withdrawal", again="show_inquiry")
def withdraw_inquiry(ws: Workspace, inquiry_id: UUID) -> Any:
    actions.withdraw_inquiry(ws, inquiry_id, because=entered.text("because"))
    return redirect(url_for(".show_inquiry", inquiry_id=inquiry_id))
