"""What only shows across trades: goods sold in a ring, and goods or claims that stand behind two deals.

A ring (循环贸易): within 90 days a directed cycle of at most five firms in the graph of invoices or of payments, after which the goods are where they were: every
firm in it sold about as much of the good as it bought (domain model, section 6). It moves paper and credit, not goods. A round of payments is one where nothing was
sold for them; where something was, the goods tell.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from marketplace.documents.rules.entries import Entry, Lane, plain_word
from marketplace.quantity import UNITS

MOST_FIRMS = 5
WITHIN = timedelta(days=90)
# What is left with a firm may be a tenth of what went through it: rings skim a little at each turn so as not to look like one.
NET_SHARE = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Ring:
    """A round of sales (or of payments): the firms in the direction of the sales, the good (empty: payments), the first and the last day, the records."""

    firms: tuple[str, ...]
    goods_code: str
    since: date
    until: date
    entries: tuple[Entry, ...]

    @property
    def lane(self) -> Lane:
        """Which graph it is in."""
        return self.entries[0].lane


@dataclass(frozen=True, slots=True)
class FinancedTwice:
    """One delivery or invoice behind two deals (or more): its records, one for each deal at least."""

    number: str
    lane: Lane
    entries: tuple[Entry, ...]


Sale = tuple[date, Fraction, Entry]
Edges = dict[str, dict[str, list[Sale]]]


def rings(entries: Iterable[Entry]) -> list[Ring]:
    """Every ring in the graphs of invoices (by good) and of payments, each once, by the first of its firms in the alphabet."""
    graphs: dict[tuple[Lane, str, str], Edges] = defaultdict(dict)
    for one in entries:
        seller, buyer = one.seller.identity, one.buyer.identity
        found = _measured(one)
        if found and one.dated and seller and buyer and seller != buyer:
            measure, figure = found
            edges = graphs[one.lane, plain_word(one.goods_code), measure]
            edges.setdefault(seller, {}).setdefault(buyer, []).append((one.dated, figure, one))
    sold = {(seller, buyer) for (lane, _, _), edges in graphs.items() if lane is Lane.INVOICE for seller in edges for buyer in edges[seller]}  # fmt: skip
    turned = [ring for edges in graphs.values() for ring in _rings_in(_turning(edges))]
    return [ring for ring in turned if ring.lane is Lane.INVOICE or not _sides(ring) & sold]


def financed_twice(entries: Iterable[Entry]) -> list[FinancedTwice]:
    """The same seller's delivery or invoice, known by its number, behind more than one deal."""
    seen: dict[tuple[Lane, str, str], list[Entry]] = defaultdict(list)
    for one in entries:
        if one.room is not None and one.lane in (Lane.GOODS, Lane.INVOICE):
            seen[one.lane, plain_word(one.number), one.seller.identity].append(one)
    return [
        FinancedTwice(those[0].number, lane, tuple(those))
        for (lane, _, _), those in seen.items()
        if len({one.room for one in those}) > 1
    ]


def _measured(one: Entry) -> tuple[str, Fraction] | None:
    """In which measure an entry weighs in its graph, and how much."""
    if one.lane is Lane.INVOICE and one.quantity is not None and one.quantity > 0 and one.goods_code:
        unit = UNITS.get(one.unit)
        return (unit.dimension, Fraction(one.quantity) * unit.worth) if unit else (one.unit, Fraction(one.quantity))
    if one.lane is Lane.MONEY and one.amount is not None and one.amount > 0:
        return one.currency, Fraction(one.amount)
    return None


def _turning(edges: Edges) -> Edges:
    """The graph without the firms that only sell or only buy, again and again: what is left may turn in a ring."""
    while True:
        bought = {buyer for sales in edges.values() for buyer in sales}
        kept = {
            seller: {buyer: those for buyer, those in sales.items() if edges.get(buyer)}
            for seller, sales in edges.items()
            if seller in bought
        }
        kept = {seller: sales for seller, sales in kept.items() if sales}
        if sum(map(len, kept.values())) == sum(map(len, edges.values())):
            return kept
        edges = kept


def _rings_in(edges: Edges) -> Iterator[Ring]:
    for start in sorted(edges):
        paths: list[tuple[str, ...]] = [(start,)]
        while paths:
            path = paths.pop()
            for firm in edges.get(path[-1], {}):
                if firm == start:
                    ring = _closed(path, edges)
                    if ring:
                        yield ring
                elif firm > start and firm not in path and len(path) < MOST_FIRMS:
                    paths.append((*path, firm))


def _closed(path: tuple[str, ...], edges: Edges) -> Ring | None:
    """The round as a ring, if within some 90 days about as much goes along each of its sides."""
    sides = [sorted(edges[one][other], key=lambda sale: sale[0]) for one, other in zip(path, (*path[1:], path[0]), strict=True)]  # fmt: skip
    for start in sorted({day for side in sides for day, _, _ in side}):
        inside = [[sale for sale in side if start <= sale[0] < start + WITHIN] for side in sides]
        sums = [sum((figure for _, figure, _ in side), Fraction(0)) for side in inside]
        if all(inside) and max(sums) - min(sums) <= NET_SHARE * max(sums):
            chosen = [one for side in inside for _, _, one in side]
            days = [one.dated for one in chosen if one.dated]
            return Ring(_names(inside), chosen[0].goods_code, min(days), max(days), tuple(chosen))
    return None


def _names(sides: Sequence[Sequence[Sale]]) -> tuple[str, ...]:
    return tuple(str(side[0][2].seller) for side in sides)


def _sides(ring: Ring) -> set[tuple[str, str]]:
    return {(one.seller.identity, one.buyer.identity) for one in ring.entries}
