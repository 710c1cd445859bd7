"""Calls for standstills: a sale that is stood still by order, by its seller or by the platform's operator, let go on, and what everybody may see of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Nothing, Shape
from frontend.disposal.amounts import proposal_told
from frontend.disposal.api import shown
from frontend.disposal.blueprint import api
from frontend.disposal.shapes import AuctionView, Proposed, Reason
from marketplace.disposal import actions, queries
from marketplace.disposal.outages.queries import orders_of, rulings_of
from marketplace.disposal.rules.halts import LONGEST_NAME, LONGEST_REASON, SHORTEST_TEXT, HaltGround, halt_of
from tenants.workspace import Workspace

Name = Annotated[str, Field(min_length=SHORTEST_TEXT, max_length=LONGEST_NAME)]


class HaltWish(Shape):
    """An order by which a sale stands still: published, with everything that it says."""

    ground: HaltGround
    ordered_by: Annotated[Name, Field(description="The court, or who found the fault.")]
    paper: Annotated[Name, Field(description="The paper that shows it: its number and date.")]
    because: Annotated[str, Field(min_length=SHORTEST_TEXT, max_length=LONGEST_REASON)]


class HaltView(Shape):
    """One order, and whether it is lifted. `standstill`: the number of the standstill that it led to; null until it is lifted, and where bidding had not begun."""

    number: int
    ground: HaltGround
    ordered_by: str
    paper: str
    because: str
    through: Annotated[Literal["SELLER", "OPERATOR"], Field(description="Who carried it out here, and lifts it.")]
    ordered_at: Moment
    lifted_at: Moment | None
    standstill: int | None


class StandstillView(Shape):
    """The sale's clock stood still from `began_at` until `resumes_at`, after so many lines of the book, and the end came later by as much."""

    number: int
    began_at: Moment
    back_at: Moment
    resumes_at: Moment
    ends_at: Moment
    after_sequence: int


class Standstills(Shape):
    """Orders, and what outages and orders did to a sale, in their order."""

    orders: list[HaltView]
    standstills: list[StandstillView]


@api.act("/auctions/<uuid:auction_id>/standstills", gives=AuctionView, takes=HaltWish, status=201)
def halt_sale(ws: Workspace, auction_id: UUID, body: HaltWish) -> Any:
    """Let one's own sale stand still, by a court's order or for a fault: no bid is taken until the order is lifted."""
    return shown(actions.halt_sale(ws, auction_id, halt_of(**body.model_dump())), ws.now)


@api.act("/auctions/<uuid:auction_id>/resumption", gives=AuctionView, takes=Nothing)
def lift_halt(ws: Workspace, auction_id: UUID, body: Nothing) -> Any:
    """Lift the order: the sale goes on by its published rule, with the time that was left."""
    return shown(actions.lift_halt(ws, auction_id), ws.now)


@api.act("/auctions/<uuid:auction_id>/standstill-proposals", gives=Proposed, takes=HaltWish, status=201)
def propose_halt(ws: Workspace, auction_id: UUID, body: HaltWish) -> Any:
    """As the platform's operator, propose that a sale stands still: a court served its order on the platform, or the platform is at fault."""
    return proposal_told(actions.propose_halt(ws, auction_id, halt_of(**body.model_dump())))


@api.act("/auctions/<uuid:auction_id>/resumption-proposals", gives=Proposed, takes=Reason, status=201)
def propose_resumption(ws: Workspace, auction_id: UUID, body: Reason) -> Any:
    """As the platform's operator, propose to lift the operator's order."""
    return proposal_told(actions.propose_resumption(ws, auction_id, because=body.because))


@api.look("/auctions/<uuid:auction_id>/standstills", gives=Standstills)
def list_standstills(ws: Workspace, auction_id: UUID) -> Any:
    """The orders by which a sale stood or stands still, and what outages and orders did to its clock."""
    auction = queries.find_auction(ws, auction_id)
    said = ("number", "ground", "ordered_by", "paper", "because", "through", "ordered_at", "lifted_at")
    did = ("number", "began_at", "back_at", "resumes_at", "ends_at", "after_sequence")
    return {
        "orders": [{name: getattr(one, name) for name in said} | {"standstill": one.ruling} for one in orders_of(ws, auction.auction_id)],
        "standstills": [{name: getattr(one, name) for name in did} for one in rulings_of(ws, auction.auction_id)],
    }  # fmt: skip
