"""How well a text answers a question in words: BM25 over the house's tokens, and how much of a question a text must have to be found at all.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). The form and the two constants are Lucene's, so that every index
behind the house ranks alike. A text is one field: name and description are counted together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

SATURATION = 1.2  # k1: how soon a word that is said again counts no more
LENGTH_COUNTS = 0.75  # b: how much a long text has to say a word more often
MOST_WORDS = 32  # of one question; the rarest
PHRASE, SHARE_OF_PHRASE, LEAST_SHARE = 3, 0.5, 0.2
BEYOND = 1.0001  # more than the floor, also where an index reckons in single precision


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on the shelf that is asked: how many offers with words, how many tokens in all of them, and how many offers have each token."""

    offers: int = 0
    tokens: int = 0
    having: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """A token that is looked for, and what it weighs: the rarer on the shelf, the more. `unfinished`: whatever begins so. `offers`: how many have it."""

    token: str
    weight: float
    unfinished: bool = False
    offers: int = 0


@dataclass(frozen=True, slots=True)
class Sought:
    """A question as an index is asked it: words, the heaviest first; the weight that a text must have of them; and the mean length of a text in tokens.

    `every`: a text must have all of them, whatever they weigh.
    """

    words: tuple[Word, ...]
    floor: float
    middle: float
    every: bool

    @property
    def telling(self) -> tuple[Word, ...]:
        """Words of which every answer has at least one: the others together weigh less than the floor. The rarest, so they are found soon."""
        rest = sum(word.weight for word in self.words)
        for count, word in enumerate(self.words, start=1):
            rest -= word.weight
            if rest < self.floor:
                return self.words[:count]
        return self.words

    @property
    def likely(self) -> int:
        """How many offers may answer, at most; 0 where nobody knows, since a word is unfinished."""
        if not self.words or any(word.unfinished for word in self.telling):
            return 0
        return min(word.offers for word in self.words) if self.every else sum(word.offers for word in self.telling)


def distinct(runs: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The tokens of a question, each once."""
    return tuple(dict.fromkeys(token for run in runs for token in run))


def seek(runs: Sequence[Sequence[str]], standing: Standing, *, every: bool = False) -> Sought:
    """Weigh a question by what is on the shelf.

    A word that no offer has says nothing and is left out, but a code or number is a demand: what was asked for by its number is not answered by its like.
    A last Latin word that no offer has may be unfinished, and stands for those that begin so. Where nothing was counted all words weigh alike.
    """
    last = runs[-1][0] if runs and len(runs[-1]) == 1 and runs[-1][0].isascii() else None
    words = [_word(token, standing, unfinished=token == last, every=every) for token in distinct(runs)]
    known = [word for word in words if every or _says(word, standing)]
    known.sort(key=lambda word: (-word.weight, word.token))
    chosen = tuple(known if every else known[:MOST_WORDS])
    floor = share_demanded(len(chosen)) * sum(word.weight for word in chosen) * BEYOND
    return Sought(chosen, floor, standing.tokens / standing.offers if standing.offers else 1.0, every)


def share_demanded(words: int) -> float:
    """Of a question of so many tokens, the share of their weight that a text must exceed: of a phrase half; of more, what one of them weighs on average, and a fifth
    at least, since a sentence is never there as it was asked.
    """
    return SHARE_OF_PHRASE if words <= PHRASE else max(LEAST_SHARE, 1 / words)


def rarity(offers: int, having: int) -> float:
    """What a token weighs (the inverse document frequency, never below zero)."""
    return log(1 + (offers - having + 0.5) / (having + 0.5))


def is_code(token: str) -> bool:
    """A number of goods or papers, a grade, a standard."""
    return any(sign.isdigit() for sign in token)


def _says(word: Word, standing: Standing) -> bool:
    return bool(word.unfinished or is_code(word.token) or standing.having.get(word.token) or not standing.offers)


def _word(token: str, standing: Standing, *, unfinished: bool, every: bool) -> Word:
    having = min(standing.having.get(token, 0), standing.offers)
    return Word(token, rarity(standing.offers, having), unfinished and (every or not having), having)
