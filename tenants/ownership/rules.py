"""Who is related to whom, told from who owns and controls whom.

Two firms are related if one controls the other, if one person or firm controls both, or if one has a quarter of the other. Control is more than half of
the shares, or a kind of control that needs none. A quarter is the threshold of beneficial ownership (受益所有人信息管理办法, PBOC and SAMR, in force
2024-11-01, own knowledge: 25 per cent of shares, directly or indirectly). The database answers the same question by
`gate.related_rule`, since nobody reads the whole graph but the platform; a test compares the two on random graphs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from tenants.errors import Conflict, Invalid

CONTROLS_ABOVE = 50
QUARTER = Fraction(1, 4)
WHOLE = 100
Nodes = frozenset[str]


class StakeKind(StrEnum):
    """What makes somebody an owner: shares, or control that needs none."""

    SHARES = "SHARES"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    ACTUAL_CONTROLLER = "ACTUAL_CONTROLLER"
    PARENT = "PARENT"


IN_PERSON = frozenset({StakeKind.LEGAL_REPRESENTATIVE, StakeKind.ACTUAL_CONTROLLER})


class Relation(StrEnum):
    """The rule by which two firms are related; the first that holds, in this order."""

    SAME = "SAME"
    CONTROL = "CONTROL"
    SAME_HEAD = "SAME_HEAD"
    COMMON_CONTROL = "COMMON_CONTROL"
    QUARTER = "QUARTER"


@dataclass(frozen=True, slots=True)
class Share:
    """One entry: who has what in which firm. `percent`: above 0 and at most 100 for shares, else None."""

    owner: str
    firm: str
    kind: StakeKind
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """All that one owner has in one firm. `part`: of one. `heads`: it is its legal representative or actual controller."""

    part: Fraction
    controls: bool
    heads: bool


Ties = Mapping[str, Mapping[str, Tie]]


def related(stakes: Iterable[Share], one: str, other: str) -> Relation | None:
    """The rule by which two firms are related, or None. Who comes first makes no difference, and another stake never unmakes a relation."""
    ties = ties_of(stakes)
    above, over = controllers(ties, one), controllers(ties, other)
    if one == other:
        return Relation.SAME
    if one in over or other in above:
        return Relation.CONTROL
    if _heads(ties, one) & _heads(ties, other):
        return Relation.SAME_HEAD
    if above & over:
        return Relation.COMMON_CONTROL
    if max(part_of(ties, one, other), part_of(ties, other, one)) >= QUARTER:
        return Relation.QUARTER
    return None


def ties_of(stakes: Iterable[Share]) -> Ties:
    """firm -> owner -> what it has there, entries of one owner added up."""
    entries: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for stake in stakes:
        entries[stake.firm, stake.owner].append(stake)
    ties: dict[str, dict[str, Tie]] = defaultdict(dict)
    for (firm, owner), several in entries.items():
        ties[firm][owner] = _tie(several)
    return ties


def controllers(ties: Ties, firm: str) -> Nodes:
    """The firm and everybody who controls it, through however many firms. A circle of firms ends where it began."""
    found, fresh = {firm}, [firm]
    while fresh:
        for owner, tie in ties.get(fresh.pop(), {}).items():
            if tie.controls and owner not in found:
                found.add(owner)
                fresh.append(owner)
    return frozenset(found)


def part_of(ties: Ties, holder: str, firm: str) -> Fraction:
    """What the holder has of the firm, of one: the shares along each chain multiplied, all chains added. No chain passes a firm twice."""
    return sum(_parts(ties, holder, firm, (firm,)), Fraction(0))


def require_share(kind: StakeKind, percent: Decimal | None) -> None:
    """Refuse shares without their part of a hundred, and control with one."""
    if kind is not StakeKind.SHARES and percent is not None:
        raise Invalid("percent_needless", "Only shares have a part of a hundred.", field="percent")
    if kind is StakeKind.SHARES and (percent is None or not 0 < percent <= WHOLE or percent != round(percent, 4)):
        raise Invalid("percent_wrong", "Shares are above 0 and at most 100 per cent, to four places.", field="percent")


def require_within_whole(known: Iterable[Share], percent: Decimal | None) -> None:
    """Refuse shares that come to more than the whole firm with those known already."""
    if percent is not None and sum((one.percent or Decimal(0) for one in known), percent) > WHOLE:
        raise Conflict("shares_over_whole", "The shares in this firm would come to more than 100 per cent.", field="percent")  # fmt: skip


def _tie(several: Iterable[Share]) -> Tie:
    held = list(several)
    percent = sum((one.percent or Decimal(0) for one in held), Decimal(0))
    by_right = any(one.kind is not StakeKind.SHARES for one in held)
    return Tie(Fraction(percent) / WHOLE, by_right or percent > CONTROLS_ABOVE, any(one.kind in IN_PERSON for one in held))  # fmt: skip


def _heads(ties: Ties, firm: str) -> Nodes:
    return frozenset(owner for owner, tie in ties.get(firm, {}).items() if tie.heads)


def _parts(ties: Ties, holder: str, firm: str, passed: tuple[str, ...]) -> Iterator[Fraction]:
    for owner, tie in ties.get(firm, {}).items():
        if owner == holder:
            yield tie.part
        elif owner not in passed and tie.part:
            yield from (tie.part * part for part in _parts(ties, holder, owner, (*passed, owner)))
