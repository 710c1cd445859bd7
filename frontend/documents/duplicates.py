"""Warnings of the blind index, as pages and programs show them to the bank that was warned."""

from typing import Annotated, Any
from uuid import UUID

from flask import g
from pydantic import Field

from frontend.api import Moment, Shape
from frontend.documents.blueprint import pages
from frontend.documents.calls import api
from frontend.language import translate
from marketplace.documents.blind_index import warnings_about
from marketplace.documents.blind_models import DuplicateWarning
from marketplace.documents.rules.blind import WORDS
from marketplace.inventory.queries import find_lot
from tenants import rooms
from tenants.workspace import Workspace


class WarningView(Shape):
    """The same paper or goods stand behind another firm's deal; of what kind, behind which lot of one's own, and since when it is known."""

    deal_id: UUID
    lot_id: UUID
    lot_number: str
    kind: Annotated[str, Field(examples=["INVOICE"])]
    what: str
    seen_at: Moment


class WarningPage(Shape):
    """The caller's warnings, newest first."""

    items: list[WarningView]


@api.look("/deals/<uuid:deal_id>/duplicate-warnings", gives=WarningPage)
def list_deal_warnings(ws: Workspace, deal_id: UUID) -> WarningPage:
    """What the caller was warned of about a deal."""
    rooms.require(ws, deal_id)
    return WarningPage(items=[_warning(row) for row in warnings_about(ws, deal_id=deal_id)])


@api.look("/lots/<uuid:lot_id>/duplicate-warnings", gives=WarningPage)
def list_lot_warnings(ws: Workspace, lot_id: UUID) -> WarningPage:
    """What the caller was warned of about a lot."""
    find_lot(ws, lot_id)
    return WarningPage(items=[_warning(row) for row in warnings_about(ws, lot_id=lot_id)])


def duplicate_warnings(*, deal_id: UUID | None = None, lot_id: UUID | None = None) -> list[dict[str, Any]]:
    """What `duplicates.html` shows: the viewer's own warnings about a deal or a lot."""
    found = warnings_about(g.ws, deal_id=deal_id, lot_id=lot_id)
    return [_warning(row).model_dump() | {"seen_at": row.seen_at} for row in found]


pages.add_app_template_global(duplicate_warnings)


def _warning(row: DuplicateWarning) -> WarningView:
    plain = {name: getattr(row, name) for name in ("deal_id", "lot_id", "lot_number", "kind", "seen_at")}
    return WarningView(what=translate(WORDS[row.kind]), **plain)
