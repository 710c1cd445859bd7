"""The outage rule: what becomes of a sale when nobody can bid, because the house is silent or an order stands. Published with the terms, so that nobody decides it
at the bell.

The sale's own clock stands still from the last sign of life, or the order (or the last bid taken after it) until bidding goes on; then what was left runs on: the time to the
end, the price on a falling clock, the windows for envelopes alike. Bidding goes on some minutes after the house is back, so that all can come back too;
after a long silence it goes on another day at the same hour, a day ahead at least. Bids that were taken stand (invariant 27); no end comes earlier (28).

The database decides (`outages/sql/outages.sql`), and strangers reckon it again (`record/recompute.py`); a property holds the three beside each other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.disposal.outage_terms import OutageRule

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SaleTimes:
    """The times of a sale that runs: when it opens, ends as things stand, took its last line into the book, and goes on after an earlier outage."""

    opens_at: datetime
    ends_at: datetime
    last_line_at: datetime | None = None
    resumes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standstill:
    """The sale's clock stood from `began_at` until `resumes_at`, and ends later by as much."""

    began_at: datetime
    resumes_at: datetime
    ends_at: datetime


def standstill(
    rule: OutageRule, times: SaleTimes, *, silent_from: datetime, back_at: datetime, ordered: bool = False
) -> Standstill | None:
    """What a silence does to a sale; None where it does nothing: too short, before the opening, or after the end. `ordered`: by an order, which is never too short.

    Five seconds before the end the house falls silent for ten minutes: it goes on ten minutes after the return, for five seconds more.
    """
    marks = (silent_from, times.opens_at, times.last_line_at, times.resumes_at)
    began = max(mark for mark in marks if mark is not None)
    silence = back_at - began
    if began >= times.ends_at or silence < (timedelta.resolution if ordered else rule.counts_from):
        return None
    resumes = back_at + rule.notice if silence <= rule.longest else began + DAY * -(-(silence + DAY) // DAY)
    return Standstill(began, resumes, times.ends_at + (resumes - began))
