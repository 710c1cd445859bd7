"""Calls for a lot's further steps: more truckloads, what was counted, freezes, losses, free goods leaving; and what its label tells anybody."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, QuantityShape, Ratio, Shape
from frontend.inventory.calls import LotView, Reason, Short, api, lot_view
from frontend.pledges.api import Proposed, proposed, quantity, shape
from marketplace.documents.queries import documents_of
from marketplace.inventory import actions, queries
from marketplace.inventory.models import Inspection, Weighing
from marketplace.quantity import Quantity
from tenants.errors import NotFound
from tenants.workspace import Workspace


class WeighingBody(Shape):
    """One more pass over the scale."""

    gross: QuantityShape
    tare: QuantityShape
    photo_id: UUID | None = None
    ticket: Short = ""
    vehicle: Annotated[str, Field(max_length=20)] = ""


class WeighingView(Shape):
    """One pass over the scale."""

    id: UUID
    gross: QuantityShape
    tare: QuantityShape
    net: QuantityShape
    ticket: str
    vehicle: str
    photo_id: UUID | None
    weighed_by: str
    weighed_at: Moment


class WeighingPage(Shape):
    """A lot's passes over the scale, in order."""

    items: list[WeighingView]


class InspectionView(Shape):
    """What an inspector counted, and what became of it."""

    id: UUID
    counted: QuantityShape
    passed: bool
    expires_on: date | None
    moisture: Ratio | None
    moisture_certificate: str
    note: str
    inspector: str
    inspected_at: Moment
    outcome: str | None
    decided_by: str | None
    decided_at: Moment | None


class InspectionPage(Shape):
    """A lot's inspections, newest first."""

    items: list[InspectionView]


class BecauseBody(Shape):
    """Why."""

    because: Reason


class WriteOffBody(Shape):
    """What is left, and how that is known."""

    left: QuantityShape
    because: Reason


class LossBody(Shape):
    """Goods gone, or damaged beyond what a pledge can count on."""

    damaged: bool
    because: Reason


class NamedBinBody(Shape):
    """The free bin in which goods lie that were found again."""

    bin_id: UUID


class MendingBody(Shape):
    """How much of damaged goods is sound, how that is known, and the reports or photos that show it, laid with the lot before."""

    left: QuantityShape
    because: Reason
    documents: Annotated[list[UUID], Field(min_length=1, max_length=10)]


class DepartureBody(Shape):
    """How much of the free goods was weighed out."""

    quantity: QuantityShape


class CalibrationBody(Shape):
    """Until when the site's scale is calibrated."""

    until: Moment


class CalibrationView(Shape):
    """The scale of a site."""

    site_id: UUID
    scale_calibrated_until: Moment


class IdentityQuery(Shape):
    """The path of a scanned GS1 Digital Link."""

    path: Annotated[
        str, Field(pattern=r"^/01/\d{14}/(10|21)/[!-~]{1,60}$", examples=["/01/02953027431020/10/L260302-C5EBN"])
    ]


class PublicIdentityView(Shape):
    """What anybody who scans a label may know."""

    path: str
    product_name: str
    grade: str
    custodian: str
    issued_at: Moment
    bound_at: Moment | None


@api.look("/lots/<uuid:lot_id>/weighings", gives=WeighingPage)
def list_weighings(ws: Workspace, lot_id: UUID) -> WeighingPage:
    """A lot's passes over the scale."""
    queries.find_lot(ws, lot_id)
    return WeighingPage(items=[_weighing(row) for row in queries.weighings_of(ws, lot_id)])


@api.act("/lots/<uuid:lot_id>/weighings", takes=WeighingBody, gives=LotView, status=201)
def add_weighing(ws: Workspace, lot_id: UUID, body: WeighingBody) -> LotView:
    """Weigh a further truckload in."""
    weights = {"gross": quantity(body.gross), "tare": quantity(body.tare)}
    return lot_view(actions.add_weighing(ws, lot_id, **(body.model_dump() | weights)))


@api.look("/lots/<uuid:lot_id>/inspections", gives=InspectionPage)
def list_inspections(ws: Workspace, lot_id: UUID) -> InspectionPage:
    """A lot's inspections."""
    queries.find_lot(ws, lot_id)
    return InspectionPage(items=[_inspection(row) for row in queries.inspections_of(ws, lot_id)])


