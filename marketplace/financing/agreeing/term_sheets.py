"""Drawing up the term sheet (条款清单) of an accepted offer: once, from the rows themselves, hashed and laid into the deal's room."""

import hashlib
import json
from typing import Any
from uuid import UUID

from marketplace.documents.actions import add_document
from marketplace.documents.rules.content import Paper
from marketplace.financing.models.deals import Deal, Offer
from marketplace.financing.models.term_sheets import TermSheet
from marketplace.financing.queries import cost_of, goods_of
from marketplace.financing.rules.all_in import AllIn
from marketplace.inventory.queries import find_lot
from tenants.errors import NotFound
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

FORM = "bailee-term-sheet/1"
SHARES = (
    "annual_rate",
    "spread",
    "haircut",
    "ltv_initial",
    "ltv_warn",
    "ltv_call",
    "ltv_liquidation",
    "overdue_factor",
    "misuse_factor",
)
PLAIN = ("day_count", "tenor_days", "repayment_plan", "reference_code", "reset_months", "grace_days", "objection_days", "compounds", "principal_first", "devices_required", "conditions")  # fmt: skip
CHARGED = ("limit", "fee", "premium", "storage", "supervision")
COSTS = ("amount", "interest", "fee", "premium", "storage", "supervision", "total")


def draw_up(ws: Workspace, deal: Deal, offer: Offer) -> TermSheet:
    """Write down what both have agreed, in the act of accepting. Figures are exact texts, so that the same terms always have the same hash."""
    content = json.dumps(_told(ws, deal, offer), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    written = content.encode()
    document = add_document(ws, object_id=deal.deal_id, kind=Paper.TERM_SHEET, name=f"term-sheet-{deal.number}.json", content=written)  # fmt: skip
    sheet = TermSheet(
        deal_id=deal.deal_id,
        offer_id=offer.id,
        tenant_id=ws.tenant_id,
        content=content,
        sha256=hashlib.sha256(written).hexdigest(),
        document_id=document.id,
        made_at=ws.now,
    )
    ws.session.add(sheet)
    ws.session.flush()
    return sheet


def term_sheet_of(ws: Workspace, deal: Deal) -> TermSheet:
    """The term sheet of a deal whose offer was accepted. For its two parties; to others there is none."""
    found = None if deal.offer_id is None else ws.session.get(TermSheet, (deal.deal_id, deal.offer_id))
    if found is None:
        raise NotFound("term_sheet_unknown", "There is no term sheet.")
    return found


def _told(ws: Workspace, deal: Deal, offer: Offer) -> dict[str, Any]:
    return {
        "form": FORM,
        "deal": {
            "id": str(deal.deal_id),
            "number": deal.number,
            "purpose": deal.purpose,
            "currency": deal.currency,
            "asked": str(deal.amount.amount),
            "asked_days": deal.tenor_days,
            "requested_at": deal.requested_at.isoformat(),
        },
        "borrower": _party(ws, deal.borrower_id),
        "bank": _party(ws, deal.bank_id),
        "core": _party(ws, deal.core_id) if deal.core_id else None,
        "offer": {
            "id": str(offer.id),
            "offered_at": offer.offered_at.isoformat(),
            "accepted_at": ws.now.isoformat(),
            "valid_until": offer.valid_until.isoformat(),
        },
        "terms": _terms(offer),
        "cost": _cost(cost_of(ws, offer, deal)),
        "goods": [_goods(ws, row.lot_id, str(row.quantity), row.unit) for row in goods_of(ws, deal.deal_id)],
    }


def _terms(offer: Offer) -> dict[str, Any]:
    shares = {name: format(getattr(offer, name), "f") for name in SHARES}
    money = {name: str(getattr(offer, name).amount) for name in CHARGED}
    return shares | money | {name: getattr(offer, name) for name in PLAIN}


def _cost(cost: AllIn) -> dict[str, Any]:
    parts = {name: str(getattr(cost, name).amount) for name in COSTS}
    return parts | {"days": cost.days, "simple": str(cost.simple), "compound": str(cost.compound) if cost.compound is not None else None}  # fmt: skip


def _party(ws: Workspace, tenant_id: UUID) -> dict[str, Any]:
    found = find_organisation(ws.session, tenant_id)
    return {"id": str(found.id), "name": found.name, "uscc": found.uscc}


def _goods(ws: Workspace, lot_id: UUID, quantity: str, unit: str) -> dict[str, str]:
    lot = find_lot(ws, lot_id)
    return {"lot_id": str(lot_id), "number": lot.number, "product": lot.product_name, "grade": lot.grade, "site": lot.site_name, "quantity": quantity, "unit": unit}  # fmt: skip
