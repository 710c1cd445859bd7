"""Notice of a sale: who has a right to it, and until when it has to have reached them.

Civil Code 436 to 438 give debtor and pledgor what is left of the price, 392 the guarantor its word: so they hear of the sale before it opens, like whoever else claims
the proceeds or may buy by right. How long before is the regime's (`Regime.notice_reached_days`). In a court's online sale the court itself gives notice, three days
before it publishes (网拍 16), and its paper is the authority of the sale; the house's own notice comes on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.disposal.rules.regimes import Regime
from tenants.errors import Conflict, Invalid

MOST_OUTSIDE = 20


class Capacity(StrEnum):
    """As what somebody is given notice: debtor and pledgor, guarantor, another claimant of the proceeds, holder of a right of first refusal."""

    DEBTOR = "DEBTOR"
    GUARANTOR = "GUARANTOR"
    CLAIMANT = "CLAIMANT"
    HOLDER = "HOLDER"


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody who takes no part here, and is served by hand."""

    name: str
    capacity: Capacity


def reach_by(regime: Regime, opens_at: datetime) -> datetime:
    """Until when each notice has to have reached its addressee."""
    return opens_at - timedelta(days=regime.notice_reached_days)


def require_outsiders(outsiders: Sequence[Outsider], regime: Regime, *, opens_at: datetime, now: datetime) -> None:
    """Refuse more than a sale can have, names that are none or twice there, a capacity that is known from here, and no time left to serve them."""
    if len(outsiders) > MOST_OUTSIDE:
        raise Invalid("too_many_outside", "Name at most %(most)s others who are given notice.", field="outside_notices", most=MOST_OUTSIDE)  # fmt: skip
    if len({one.name for one in outsiders}) < len(outsiders) or not all(2 <= len(one.name) <= 120 for one in outsiders):
        raise Invalid("outside_name_wrong", "Name each of the others who are given notice once, in 2 to 120 characters.", field="outside_notices")  # fmt: skip
    if any(one.capacity not in (Capacity.GUARANTOR, Capacity.CLAIMANT) for one in outsiders):
        raise Invalid("outside_capacity_wrong", "Others are given notice as guarantors or as claimants.", field="outside_notices")  # fmt: skip
    if outsiders and reach_by(regime, opens_at) <= now:
        raise Conflict("notice_too_late", "Notice has to reach everybody %(days)s days before bidding opens: open later.", field="starts_at", days=regime.notice_reached_days)  # fmt: skip


def is_missed(reached: Sequence[datetime | None], until: datetime, now: datetime) -> bool:
    """Whether the time is over and somebody was not reached in it."""
    return now >= until and any(at is None or at > until for at in reached)
