"""Goods that become the creditor's at their value (折价): only by agreement after the default, at the market, and never at another creditor's cost.

A clause that the goods simply fall to the creditor is void as such: it is paid from them like any pledgee (Civil Code 401, 428). After the default creditor
and pledgor may agree on a value by reference to the market (410, 436); what is above the debt is the pledgor's, what lacks stays owed (413, 438); an
agreement that harms other creditors can be set aside (410), so none is made here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.disposal.rules.lifecycle import DEBTOR_AGREES, PRICE_FAIR
from marketplace.disposal.rules.waterfall import Distribution
from marketplace.money import Money
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict


@dataclass(frozen=True, slots=True)
class AppropriationTerms:
    """`valuation_for`: how old a valuation may be, with the proposal and again when the goods are taken over. `answer_within`: how long the pledgor may
    think; `take_within`: how long after that the bank may take the goods over, should it have agreed. Proposed defaults.
    """

    valuation_for: timedelta
    answer_within: timedelta
    take_within: timedelta


APPROPRIATION_TERMS = AppropriationTerms(timedelta(days=10), timedelta(days=5), timedelta(days=5))


class AppropriationState(StrEnum):
    """Where a proposal to take goods over at their value stands."""

    PROPOSED = "PROPOSED"
    CONSENTED = "CONSENTED"
    DONE = "DONE"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"


IN_TIME = Guard("in_time", "The time to answer is over.")
CREDITORS_UNHARMED = Guard("creditors_unharmed", "Another creditor would be harmed.")
_S = AppropriationState
APPROPRIATION = Machine[AppropriationState](
    "Taking over at value",
    step(None, "propose", _S.PROPOSED, Actor.BANK, guards=(PRICE_FAIR, CREDITORS_UNHARMED), four_eyes=True),
    step(_S.PROPOSED, "consent", _S.CONSENTED, Actor.SME, guards=(IN_TIME,), four_eyes=True),
    step(_S.PROPOSED, "decline", _S.DECLINED, Actor.SME, guards=(IN_TIME,)),
    step(_S.CONSENTED, "take_over", _S.DONE, Actor.BANK, guards=(DEBTOR_AGREES, PRICE_FAIR, CREDITORS_UNHARMED)),
    step((_S.PROPOSED, _S.CONSENTED), "lapse", _S.LAPSED, Actor.SYSTEM),
)
OPEN_APPROPRIATIONS = (_S.PROPOSED, _S.CONSENTED)


def require_fair_value(value: Money, market_value: Money, *, valued_at: datetime, now: datetime) -> None:
    """Refuse a value below that of the market (invariant 15), and one that nobody has looked at lately."""
    if now - valued_at > APPROPRIATION_TERMS.valuation_for:
        raise Conflict("valuation_stale", "The goods were valued more than %(days)s days ago. Have them valued again.", field="value", days=APPROPRIATION_TERMS.valuation_for.days)  # fmt: skip
    if value < market_value:
        raise Conflict("below_market", "The price is below the market value of %(value)s.", field="value", value=market_value)  # fmt: skip


def require_unharmed(waterfall: Distribution, takers: Collection[str]) -> None:
    """Refuse a value at which a claim beside those of `takers`, who take the goods, would not be paid in full: no other creditor answers for the bargain.

    Whoever agrees to less declares less, and claims nothing more here.
    """
    for line in waterfall.lines:
        if line.unpaid and line.claim.claimant not in takers:
            raise Conflict(
                "creditor_harmed",
                "At this value %(unpaid)s of another creditor’s claim would stay unpaid. Goods are taken over only where every other claim on them is paid, or its holder claims less.",
                field="value",
                unpaid=line.unpaid,
            )


def deficiency(waterfall: Distribution, takers: Collection[str]) -> Money:
    """What those who take the goods still lack: the debtor goes on owing it."""
    lacking = [line.unpaid for line in waterfall.lines if line.claim.claimant in takers]
    return sum(lacking, Money.zero(waterfall.surplus.currency))


def has_two(makers: Collection[object], checkers: Collection[object]) -> bool:
    """Whether a firm has two people for an act: one who makes it and another who checks it. Otherwise its one person answers alone."""
    return any(maker != checker for maker in makers for checker in checkers)
