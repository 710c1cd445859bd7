"""Calls about goods: products, sites and bins, lots on their way from declaration to verification."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, PageQuery, QuantityShape, Ratio, Shape
from frontend.inventory import conversion_calls, receipt_calls, step_calls, upload_calls
from frontend.inventory.calls import LotPage, LotView, Short, api, lot_view
from frontend.pledges.api import Proposed, proposed, quantity
from marketplace.inventory import actions, queries
from marketplace.inventory.models import Bin, Product, Site
from marketplace.inventory.rules.lots import LotState
from tenants.workspace import Workspace

__all__ = ["api", "conversion_calls", "receipt_calls", "step_calls", "upload_calls"]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Metres = Annotated[Decimal, Field(ge=0, le=5000, max_digits=8, decimal_places=2)]


class ProductBody(Shape):
    """A product: article number, grade, customs code, unit, price series; a GTIN where it has one."""

    sku: Code
    name: Word
    grade: Short
    hs_code: Annotated[str, Field(pattern=r"^\d{6,10}$")]
    unit: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$")]
    price_code: Code
    gtin: Annotated[str, Field(pattern=r"^(\d{8}|\d{12,14})?$")] = ""
    tolerance: Annotated[Decimal, Field(ge=0, le=Decimal("0.05"))] = Decimal("0.003")


class ProductView(Shape):
    """A product of the caller's."""

    id: UUID
    sku: str
    name: str
    grade: str
    hs_code: str
    unit: str
    price_code: str
    gtin: str
    tolerance: Ratio


class ProductPage(Shape):
    """The caller's products."""

    items: list[ProductView]


class SiteBody(Shape):
    """A warehouse site: its floor in metres, its scale's calibration."""

    name: Word
    address: Word
    city: Word
    width: Metres
    depth: Metres
    scale_calibrated_until: Moment
    gln: Annotated[str, Field(pattern=r"^(\d{13})?$")] = ""


class SiteView(Shape):
    """A site: everybody may choose it."""

    id: UUID
    tenant_id: UUID
    name: str
    city: str
    address: str
    scale_calibrated_until: Moment


class SitePage(Shape):
    """Sites."""

    items: list[SiteView]


class BinBody(Shape):
    """A bay on the floor, in metres from the site's corner."""

    code: Code
    x: Metres
    y: Metres
    width: Metres
    height: Metres


class BinView(Shape):
    """A bay."""

    id: UUID
    site_id: UUID
    code: str


class BinPage(Shape):
    """A site's bays."""

    items: list[BinView]


class LotBody(Shape):
    """Goods announced to a warehouse, as their papers say."""

    product_id: UUID
    quantity: QuantityShape
    site_id: UUID
    supervisor_id: UUID
    reference: Short = ""
    origin: Short = ""
    pieces: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    batch: Annotated[str, Field(max_length=20)] = ""


class LotQuery(PageQuery):
    """A page of lots, of one state or with a text in number, product, contract or bin."""

    status: LotState | None = None
    text: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class IdentityView(Shape):
    """A lot's digital identity: GS1 Digital Link path, GTIN and batch."""

    lot_id: UUID
    scheme: str
    gtin: str
    batch: str
    path: str


class ReceiptBody(Shape):
    """What the scale said at the gate, and where the goods lie."""

    gross: QuantityShape
    tare: QuantityShape
    bin_id: UUID
    photo_id: UUID | None = None
    ticket: Short = ""
    vehicle: Short = ""


class InspectionBody(Shape):
    """What the supervisor counted."""

    counted: QuantityShape
    passed: bool
    note: Annotated[str, Field(max_length=1000)] = ""


class FreezeBody(Shape):
    """Why goods must not move."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@api.look("/products", gives=ProductPage)
def list_products(ws: Workspace) -> ProductPage:
    """The caller's products."""
    return ProductPage(items=[_product(row) for row in queries.list_products(ws)])


