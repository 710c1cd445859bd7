"""The call for published rights of first refusal. Using one is a bid of as much as stands."""

from typing import Any
from uuid import UUID

from frontend.disposal.blueprint import api
from frontend.disposal.shapes import FirstRefusals
from marketplace.disposal.first_refusals.queries import rights_in
from marketplace.disposal.queries import find_auction
from tenants.workspace import Workspace


@api.look("/auctions/<uuid:auction_id>/first-refusals", gives=FirstRefusals)
def list_first_refusals(ws: Workspace, auction_id: UUID) -> Any:
    """Who may buy at the price that another bids."""
    rights = rights_in(ws, find_auction(ws, auction_id))
    return {
        "items": [
            {"holder_id": one.holder_id, "organisation": one.organisation, "order": one.rank, "ground": one.ground, "evidence": one.evidence}
            for one in rights
        ]
    }  # fmt: skip
