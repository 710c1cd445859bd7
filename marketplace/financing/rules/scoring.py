"""Figures about a borrower that a credit officer reads: points from odds, odd inventory, concentration of buyers.

Here for the time being; the risk room takes them over. Logarithms are irrational, so points are Decimals of 40
digits, rounded for show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from marketplace.exact import Exact, exact
from tenants.errors import Invalid

_PRECISE = Context(prec=40)
ANOMALY_FROM = Decimal("3.5")  # Iglewicz and Hoaglin's cut-off for the modified z-score
_MAD_TO_SIGMA = Fraction("0.6745")
CONCENTRATED_FROM = 2_500


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Score = Offset + Factor · ln(odds of good to bad), Factor = PDO / ln 2: `anchor_score` points mean
    `anchor_odds` to 1.
    """

    doubling_points: Decimal
    anchor_score: Decimal
    anchor_odds: Decimal

    @property
    def factor(self) -> Decimal:
        """Points for each unit of ln(odds): PDO / ln 2."""
        return _PRECISE.divide(self.doubling_points, _PRECISE.ln(Decimal(2)))

    @property
    def offset(self) -> Decimal:
        """Points at odds of 1 to 1."""
        return _PRECISE.subtract(self.anchor_score, _PRECISE.multiply(self.factor, _PRECISE.ln(self.anchor_odds)))

    def score_of_odds(self, odds: Decimal) -> Decimal:
        """Points for odds of good to bad. Refuses odds that are not above zero."""
        if odds <= 0:
            raise Invalid("odds_not_positive", "Odds are above zero.", field="odds")
        return _PRECISE.add(self.offset, _PRECISE.multiply(self.factor, _PRECISE.ln(odds)))

    def score(self, default_probability: Decimal) -> Decimal:
        """Points for a probability of default strictly between 0 and 1."""
        if not 0 < default_probability < 1:
            raise Invalid("probability_out_of_range", "A probability lies between 0 and 1.", field="probability")
        return self.score_of_odds(_PRECISE.divide(1 - default_probability, default_probability))

    def default_probability(self, score: Decimal) -> Decimal:
        """The probability of default that a score means: 1 / (1 + odds)."""
        odds = _PRECISE.exp(_PRECISE.divide(_PRECISE.subtract(score, self.offset), self.factor))
        return _PRECISE.divide(Decimal(1), 1 + odds)


def robust_z(value: Exact, history: Sequence[Exact]) -> Fraction | None:
    """0.6745 (x - median) / MAD, which one outlier in the history cannot hide; None where the history never moved."""
    figures = [exact(figure) for figure in history]
    if not figures:
        raise Invalid("history_empty", "There is no history to compare with.")
    middle = _median(figures)
    spread = _median([abs(figure - middle) for figure in figures])
    return _MAD_TO_SIGMA * (exact(value) - middle) / spread if spread else None


def is_anomalous(value: Exact, history: Sequence[Exact]) -> bool:
    """Whether |z| is above 3.5; against a history that never moved, any other value is."""
    z = robust_z(value, history)
    return exact(value) != exact(history[0]) if z is None else abs(z) > exact(ANOMALY_FROM)


def inventory_days(average_inventory: Exact, cost_of_goods_sold: Exact) -> Fraction:
    """Days that goods lie before they are sold: average inventory / yearly cost of goods sold · 365."""
    if exact(cost_of_goods_sold) <= 0:
        raise Invalid("cost_not_positive", "The cost of goods sold must be above zero.", field="cost_of_goods_sold")
    return exact(average_inventory) / exact(cost_of_goods_sold) * 365


def concentration(amounts: Sequence[Exact]) -> Fraction:
    """Herfindahl-Hirschman index of the amounts: Σ of squared shares in per cent, 10,000 for a single buyer."""
    whole = sum((exact(amount) for amount in amounts), Fraction(0))
    if whole <= 0 or any(exact(amount) < 0 for amount in amounts):
        raise Invalid("shares_unusable", "Shares need amounts that are not negative and not all zero.", field="amounts")
    return sum(((exact(amount) * 100 / whole) ** 2 for amount in amounts), Fraction(0))


def _median(figures: Sequence[Fraction]) -> Fraction:
    ranked, half = sorted(figures), len(figures) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
