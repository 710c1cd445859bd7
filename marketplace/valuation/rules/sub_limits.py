"""Sub-limits of a facility (分项额度): the most that goods of one kind, or on one site, may carry; and what they leave of the goods together.

Goods stand under two of them at once, by their kind and by their site. What they leave is the most that can be carried within all of them: a maximum
flow from kinds to sites through the goods (Ford and Fulkerson), so that more goods or a wider limit never leave less (invariant 19). The minimum cut
names the limits that hold it back.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from marketplace.money import Money

Node = tuple[str, str]
SOURCE, SINK = ("SOURCE", ""), ("SINK", "")


class LimitedBy(StrEnum):
    """What a sub-limit is set for."""

    KIND = "KIND"
    SITE = "SITE"


@dataclass(frozen=True, slots=True)
class SubLimit:
    """`of` is the series of prices or the site's id, `name` what people call it, `most` what the goods under it carry at most."""

    by: LimitedBy
    of: str
    name: str
    most: Money

    @property
    def node(self) -> Node:
        """Its place in the flow."""
        return self.by.value, self.of


@dataclass(frozen=True, slots=True)
class Held:
    """What sub-limits take off, and which of them hold back."""

    over: Money
    by: tuple[SubLimit, ...]

    @property
    def names(self) -> str:
        """Which, for a sentence."""
        return ", ".join(one.name for one in self.by)


def held_back(cells: Mapping[Node, int], most: Mapping[str, int], limits: Sequence[SubLimit]) -> Held | None:
    """By how much goods are above their sub-limits; None where they are not.

    `cells`: what goods carry by (kind, site), in minor units; `most`: what the caps leave of each kind of them.
    """
    room = _rooms(cells, most, limits)
    carried = sum(most.values())
    flow, reached = _most_carried(room)
    if flow >= carried:
        return None
    by = tuple(one for one in limits if _holds(one, cells, most, reached))
    return Held(Money(carried - flow, limits[0].most.currency), by)


def _holds(limit: SubLimit, cells: Mapping[Node, int], most: Mapping[str, int], reached: set[Node]) -> bool:
    """Whether a limit is part of the minimum cut: less than what is there, a kind that cannot be reached any more or a site that can."""
    if limit.by is LimitedBy.KIND:
        return limit.node not in reached and limit.most.minor < most.get(limit.of, 0)
    lying = sum(minor for (_, site), minor in cells.items() if site == limit.of)
    return limit.node in reached and limit.most.minor < lying


def _rooms(
    cells: Mapping[Node, int], most: Mapping[str, int], limits: Sequence[SubLimit]
) -> dict[Node, dict[Node, int]]:
    """How much may flow from where to where: into each kind what its cap and sub-limit leave, through the goods, out of each site."""
    within = {one.node: one.most.minor for one in limits}
    room: dict[Node, dict[Node, int]] = {SOURCE: {}, SINK: {}}
    for (kind, site), minor in cells.items():
        start, end = (LimitedBy.KIND.value, kind), (LimitedBy.SITE.value, site)
        room[SOURCE][start] = min(most[kind], within.get(start, most[kind]))
        room.setdefault(start, {})[end] = minor
        lying = sum(one for (_, place), one in cells.items() if place == site)
        room.setdefault(end, {})[SINK] = min(lying, within.get(end, lying))
    return room


def _most_carried(room: dict[Node, dict[Node, int]]) -> tuple[int, set[Node]]:
    """The maximum flow, and what can still be reached from its source when nothing more can flow. Uses up `room`."""
    flow = 0
    while True:
        came_from = _search(room)
        if SINK not in came_from:
            return flow, set(came_from)
        way = [SINK]
        while way[-1] != SOURCE:
            way.append(came_from[way[-1]])
        steps = [(start, end) for end, start in pairwise(way)]
        width = min(room[start][end] for start, end in steps)
        for start, end in steps:
            room[start][end] -= width
            room[end][start] = room[end].get(start, 0) + width
        flow += width


def _search(room: Mapping[Node, Mapping[Node, int]]) -> dict[Node, Node]:
    """Every place that can still be reached from the source, with the one before it on the shortest way."""
    came_from, open_ones = {SOURCE: SOURCE}, deque([SOURCE])
    while open_ones:
        here = open_ones.popleft()
        for there, left in room[here].items():
            if left and there not in came_from:
                came_from[there] = here
                open_ones.append(there)
    return came_from