@api.act("/lots/<uuid:lot_id>/unfreezing", takes=BecauseBody, gives=Proposed, status=201)
def unfreeze_lot(ws: Workspace, lot_id: UUID, body: BecauseBody) -> Proposed:
    """Propose that a lot may move again."""
    return proposed(actions.unfreeze_lot(ws, lot_id, because=body.because))


@api.act("/lots/<uuid:lot_id>/write-offs", takes=WriteOffBody, gives=LotView)
def write_off(ws: Workspace, lot_id: UUID, body: WriteOffBody) -> LotView:
    """Write off what is missing of a lot."""
    return lot_view(actions.shrink_verified(ws, lot_id, to=quantity(body.left), because=body.because))


@api.act("/lots/<uuid:lot_id>/losses", takes=LossBody, gives=LotView)
def report_loss(ws: Workspace, lot_id: UUID, body: LossBody) -> LotView:
    """Report a lot lost or damaged."""
    return lot_view(actions.report_loss(ws, lot_id, damaged=body.damaged, because=body.because))


@api.act("/lots/<uuid:lot_id>/bin", takes=NamedBinBody, gives=LotView)
def name_bin(ws: Workspace, lot_id: UUID, body: NamedBinBody) -> LotView:
    """Say where goods lie that were found again while others took their bin."""
    return lot_view(actions.name_bin(ws, lot_id, bin_id=body.bin_id))


@api.act("/lots/<uuid:lot_id>/mending", takes=MendingBody, gives=Proposed, status=201)
def propose_mending(ws: Workspace, lot_id: UUID, body: MendingBody) -> Proposed:
    """Put a new inspection of damaged goods before a colleague: what is sound stands again, the rest is scrapped."""
    laid = {one.id for one in documents_of(ws, lot_id)}
    if not set(body.documents) <= laid:
        raise NotFound("document_unknown", "There is no such document.", field="documents")
    return proposed(actions.propose_mending(ws, lot_id, left=quantity(body.left), because=body.because, evidence=body.documents))  # fmt: skip


@api.act("/lots/<uuid:lot_id>/departures", takes=DepartureBody, gives=LotView)
def let_out(ws: Workspace, lot_id: UUID, body: DepartureBody) -> LotView:
    """Let goods out that nobody holds."""
    ws.may("execute_release")
    return lot_view(actions.mark_departed(ws, lot_id, quantity=quantity(body.quantity)))


@api.act("/sites/<uuid:site_id>/calibrations", takes=CalibrationBody, gives=CalibrationView)
def calibrate_scale(ws: Workspace, site_id: UUID, body: CalibrationBody) -> CalibrationView:
    """Enter a new calibration of a site's scale."""
    site = actions.calibrate_scale(ws, site_id, until=body.until)
    return CalibrationView(site_id=site.id, scale_calibrated_until=site.scale_calibrated_until)


@api.look("/identities", takes=IdentityQuery, gives=PublicIdentityView)
def show_public_identity(ws: Workspace, body: IdentityQuery) -> PublicIdentityView:
    """What a scanned label names."""
    known = queries.public_identity(ws, body.path)
    if known is None:
        raise NotFound("identity_unknown", "No lot has this identity.")
    return PublicIdentityView.model_validate(known)


def _weighing(row: Weighing) -> WeighingView:
    plain = ("id", "ticket", "vehicle", "photo_id", "weighed_by", "weighed_at")
    return WeighingView(
        gross=_amount(row.gross, row.unit),
        tare=_amount(row.tare, row.unit),
        net=_amount(row.gross - row.tare, row.unit),
        **{name: getattr(row, name) for name in plain},
    )


def _inspection(row: Inspection) -> InspectionView:
    plain = (
        "id",
        "passed",
        "expires_on",
        "moisture",
        "moisture_certificate",
        "note",
        "inspector",
        "inspected_at",
        "outcome",
        "decided_by",
        "decided_at",
    )
    return InspectionView(counted=_amount(row.counted, row.unit), **{name: getattr(row, name) for name in plain})


def _amount(amount: Decimal, unit: str) -> QuantityShape:
    return shape(Quantity(amount, unit))
