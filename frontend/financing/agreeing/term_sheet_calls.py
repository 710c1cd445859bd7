"""The call for a deal's term sheet."""

import json
from typing import Any
from uuid import UUID

from frontend.api import Moment, Shape
from frontend.financing.blueprint import api
from marketplace.financing.agreeing.term_sheets import term_sheet_of
from marketplace.financing.queries import find_deal
from tenants.workspace import Workspace


class TermSheetView(Shape):
    """What was agreed when the offer was accepted. `content` is the very text of which `sha256` is the hash; `told` the same, parsed: figures as exact texts."""

    deal_id: UUID
    offer_id: UUID
    sha256: str
    document_id: UUID
    made_at: Moment
    content: str
    told: dict[str, Any]


@api.look("/deals/<uuid:deal_id>/term-sheet", gives=TermSheetView)
def show_term_sheet(ws: Workspace, deal_id: UUID) -> TermSheetView:
    """The term sheet of the accepted offer: for borrower and bank."""
    sheet = term_sheet_of(ws, find_deal(ws, deal_id))
    plain = ("deal_id", "offer_id", "sha256", "document_id", "made_at", "content")
    return TermSheetView(told=json.loads(sheet.content), **{name: getattr(sheet, name) for name in plain})
