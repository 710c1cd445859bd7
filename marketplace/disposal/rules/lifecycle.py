"""What may happen to a public sale and to a bidder's deposit, and who may do it.

Rows as in domain.md section 3; those behind the comment are implied by it. Terms stand still from the announcement
on, a pause gives back the time that it took, and the end never moves earlier (invariant 28).
"""

from datetime import timedelta
from enum import StrEnum

from marketplace.states import Actor, Guard, Machine, step


class AuctionState(StrEnum):
    """Where a sale stands."""

    DRAFT = "DRAFT"
    REVIEW = "REVIEW"
    ANNOUNCED = "ANNOUNCED"
    OPEN = "OPEN"
    PAUSED = "PAUSED"
    SOLD = "SOLD"
    NO_SALE = "NO_SALE"
    PAID = "PAID"
    HANDED_OVER = "HANDED_OVER"
    CLOSED = "CLOSED"
    BUYER_DEFAULT = "BUYER_DEFAULT"
    RESCINDED = "RESCINDED"
    CANCELLED = "CANCELLED"


class DepositState(StrEnum):
    """Where a bidder's deposit stands: it ends in one of three ways, once."""

    HELD = "HELD"
    RETURNED = "RETURNED"
    APPLIED = "APPLIED"
    FORFEITED = "FORFEITED"


DEFAULT_DECLARED = Guard("default_declared", "The loan is not in default.")
VALUATION_VALID = Guard("valuation_valid", "The goods have no valid valuation.")
TITLE_CHECKED = Guard("title_checked", "The title to the goods has not been checked.")
SALE_AUTHORISED = Guard("sale_authorised", "Neither the debtor's agreement nor a court's paper permits this sale.")
TERMS_LAWFUL = Guard("terms_lawful", "The terms do not satisfy the rules of this kind of sale.")
START_REACHED = Guard("start_reached", "The sale has not begun.")
END_REACHED = Guard("end_reached", "The sale has not ended.")
DEPOSIT_HELD = Guard("deposit_held", "A bid needs a deposit.")
BIDDER_ELIGIBLE = Guard("bidder_eligible", "This bidder may not bid here.")
CREDITOR_MAY_BID = Guard("creditor_may_bid", "A creditor may not bid in this kind of sale.")
RESERVE_MET = Guard("reserve_met", "The highest bid is below the reserve.")
RESERVE_MISSED = Guard("reserve_missed", "The highest bid meets the reserve.")
PAID_IN_FULL = Guard("paid_in_full", "The price is not paid in full.")
RELEASE_ORDERED = Guard("release_ordered", "The goods need a release order of the bank.")
DISTRIBUTED = Guard("distributed", "The proceeds are not distributed.")
DISPUTE_UPHELD = Guard("dispute_upheld", "No dispute of the buyer was upheld.")
NOTHING_LEFT = Guard("nothing_left", "Some of the goods are left for their buyer.")
SECOND_CHANCE_ALLOWED = Guard("second_chance_allowed", "This kind of sale has no second chance.")
RUNNER_UP_ACCEPTS = Guard("runner_up_accepts", "The runner-up has not accepted.")
ROUNDS_LEFT = Guard("rounds_left", "The goods may not be put up again under these rules.")
DEBTOR_AGREES = Guard("debtor_agrees", "Goods become the bank's only by agreement with the debtor after default.")
PRICE_FAIR = Guard("price_fair", "The price is not at the market.")
REASON_GIVEN = Guard("reason_given", "A reason is needed.")

PAY_WITHIN = timedelta(days=10)
SECOND_CHANCE_FOR = timedelta(hours=24)

_A = AuctionState
_SELLERS = (Actor.BANK, Actor.AUCTIONEER)
_HALTERS = (Actor.BANK, Actor.AUCTIONEER, Actor.PLATFORM, Actor.COURT)

