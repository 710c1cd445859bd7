"""How many a search found, where its words are on many offers: about, from a share of them.

A share is drawn by the offers' ids, so it holds of everything as much as the whole; a number that 64 drawn ones stand for is off by an eighth at most two times in three.
"""

TOTAL = "total"  # among the names of facets
COUNTED_ONE_BY_ONE = 2_000  # offers that may have the words
SHARES = (8, 32, 128, 512)  # one in so many is drawn; each has an index of its own
MOST_DRAWN = 1_000
TOLD_EXACTLY, LEAST_DRAWN = 1_000, 64


def one_in(likely: int) -> int:
    """Of how many offers one is counted, where so many may have the words: of as few as the work allows; 1: all."""
    if likely <= COUNTED_ONE_BY_ONE:
        return 1
    return next((share for share in SHARES if likely <= share * MOST_DRAWN), SHARES[-1])


def exact_below(share: int) -> int:
    """Fewer hits than these are counted one by one though their words are on many offers: too few of them are drawn to tell by."""
    return max(TOLD_EXACTLY, share * LEAST_DRAWN) if share > 1 else 0


def about(share: int, total: int, chosen: frozenset[str], facets: frozenset[str]) -> frozenset[str]:
    """Which numbers are about right: all of many hits; of few those of a facet that were not chosen, as they are counted with the choice left open."""
    if share == 1:
        return frozenset()
    return facets | {TOTAL} if total >= exact_below(share) else chosen


def rounded(number: int) -> int:
    """To two digits, half up."""
    step: int = 10 ** max(0, len(str(number)) - 2)
    return (number + step // 2) // step * step
