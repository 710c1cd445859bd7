"""A borrower's objection to a margin call: what it is about, and for how long the agreement lets it hold the time to cure.

An objection that is not answered is no way out of a call: without an agreement the time to cure runs on. Where the terms give it business days, the time
stands still until the bank has answered, for so many days at most; what was left of it then runs on. It holds expiry alone: a loan that reaches its
liquidation line is escalated all the same.
"""

from datetime import datetime
from enum import StrEnum

from marketplace.business_days import SHANGHAI, business_time_after, rolled_forward
from tenants.errors import Invalid

OBJECTION_DAYS_MAX = 5
PAPERS_MAX = 10


class Ground(StrEnum):
    """Which figure of a call is contested."""

    PRICE = "PRICE"
    QUANTITY = "QUANTITY"
    CONDITION = "CONDITION"
    DEBT = "DEBT"


class Outcome(StrEnum):
    """What the bank answered: upheld, so that the call is withdrawn, or rejected, so that it stands."""

    UPHELD = "UPHELD"
    REJECTED = "REJECTED"


def require_ground(named: str) -> Ground:
    """The contested figure; refuses one that is not on the list."""
    try:
        return Ground(named)
    except ValueError as unknown:
        raise Invalid("ground_unknown", "Say which figure is contested.", field="ground") from unknown


def held_until(raised_at: datetime, days: int) -> datetime:
    """The last moment until which an objection raised then holds the time to cure, `days` business days being agreed (0: not at all)."""
    return business_time_after(raised_at, days) if days else raised_at


def resumed(cure_by: datetime, stopped_at: datetime, resumed_at: datetime) -> datetime:
    """The deadline of a clock that stood still from `stopped_at` to `resumed_at`: as much time is left as was, and a deadline on a day on which banks do
    not settle goes to the next on which they do (Civil Code 203).
    """
    moved = (cure_by + (resumed_at - stopped_at)).astimezone(SHANGHAI)
    return datetime.combine(rolled_forward(moved.date()), moved.time(), tzinfo=SHANGHAI)
