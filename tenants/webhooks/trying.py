"""How long a receiver that fails is left alone, and when a message for it is given up."""

from datetime import datetime, timedelta

# By the receiver's failures in a row, over all its messages; the last counts for all that follow.
PAUSES = (timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
# About as long as the schedule that Standard Webhooks recommends.
KEPT_TRYING = timedelta(hours=28)
# One that asks too much of us, as it says itself, gets at least so long.
TOO_MANY = timedelta(minutes=5)
GONE, TOO_MANY_REQUESTS = 410, 429


def pause_after(failures: int, status: int | None) -> timedelta:
    """How long nothing is tried after the receiver failed so many times in a row (one or more)."""
    pause = PAUSES[min(failures, len(PAUSES)) - 1]
    return max(pause, TOO_MANY) if status == TOO_MANY_REQUESTS else pause


def is_given_up(owed_since: datetime, now: datetime) -> bool:
    """Whether a message has been tried, or kept waiting behind one that failed, for long enough."""
    return now - owed_since >= KEPT_TRYING
