"""From announced terms to the rules of their kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.disposal.rules.bidding import Sale
from marketplace.disposal.rules.formats import FixedPrice, SealedKind
from marketplace.disposal.rules.kinds.contested import Contested
from marketplace.disposal.rules.kinds.dutch import FirstTaker
from marketplace.disposal.rules.kinds.dutch_sealed import DutchSealedBest
from marketplace.disposal.rules.kinds.english import English
from marketplace.disposal.rules.kinds.protocol import Kind
from marketplace.disposal.rules.kinds.sealed import Sealed
from marketplace.disposal.rules.kinds.terms import clock_of
from marketplace.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The terms of any sale as they are published, and the reserve behind them. `priority`: the order of rights of first refusal by paddle."""

    own: KindTerms
    start: Money
    increments: Increments
    reserve: Money | None
    opens_at: datetime
    closes_at: datetime
    soft_close: timedelta
    contest: timedelta | None = None
    priority: Mapping[int, int] = field(default_factory=dict)


def begin(terms: Announced) -> Kind:
    """The sale before its first act, by the rules of its kind."""
    assert terms.own.kind is not KindName.NEGOTIATED, "offers in rooms follow `rules.negotiating`"
    end = terms.own.first_end(terms.closes_at)
    match terms.own.kind:
        case KindName.ENGLISH:
            rights = {str(paddle): order for paddle, order in terms.priority.items()}
            return English(Sale(terms.start, terms.increments, terms.opens_at, end, frozenset(), rights, terms.reserve, soft_close=terms.soft_close))  # fmt: skip
        case KindName.SEALED_FIRST | KindName.SEALED_SECOND:
            pricing = SealedKind.FIRST_PRICE if terms.own.kind is KindName.SEALED_FIRST else SealedKind.SECOND_PRICE
            return Sealed(pricing, terms.start, terms.reserve, terms.opens_at, terms.closes_at, end)
        case KindName.FIXED:
            first = FirstTaker(FixedPrice(terms.start, terms.opens_at), end)
            return Contested(first, terms.increments, terms.contest, terms.soft_close, terms.priority) if terms.contest else first  # fmt: skip
    dutch = FirstTaker(clock_of(terms.own, terms.start, terms.opens_at), end)
    if terms.own.kind is KindName.DUTCH:
        return dutch
    return DutchSealedBest(terms.own, dutch, terms.increments, terms.closes_at, end)
