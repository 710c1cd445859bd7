"""What calls about acceptance and disputes take and give."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, QuantityShape, Shape
from frontend.disposal.shapes import Reason
from marketplace.disposal.rules.accepting import AcceptanceState, Decision, Ground

Words = Annotated[str, Field(min_length=10, max_length=2000, examples=["Forty tonnes of it are grade B, see the assay."])]  # fmt: skip


class AcceptanceView(Shape):
    """A purchase from its payment on. `accept_by`: until when silence is no yes, once the goods were handed over; `refund`: what the buyer has back in all."""

    auction_id: UUID
    attempt: int
    status: AcceptanceState
    collect_by: Moment
    handed_at: Moment | None
    accept_by: Moment | None
    ended_at: Moment | None
    reduction: MoneyShape
    refund: MoneyShape
    refunded_at: Moment | None
    refund_reference: str | None
    dispute_id: UUID | None


class DisputeWish(Shape):
    """What is wrong with bought goods. `found`: how much there is by the buyer's own count. `contested`: what is held of the price; all of it unless less is
    named, as it has to be for the sale to be undone. Evidence is added as documents about the dispute."""

    ground: Ground
    words: Words
    found: QuantityShape | None = None
    contested: MoneyShape | None = None


class DisputeView(Shape):
    """A dispute about bought goods: what the buyer, the seller and the supervisor said, the mediator once `settle_by` has passed, and what was decided."""

    id: UUID
    auction_id: UUID
    attempt: int
    number: str
    title: str
    quantity: QuantityShape
    ground: Ground
    words: str
    found: QuantityShape | None
    contested: MoneyShape
    raised_at: Moment
    settle_by: Moment
    answer: str | None
    answered_at: Moment | None
    finding: str | None
    finding_found: QuantityShape | None
    finding_at: Moment | None
    mediation_from: Moment | None
    proposal: str | None
    proposal_at: Moment | None
    decision: Decision | None
    decided_because: str | None
    decided_at: Moment | None
    reduction: MoneyShape


class DisputePage(Shape):
    """Disputes in which the caller takes part, newest first."""

    items: list[DisputeView]
    next: UUID | None


class DisputeAnswer(Shape):
    """The seller's answer, or the mediator's proposal."""

    words: Words


class FindingWish(Shape):
    """What the supervisor of the goods found."""

    words: Words
    found: QuantityShape | None = None


class DecisionWish(Reason):
    """How the dispute ends. `reduction`: by how much the price falls, where it does."""

    decision: Decision
    reduction: MoneyShape | None = None


class ReturnNotice(Shape):
    """How much came back."""

    quantity: QuantityShape


class LaterCosts(Shape):
    """What has come on top of a sale's costs since its first part was distributed."""

    storage: MoneyShape | None = None
    enforcement: MoneyShape | None = None
