"""Calls about a deal's evidence: ask for it, see whether it is made, take it away part by part."""

import base64
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Nothing, Shape
from frontend.language import translate
from marketplace.evidence import actions, queries
from marketplace.evidence.models import EvidenceBundle
from marketplace.financing.queries import find_cover
from tenants.errors import Invalid
from tenants.workspace import Workspace

api = Api("evidence")
PART_BYTES = 8 * 2**20


class BundleView(Shape):
    """A bundle of a deal's evidence: ASKED, READY or REFUSED. `sha256`: of the archive; it stands in the deal's record."""

    id: UUID
    deal_id: UUID
    name: str
    status: str
    asked_by: str
    asked_at: Moment
    made_at: Moment | None
    files: int | None
    size: int | None
    sha256: str | None
    because: str | None
    taken: Annotated[int, Field(description="How often it was taken away.")]


class BundlePage(Shape):
    """The firm's own bundles of a deal, newest first."""

    items: list[BundleView]


class PartBody(Shape):
    """Which part of the archive, from 0."""

    part: Annotated[int, Field(ge=0, le=1000)] = 0


class BundlePart(Shape):
    """A part of the archive in base64, up to 8 MB; put all `parts` together in order."""

    name: str
    sha256: str
    part: int
    parts: int
    content: str


@api.look("/deals/<uuid:deal_id>/evidence", gives=BundlePage)
def list_bundles(ws: Workspace, deal_id: UUID) -> BundlePage:
    """Bundles of a deal's evidence."""
    find_cover(ws, deal_id)
    return BundlePage(items=[_view(one) for one in queries.bundles_of(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/evidence", gives=BundleView, status=201)
def ask_evidence(ws: Workspace, deal_id: UUID, body: Nothing) -> BundleView:
    """Ask for all that the caller's firm may see of a deal, in one archive that others can check."""
    return _view(actions.ask_evidence(ws, deal_id))


@api.look("/evidence/<uuid:bundle_id>", gives=BundleView)
def show_bundle(ws: Workspace, bundle_id: UUID) -> BundleView:
    """Whether a bundle is made."""
    return _view(queries.find_bundle(ws, bundle_id))


@api.act("/evidence/<uuid:bundle_id>/takings", takes=PartBody, gives=BundlePart)
def take_bundle(ws: Workspace, bundle_id: UUID, body: PartBody) -> Any:
    """Take a part of the archive away; that it was taken goes into the deal's record."""
    bundle, content = actions.take_bundle(ws, bundle_id)
    parts = -(-len(content) // PART_BYTES)
    if body.part >= parts:
        raise Invalid("part_unknown", "This archive has %(parts)s parts, counted from 0.", field="part", parts=parts)
    piece = content[body.part * PART_BYTES : (body.part + 1) * PART_BYTES]
    told = {"name": actions.bundle_name(bundle), "sha256": bundle.sha256, "part": body.part, "parts": parts}
    return told | {"content": base64.b64encode(piece).decode()}


def _view(one: EvidenceBundle) -> BundleView:
    because = translate(one.because["word"], **one.because["facts"]) if one.because else None
    named = {name: getattr(one, name) for name in BundleView.model_fields if name not in ("name", "because")}
    return BundleView(name=actions.bundle_name(one), because=because, **named)
