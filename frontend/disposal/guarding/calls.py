"""Calls about the guard against mass sales."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from frontend.api import Moment, Ratio, Shape
from frontend.disposal.amounts import proposal_told
from frontend.disposal.blueprint import api
from frontend.disposal.shapes import Proposed, Share
from marketplace.disposal import actions
from marketplace.disposal.guarding.queries import guard_versions
from marketplace.disposal.rules.guarding import Guard
from tenants.workspace import Workspace

PLAIN = (
    "version",
    "lots_max",
    "days",
    "fall_share",
    "unsold_share",
    "sales_least",
    "lifted_until",
    "because",
    "set_at",
)


class GuardVersion(Shape):
    """One version of the settings. Shares of one; `days` is how far the breaker looks back."""

    version: int
    lots_max: int
    days: int
    fall_share: Ratio
    unsold_share: Ratio
    sales_least: int
    lifted_until: Moment | None
    because: str
    set_at: Moment


class GuardVersions(Shape):
    """The settings that the operator published, the one in force first; empty where nothing is held back."""

    items: list[GuardVersion]


class GuardWish(Shape):
    """Settings to propose. `lifted_until`: until then the breaker is lifted, never the throttle."""

    lots_max: Annotated[int, Field(ge=1, le=10_000)]
    days: Annotated[int, Field(ge=1, le=90)]
    fall_share: Share
    unsold_share: Share
    sales_least: Annotated[int, Field(ge=1, le=1000)]
    lifted_until: Moment | None = None
    because: Annotated[str, Field(min_length=3, max_length=500)]


@api.look("/sale-guard", gives=GuardVersions)
def list_guard_versions(ws: Workspace) -> Any:
    """How many lots may be for sale at once, and when new announcements wait."""
    return {"items": [{name: getattr(row, name) for name in PLAIN} for row in guard_versions(ws)]}


@api.act("/sale-guard", gives=Proposed, takes=GuardWish, status=201)
def propose_sale_guard(ws: Workspace, body: GuardWish) -> Any:
    """Propose to set the guard anew, or to lift its breaker for a while."""
    guard = Guard(
        lots_max=body.lots_max,
        days=body.days,
        fall_share=Decimal(body.fall_share),
        unsold_share=Decimal(body.unsold_share),
        sales_least=body.sales_least,
        lifted_until=body.lifted_until,
    )
    approval = actions.propose_guard(ws, guard, because=body.because)
    return proposal_told(approval)
