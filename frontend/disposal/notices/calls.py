"""Calls for the notices of a sale."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape
from frontend.disposal.blueprint import api
from frontend.disposal.notices.pages import own_sale
from marketplace.disposal import actions
from marketplace.disposal.notices.models import SaleNotice
from marketplace.disposal.notices.queries import notices_of
from marketplace.disposal.rules.notices import Capacity
from tenants.workspace import Workspace


class SaleNoticeView(Shape):
    """A notice of a sale. In the addressee's workspace it is proven by the event `sequence` of the record `stream_id`; served by hand, by `proof`."""

    notice_id: UUID
    organisation: str
    capacity: Capacity
    given_at: Moment
    reach_by: Annotated[Moment, Field(description="Else the sale is called off.")]
    reached_at: Moment | None
    stream_id: UUID | None
    sequence: int | None
    proof: str | None


class SaleNotices(Shape):
    """The notices of a sale, the debtor's first, those that are served by hand last."""

    items: list[SaleNoticeView]


class ServiceProof(Shape):
    """How the delivery is proven: the courier's number, the receipt's date."""

    proof: Annotated[str, Field(min_length=3, max_length=200)]


@api.look("/auctions/<uuid:auction_id>/notices", gives=SaleNotices)
def list_notices(ws: Workspace, auction_id: UUID) -> Any:
    """To whom notice of one's own sale was given, and what proves that it reached them."""
    own_sale(ws, auction_id)
    return {"items": [_shown(one) for one in notices_of(ws, auction_id)]}


@api.act("/auctions/<uuid:auction_id>/notices/<uuid:notice_id>/service", gives=SaleNoticeView, takes=ServiceProof)
def serve_sale_notice(ws: Workspace, auction_id: UUID, notice_id: UUID, body: ServiceProof) -> Any:
    """Enter that a notice was served by hand."""
    return _shown(actions.serve_sale_notice(ws, auction_id, notice_id, proof=body.proof))


def _shown(notice: SaleNotice) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in SaleNoticeView.model_fields}
