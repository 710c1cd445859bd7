"""Patterns in the bids of ended sales that a person should look at: somebody who bids to drive the price up, and bidders who keep out of each other's way.

A signal is a reason to look and never a verdict: it blocks nothing, forfeits nothing and is shown to the seller's side alone. Each comes with its reasons
and their figures. The traits follow the literature on shill bidding (Alzahrani and Sadaoui, SCRAP: successive outbidding, bidding ratio, winning ratio,
bidder tendency); they are shares and need no price level, so that they carry over to other goods and other houses.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, pairwise
from statistics import median

ENOUGH_SALES, MANY_SALES = 3, 6
ENOUGH_BIDS = 3
NOTABLE = 5  # points
AT_ONCE_SECONDS = 60.0
LAST_TENTH = 0.9


class Trait(StrEnum):
    """What was noticed about a bidder, or about two."""

    RELATED = "RELATED"
    OUTBIDS_ITSELF = "OUTBIDS_ITSELF"
    SELDOM_WINS = "SELDOM_WINS"
    NEVER_WON = "NEVER_WON"
    BIDS_MUCH = "BIDS_MUCH"
    SELLERS_REGULAR = "SELLERS_REGULAR"
    LEAST_STEPS = "LEAST_STEPS"
    ANSWERS_AT_ONCE = "ANSWERS_AT_ONCE"
    SILENT_AT_THE_END = "SILENT_AT_THE_END"
    TAKE_TURNS = "TAKE_TURNS"
    NEVER_CONTEST = "NEVER_CONTEST"


@dataclass(frozen=True, slots=True)
class Entry:
    """One bid of a history: amount in minor units, seconds on any clock. `by_limit`: the house made it for its bidder, who did nothing at that moment."""

    bidder: str
    amount: int
    at: float
    by_limit: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """The bids of one ended sale in their order. `opening` and `step` in minor units; `step` at the opening; `winner` None where nothing was sold."""

    sale: str
    seller: str
    opening: int
    step: int
    opens_at: float
    ends_at: float
    bids: tuple[Entry, ...]
    winner: str | None

    @property
    def bidders(self) -> frozenset[str]:
        return frozenset(bid.bidder for bid in self.bids)


@dataclass(frozen=True, slots=True)
class Reason:
    """A trait and the figure that it rests on: a share of one, seconds, or a count."""

    trait: Trait
    figure: float


@dataclass(frozen=True, slots=True)
class Signal:
    """What to look at: one bidder (it may have driven the price) or two (they may have kept it down), and why. The gravest first."""

    bidders: tuple[str, ...]
    points: int
    reasons: tuple[Reason, ...]

    @property
    def is_ring(self) -> bool:
        return len(self.bidders) > 1


@dataclass(frozen=True, slots=True)
class Traits:
    """A bidder in one sale. None where there is too little to tell.

    successive: 0, 0.5 (bid above its own standing bid once), 1 (more often). ratio: its share of all bids. missed: the share of its sales that it did not
    win, of at least three. lost: how many, where it never won any of six or more. tendency: the share of its sales that were this seller's, where others are
    known. least_steps: the share of its answers that were. reaction: median seconds until it answers. silent: it had stopped before the last tenth.
    """

    successive: float
    ratio: float
    missed: float | None = None
    lost: int = 0
    tendency: float | None = None
    least_steps: float | None = None
    reaction: float | None = None
    silent: bool = False


def weigh(traits: Traits) -> tuple[int, tuple[Reason, ...]]:
    """Points and reasons; none for a bidder who wins half of its sales, since it wants goods and not prices. Bidding against oneself weighs most: whoever wants the goods has no cause to. Who never wins and comes for one seller alone is
    next; the way of bidding only adds to that, since honest bidders lose, hurry and go up by the least step too. From five points on a person should look.
    """
    if traits.missed is not None and traits.missed < 0.5:
        return 0, ()
    found = [
        (3 if traits.successive < 1 else 4, Trait.OUTBIDS_ITSELF, _from(traits.successive, 0.5)),
        (2, Trait.SELDOM_WINS, _from(traits.missed, 0.5)),
        (1, Trait.NEVER_WON, float(traits.lost) if traits.lost else None),
        (2, Trait.SELLERS_REGULAR, _from(traits.tendency, 0.6)),
        (1, Trait.BIDS_MUCH, _from(traits.ratio, 0.25)),
        (1, Trait.ANSWERS_AT_ONCE, None if traits.reaction is None or traits.reaction > AT_ONCE_SECONDS else traits.reaction),
        (0, Trait.LEAST_STEPS, _from(traits.least_steps, 0.8)),
        (0, Trait.SILENT_AT_THE_END, 1.0 if traits.silent else None),
    ]  # fmt: skip
    reasons = tuple(Reason(trait, figure) for _, trait, figure in found if figure is not None)
    return sum(points for points, _, figure in found if figure is not None), reasons


def signals(sale: History, others: Sequence[History] = (), related: Collection[str] = ()) -> tuple[Signal, ...]:
    """What is notable about one ended sale in the light of others, the same bidders having the same names; the gravest first.

    `related`: bidders that are related to seller, debtor or keeper of the goods, which is notable by itself, however they bid.
    """
    return Known([*(each for each in others if each.sale != sale.sale), sale]).signals(sale, related)


def _lone(bidder: str, found: tuple[int, tuple[Reason, ...]], is_related: bool) -> Signal:
    points, reasons = found
    if is_related:
        points, reasons = points + NOTABLE, (Reason(Trait.RELATED, 1.0), *reasons)
    return Signal((bidder,), points, reasons)


def traits_of(bidder: str, sale: History, known: "Known") -> Traits:
    """A bidder in one sale; what it did in the others was counted when they were read."""
    mine = [bid for bid in sale.bids if bid.bidder == bidder and not bid.by_limit]
    part, won = known.took_part[bidder], known.won[bidder]
    pairs = [(before, bid) for before, bid in pairwise(sale.bids) if bid.bidder == bidder and not bid.by_limit]
    answers = [(before, bid) for before, bid in pairs if before.bidder != bidder]
    enough = len(answers) >= ENOUGH_BIDS
    several = len(known.sellers) > 1
    return Traits(
        successive=min(1.0, (len(pairs) - len(answers)) / 2),
        ratio=len(mine) / len(sale.bids) if len(mine) >= ENOUGH_BIDS else 0.0,
        missed=(part - won) / part if part >= ENOUGH_SALES else None,
        lost=part if part >= MANY_SALES and not won else 0,
        tendency=known.by_seller[bidder, sale.seller] / part if part >= MANY_SALES and several else None,
        least_steps=_least_steps(sale, answers) if enough else None,
        reaction=median(bid.at - before.at for before, bid in answers) if enough else None,
        silent=len(mine) >= ENOUGH_BIDS and sale.winner != bidder and _position(sale, mine[-1].at) < LAST_TENTH,
    )


def _from(figure: float | None, threshold: float) -> float | None:
    return figure if figure is not None and figure >= threshold else None


def _least_steps(sale: History, answers: Iterable[tuple[Entry, Entry]]) -> float:
    """How many of its answers went up by the smallest rise that this sale saw."""
    rises = [two.amount - one.amount for one, two in pairwise(sale.bids) if two.amount > one.amount]
    least = min(rises, default=0)
    mine = [bid.amount - before.amount for before, bid in answers]
    return sum(rise <= max(least, sale.step) for rise in mine) / len(mine)


def _position(sale: History, at: float) -> float:
    return (at - sale.opens_at) / max(sale.ends_at - sale.opens_at, 1e-9)


def _ring(one: str, two: str, met: "Meetings | None") -> Signal | None:
    """Two who meet again and again, win by turns, and never fight: the other stops as soon as one has bid, at a price near the opening."""
    if met is None or met.sales < ENOUGH_SALES or len(met.wins) < 2:
        return None
    quiet = met.uncontested / met.sales
    if quiet < 0.8:
        return None
    balance = min(met.wins.values()) / met.sales
    points = NOTABLE + (met.sales > ENOUGH_SALES) + (balance >= 0.4)
    return Signal((one, two), points, (Reason(Trait.TAKE_TURNS, float(met.sales)), Reason(Trait.NEVER_CONTEST, quiet)))


def _uncontested(sale: History, one: str, two: str) -> bool:
    """Nobody paid more than two steps above the opening, and neither answered the other more than once."""
    if max(bid.amount for bid in sale.bids) > sale.opening + 2 * sale.step:
        return False
    between = [bid.bidder for bid in sale.bids if bid.bidder in (one, two)]
    return sum(before != after for before, after in pairwise(between)) <= 1


@dataclass(slots=True)
class Meetings:
    """Sales in which two bidders met and one of them won: how many, who won how many, and in how many they did not fight."""

    sales: int = 0
    uncontested: int = 0
    wins: Counter[str] = field(default_factory=Counter)


class Known:
    """Sales that are known, read once: whatever is asked of one of them then costs no more than its own bids and bidders, however many others there are."""

    def __init__(self, sales: Iterable[History]) -> None:
        self.sellers: set[str] = set()
        self.took_part: Counter[str] = Counter()
        self.won: Counter[str] = Counter()
        self.by_seller: Counter[tuple[str, str]] = Counter()
        self.met: dict[tuple[str, str], Meetings] = {}
        for sale in sales:
            self._read(sale)

    def signals(self, sale: History, related: Collection[str] = ()) -> tuple[Signal, ...]:
        """What is notable about one of them; as `signals`."""
        bidders = sorted(sale.bidders)
        lone = [_lone(bidder, weigh(traits_of(bidder, sale, self)), bidder in related) for bidder in bidders]
        pairs = [ring for pair in combinations(bidders, 2) if (ring := _ring(*pair, self.met.get(pair)))]
        return tuple(
            sorted((each for each in [*lone, *pairs] if each.points >= NOTABLE), key=lambda each: -each.points)
        )

    def _read(self, sale: History) -> None:
        self.sellers.add(sale.seller)
        for bidder in sale.bidders:
            self.took_part[bidder] += 1
            self.by_seller[bidder, sale.seller] += 1
        if sale.winner is None or sale.winner not in sale.bidders:
            return
        self.won[sale.winner] += 1
        for other in sale.bidders - {sale.winner}:
            one, two = sorted((sale.winner, other))
            met = self.met.setdefault((one, two), Meetings())
            met.sales += 1
            met.wins[sale.winner] += 1
            met.uncontested += _uncontested(sale, one, two)
