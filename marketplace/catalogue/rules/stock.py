"""Stock that is shown to banks: what may be shown, for how long, and what becomes of the offer."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from marketplace.financing.rules.offers import TENOR_DAYS_MAX
from marketplace.money import Money
from marketplace.states import Actor, Machine, step
from tenants.errors import Conflict, Invalid

SHOWN_DAYS_MAX = 90
WORDS_MAX = 400


class StockState(StrEnum):
    """Where an offer of stock stands. TAKEN: nothing of the lot is free any more, or nothing of it may move."""

    OPEN = "OPEN"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    TAKEN = "TAKEN"


_S = StockState
STOCK_OFFER = Machine[StockState](
    "Stock offered for finance",
    step(None, "offer", _S.OPEN, Actor.SME),
    step(_S.OPEN, "withdraw", _S.WITHDRAWN, Actor.SME),
    step(_S.OPEN, "expire", _S.EXPIRED, Actor.SYSTEM),
    step(_S.OPEN, "take", _S.TAKEN, Actor.SYSTEM),
)


def require_offerable(*, verified: bool, free: Decimal, frozen: bool) -> None:
    """Only goods on which a bank could lend today are shown to banks: verified, free, and not frozen."""
    if not verified:
        raise Conflict(
            "lot_unverified",
            "Only verified goods can be offered: first the supervisor's two people look at them.",
            field="lot_id",
        )
    if frozen:
        raise Conflict("lot_frozen", "Nothing of this lot may move.", field="lot_id")
    if free <= 0:
        raise Conflict("lot_taken", "Nothing of this lot is free.", field="lot_id")


def require_wanted(amount: Money, *, tenor_days: int, shown_days: int) -> None:
    """Refuses no money, a loan of no days or of more than a loan may have, and an offer that would stand for more than ninety days."""
    if amount.minor <= 0:
        raise Invalid("amount_wrong", "Give an amount above nothing.", field="amount")
    if not 1 <= tenor_days <= TENOR_DAYS_MAX:
        raise Invalid("tenor_wrong", "A loan runs for 1 to %(most)s days.", field="tenor_days", most=TENOR_DAYS_MAX)
    if not 1 <= shown_days <= SHOWN_DAYS_MAX:
        raise Invalid("shown_wrong", "Stock is shown for 1 to %(most)s days.", field="shown_days", most=SHOWN_DAYS_MAX)


def require_interest(amount: Money, rate: Decimal | None, currency: str) -> None:
    """Refuses no money, another currency than the owner's, and a yearly rate that is none."""
    if amount.minor <= 0:
        raise Invalid("amount_wrong", "Give an amount above nothing.", field="amount")
    if amount.currency != currency:
        raise Invalid("currency_wrong", "The owner asks for %(currency)s.", field="amount", currency=currency)
    if rate is not None and not 0 < rate < 1:
        raise Invalid("rate_wrong", "Give the yearly rate in per cent, above 0 and below 100.", field="annual_rate")


def require_words(words: str, field: str = "words") -> str:
    """What one adds in words, trimmed; nothing is fine. Refuses more than 400 characters."""
    said = words.strip()
    if len(said) > WORDS_MAX:
        raise Invalid("words_long", "Say it in at most %(most)s characters.", field=field, most=WORDS_MAX)
    return said


def shown_for(days: int) -> timedelta:
    """How long an offer stands."""
    return timedelta(days=days)
