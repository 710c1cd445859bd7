"""Which word of the shelf was meant by one that no offer has: the nearest by slips of the pen, of equally near ones what most offers have.

Source: Damerau, A technique for computer detection and correction of spelling errors (1964): a letter too many, one too few, another one, or two changed over.
"""

import re
from collections.abc import Mapping

LONG_WORD = 6  # letters; from here on two slips are forgiven
SHORTEST = 4  # below it almost every word is near every other
_LETTERS = re.compile(r"[a-z]+")


def may_be_misspelt(word: str) -> bool:
    """Whether a word is one that can be put right: of Latin letters alone. A code or number is never guessed at."""
    return len(word) >= SHORTEST and bool(_LETTERS.fullmatch(word))


def meant(word: str, known: Mapping[str, int]) -> str | None:
    """The word that was meant, of those that so many offers each have; None where none is near enough, or where this one may only be unfinished."""
    if any(other.startswith(word) for other in known):
        return None
    most = 1 if len(word) < LONG_WORD else 2
    near = [(slips(word, other), -offers, other) for other, offers in known.items() if abs(len(other) - len(word)) <= most]  # fmt: skip
    found = min(near, default=None)
    return found[2] if found and found[0] <= most else None


def slips(one: str, other: str) -> int:
    """How many slips lead from one word to the other."""
    before, line = list[int](), list(range(len(other) + 1))
    for row, sign in enumerate(one, start=1):
        above, line = line, [row]
        for at, letter in enumerate(other, start=1):
            cost = min(above[at] + 1, line[at - 1] + 1, above[at - 1] + (sign != letter))
            if row > 1 and at > 1 and (sign, one[row - 2]) == (other[at - 2], letter):
                cost = min(cost, before[at - 2] + 1)
            line.append(cost)
        before = above
    return line[-1]
