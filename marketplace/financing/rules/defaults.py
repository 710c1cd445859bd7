"""A declared default contested: on which ground, and until when.

The law gives no time against a creditor's own declaration. The nearest that it gives is that of the court's short way to the same goods (实现担保物权): who is
asked there has five days from the notice to object, with reasons and evidence (Interpretation on the Civil Procedure Law, 2022, 366: own knowledge). A sale is
announced seven days before it opens at the least, so five days are over by then.
"""

from datetime import datetime, time, timedelta
from enum import StrEnum

from marketplace.business_days import SHANGHAI, period_end
from tenants.errors import Conflict, Invalid

OBJECTION_DAYS = 5


class DefaultGround(StrEnum):
    """What of a declared default is contested: that its event happened, that the debt was still open, or how much it is."""

    EVENT = "EVENT"
    PAID = "PAID"
    DEBT = "DEBT"


def require_default_ground(named: str) -> DefaultGround:
    """The ground; refuses one that is not on the list."""
    try:
        return DefaultGround(named)
    except ValueError as unknown:
        raise Invalid("ground_unknown", "Say what of the default is contested.", field="ground") from unknown


def object_until(declared_at: datetime) -> datetime:
    """The first moment after the time to object: the day of the notice is not counted, and a last day on a holiday goes to the next business day (Civil Code 201, 203)."""
    last = period_end(declared_at.astimezone(SHANGHAI).date(), OBJECTION_DAYS)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=SHANGHAI)


def require_in_time(now: datetime, until: datetime) -> None:
    """Refuse an objection that comes too late: what a court may still hear, this room does not."""
    if now >= until:
        raise Conflict("objection_late", "The time to object to this default ended at %(until)s.", until=until)
