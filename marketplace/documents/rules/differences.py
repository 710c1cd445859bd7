"""Saying by how much two records differ, in the measure that they share."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.documents.rules.entries import Entry, Lane
from marketplace.documents.rules.lines import Finding, Line
from marketplace.exact import half_up
from marketplace.money import Money


def differs(
    line: Line, code: str, lane: Lane, those: Sequence[Entry], other: Entry, a: Any, b: Any, by: Fraction
) -> None:
    """Two figures that differ: `a` of the first records, `b` of the other; the difference in their measure and as a share of the other."""
    one_exact, other_exact = _exact(a), _exact(b)
    because = "%(one)s says %(a)s, %(other)s says %(b)s: %(difference)s (%(share)s) more."
    if one_exact < other_exact:
        because = "%(one)s says %(a)s, %(other)s says %(b)s: %(difference)s (%(share)s) less."
    share = by / abs(other_exact) if other_exact else Fraction(1)
    found = Finding(code, lane, those[-1], other, because, {"a": a, "b": b, "difference": _like(a, by), "share": share}, among=len(those))  # fmt: skip
    line.findings.append(found)


def add(
    line: Line, code: str, lane: Lane, one: Entry, other: Entry | None, because: str, *, is_flag: bool = False, **facts: Any
) -> None:  # fmt: skip
    """Add a finding to a line; `facts` fill the places of the sentence."""
    line.findings.append(Finding(code, lane, one, other, because, facts, is_flag))


def summed(those: Sequence[Entry], unit: str) -> Fraction | None:
    """The quantities together in a unit; None where one of them measures something else."""
    parts = [one.quantity_in(unit) for one in those]
    return None if any(part is None for part in parts) else sum((part for part in parts if part is not None), Fraction(0))  # fmt: skip


def figure(value: Fraction) -> Decimal:
    """A figure to read, without a tail of noughts."""
    return Decimal(f"{half_up(value, 8).normalize():f}")


def _exact(value: Any) -> Fraction:
    if isinstance(value, Money):
        return value.exact
    return Fraction(value[0] if isinstance(value, tuple) else value)


def _like(value: Any, by: Fraction) -> Any:
    """A difference in the same measure as the figures that it lies between."""
    if isinstance(value, Money):
        return Money.rounded(by, value.currency)
    return (figure(by), value[1]) if isinstance(value, tuple) else figure(by)
