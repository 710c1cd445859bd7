"""From the price paid to the proceeds free: the buyer collects, looks, accepts or disputes; what is upheld is turned by contra entries, to the fen.

Times are terms of the sale, published with it (`rules/afterwards.py` has the usual ones). A buyer that does not come for its goods, or says nothing once it
has them, has accepted them when its time is over (Civil Code 608, 621). Until then nothing of the price is distributed; and while a dispute is open, nothing of what
the buyer contests.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.exact import half_up_whole
from marketplace.ledger.rules.accounts import Account, Line
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid


class AcceptanceState(StrEnum):
    """Where a purchase that was paid stands. RESCINDED goods are on their way back, RETURNED ones are under the pledge again; of EMPTY ones a shortage left nothing."""

    TO_COLLECT = "TO_COLLECT"
    TO_ACCEPT = "TO_ACCEPT"
    ACCEPTED = "ACCEPTED"
    LAPSED = "LAPSED"
    DISPUTED = "DISPUTED"
    REJECTED = "REJECTED"
    REDUCED = "REDUCED"
    RESCINDED = "RESCINDED"
    RETURNED = "RETURNED"
    EMPTY = "EMPTY"


class Ground(StrEnum):
    """Why a buyer disputes: less than was sold, worse than was sold, not what the passport says, or nothing given to it."""

    QUANTITY = "QUANTITY"
    GRADE = "GRADE"
    PASSPORT = "PASSPORT"
    NOT_DELIVERED = "NOT_DELIVERED"


class Decision(StrEnum):
    """What two people of the seller decide about a dispute."""

    REJECT = "REJECT"
    REDUCE = "REDUCE"
    RESCIND = "RESCIND"


IN_TIME = Guard("in_time", "The time to accept is over.")
TIME_OVER = Guard("time_over", "The time to accept is not over.")
ANSWERED = Guard("answered", "The seller has not answered the dispute.")
GOODS_BACK = Guard("goods_back", "The goods are not back.")
NOTHING_LEFT = Guard("nothing_left", "Some of the goods are left for their buyer.")

_S = AcceptanceState
_BUYERS = (Actor.BUYER, Actor.CORE_ENTERPRISE)
_SELLERS = (Actor.BANK, Actor.AUCTIONEER)
ACCEPTANCE = Machine[AcceptanceState](
    "Acceptance",
    step(None, "await", _S.TO_COLLECT, *_SELLERS),
    step(_S.TO_COLLECT, "hand_over", _S.TO_ACCEPT, Actor.WAREHOUSE_OPERATOR),
    step(_S.TO_ACCEPT, "accept", _S.ACCEPTED, *_BUYERS, guards=(IN_TIME,)),
    step((_S.TO_COLLECT, _S.TO_ACCEPT), "lapse", _S.LAPSED, Actor.SYSTEM, guards=(TIME_OVER,)),
    step((_S.TO_COLLECT, _S.TO_ACCEPT), "dispute", _S.DISPUTED, *_BUYERS, guards=(IN_TIME,)),
    step(_S.DISPUTED, "reject", _S.REJECTED, *_SELLERS, guards=(ANSWERED,), four_eyes=True),
    step(_S.DISPUTED, "reduce", _S.REDUCED, *_SELLERS, guards=(ANSWERED,), four_eyes=True),
    step(_S.DISPUTED, "rescind", _S.RESCINDED, *_SELLERS, guards=(ANSWERED,), four_eyes=True),
    step(_S.RESCINDED, "take_back", _S.RETURNED, Actor.WAREHOUSE_OPERATOR, guards=(GOODS_BACK,)),
    step(_S.TO_COLLECT, "come_to_nothing", _S.EMPTY, Actor.SYSTEM, guards=(NOTHING_LEFT,)),
)
FINAL = frozenset({_S.ACCEPTED, _S.LAPSED, _S.REJECTED, _S.REDUCED})
UNDONE = frozenset({_S.RETURNED, _S.EMPTY})
STEP_OF = {Decision.REJECT: "reject", Decision.REDUCE: "reduce", Decision.RESCIND: "rescind"}
DAYS_MOST = 30
SETTLE_WITHIN = timedelta(days=5)  # then the operator mediates (domain model, section 3, Dispute)


@dataclass(frozen=True, slots=True)
class Refund:
    """What a buyer has back: of the price, and of the premium that it paid on top."""

    price: Money
    premium: Money

    @property
    def total(self) -> Money:
        return self.price + self.premium


def require_accept_days(days: int) -> int:
    """Refuse a time to accept that is none, or longer than a month."""
    if not 1 <= days <= DAYS_MOST:
        raise Invalid("accept_days_wrong", "A buyer has 1 to %(most)s days to accept the goods.", field="accept_days", most=DAYS_MOST)  # fmt: skip
    return days


def settle_until(raised_at: datetime) -> datetime:
    """Until when buyer and seller settle a dispute between themselves: from then on the operator mediates, and no missing answer holds a decision up."""
    return raised_at + SETTLE_WITHIN


def is_for_mediation(now: datetime, *, settle_by: datetime, decided: bool) -> bool:
    """Whether the operator has to mediate: the time to settle it is over, and nothing is decided."""
    return now >= settle_by and not decided


def require_heard(*, answered: bool, mediated: bool) -> None:
    """Refuse to decide before the seller has answered, for as long as it has time to."""
    if not (answered or mediated):
        raise Conflict("answered", ANSWERED.because)


def contested_of(price: Money, named: Money | None, *, handed_over: bool) -> Money:
    """What a dispute holds of the price: what the buyer names, or all of it, as where it wants the sale undone. Goods that it does not have hold all of it.

    Refuses nothing, more than the price, and a part of it before the goods were handed over.
    """
    contested = price if named is None else named
    if contested.currency != price.currency or not 0 < contested.minor <= price.minor:
        raise Invalid("contested_wrong", "Contest more than nothing and at most the price, %(price)s.", field="contested", price=price)  # fmt: skip
    if contested < price and not handed_over:
        raise Invalid("contested_part", "You do not have the goods yet: the whole price is held.", field="contested")
    return contested


def require_within(decision: Decision, reduction: Money, *, contested: Money, price: Money) -> None:
    """Refuse to give back more than the buyer contested: the rest was free to be distributed."""
    if decision is Decision.RESCIND and contested < price:
        raise Conflict(
            "contested_part", "The buyer contests part of the price: the sale is not undone.", field="decision"
        )
    if decision is Decision.REDUCE and reduction > contested:
        raise Invalid("reduction_exceeds", "The buyer contests %(contested)s: the price is reduced by no more.", field="reduction", contested=contested)  # fmt: skip


def require_final(state: AcceptanceState | None, undisputed: Money | None = None) -> None:
    """Refuse to distribute what a buyer may still ask back. `state`: None where the price is not paid; `undisputed`: what of it an open dispute leaves."""
    if state is AcceptanceState.TO_COLLECT:
        raise Conflict("not_handed_over", "The goods are not handed over yet: the proceeds are held.")
    if state is AcceptanceState.TO_ACCEPT:
        raise Conflict("not_accepted", "The buyer has not accepted the goods yet, and its time is not over: the proceeds are held.")  # fmt: skip
    if state is AcceptanceState.DISPUTED and undisputed:
        return
    if state is AcceptanceState.DISPUTED:
        raise Conflict("disputed", "The buyer disputes the goods: the proceeds are held until it is decided.")
    if state not in FINAL:
        raise Conflict("paid_in_full", "The price is not paid in full.")


def due_at(state: AcceptanceState, *, collect_by: datetime, accept_by: datetime | None) -> datetime | None:
    """When silence counts as acceptance; None where nobody's time runs."""
    return {AcceptanceState.TO_COLLECT: collect_by, AcceptanceState.TO_ACCEPT: accept_by}.get(state)


