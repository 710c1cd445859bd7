"""The term sheet of a deal on paper, in either language: printed from the very text that was hashed, not from rows that may have moved on."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response

from frontend import paper
from frontend.financing.blueprint import pages
from marketplace.financing.agreeing.conditions import WORDS
from marketplace.financing.agreeing.term_sheets import COSTS, term_sheet_of
from marketplace.financing.models.term_sheets import TermSheet
from marketplace.financing.queries import find_deal
from marketplace.financing.rules.offers import CHARGES
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.workspace import Workspace

MOMENTS = ("offered_at", "accepted_at", "valid_until")


@pages.look("/deals/<uuid:deal_id>/term-sheet.pdf")
def print_term_sheet(ws: Workspace, deal_id: UUID) -> Response:
    sheet = term_sheet_of(ws, find_deal(ws, deal_id))
    told = _readable(sheet)
    return paper.as_pdf("financing/agreeing/term_sheet_sheet.html", f"term-sheet-{told['deal']['number']}.pdf", sheet=sheet, conditions=WORDS, **told)  # fmt: skip


def _readable(sheet: TermSheet) -> dict[str, Any]:
    """What the sheet says, its amounts, quantities and moments as such, for the reader's locale."""
    told: dict[str, Any] = json.loads(sheet.content)
    currency = told["deal"]["currency"]
    for part, names in (("terms", ("limit", *CHARGES)), ("cost", COSTS), ("deal", ("asked",))):
        told[part] |= {name: Money.of(told[part][name], currency) for name in names}
    told["offer"] |= {name: datetime.fromisoformat(told["offer"][name]) for name in MOMENTS}
    for goods in told["goods"]:
        goods["amount"] = Quantity.of(goods["quantity"], goods["unit"])
    return told
