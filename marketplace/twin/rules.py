"""What the record of a lot says of it up to a moment, and the scales by which a plan is coloured. Pure: told events and figures in, standing out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

Facts = Mapping[str, Any]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a lot there is, in its own unit (None: not found out yet), and whether nothing of it may move."""

    weighed: Decimal | None = None
    verified: Decimal | None = None
    is_frozen: bool = False


def standing_after(told: Iterable[tuple[str, Facts]]) -> Standing:
    """Where a lot stands after these events of its stream, in their order. Kinds that change none of it are passed over."""
    standing = Standing()
    for kind, facts in told:
        if kind in STEPS:
            standing = STEPS[kind](standing, facts)
    return standing


def _amount(facts: Facts, name: str) -> Decimal:
    return Decimal(facts[name]["amount"])


def _verified(standing: Standing, facts: Facts) -> Standing:
    return replace(standing, weighed=_amount(facts, "weighed"), verified=_amount(facts, "verified"))


def _weighed_more(standing: Standing, facts: Facts) -> Standing:
    return replace(standing, weighed=(standing.weighed or NOTHING) + _amount(facts, "net"))


def _made(standing: Standing, facts: Facts) -> Standing:
    """Split and merged goods are verified as their parents were; what a transformation made was weighed in before, and is verified later."""
    if standing.weighed is not None:
        return standing
    return replace(standing, weighed=_amount(facts, "quantity"), verified=_amount(facts, "quantity"))


def _left(name: str) -> Callable[[Standing, Facts], Standing]:
    return lambda standing, facts: replace(standing, verified=_amount(facts, name))


def _used_up(standing: Standing, _facts: Facts) -> Standing:
    return replace(standing, verified=NOTHING)


def _freezing(is_frozen: bool) -> Callable[[Standing, Facts], Standing]:
    return lambda standing, _facts: replace(standing, is_frozen=is_frozen)


STEPS: dict[str, Callable[[Standing, Facts], Standing]] = {
    "LotReceived": lambda standing, facts: replace(standing, weighed=_amount(facts, "net")),
    "LotWeighed": _weighed_more,
    "LotVerified": _verified,
    "LotMade": _made,
    "LotDeparted": _left("left"),
    "LotReturned": _left("left"),
    "QuantityShrunk": _left("after"),
    "QuantityFound": _left("after"),
    "LotSplit": _used_up,
    "LotMerged": _used_up,
    "LotTransformed": _used_up,
    "LotFrozen": _freezing(True),
    "LotUnfrozen": _freezing(False),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One way to colour a plan. `bounds` part five steps: a figure at a bound belongs to the step above it. `unit` as people write it."""

    label: str
    unit: str
    bounds: tuple[Decimal, Decimal, Decimal, Decimal]
    places: int = 0

    def step(self, figure: Decimal) -> int:
        """0 (the lowest) to 4: fixed bounds, so that one colour means the same on every plan and at every moment."""
        return sum(figure >= bound for bound in self.bounds)


def _bounds(*figures: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    low, mean, high, top = map(Decimal, figures)
    return low, mean, high, top


# Alarms, movements and days: 0 is a step of its own, and 180 days is where banks stop to lend on stock (ineligible as aged, domain model, section 5).
LAYERS = {
    "temperature": Layer("Temperature", "°C", _bounds(5, 15, 25, 35), 1),
    "humidity": Layer("Humidity", "%", _bounds(30, 50, 65, 80), 1),
    "alarms": Layer("Alarms of 30 days", "", _bounds(1, 2, 5, 10)),
    "turnover": Layer("Movements of 30 days", "", _bounds(1, 3, 6, 12)),
    "age": Layer("Days in store", "", _bounds(30, 60, 90, 180)),
}
