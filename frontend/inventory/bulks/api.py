"""Calls about goods of several owners in one tank, silo or heap."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Nothing, QuantityShape, Ratio, Shape
from frontend.inventory.calls import Code, Reason, Short, Word, api
from frontend.pledges.api import quantity, shape
from marketplace.exact import half_up
from marketplace.inventory import actions
from marketplace.inventory.bulks import holdings as bulks
from marketplace.inventory.places.models import Bulk
from tenants.workspace import Workspace

SHARE_PLACES = 8


class BulkBody(Shape):
    """A tank, silo or heap: its bin, and all that goods must have in common to be poured in."""

    bin_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=60)]
    product_name: Word
    grade: Short = ""
    hs_code: Annotated[str, Field(pattern=r"^\d{6,10}$")]
    unit: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$")]
    price_code: Code
    supervisor_id: UUID


class HoldingView(Shape):
    """One part that the caller may see: its lot, how much it is, and its share of the whole, rounded to eight places."""

    lot_id: UUID
    number: str
    owner_id: UUID
    part: QuantityShape | None
    share: Ratio


class BulkView(Shape):
    """A bulk: how much lies there in all, in how many parts, and those that the caller may see."""

    id: UUID
    site_id: UUID
    bin_code: str
    name: str
    product_name: str
    verified: QuantityShape
    unverified: QuantityShape
    parts: int
    holdings: list[HoldingView]


class BulkPage(Shape):
    """The open bulks of a site that the caller may see."""

    items: list[BulkView]


class MeasurementBody(Shape):
    """What was found of the whole, and how."""

    found: QuantityShape
    because: Reason


@api.look("/sites/<uuid:site_id>/bulks", gives=BulkPage)
def list_bulks(ws: Workspace, site_id: UUID) -> BulkPage:
    """A site's open bulks, as far as the caller takes part."""
    return BulkPage(items=[_bulk(ws, row) for row in bulks.bulks_at(ws, site_id)])


@api.act("/sites/<uuid:site_id>/bulks", takes=BulkBody, gives=BulkView, status=201)
def open_bulk(ws: Workspace, site_id: UUID, body: BulkBody) -> BulkView:
    """Open a tank, silo or heap for goods of several owners."""
    return _bulk(ws, actions.open_bulk(ws, site_id, **body.model_dump()))


@api.look("/bulks/<uuid:bulk_id>", gives=BulkView)
def show_bulk(ws: Workspace, bulk_id: UUID) -> BulkView:
    """A bulk and its parts."""
    return _bulk(ws, bulks.find_bulk(ws, bulk_id))


@api.act("/bulks/<uuid:bulk_id>/measurements", takes=MeasurementBody, gives=BulkView)
def measure_bulk(ws: Workspace, bulk_id: UUID, body: MeasurementBody) -> BulkView:
    """Enter what was found; the loss falls on all holders in proportion."""
    return _bulk(ws, actions.measure_bulk(ws, bulk_id, found=quantity(body.found), because=body.because))


@api.act("/bulks/<uuid:bulk_id>/closing", takes=Nothing, gives=BulkView)
def close_bulk(ws: Workspace, bulk_id: UUID, body: Nothing) -> BulkView:
    """Close an empty bulk."""
    return _bulk(ws, actions.close_bulk(ws, bulk_id))


def _bulk(ws: Workspace, row: Bulk) -> BulkView:
    whole = bulks.whole_of(ws, row)
    holdings = [
        HoldingView(
            lot_id=one.lot.id,
            number=one.lot.number,
            owner_id=one.lot.tenant_id,
            part=shape(one.lot.verified) if one.lot.verified is not None else None,
            share=half_up(one.share, SHARE_PLACES),
        )
        for one in bulks.holdings_of(ws, row)
    ]
    plain = {name: getattr(row, name) for name in ("id", "site_id", "bin_code", "name", "product_name")}
    return BulkView(
        verified=shape(whole.verified),
        unverified=shape(whole.unverified),
        parts=whole.parts,
        holdings=holdings,
        **plain,
    )
