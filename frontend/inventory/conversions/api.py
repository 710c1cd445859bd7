"""Calls for lots that become other lots: plans, consents, carrying out, and a lot's family."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, QuantityShape, Shape
from frontend.inventory.calls import Reason, api
from frontend.pledges.api import Proposed, proposed, quantity, shape
from marketplace.inventory import actions
from marketplace.inventory.conversions import descent
from marketplace.inventory.conversions.models import Conversion
from marketplace.inventory.rules.conversion import ConversionKind, ConversionState
from tenants.workspace import Workspace

Why = Annotated[str, Field(max_length=500)]


class SplitBody(Shape):
    """The parts that make the lot exactly, in the order of its units."""

    parts: Annotated[list[QuantityShape], Field(min_length=2, max_length=20)]
    reason: Why = ""


class MergeBody(Shape):
    """Lots of the same goods that become one."""

    lots: Annotated[list[UUID], Field(min_length=2, max_length=20)]
    reason: Why = ""


class OutputBody(Shape):
    """What a transformation makes of one product."""

    product_id: UUID
    quantity: QuantityShape


class TransformationBody(Shape):
    """Lots that are used up, what is made of them, and the loss to expect."""

    lots: Annotated[list[UUID], Field(min_length=1, max_length=20)]
    outputs: Annotated[list[OutputBody], Field(min_length=1, max_length=20)]
    loss: QuantityShape
    reason: Why = ""


class PlaceBody(Shape):
    """Where a new lot goes; for a transformation also what the scale said."""

    lot_id: UUID
    bin_id: UUID
    gross: QuantityShape | None = None
    tare: QuantityShape | None = None


class ExecutionBody(Shape):
    """A place for each new lot."""

    places: Annotated[list[PlaceBody], Field(min_length=1, max_length=20)]


class ClosingBody(Shape):
    """Why the plan is given up."""

    because: Reason


class LineView(Shape):
    """One line of descent; `units` are the base units it carries: from the old lot's, into the new lot's."""

    parent_id: UUID
    parent_number: str
    child_id: UUID
    child_number: str
    from_units: list[int] | None
    into_units: list[int] | None


class ConversionView(Shape):
    """A split, merge or transformation, planned or done."""

    id: UUID
    kind: ConversionKind
    status: ConversionState
    input: QuantityShape
    planned_loss: QuantityShape
    loss: QuantityShape
    reason: str
    proposed_by: str
    proposed_at: Moment
    closed_because: str | None
    closed_at: Moment | None
    lines: list[LineView]


class ConversionPage(Shape):
    """Plans that wait."""

    items: list[ConversionView]


class RelativeView(Shape):
    """A lot in another's family: `generation` -1 a parent, 1 a child; `lot_id` only where the caller may see it."""

    generation: int
    lot_id: UUID | None
    number: str
    product_name: str
    kind: ConversionKind
    quantity: QuantityShape | None
    at: Moment | None


class FamilyView(Shape):
    """What a lot was made of and what it was made into."""

    items: list[RelativeView]


@api.act("/lots/<uuid:lot_id>/splits", takes=SplitBody, gives=ConversionView, status=201)
def propose_split(ws: Workspace, lot_id: UUID, body: SplitBody) -> ConversionView:
    """Plan to split a lot."""
    parts = [quantity(part) for part in body.parts]
    return _view(ws, actions.propose_split(ws, lot_id, parts=parts, reason=body.reason))


@api.act("/conversions/merges", takes=MergeBody, gives=ConversionView, status=201)
def propose_merge(ws: Workspace, body: MergeBody) -> ConversionView:
    """Plan to merge lots."""
    return _view(ws, actions.propose_merge(ws, body.lots, reason=body.reason))


@api.act("/conversions/transformations", takes=TransformationBody, gives=ConversionView, status=201)
def propose_transformation(ws: Workspace, body: TransformationBody) -> ConversionView:
    """Plan to use lots up in making others."""
    outputs = [(one.product_id, quantity(one.quantity)) for one in body.outputs]
    made = actions.propose_transformation(ws, body.lots, outputs=outputs, loss=quantity(body.loss), reason=body.reason)
    return _view(ws, made)


@api.look("/conversions", gives=ConversionPage)
def list_conversions(ws: Workspace) -> ConversionPage:
    """Plans that wait for the warehouse or for a bank's consent."""
    return ConversionPage(items=[_view(ws, one) for one in descent.open_conversions(ws)])


@api.look("/conversions/<uuid:conversion_id>", gives=ConversionView)
def show_conversion(ws: Workspace, conversion_id: UUID) -> ConversionView:
    """One plan and its lines of descent."""
    return _view(ws, descent.find_conversion(ws, conversion_id))


@api.act("/conversions/<uuid:conversion_id>/consents", gives=Proposed, status=201)
def consent_to_conversion(ws: Workspace, conversion_id: UUID, body: Nothing) -> Proposed:
    """Propose that the bank consents; a colleague decides."""
    return proposed(actions.consent_to_conversion(ws, conversion_id))


@api.act("/conversions/<uuid:conversion_id>/execution", takes=ExecutionBody, gives=ConversionView)
def carry_out_conversion(ws: Workspace, conversion_id: UUID, body: ExecutionBody) -> ConversionView:
    """Carry a plan out: each new lot gets its bin, the old ones end."""
    places = {one.lot_id: actions.Place(one.bin_id, _if_any(one.gross), _if_any(one.tare)) for one in body.places}
    return _view(ws, actions.carry_out_conversion(ws, conversion_id, places=places))


@api.act("/conversions/<uuid:conversion_id>/closing", takes=ClosingBody, gives=ConversionView)
def close_conversion(ws: Workspace, conversion_id: UUID, body: ClosingBody) -> ConversionView:
    """Give a plan up."""
    return _view(ws, actions.close_conversion(ws, conversion_id, because=body.because))


@api.look("/lots/<uuid:lot_id>/family", gives=FamilyView)
def show_family(ws: Workspace, lot_id: UUID) -> FamilyView:
    """A lot's ancestors and descendants."""
    rows = descent.family_of(ws, lot_id)
    plain = ("generation", "lot_id", "number", "product_name", "kind", "at")
    return FamilyView(
        items=[
            RelativeView(quantity=shape(row.quantity) if row.quantity else None, **_named(row, plain)) for row in rows
        ]
    )


def _view(ws: Workspace, row: Conversion) -> ConversionView:
    lines = [
        LineView(
            from_units=_span(one.parent_units),
            into_units=_span(one.child_units),
            **_named(one, ("parent_id", "parent_number", "child_id", "child_number")),
        )
        for one in descent.lines_of(ws, row.id)
    ]
    plain = ("id", "kind", "status", "reason", "proposed_by", "proposed_at", "closed_because", "closed_at")
    sums: dict[str, Any] = {"input": shape(row.input), "planned_loss": shape(row.planned_loss), "loss": shape(row.loss)}
    return ConversionView(lines=lines, **sums, **_named(row, plain))


def _named(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _span(units: Any) -> list[int] | None:
    return None if units is None else [units.lower, units.upper]


def _if_any(body: QuantityShape | None) -> Any:
    return None if body is None else quantity(body)
