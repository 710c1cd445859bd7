"""What each regime asks of the next attempt, beside the choice of regimes, and how earlier attempts ended."""

from collections.abc import Sequence
from datetime import datetime

from frontend.disposal.shown import ENDINGS
from frontend.language import money, translate
from frontend.problems import reason
from marketplace.disposal.rules.regimes import Attempt, Regime, least_fixed, least_start, rounds_under
from marketplace.money import Money
from tenants.errors import Refused


def attempt_outcome(status: str) -> str:
    """How an earlier attempt ended, in words."""
    return translate(ENDINGS.get(status, "Sold"))


def asked_of(regime: Regime, valuation: Money, attempts: Sequence[Attempt], now: datetime) -> str:
    """What the regime asks of the next sale, by bids and at a fixed price."""
    try:
        fixed = translate("At a fixed price from %(least)s on.", least=money(least_fixed(regime, valuation, attempts)))
    except Refused:
        fixed = ""
    return f"{_next_round(regime, valuation, attempts, now)} {fixed}".strip()


def _next_round(regime: Regime, valuation: Money, attempts: Sequence[Attempt], now: datetime) -> str:
    """The notice and the least start price of the next round under a regime; why there is none where its rounds are used up."""
    notice = regime.notice_days[min(len(rounds_under(regime, attempts)), len(regime.notice_days) - 1)]
    try:
        least = least_start(regime, valuation, attempts, now=now)
    except Refused as exhausted:
        return reason(exhausted)
    told = translate("At least %(days)s days of notice.", days=notice)
    return f"{told} {translate('From %(least)s on.', least=money(least))}"


def suggested_start(regime: Regime, valuation: Money, attempts: Sequence[Attempt], now: datetime) -> Money:
    """What the form begins with: the least start price of the next round, or the valuation where no round is left."""
    try:
        return least_start(regime, valuation, attempts, now=now)
    except Refused:
        return valuation
