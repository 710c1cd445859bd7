"""Calls about shortages: report, look at one's own lines or the whole table, object, recount, decide."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, PageQuery, QuantityShape, Shape
from frontend.pledges.api import Proposed, Sentence, proposed, quantity, shape
from frontend.pledges.blueprint import api
from marketplace.pledges import actions
from marketplace.pledges.shortages import queries
from marketplace.pledges.shortages.models import Shortage, ShortageLine, ShortageObjection
from marketplace.quantity import Quantity
from tenants.workspace import Workspace

Evidence = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)]


class ShortageBody(Shape):
    """So much was found of all goods like this lot at its site. `evidence`: numbers or ids of the count, weighings, inspections."""

    found: QuantityShape
    because: Sentence
    evidence: Annotated[Evidence, Field(min_length=1)]


class LiftingBody(Shape):
    """Why there is no shortage."""

    because: Sentence


class ObjectionBody(Shape):
    """What a line of the caller's own should be, and why."""

    claimed: QuantityShape
    taken: QuantityShape
    because: Annotated[str, Field(min_length=1, max_length=1000)]
    papers: Annotated[Evidence, Field(default_factory=list)]


class AnswerBody(Shape):
    """Whether the objection is upheld, and why."""

    upheld: bool
    answer: Annotated[str, Field(min_length=1, max_length=1000)]


class LineView(Shape):
    """One line: an owner's goods in a lot (TITLE), goods under a receipt (RECEIPT), goods bought and not collected (SALE) or a PLEDGE. `taken`: what left since the look-back began."""

    id: UUID
    claimant_id: UUID
    kind: str
    lot_id: UUID
    lot_number: str
    deal_id: UUID | None
    receipt_id: UUID | None
    sale_id: UUID | None
    rank: int
    claimed: QuantityShape
    taken: QuantityShape
    share: QuantityShape | None


class ObjectionView(Shape):
    """An objection: OPEN, UPHELD or REJECTED."""

    id: UUID
    line_id: UUID
    claimed: QuantityShape
    taken: QuantityShape
    because: str
    papers: list[str]
    status: str
    answer: str
    objected_at: Moment
    answered_at: Moment | None


class ShortageView(Shape):
    """A shortage: OPEN, CONFIRMED or LIFTED. `found_later`: what of the found turned up after it was confirmed. The totals are everybody's; `lines` and `objections` are the caller's own, or all for the supervisor that decides."""

    id: UUID
    number: str
    status: str
    site_id: UUID
    site_name: str
    product_name: str
    grade: str
    supervisor_id: UUID
    warehouse_id: UUID
    found: QuantityShape
    found_later: QuantityShape
    claimed: QuantityShape
    claimants: int
    because: str
    since: Moment
    opened_at: Moment
    objections_until: Moment
    decided_at: Moment | None
    digest: str | None
    lines: list[LineView]
    objections: list[ObjectionView]


class ShortagePage(Shape):
    """Shortages, newest first; `next` is the cursor of the page after."""

    items: list[ShortageView]
    next: UUID | None


@api.look("/shortages", takes=PageQuery, gives=ShortagePage)
def list_shortages(ws: Workspace, body: PageQuery) -> ShortagePage:
    """Shortages in which the caller claims, keeps goods or decides."""
    rows = queries.list_shortages(ws, cursor=body.cursor, limit=body.limit)
    return ShortagePage(items=[_view(ws, one) for one in rows], next=rows[-1].id if len(rows) == body.limit else None)


@api.look("/shortages/<uuid:shortage_id>", gives=ShortageView)
def show_shortage(ws: Workspace, shortage_id: UUID) -> ShortageView:
    """One shortage, with the caller's lines."""
    return _view(ws, queries.find_shortage(ws, shortage_id))


@api.act("/lots/<uuid:lot_id>/shortages", takes=ShortageBody, gives=ShortageView, status=201)
def open_shortage(ws: Workspace, lot_id: UUID, body: ShortageBody) -> ShortageView:
    """The supervisor or the warehouse reports that fewer goods like this lot are at its site than are claimed: all of them stop at once."""
    found = quantity(body.found)
    return _view(ws, actions.open_shortage(ws, lot_id, found=found, because=body.because, evidence=body.evidence))