@api.act("/products", takes=ProductBody, gives=ProductView, status=201)
def name_product(ws: Workspace, body: ProductBody) -> ProductView:
    """Enter a product."""
    return _product(actions.name_product(ws, **body.model_dump()))


@api.look("/sites", gives=SitePage)
def list_sites(ws: Workspace) -> SitePage:
    """Warehouse sites, of all operators."""
    return SitePage(items=[_site(row) for row in queries.list_sites(ws)])


@api.act("/sites", takes=SiteBody, gives=SiteView, status=201)
def open_site(ws: Workspace, body: SiteBody) -> SiteView:
    """Open a site."""
    return _site(actions.open_site(ws, **body.model_dump()))


@api.look("/sites/<uuid:site_id>/bins", gives=BinPage)
def list_bins(ws: Workspace, site_id: UUID) -> BinPage:
    """A site's bays."""
    queries.find_site(ws, site_id)
    return BinPage(items=[_bin(row) for row in queries.bins_of(ws, site_id)])


@api.act("/sites/<uuid:site_id>/bins", takes=BinBody, gives=BinView, status=201)
def draw_bin(ws: Workspace, site_id: UUID, body: BinBody) -> BinView:
    """Draw a bay on the floor."""
    return _bin(actions.draw_bin(ws, site_id, **body.model_dump()))


@api.look("/lots", takes=LotQuery, gives=LotPage)
def list_lots(ws: Workspace, body: LotQuery) -> LotPage:
    """Lots that the caller owns, keeps, supervises or lends on."""
    rows = queries.list_lots(ws, status=body.status, text=body.text, cursor=body.cursor, limit=body.limit)
    return LotPage(items=[lot_view(row) for row in rows], next=rows[-1].id if len(rows) == body.limit else None)


@api.act("/lots", takes=LotBody, gives=LotView, status=201)
def declare_lot(ws: Workspace, body: LotBody) -> LotView:
    """Announce goods to a warehouse."""
    return lot_view(actions.declare_lot(ws, **(body.model_dump() | {"quantity": quantity(body.quantity)})))


@api.look("/lots/<uuid:lot_id>", gives=LotView)
def show_lot(ws: Workspace, lot_id: UUID) -> LotView:
    """One lot."""
    return lot_view(queries.find_lot(ws, lot_id))


@api.look("/lots/<uuid:lot_id>/identity", gives=IdentityView)
def show_identity(ws: Workspace, lot_id: UUID) -> IdentityView:
    """A lot's digital identity."""
    queries.find_lot(ws, lot_id)
    return IdentityView.model_validate(queries.identity_of(ws, lot_id))


@api.act("/lots/<uuid:lot_id>/receipt", takes=ReceiptBody, gives=LotView)
def receive_lot(ws: Workspace, lot_id: UUID, body: ReceiptBody) -> LotView:
    """Weigh goods in and give them a bay."""
    weights = {"gross": quantity(body.gross), "tare": quantity(body.tare)}
    return lot_view(actions.receive_lot(ws, lot_id, **(body.model_dump() | weights)))


@api.act("/lots/<uuid:lot_id>/inspections", takes=InspectionBody, gives=Proposed, status=201)
def inspect_lot(ws: Workspace, lot_id: UUID, body: InspectionBody) -> Proposed:
    """Put what was counted before a colleague; on approval the lot is verified."""
    counted = quantity(body.counted)
    return proposed(actions.inspect_lot(ws, lot_id, counted=counted, passed=body.passed, note=body.note))


@api.act("/lots/<uuid:lot_id>/freeze", takes=FreezeBody, gives=LotView)
def freeze_lot(ws: Workspace, lot_id: UUID, body: FreezeBody) -> LotView:
    """Let nothing of a lot move."""
    return lot_view(actions.freeze_lot(ws, lot_id, reason=body.reason))


def _product(row: Product) -> ProductView:
    return ProductView.model_validate(row)


def _site(row: Site) -> SiteView:
    return SiteView.model_validate(row)


def _bin(row: Bin) -> BinView:
    return BinView.model_validate(row)
