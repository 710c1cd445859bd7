"""What a sale publishes about outages: which silence of the house counts, and when bidding goes on after it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OutageRule:
    """`counts_from`: the shortest silence that counts. `notice`: how long after the return bidding goes on. `longest`: beyond it, on another day."""

    counts_from: timedelta
    notice: timedelta
    longest: timedelta


OUTAGE_RULE = OutageRule(timedelta(seconds=30), timedelta(minutes=10), timedelta(hours=4))