AUCTION = Machine[AuctionState](
    "Sale",
    step(None, "draft", _A.DRAFT, *_SELLERS),
    step(
        _A.DRAFT,
        "submit",
        _A.REVIEW,
        *_SELLERS,
        guards=(DEFAULT_DECLARED, VALUATION_VALID, TITLE_CHECKED, SALE_AUTHORISED),
    ),
    step(_A.REVIEW, "publish", _A.ANNOUNCED, *_SELLERS, guards=(TERMS_LAWFUL,), four_eyes=True),
    step(_A.ANNOUNCED, "open", _A.OPEN, Actor.SYSTEM, guards=(START_REACHED,)),
    step(_A.OPEN, "bid", _A.OPEN, Actor.BUYER, Actor.CORE_ENTERPRISE, guards=(DEPOSIT_HELD, BIDDER_ELIGIBLE)),
    step(_A.OPEN, "bid_as_creditor", _A.OPEN, Actor.BANK, guards=(CREDITOR_MAY_BID, DEPOSIT_HELD)),
    step(_A.OPEN, "knock_down", _A.SOLD, Actor.SYSTEM, guards=(END_REACHED, RESERVE_MET)),
    step(_A.OPEN, "close_unsold", _A.NO_SALE, Actor.SYSTEM, guards=(END_REACHED, RESERVE_MISSED)),
    step(_A.SOLD, "confirm_payment", _A.PAID, Actor.BANK, guards=(PAID_IN_FULL,)),
    step(_A.PAID, "hand_over", _A.HANDED_OVER, Actor.WAREHOUSE_OPERATOR, guards=(RELEASE_ORDERED,)),
    step(_A.HANDED_OVER, "close", _A.CLOSED, Actor.BANK, Actor.SYSTEM, guards=(DISTRIBUTED,)),
    step(_A.SOLD, "miss_payment", _A.BUYER_DEFAULT, Actor.SYSTEM, after=PAY_WITHIN),
    step(
        _A.BUYER_DEFAULT,
        "second_chance",
        _A.SOLD,
        *_SELLERS,
        guards=(SECOND_CHANCE_ALLOWED, RUNNER_UP_ACCEPTS),
        four_eyes=True,
    ),
    step(
        (_A.PAID, _A.HANDED_OVER),
        "rescind",
        _A.RESCINDED,
        *_SELLERS,
        Actor.SYSTEM,
        guards=(DISPUTE_UPHELD,),
    ),
    step(
        (_A.NO_SALE, _A.BUYER_DEFAULT, _A.RESCINDED),
        "relist",
        _A.ANNOUNCED,
        *_SELLERS,
        guards=(ROUNDS_LEFT, TERMS_LAWFUL),
        four_eyes=True,
    ),
    step(_A.NO_SALE, "sell_off", _A.ANNOUNCED, *_SELLERS, guards=(TERMS_LAWFUL,), four_eyes=True),
    step(_A.NO_SALE, "appropriate", _A.SOLD, Actor.BANK, guards=(DEBTOR_AGREES, PRICE_FAIR), four_eyes=True),
    step((_A.OPEN, _A.ANNOUNCED), "pause", _A.PAUSED, *_HALTERS, guards=(REASON_GIVEN,)),
    step(_A.PAUSED, "resume", None, *_HALTERS),
    step(
        (_A.OPEN, _A.ANNOUNCED, _A.PAUSED),
        "cancel",
        _A.CANCELLED,
        Actor.BANK,
        Actor.COURT,
        guards=(REASON_GIVEN,),
        four_eyes=True,
    ),
    # Implied, not rows of the table:
    step(_A.PAID, "come_to_nothing", _A.RESCINDED, Actor.SYSTEM, guards=(NOTHING_LEFT,)),
    step((_A.DRAFT, _A.REVIEW), "cancel", _A.CANCELLED, *_SELLERS, guards=(REASON_GIVEN,)),
    step(_A.REVIEW, "send_back", _A.DRAFT, *_SELLERS, guards=(REASON_GIVEN,)),
    step(
        (_A.NO_SALE, _A.BUYER_DEFAULT, _A.RESCINDED),
        "give_up",
        _A.CANCELLED,
        Actor.BANK,
        Actor.COURT,
        guards=(REASON_GIVEN,),
        four_eyes=True,
    ),
)

DEPOSIT = Machine[DepositState](
    "Bid deposit",
    step(None, "receive", DepositState.HELD, Actor.BANK, Actor.SYSTEM),
    step(DepositState.HELD, "return", DepositState.RETURNED, Actor.BANK, Actor.SYSTEM),
    step(DepositState.HELD, "apply", DepositState.APPLIED, Actor.BANK, Actor.SYSTEM),
    step(DepositState.HELD, "forfeit", DepositState.FORFEITED, Actor.BANK, Actor.SYSTEM),
)


def next_state(state: AuctionState | None, action: str, *, kept: AuctionState | None = None) -> AuctionState:
    """Where a step of a sale leads; refuses what the table does not list. `kept` is the state before a pause."""
    return AUCTION.next_state(state, action, kept=kept)
