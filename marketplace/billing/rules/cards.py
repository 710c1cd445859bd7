"""A fee invoice paid by card: at the card service's own page, or collected from a saved card by the firm's consent.

As with deposits the state follows what the card service says when it is asked, and never leads: news in any order, repeated or lost, end in the same state.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.money import Money, exponent_of
from marketplace.states import Actor, Machine, step
from tenants.errors import Conflict, Invalid

MOST_MINOR = 99_999_999  # eight digits is the most that a card payment can be
# Between the invoice and the first try: who agreed to be charged knows the amount beforehand.
NOTICE = timedelta(days=3)
# From one failed try to the next; after the last of them the invoice goes the way of all others.
AGAIN_AFTER = (timedelta(days=3), timedelta(days=4), timedelta(days=7))
# A card service does what carries the same key once, but forgets a key some time after its first use (Stripe: after 24 hours at the earliest), and its
# search may be an hour behind. So a try is asked for within half a day of its beginning, and only a day after it what is not found was never made.
ASKED_WITHIN, NEVER_MADE_AFTER = timedelta(hours=12), timedelta(hours=24)
# Declines that no waiting mends. The first asks for the person (strong authentication): a page is the way then.
FINAL = frozenset({
    "authentication_required", "card_not_supported", "expired_card", "fraudulent", "invalid_account", "lost_card", "merchant_blacklist", "pickup_card",
    "restricted_card", "revocation_of_all_authorizations", "revocation_of_authorization", "security_violation", "stolen_card", "stop_payment_order",
    "transaction_not_allowed",
})  # fmt: skip


class Way(StrEnum):
    """How a card payment began. PAGE: a person types the card at the card service's page. COLLECTED: from the saved card, nobody present."""

    PAGE = "PAGE"
    COLLECTED = "COLLECTED"


class FeeCardState(StrEnum):
    """Where a card payment stands; how much of it came back is counted beside."""

    OPENED = "OPENED"
    TAKEN = "TAKEN"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


class FeeSeen(StrEnum):
    """What the card service says. GONE: never paid, closed or run out. A decline at a page is still AWAITED: another card may be typed."""

    AWAITED = "AWAITED"
    TAKEN = "TAKEN"
    DECLINED = "DECLINED"
    GONE = "GONE"


class MandateState(StrEnum):
    """Where the consent to collect stands. REPLACED: by a newer one."""

    OPENED = "OPENED"
    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"
    REPLACED = "REPLACED"
    EXPIRED = "EXPIRED"


_C, _M, _SYSTEM = FeeCardState, MandateState, Actor.SYSTEM
FEE_CARD = Machine[FeeCardState](
    "Fee paid by card",
    step(None, "open", _C.OPENED, *[one for one in Actor if one is not Actor.COURT]),
    step((_C.OPENED, _C.DECLINED, _C.EXPIRED), "take", _C.TAKEN, _SYSTEM),
    step(_C.OPENED, "decline", _C.DECLINED, _SYSTEM),
    step(_C.OPENED, "expire", _C.EXPIRED, _SYSTEM),
)
MANDATE = Machine[MandateState](
    "Consent to collect fees",
    step(None, "open", _M.OPENED, *[one for one in Actor if one is not Actor.COURT]),
    step(_M.OPENED, "save", _M.ACTIVE, _SYSTEM),
    step(_M.OPENED, "expire", _M.EXPIRED, _SYSTEM),
    step((_M.OPENED, _M.ACTIVE), "withdraw", _M.WITHDRAWN, *[one for one in Actor if one is not Actor.COURT]),
    step(_M.ACTIVE, "replace", _M.REPLACED, _SYSTEM),
)


def next_step(state: FeeCardState, seen: FeeSeen, *, wanted: bool) -> str | None:
    """The step that is due (an action of `FEE_CARD`), or None. `wanted`: the invoice is still open. Money that came is counted, however late."""
    if seen is FeeSeen.TAKEN:
        return None if state is FeeCardState.TAKEN else "take"
    if state is not FeeCardState.OPENED:
        return None
    if seen is FeeSeen.DECLINED:
        return "decline"
    return "expire" if seen is FeeSeen.GONE or not wanted else None


def may_ask(begun_at: datetime, now: datetime) -> bool:
    """Whether a try may be asked for, once more under its key: so soon after its beginning that it cannot be charged twice."""
    return now < begun_at + ASKED_WITHIN


def never_made(begun_at: datetime, now: datetime) -> bool:
    """Whether a try of which the card service finds nothing was never made. In between one cannot tell, and waits."""
    return now >= begun_at + NEVER_MADE_AFTER


def next_try(failed: int, because: str | None, failed_at: datetime) -> datetime | None:
    """When a saved card is tried again after so many failures, the last for this reason; None where it is not."""
    if because in FINAL or failed > len(AGAIN_AFTER):
        return None
    return failed_at + AGAIN_AFTER[failed - 1]


def require_card_takes(amount: Money) -> None:
    """Refuse what no card payment can be: nothing, more than eight digits, or a third decimal that is not nought."""
    if not 0 < amount.minor <= MOST_MINOR or (exponent_of(amount.currency) == 3 and amount.minor % 10):
        raise Conflict("card_amount_wrong", "This amount cannot be paid by card. Transfer it instead.")


def require_limit(limit: Money) -> None:
    """Refuse a consent to collect nothing, or more than a card payment can be."""
    if not 0 < limit.minor <= MOST_MINOR:
        raise Invalid("collection_limit_wrong", "Give the most that may be collected for one invoice, at most %(most)s.", field="limit", most=str(Money(MOST_MINOR, limit.currency)))  # fmt: skip


def collects(total: Money, limit: Money) -> bool:
    """Whether a consent covers an invoice: same currency, and no more than the firm agreed to."""
    return total.currency == limit.currency and total <= limit
