"""Calls of a sale's data room."""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, Shape
from frontend.disposal.blueprint import api
from marketplace.disposal import actions
from marketplace.disposal.data_rooms import queries
from marketplace.disposal.data_rooms.actions import Scope, Upload
from marketplace.disposal.data_rooms.models import SalePaper
from marketplace.documents.rules.content import Paper
from tenants.errors import Invalid
from tenants.workspace import Workspace

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["ab" * 32])]


class PaperView(Shape):
    """One version of a paper, by its hash. `withheld`: what was blacked out of it; `whole_id`: the paper of which it is a copy."""

    paper_id: UUID
    kind: Paper
    name: str
    media_type: str
    size: int
    sha256: str
    version: int
    scope: Scope
    whole_id: UUID | None
    withheld: str
    added_at: Moment


class DataRoomView(Shape):
    """A sale's data room. `papers`: what the caller may read; none before it has given the promise."""

    auction_id: UUID
    terms: str
    terms_sha256: str
    opened_at: Moment
    promised_at: Moment | None
    papers: list[PaperView]


class DataRoomWish(Shape):
    """The terms of confidentiality."""

    terms: Annotated[str, Field(min_length=20, max_length=4000, examples=["What you read here is for this sale alone; tell nobody."])]  # fmt: skip


class Promise(Shape):
    """The hash of the terms that are promised."""

    terms_sha256: Hash


class PaperWish(Shape):
    """A paper in base64. A copy with parts blacked out names its whole and what was `withheld`."""

    kind: Paper
    name: Annotated[str, Field(min_length=1, max_length=150, examples=["assay.pdf"])]
    content: Annotated[str, Field(min_length=4, max_length=23_000_000, examples=["JVBERi0xLjcK"])]
    scope: Scope = Scope.REGISTERED
    whole_id: UUID | None = None
    withheld: Annotated[str, Field(max_length=300)] = ""
    replaces: UUID | None = None


class PaperContent(Shape):
    """A paper whole."""

    paper_id: UUID
    name: str
    media_type: str
    sha256: str
    content: str


class ReadingView(Shape):
    """A bidder opened a paper."""

    paper_id: UUID
    bidder_id: UUID
    organisation: str
    opened_by: str
    sha256: str
    opened_at: Moment


class PromiseView(Shape):
    """A bidder's promise."""

    organisation: str
    signed_by: str
    terms_sha256: str
    signed_at: Moment


class ReadingLog(Shape):
    """Who promised, and who opened which paper, latest first. For the seller."""

    promises: list[PromiseView]
    openings: list[ReadingView]


@api.look("/auctions/<uuid:auction_id>/data-room", gives=DataRoomView)
def get_data_room(ws: Workspace, auction_id: UUID) -> Any:
    """The data room of a sale: for its seller and all who registered."""
    return _room(ws, auction_id)


@api.act("/auctions/<uuid:auction_id>/data-room", gives=DataRoomView, takes=DataRoomWish, status=201)
def open_data_room(ws: Workspace, auction_id: UUID, body: DataRoomWish) -> Any:
    """Open a data room under terms of confidentiality."""
    actions.open_data_room(ws, auction_id, terms=body.terms)
    return _room(ws, auction_id)


@api.act("/auctions/<uuid:auction_id>/data-room/promise", gives=DataRoomView, takes=Promise, status=201)
def enter_data_room(ws: Workspace, auction_id: UUID, body: Promise) -> Any:
    """Promise confidentiality and go in."""
    actions.enter_data_room(ws, auction_id, terms_sha256=body.terms_sha256)
    return _room(ws, auction_id)


@api.act("/auctions/<uuid:auction_id>/data-room/papers", gives=PaperView, takes=PaperWish, status=201)
def share_paper(ws: Workspace, auction_id: UUID, body: PaperWish) -> Any:
    """Put a paper, or a new version of one, into the data room."""
    try:
        content = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Invalid("content_not_base64", "The content has to be base64.", field="content") from wrong
    return _paper(
        actions.share_paper(
            ws,
            auction_id,
            Upload(kind=body.kind, name=body.name, content=content, scope=body.scope, withheld=body.withheld, whole_id=body.whole_id, replaces=body.replaces),
        )
    )  # fmt: skip


@api.act("/auctions/<uuid:auction_id>/data-room/papers/<uuid:paper_id>/openings", gives=PaperContent, takes=Nothing)
def open_paper(ws: Workspace, auction_id: UUID, paper_id: UUID, body: Nothing) -> Any:
    """Open a paper; the seller sees that it was opened."""
    paper, content = actions.open_paper(ws, auction_id, paper_id)
    plain = ("paper_id", "name", "media_type", "sha256")
    return {name: getattr(paper, name) for name in plain} | {"content": base64.b64encode(content).decode()}


@api.look("/auctions/<uuid:auction_id>/data-room/log", gives=ReadingLog)
def get_log(ws: Workspace, auction_id: UUID) -> Any:
    """Who promised, and who opened what: the seller sees all, a bidder its own promise."""
    queries.find_data_room(ws, auction_id)
    return {
        "promises": [{name: getattr(one, name) for name in PromiseView.model_fields} for one in queries.passes_of(ws, auction_id)],
        "openings": [{name: getattr(one, name) for name in ReadingView.model_fields} for one in queries.openings_of(ws, auction_id)],
    }  # fmt: skip


def _room(ws: Workspace, auction_id: UUID) -> dict[str, Any]:
    room, promise = queries.find_data_room(ws, auction_id), queries.pass_of(ws, auction_id)
    plain = ("auction_id", "terms", "terms_sha256", "opened_at")
    return {name: getattr(room, name) for name in plain} | {
        "promised_at": promise.signed_at if promise else None,
        "papers": [_paper(one) for one in queries.papers_of(ws, auction_id)],
    }


def _paper(row: SalePaper) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PaperView.model_fields}