def accept_until(handed_at: datetime, days: int) -> datetime:
    """Until when a buyer that has the goods may refuse them."""
    return handed_at + timedelta(days=days)


def refund_of(price: Money, premium: Money, back: Money, premium_after: Money) -> Refund:
    """What a lower price gives back: the difference, and what the premium on it is less. Refuses nothing at all, and the whole price: that is a rescission.

    1,000,000 with a premium of 20,000, reduced by 50,000 to a price on which it is 19,000: 50,000 and 1,000.
    """
    if back.minor <= 0 or back >= price:
        raise Invalid("reduction_wrong", "The price is reduced by more than nothing and less than all of it.", field="reduction")  # fmt: skip
    return Refund(back, (premium - premium_after).at_least_zero())


def off_for_missing(price: Money, sold: Quantity, there: Quantity) -> Money:
    """By how much a price falls where less is there than was sold: by the same part, half up, and never to nothing. Of 420 t for 5,650,000.00 105 t are there: 4,237,500.00 less."""
    assert 0 < there.amount < sold.amount, "some of it is missing, and some is there"
    off = half_up_whole(price.minor * (1 - there.to(sold.unit).exact / sold.exact))
    return Money(min(off, price.minor - 1), price.currency)


def received_lines(price: Money, premium: Money) -> list[Line]:
    """The price came in: it is the waterfall's, the premium is not."""
    return _without_nothing(
        [
            (Account.COLLATERAL_PROCEEDS, price + premium),
            (Account.PROCEEDS_TO_DISTRIBUTE, -price),
            (Account.BUYER_PREMIUM, -premium),
        ]
    )


def owed_back_lines(refund: Refund) -> list[Line]:
    """Contra entries: what was to be distributed, and the premium on it, is the buyer's again."""
    return _without_nothing(
        [
            (Account.PROCEEDS_TO_DISTRIBUTE, refund.price),
            (Account.BUYER_PREMIUM, refund.premium),
            (Account.BUYER_REFUND_OWED, -refund.total),
        ]
    )


def paid_back_lines(total: Money) -> list[Line]:
    """The buyer has its money: less came in from it after all."""
    return [(Account.BUYER_REFUND_OWED, total), (Account.COLLATERAL_PROCEEDS, -total)]


def _without_nothing(lines: list[Line]) -> list[Line]:
    return [(account, money) for account, money in lines if money]