@api.act("/shortages/<uuid:shortage_id>/recounts", takes=ShortageBody, gives=ShortageView)
def recount_shortage(ws: Workspace, shortage_id: UUID, body: ShortageBody) -> ShortageView:
    """Another count takes the place of the first; all shares follow."""
    found = quantity(body.found)
    return _view(ws, actions.recount_shortage(ws, shortage_id, found=found, because=body.because, evidence=body.evidence))  # fmt: skip


@api.act("/shortages/<uuid:shortage_id>/found-goods", takes=ShortageBody, gives=Proposed)
def propose_found(ws: Workspace, shortage_id: UUID, body: ShortageBody) -> Proposed:
    """So much of what a confirmed shortage missed was found (`found`: of that alone): the supervisor proposes to share it out by the same table, a colleague decides."""
    more = quantity(body.found)
    return proposed(actions.propose_found(ws, shortage_id, more=more, because=body.because, evidence=body.evidence))


@api.act("/shortages/<uuid:shortage_id>/confirmation", takes=Nothing, gives=Proposed)
def propose_confirmation(ws: Workspace, shortage_id: UUID, body: Nothing) -> Proposed:
    """The supervisor proposes to confirm the table; a colleague decides."""
    return proposed(actions.propose_confirmation(ws, shortage_id))


@api.act("/shortages/<uuid:shortage_id>/lifting", takes=LiftingBody, gives=Proposed)
def propose_lifting(ws: Workspace, shortage_id: UUID, body: LiftingBody) -> Proposed:
    """The supervisor proposes to lift it; a colleague decides."""
    return proposed(actions.propose_lifting(ws, shortage_id, because=body.because))


@api.act("/shortage-lines/<uuid:share_id>/objections", takes=ObjectionBody, gives=ObjectionView, status=201)
def object_to_share(ws: Workspace, share_id: UUID, body: ObjectionBody) -> ObjectionView:
    """A claimant objects to a line of its own."""
    given = {"claimed": quantity(body.claimed), "taken": quantity(body.taken)}
    made = actions.object_to_share(ws, share_id, **given, because=body.because, papers=body.papers)
    return _objection(made, body.claimed.unit)


@api.act("/shortage-objections/<uuid:objection_id>/answer", takes=AnswerBody, gives=Proposed)
def propose_answer(ws: Workspace, objection_id: UUID, body: AnswerBody) -> Proposed:
    """The supervisor proposes an answer; a colleague decides."""
    return proposed(actions.propose_answer(ws, objection_id, upheld=body.upheld, answer=body.answer))


def _view(ws: Workspace, row: Shortage) -> ShortageView:
    names = ("id", "number", "status", "site_id", "site_name", "product_name", "grade", "warehouse_id", "claimants", "because", "since", "opened_at", "objections_until", "decided_at", "digest")  # fmt: skip
    return ShortageView(
        **{name: getattr(row, name) for name in names},
        supervisor_id=row.tenant_id,
        found=shape(row.found),
        found_later=shape(row.found_later),
        claimed=shape(row.claimed),
        lines=[_line(one, row.unit) for one in queries.lines_of(ws, row.id)],
        objections=[_objection(one, row.unit) for one in queries.objections_of(ws, row.id)],
    )


def _line(row: ShortageLine, unit: str) -> LineView:
    names = ("id", "kind", "lot_id", "lot_number", "deal_id", "receipt_id", "sale_id", "rank")
    return LineView(
        **{name: getattr(row, name) for name in names},
        claimant_id=row.tenant_id,
        claimed=_units(row.claimed_units, unit),
        taken=_units(row.taken_units, unit),
        share=None if row.share_units is None else _units(row.share_units, unit),
    )


def _objection(row: ShortageObjection, unit: str) -> ObjectionView:
    names = ("id", "line_id", "because", "papers", "status", "answer", "objected_at", "answered_at")
    return ObjectionView(
        **{name: getattr(row, name) for name in names},
        claimed=_units(row.claimed_units, unit),
        taken=_units(row.taken_units, unit),
    )


def _units(units: int, unit: str) -> QuantityShape:
    return shape(Quantity.from_base_units(units, unit))
