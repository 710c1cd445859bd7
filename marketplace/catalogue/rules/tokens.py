"""Search tokens, made by the house so that every index behind it sees the same ones.

A run of Chinese becomes its dictionary words (rjieba), its overlapping pairs and its single characters: pairs find what a dictionary does not know,
words rank what it does. Latin letters and digits become lower-cased words; width is folded (Ｃｕ is Cu, NFKC) and a plural s is dropped.
"""

import re
import unicodedata
from collections.abc import Iterator

import rjieba

LONGEST_TEXT = 4_000
_RUN = re.compile(r"[㐀-䶿一-鿿豈-﫿]+|[a-z0-9]+(?:[.\-/][a-z0-9]+)*")
_CHINESE = re.compile(r"[㐀-鿿豈-﫿]")
_PLURAL = re.compile(r"(?<=[a-z]{3})(?<!s)s$")


def tokens(text: str) -> list[str]:
    """The tokens of a text that is indexed, in its order."""
    return [token for run in runs(text) for token in _of_run(run, indexed=True)]


def wanted(text: str) -> list[list[str]]:
    """What a searcher asks for: the tokens of each run of the question. How many of them a text must have is `rules.relevance`'s to say.

    A run of Chinese asks for its pairs (so it is found inside longer words), a single character for itself.
    """
    return [asked for run in runs(text) if (asked := _of_run(run, indexed=False))]


def runs(text: str) -> Iterator[str]:
    """Unbroken stretches of Chinese, or of Latin letters and digits, width and case folded."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower()
    return (match.group() for match in _RUN.finditer(folded))


def _of_run(run: str, *, indexed: bool) -> list[str]:
    if not _CHINESE.match(run):
        return _latin(run, indexed)
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    if not indexed:
        return pairs or [run]
    words = [word for word in rjieba.cut(run) if len(word) > 2]
    return [*run, *pairs, *words]


def _latin(run: str, indexed: bool) -> list[str]:
    """A word; a compound such as lme-grade or 99.95 is found by itself and by its parts."""
    whole = _PLURAL.sub("", run)
    parts = [_PLURAL.sub("", part) for part in re.split(r"[.\-/]", run)]
    return [whole, *parts] if indexed and len(parts) > 1 else [whole]
