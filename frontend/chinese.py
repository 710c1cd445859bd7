"""Chinese as it is set: where a sentence takes a fact in."""

import re
from collections.abc import Mapping

# The border between a Chinese sign and a place for a fact, at either side of the place.
_BEFORE = re.compile(r"(?<=[\u4e00-\u9fff])( ?)(?=%\((\w+)\)s)")
_AFTER = re.compile(r"(?<=%\()(\w+)\)s( ?)(?=[\u4e00-\u9fff])")


def spaced(sentence: str, facts: Mapping[str, object]) -> str:
    """A space between Chinese signs and Latin ones or figures, none between Chinese ones, as the fact turns out to be at that end."""
    sentence = _BEFORE.sub(lambda gap: _gap(str(facts[gap[2]])[:1], gap[1]), sentence)
    return _AFTER.sub(lambda gap: f"{gap[1]})s" + _gap(str(facts[gap[1]])[-1:], gap[2]), sentence)


def _gap(edge: str, written: str) -> str:
    if "\u4e00" <= edge <= "\u9fff":
        return ""
    return " " if edge.isalnum() or edge in ("¥", "%") else written
