"""How long a borrower's goods lie before they leave, by their own movements, and whether that is out of its own way (domain model, section 5: days of inventory, E24).

Money need not be known for it: of goods of one kind, average stock over what left in a time is the same in tonnes as in yuan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from marketplace.exact import half_up
from marketplace.financing.rules.scoring import inventory_days, is_anomalous

WINDOW = timedelta(days=90)  # over how long stock and outflow are looked at
STEP = timedelta(days=30)  # how far apart the looks at the firm's own history are
LOOKS = 11
LEAST_LOOKS = 6  # a shorter history of its own says nothing of what is usual


@dataclass(frozen=True, slots=True)
class Movement:
    """So much came in (above zero) or left (below) on a day; `sold`: it left through the gate, and was not lost."""

    day: date
    amount: Decimal
    sold: bool = False


@dataclass(frozen=True, slots=True)
class Turnover:
    """Days of inventory now, what is usual (the middle of its own history, None where that is too short), and whether it lies too long against it."""

    days: Decimal | None
    usual: Decimal | None
    is_slow: bool


def turnover_of(movements: Sequence[Movement], today: date) -> Turnover:
    """By the last ninety days beside the firm's own history, month by month. Of goods of which nothing left nothing is known."""
    now = _days(movements, today)
    history = [days for look in range(1, LOOKS + 1) if (days := _days(movements, today - look * STEP)) is not None]
    enough = len(history) >= LEAST_LOOKS
    usual = sorted(history)[len(history) // 2] if enough else None
    slow = now is not None and usual is not None and now > usual and is_anomalous(now, history)
    return Turnover(None if now is None else half_up(now, 1), None if usual is None else half_up(usual, 1), slow)


def _days(movements: Sequence[Movement], end: date) -> Fraction | None:
    """Days of inventory over the window that ends with a day: average stock over a year's outflow at its pace; None where nothing left."""
    start = end - WINDOW
    sold = -sum((Fraction(one.amount) for one in movements if one.sold and start < one.day <= end), Fraction(0))
    if sold <= 0:
        return None
    stock = Fraction(sum(_stock(movements, start + timedelta(days=day)) for day in range(1, WINDOW.days + 1)), WINDOW.days)  # fmt: skip
    return inventory_days(stock, sold * 365 / WINDOW.days)


def _stock(movements: Sequence[Movement], day: date) -> Fraction:
    return sum((Fraction(one.amount) for one in movements if one.day <= day), Fraction(0))
