"""Fees paid by card as pages: the way to the card service's page, the consent to collect, and what the operator does about what is owed back or will not come."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.billing.blueprint import USUAL_CURRENCY, pages
from frontend.billing.collecting.words import account_word, card_word, declined_because
from frontend.language import translate
from marketplace.billing.collecting import mandates
from marketplace.billing.collecting.paying import open_card_payment
from marketplace.billing.settling.closing import confirm_fee_return, propose_write_off
from tenants.workspace import Workspace

for offered in (account_word, card_word, declined_because):
    pages.add_app_template_global(offered)


@pages.act("/fees/invoices/<uuid:invoice_id>/card-payments", again="show_invoice")
def pay_by_card(ws: Workspace, invoice_id: UUID) -> Any:
    open_card_payment(ws, invoice_id)
    return redirect(url_for("billing.show_invoice", invoice_id=invoice_id, _anchor="card"))


@pages.act("/fees/invoices/<uuid:invoice_id>/returns", again="show_invoice")
def confirm_return(ws: Workspace, invoice_id: UUID) -> Any:
    confirm_fee_return(ws, invoice_id, reference=request.form.get("reference", ""), returned_on=entered.day("returned_on"))  # fmt: skip
    flash(translate("It is on record that this was paid back."), "ok")
    return redirect(url_for("billing.show_invoice", invoice_id=invoice_id))


@pages.act("/fees/invoices/<uuid:invoice_id>/write-offs", again="show_invoice")
def write_off(ws: Workspace, invoice_id: UUID) -> Any:
    propose_write_off(ws, invoice_id, because=request.form.get("because", ""))
    flash(translate("Proposed. A colleague decides."), "ok")
    return redirect(url_for("billing.show_invoice", invoice_id=invoice_id))


@pages.act("/fees/mandates", again="show_fees")
def agree(ws: Workspace) -> Any:
    limit = entered.money("limit", request.form.get("limit_currency", USUAL_CURRENCY))
    mandates.open_mandate(ws, limit=limit, agreed=request.form.get("agreed") == "yes")
    return redirect(url_for("billing.show_fees", _anchor="collection"))


@pages.act("/fees/mandates/<uuid:mandate_id>/withdrawal")
def withdraw(ws: Workspace, mandate_id: UUID) -> Any:
    mandates.withdraw_mandate(ws, mandate_id)
    flash(translate("Nothing is collected any more."), "ok")
    return redirect(url_for("billing.show_fees", _anchor="collection"))
