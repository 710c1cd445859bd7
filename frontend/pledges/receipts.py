"""Pages that pledge a warehouse receipt: which deal, and what the signature means."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.pages import render
from frontend.pledges.blueprint import pages
from frontend.pledges.ranks import AGREED
from marketplace.financing import actions as financing
from marketplace.financing.queries import list_deals
from marketplace.inventory.receipts.queries import find_receipt
from tenants.workspace import Workspace


@pages.look("/receipts/<uuid:receipt_id>/pledge")
def new_receipt_pledge(ws: Workspace, receipt_id: UUID) -> Any:
    receipt = find_receipt(ws, receipt_id)
    agreed = [one for one in list_deals(ws) if one.status in AGREED and one.borrower_id == ws.tenant_id]
    names = names_of(ws, (receipt.tenant_id, *(one.bank_id for one in agreed)))
    deals = [(one.deal_id, f"{one.number} · {names[one.bank_id]}") for one in agreed]
    return render("pledges/new_receipt_pledge.html", receipt=receipt, deals=deals, issuer=names[receipt.tenant_id])


@pages.act("/receipts/<uuid:receipt_id>/pledge", again="new_receipt_pledge")
def pledge_receipt(ws: Workspace, receipt_id: UUID) -> Any:
    find_receipt(ws, receipt_id)
    deal = financing.top_up_by_receipt(ws, entered.chosen("deal_id"), receipt_id)
    return redirect(url_for(".show_pledges", deal_id=deal.deal_id))
