"""What a second officer of the seller decides on, as calls tell it: the same figures as on the page of approvals."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, QuantityShape, Ratio, Shape
from frontend.disposal.shapes import Rung
from frontend.proposals import Terms
from marketplace.disposal.kind_terms import KindName
from marketplace.disposal.rules.halts import HaltGround
from marketplace.disposal.rules.notices import Capacity
from marketplace.disposal.rules.regimes import RegimeName

LENGTHS = {"drop_seconds": "every", "sealing_seconds": "sealing", "opening_seconds": "opening", "best_seconds": "best", "answer_seconds": "answer"}  # fmt: skip


class ProposedRight(Shape):
    """A right of first refusal as it would be published; `code`: the holder's credit code or LEI, `order` 1 comes first."""

    code: str
    organisation: str
    order: int
    ground: str
    evidence: str


class Noticed(Shape):
    """Who is given notice of the sale, and as what."""

    name: str
    capacity: Capacity


class GoodsForSale(Shape):
    """The goods as they are today, with their last valuation."""

    deal_id: UUID
    lot_id: UUID
    title: str
    quantity: QuantityShape
    place: str
    valuation: MoneyShape


class SaleTerms(Terms):
    """A sale as it would be published. What follows from the goods as they are today is null where they could not be sold today: `obstacle` says why."""

    act: Literal["approve_disposal"]
    regime: RegimeName
    method: KindName
    authority: Annotated[str, Field(description="The paper that permits the sale; empty: the clause of the contract.")]
    start: MoneyShape
    reserve: MoneyShape | None
    deposit: MoneyShape
    increments: list[Rung]
    drop: MoneyShape | None
    floor: MoneyShape | None
    drop_seconds: int | None
    sealing_seconds: int | None
    opening_seconds: int | None
    best_seconds: int | None
    answer_seconds: int | None
    alone: Annotated[MoneyShape | None, Field(description="Up to which price one officer may strike a bargain.")]
    opens_at: Moment
    closes_at: Moment
    accept_days: Annotated[int | None, Field(description="For looking at the goods; null: the usual time.")]
    first_refusals: list[ProposedRight]
    outside_notices: Annotated[list[Noticed], Field(description="To be served by hand, with the proof by `reach_by`.")]
    reach_by: Moment
    goods: GoodsForSale | None
    share: Annotated[Ratio | None, Field(description="The start price as a share of the valuation.")] = None
    round: int | None = None
    hears: Annotated[list[Noticed] | None, Field(description="Given notice with the publication.")] = None
    kept_out: Annotated[list[str] | None, Field(description="Parties to the sale, who may not bid.")] = None

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        offer, own = figures["offer"], figures["offer"].own
        plain = {name: getattr(offer, name) for name in cls.model_fields if hasattr(offer, name)}
        lengths = {name: _seconds(getattr(own, part)) for name, part in LENGTHS.items()}
        rights = [ProposedRight(code=one.code, organisation=name, order=one.order, ground=one.ground, evidence=one.evidence) for name, one in figures["rights"]]  # fmt: skip
        steps = [{"above": above, "step": step} for above, step in offer.increments.rungs]
        own_terms = {"method": own.kind, "drop": own.drop, "floor": own.floor}
        return cls.model_validate(
            figures | plain | lengths | own_terms | {"first_refusals": rights, "increments": steps}
        )


class ProposedClaim(Shape):
    """A claim behind the bank's."""

    claimant: str
    amount: MoneyShape


class CostTerms(Terms):
    """What a sale itself cost, and the tax in the price. Shares of one; `resale`: what selling again cost after a buyer defaulted."""

    storage: MoneyShape
    enforcement: MoneyShape
    resale: MoneyShape
    commission_rate: Ratio
    tax_rate: Ratio
    juniors: list[ProposedClaim]

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        costs = figures["costs"]
        plain = {name: getattr(costs, name) for name in ("storage", "enforcement", "resale", "commission_rate", "tax_rate")}  # fmt: skip
        juniors = [{"claimant": name, "amount": amount} for name, amount in costs.juniors]
        return cls.model_validate(figures | plain | {"juniors": juniors})


class AppropriationTerms(CostTerms):
    """Goods taken over at their value: whose they become (null: the bank's own), and what is paid before the debt."""

    act: Literal["approve_appropriation"]
    buyer_id: UUID | None


class ProposedLine(Shape):
    """One rank of a distribution: what is claimed in it and what is paid."""

    rank: str
    claimant: str
    claimed: MoneyShape
    paid: MoneyShape


class DistributionTerms(CostTerms):
    """Who is paid how much of the proceeds, to the minor unit; refused on approval if it has moved."""

    act: Literal["approve_waterfall"]
    lines: list[ProposedLine]


class GuardTerms(Terms):
    """Settings of the guard against mass sales. Shares of one; `days` is how far the breaker looks back."""

    act: Literal["approve_sale_guard"]
    lots_max: int
    days: int
    fall_share: Ratio
    unsold_share: Ratio
    sales_least: int
    lifted_until: Moment | None

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        return cls.model_validate(figures["guard"] | {"act": figures["act"]})


class HaltTerms(Terms):
    """The order by which a sale would stand still, as it would be published."""

    act: Literal["approve_halt"]
    ground: HaltGround
    ordered_by: str
    paper: str
    because: str


class BargainTerms(Terms):
    """What goes with the amount of an offer or a yes: `firm` binds until it lapses, `delivery` and `words` are told to the buyer, `because` is kept."""

    act: Literal["approve_bargain"]
    firm: bool
    delivery: str
    words: str
    because: str


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())
