"""What a second officer of the bank decides on, as calls tell it: the same figures as on the page of approvals."""

from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from frontend.api import MoneyShape, Ratio, Shape
from frontend.proposals import Terms
from marketplace.valuation.rules.sub_limits import LimitedBy


class ProposedStage(Shape):
    """One stage: the most that it approves (null: any amount) and the people who decide in it."""

    name: str
    limit: MoneyShape | None
    people: list[UUID]


class LadderTerms(Terms):
    """A ladder before it is in force, its first stage first."""

    act: Literal["approve_ladder"]
    stages: list[ProposedStage]

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        stages = [{"name": one["name"], "limit": one["limit"], "people": one["ids"]} for one in figures["stages"]]
        return cls.model_validate({"act": figures["act"], "stages": stages})


class ProposedReserve(Shape):
    """What would be held back, and for what."""

    why: str
    amount: MoneyShape


class ProposedSubLimit(Shape):
    """The most that goods of one kind (`of`: their series of prices) or on one site (its id) would carry; `name` is what people call it."""

    by: LimitedBy
    of: str
    name: str
    most: MoneyShape


class ProposedBaseTerms(Terms):
    """Terms of a borrowing base: shares of one, ages in days (null: they do not matter)."""

    act: Literal["approve_base_terms"]
    cap: Ratio
    wrong_way: Ratio
    evidence_days_max: int | None
    stock_days_max: int | None
    reserves: list[ProposedReserve]
    sub_limits: list[ProposedSubLimit]

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        terms = figures["terms"]
        plain = {name: getattr(terms, name) for name in ("cap", "wrong_way", "evidence_days_max", "stock_days_max")}
        return cls.model_validate(figures | plain | {"reserves": terms.held_back, "sub_limits": terms.limited})


class OrderBehind(Terms):
    """An order that buys from a payee, and by what its seller is known to be the payee: CODE, ACCOUNT, or NAME where nothing else is known."""

    number: str
    known_by: str


class DrawdownTerms(Terms):
    """A payment before it is instructed; `available`: what may be drawn now; `orders`: those before the deal that buy from the payee."""

    act: Literal["approve_drawdown"]
    deal_id: UUID
    drawdown_id: UUID
    amount: MoneyShape
    payee: str
    payee_code: str
    payee_account: str
    purpose: str
    orders: list[OrderBehind]
    available: MoneyShape

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        paid = figures["drawdown"]
        plain = {
            name: getattr(paid, name)
            for name in ("deal_id", "amount", "payee", "payee_code", "payee_account", "purpose")
        }
        return cls.model_validate(
            figures | plain | {"drawdown_id": paid.id, "available": figures["position"].available}
        )


class MisuseTerms(Terms):
    """A misuse of a loan before it is found: how much of it, since when, and the paper that shows it."""

    act: Literal["approve_misuse"]
    amount: MoneyShape
    since: date
    document_id: UUID
    because: str

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        return cls.model_validate(figures | {"document_id": figures["document"].id})
