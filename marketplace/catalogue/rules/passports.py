"""What a lot's passport may tell the market: how the goods are known, never whose they were.

A passport is put together from what is allowed, field by field; nothing is copied and then struck out. Its grade of evidence is the one by which banks lend
(`reliance`), so that no two of them stand for the same goods.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median

from marketplace.exact import half_up

SERIES_POINTS = 160


@dataclass(frozen=True, slots=True)
class Climate:
    """One metric over a time: its lowest, highest and middle value, and a thinned-out series to draw. Values in `unit`."""

    unit: str
    lowest: Decimal
    highest: Decimal
    middle: Decimal
    readings: int
    since: datetime
    until: datetime
    points: tuple[tuple[datetime, Decimal], ...]


def climate_of(series: Sequence[tuple[datetime, Decimal]], unit: str) -> Climate | None:
    """The summary of a series in the order of time; None where there is nothing to sum up."""
    if not series:
        return None
    values = [value for _, value in series]
    middle = half_up(median(values), 2)
    return Climate(unit, min(values), max(values), middle, len(values), series[0][0], series[-1][0], thinned(series))


def thinned(
    series: Sequence[tuple[datetime, Decimal]], most: int = SERIES_POINTS
) -> tuple[tuple[datetime, Decimal], ...]:
    """At most `most` points that keep every stretch's extremes: of each stretch its lowest and its highest, in the order of time."""
    if len(series) <= most:
        return tuple(series)
    stretch = -(-len(series) * 2 // most)
    kept: list[tuple[datetime, Decimal]] = []
    for start in range(0, len(series), stretch):
        part = series[start : start + stretch]
        ends = {min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
        kept.extend(sorted(ends))
    return tuple(kept)


# The chapters of the Harmonized System that this market trades, and the names under which buyers look for them.
CATEGORIES: dict[str, tuple[str, str]] = {
    "10": ("Cereals", "谷物"),
    "12": ("Oil seeds", "油料"),
    "15": ("Oils and fats", "油脂"),
    "17": ("Sugar", "食糖"),
    "26": ("Ores", "矿砂"),
    "27": ("Fuels", "燃料"),
    "39": ("Plastics", "塑料"),
    "40": ("Rubber", "橡胶"),
    "44": ("Wood", "木材"),
    "47": ("Wood pulp", "纸浆"),
    "52": ("Cotton", "棉花"),
    "72": ("Iron and steel", "钢铁"),
    "73": ("Steel articles", "钢铁制品"),
    "74": ("Copper", "铜"),
    "75": ("Nickel", "镍"),
    "76": ("Aluminium", "铝"),
    "78": ("Lead", "铅"),
    "79": ("Zinc", "锌"),
    "80": ("Tin", "锡"),
    "84": ("Machinery", "机械"),
    "85": ("Electrical goods", "电器"),
}
OTHER = "00"


def category_of(hs_code: str) -> str:
    """The chapter under which goods are listed; `00` for those that the market has no shelf for."""
    return hs_code[:2] if hs_code[:2] in CATEGORIES else OTHER
