"""Search tokens, made by the house so that every index behind it sees the same ones.

A run of Chinese becomes its dictionary words (rjieba), its overlapping pairs and its single characters: pairs find what a dictionary does not know,
words rank what it does. Latin letters and digits become lower-cased words; width is folded (Ｃｕ is Cu, NFKC) and a plural s is dropped.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby

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
    return (match.group() for match in _RUN.finditer(_folded(text)))


def respelt(text: str, instead: Mapping[str, str]) -> str:
    """A text, folded, with other words instead of some of its own, which are given as tokens."""
    return _RUN.sub(lambda run: instead.get(_PLURAL.sub("", run.group()), run.group()), _folded(text))


def parts_found(text: str, asked: str) -> list[tuple[str, bool]]:
    """A text cut into parts, each with whether it is what was asked for: for whoever shows why something was found. Joined, the parts are the text."""
    sought = {token for run in wanted(asked) for token in run}
    folded = _folded(text)
    if len(folded) != len(text):  # a sign became several, so that places do not agree
        return [(text, False)]
    shown = [False] * len(text)
    for run in _RUN.finditer(folded):
        for start, end in _places(run.group(), sought):
            shown[run.start() + start : run.start() + end] = [True] * (end - start)
    return [("".join(sign for sign, _ in part), found) for found, part in groupby(zip(text, shown, strict=True), key=lambda one: one[1])]  # fmt: skip


def _places(run: str, sought: set[str]) -> Iterator[tuple[int, int]]:
    """Where in a run stands what was sought: of Chinese wherever it occurs; of Latin the whole run, or a part of a compound."""
    if _CHINESE.match(run):
        yield from (match.span() for token in sought for match in re.finditer(re.escape(token), run))
    elif sought & set(_latin(run, indexed=True)):
        whole = _PLURAL.sub("", run) in sought
        yield from [(0, len(run))] if whole else (part.span() for part in re.finditer(r"[a-z0-9]+", run) if _PLURAL.sub("", part.group()) in sought)  # fmt: skip


def _folded(text: str) -> str:
    """Width and case folded."""
    return unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower()


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
