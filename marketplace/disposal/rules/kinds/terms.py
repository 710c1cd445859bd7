"""Which act counts when, and which terms make a sale of their kind."""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.disposal.kind_terms import FALLING, SEALED, KindName, KindTerms
from marketplace.disposal.rules.formats import DutchClock
from marketplace.money import Money
from tenants.errors import Invalid


class Stage(StrEnum):
    """Where a sale stands by the clock: which act counts now."""

    BEFORE = "BEFORE"
    BIDDING = "BIDDING"
    CLOCK = "CLOCK"
    TAKING = "TAKING"
    SEALING = "SEALING"
    OPENING = "OPENING"
    BEST = "BEST"
    BARGAINING = "BARGAINING"
    OVER = "OVER"


LONGEST_WINDOW, SHORTEST_WINDOW = timedelta(days=7), timedelta(minutes=10)
LONGEST_INTERVAL, SHORTEST_INTERVAL = timedelta(days=1), timedelta(seconds=10)


def clock_of(terms: KindTerms, start: Money, opens_at: datetime) -> DutchClock:
    """The falling price. Only for kinds that have one."""
    assert terms.drop is not None, "this kind has a clock"
    assert terms.every is not None, "this kind has a clock"
    assert terms.floor is not None, "this kind has a clock"
    return DutchClock(start, terms.drop, terms.every, terms.floor, opens_at)


def stage_at(terms: KindTerms, at: datetime, *, opens_at: datetime, closes_at: datetime, ends_at: datetime, taken: bool) -> Stage:  # fmt: skip
    """Which act counts at `at`. `taken`: whether somebody has stopped the clock. Told from published times alone, never from a timer that fired."""
    if at >= ends_at:
        return Stage.OVER
    if at < opens_at:
        return Stage.BEFORE
    if terms.kind in SEALED:
        return Stage.SEALING if at < closes_at else Stage.OPENING
    if terms.kind is KindName.FIXED and not taken:
        return Stage.TAKING
    if terms.kind is KindName.NEGOTIATED:
        return Stage.BARGAINING
    if terms.kind in FALLING and not taken:
        return Stage.CLOCK
    if terms.kind is KindName.DUTCH_SEALED_BEST:
        return _window(terms, at, ends_at)
    return Stage.BIDDING


def _window(terms: KindTerms, at: datetime, ends_at: datetime) -> Stage:
    assert terms.opening is not None, "a sale with envelopes opens them"
    assert terms.best is not None, "the one who stopped the clock has its window"
    if at >= ends_at - terms.best:
        return Stage.BEST
    return Stage.OPENING if at >= ends_at - terms.best - terms.opening else Stage.SEALING


def require_kind(
    terms: KindTerms, start: Money, *, opens_at: datetime, closes_at: datetime, reserve: Money | None
) -> None:
    """Refuse terms that do not make a sale of this kind: missing or needless ones, a clock that cannot come to its floor, windows nobody could use."""
    _require_exactly(terms)
    for field in ("sealing", "opening", "best", "answer"):
        length = getattr(terms, field)
        if length is not None and not SHORTEST_WINDOW <= length <= LONGEST_WINDOW:
            raise Invalid("window_wrong", "A window lasts from ten minutes to seven days.", field=f"{field}_minutes")
    if terms.kind is KindName.FIXED and reserve is not None:
        raise Invalid("price_is_reserve", "A fixed price is its own reserve.", field="reserve")
    if terms.kind is KindName.NEGOTIATED and reserve is not None:
        raise Invalid("floor_is_reserve", "The least price of a negotiated sale is its reserve.", field="reserve")
    if terms.kind not in FALLING:
        return
    if reserve is not None:
        raise Invalid("floor_is_reserve", "A falling price has its floor as reserve.", field="reserve")
    if not SHORTEST_INTERVAL <= (terms.every or timedelta(0)) <= LONGEST_INTERVAL:
        raise Invalid("interval_wrong", "The price falls every ten seconds to every day.", field="drop_seconds")
    clock = clock_of(terms, start, opens_at)
    if clock.price_at(max(opens_at, closes_at - clock.every)) > clock.floor:
        raise Invalid("clock_too_slow", "The price does not come to its floor before the end.", field="drop")


NEEDED = {
    KindName.ENGLISH: frozenset[str](),
    KindName.DUTCH: frozenset({"drop", "every", "floor"}),
    KindName.SEALED_FIRST: frozenset({"opening"}),
    KindName.SEALED_SECOND: frozenset({"opening"}),
    KindName.FIXED: frozenset[str](),
    KindName.NEGOTIATED: frozenset({"answer"}),
    KindName.DUTCH_SEALED_BEST: frozenset({"drop", "every", "floor", "sealing", "opening", "best"}),
}
FIELDS = {"drop": "drop", "every": "drop_seconds", "floor": "floor", "sealing": "sealing_minutes", "opening": "opening_minutes", "best": "best_minutes", "answer": "answer_minutes"}  # fmt: skip


def _require_exactly(terms: KindTerms) -> None:
    for name, field in FIELDS.items():
        given, needed = getattr(terms, name) is not None, name in NEEDED[terms.kind]
        if needed and not given:
            raise Invalid("kind_term_missing", "This kind of sale needs it.", field=field)
        if given and not needed:
            raise Invalid("kind_term_needless", "This kind of sale has no use for it.", field=field)
