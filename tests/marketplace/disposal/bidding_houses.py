"""Made-up houses with honest bidders, shills and rings in them, from a seed: bid histories whose truth is known."""

import random
from dataclasses import dataclass, field

from marketplace.disposal.rules.signals import Entry, History

OPENING, STEP, DAY = 700_000, 5_000, 86_400.0
SELLERS, CROWD, SALES = 6, 40, 60
RING = ("R1", "R2")


@dataclass
class House:
    """Histories; which bidder in which sale drove the price, and which two kept it down."""

    histories: list[History] = field(default_factory=list)
    shills: set[tuple[str, str]] = field(default_factory=set)
    rings: set[tuple[str, ...]] = field(default_factory=lambda: {RING})


def a_house(seed: int) -> House:
    """Sixty sales of six sellers, two of whom have a shill; every tenth sale is shared out by a ring."""
    dice, house = random.Random(seed), House()
    shills = {f"S{n}": f"shill of S{n}" for n in range(2)}
    for number in range(SALES):
        name, seller = f"{seed}-{number}", f"S{dice.randrange(SELLERS)}"
        if number % 10 == 0:
            house.histories.append(_a_shared_sale(dice, name, seller, RING[number // 10 % 2]))
            continue
        present = [f"B{n}" for n in dice.sample(range(CROWD), dice.randint(2, 5))]
        shill = shills.get(seller) if dice.random() < 0.8 else None
        sale = _a_sale(dice, name, seller, present, shill)
        house.histories.append(sale)
        if shill in sale.bidders:
            house.shills.add((name, str(shill)))
    return house


def _a_shared_sale(dice: random.Random, name: str, seller: str, chosen: str) -> History:
    """The other one opens, the chosen one takes the next step, and that is all."""
    other = RING[RING.index(chosen) - 1]
    bids = Entry(other, OPENING, dice.uniform(0, DAY / 2)), Entry(chosen, OPENING + STEP, dice.uniform(DAY / 2, DAY))
    return History(name, seller, OPENING, STEP, 0.0, DAY, bids, chosen)


def _a_sale(dice: random.Random, name: str, seller: str, present: list[str], shill: str | None) -> History:
    """Honest bidders go up to what the goods are worth to them, some at once, some hours later; a shill answers them until the highest is near its limit."""
    worth = {one: OPENING * dice.uniform(0.95, 1.35) for one in present}
    pace = {one: dice.choice((20.0, 300.0, 3600.0)) for one in present}
    ceiling = max(worth.values()) * dice.uniform(0.85, 0.97)
    bids: list[Entry] = []
    at = 0.0
    while True:
        least = bids[-1].amount + STEP if bids else OPENING
        leader = bids[-1].bidder if bids else None
        willing = [one for one in present if one != leader and worth[one] >= least]
        pushing = shill and leader not in (None, shill) and least <= ceiling and at < 0.85 * DAY
        if shill and pushing and (not willing or dice.random() < 0.6):
            at, bid = at + dice.uniform(5, 50), (shill, least)
        elif willing:
            who = dice.choice(willing)
            at, bid = at + dice.expovariate(1 / pace[who]), (who, _offer(dice, least, worth[who]))
        else:
            break
        if at >= DAY:
            break
        bids.append(Entry(*bid, at))
    return History(name, seller, OPENING, STEP, 0.0, DAY, tuple(bids), bids[-1].bidder if bids else None)


def _offer(dice: random.Random, least: int, worth: float) -> int:
    """The least that counts, or now and then a leap, never above the worth."""
    leap = least + STEP * dice.randint(0, 6) if dice.random() < 0.3 else least
    return max(least, min(int(worth), leap))
