"""Fewer goods than claims: who gets how much of fungible goods that several own, so that nothing is gained by sending lorries first.

Goods of one description at one site that nobody can tell apart are owned in common, and what is missing falls on all in proportion (UCC 7-207; Civil Code
308-310). What somebody had of them since they were last counted whole is brought into account: the hotchpot of concurrent payments (UNCITRAL Model Law on
Cross-Border Insolvency, Art. 32; Enterprise Bankruptcy Law 32). Nobody gives back what it had, and nobody gets more before the others have had as much.
All figures are base units, and no order of claims changes any of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256

from marketplace.exact import largest_remainder
from tenants.errors import Conflict, Invalid

TITLES = ("TITLE", "RECEIPT", "SALE")


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody claims of the goods that should be there (`units`), and what it had of them already since the last clean count (`taken`)."""

    key: str
    units: int
    taken: int = 0

    @property
    def whole(self) -> int:
        """All that it would have had, had nothing been missing."""
        return self.units + self.taken


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `kind`: TITLE (an owner's goods in a lot), RECEIPT (goods under a warehouse receipt that somebody else holds), SALE
    (goods that a buyer has paid for and not collected) or PLEDGE.

    `claimant`: whose line it is; `title`: in whose share it lies, the claimant's own or, of a pledge, the pledgor's; `deal`: under which a pledge stands.
    """

    key: str
    kind: str
    claimant: str
    title: str
    lot: str
    units: int
    taken: int = 0
    deal: str = ""
    rank: int = 1


def require_shortage(found: int, lines: Iterable[Line]) -> int:
    """What is claimed in all. Refuses a count that is not below it: where all is there, nothing has to be shared."""
    claimed = sum(one.units for one in lines if one.kind in TITLES)
    if not 0 <= found < claimed:
        raise Invalid("nothing_short", "What was found must be below what is claimed.", field="found")
    return claimed


def require_pledges_within(lines: Sequence[Line]) -> None:
    """Refuse lines by which more of a lot would be pledged than its owner claims of it: a pledge is part of its pledgor's share."""
    first = [one for one in lines if one.kind == "PLEDGE" and one.rank == 1]
    owned = {(one.title, one.lot): one.units for one in lines if one.kind == "TITLE"}
    for one in first:
        pledged = sum(each.units for each in first if each.lot == one.lot)
        if pledged > owned.get((one.title, one.lot), 0):
            raise Conflict("pledged_beyond_goods", "More of a lot would be pledged than its owner claims of it.")


def share_out(found: int, claims: Sequence[Claim]) -> dict[str, int]:
    """What each gets of `found`: so much that all have had the same part of their whole claims, counting what they took, as far as that can be.

    Everything claimed where enough is there. To the base unit by the largest remainder, equals in an order that nobody can choose (a digest of their keys).
    """
    if found >= sum(one.units for one in claims):
        return {one.key: one.units for one in claims}
    if found == 0:
        return {one.key: 0 for one in claims}
    rate = common_rate(found, claims)
    drawn = sorted(claims, key=lambda one: sha256(one.key.encode()).digest())
    parts = [max(Fraction(0), rate * one.whole - one.taken) for one in drawn]
    return dict(zip((one.key for one in drawn), largest_remainder(found, parts), strict=True))


def common_rate(found: int, claims: Sequence[Claim]) -> Fraction:
    """The part of its whole claim that everybody reaches who has not had more already; who has, is left out and keeps what it had."""
    assert found > 0, "of nothing there is no part"
    sharing = list(claims)
    while True:
        rate = Fraction(found + sum(one.taken for one in sharing), sum(one.whole for one in sharing))
        below = [one for one in sharing if one.taken < rate * one.whole]
        if len(below) == len(sharing):
            return rate
        sharing = below


def draw_table(found: int, lines: Sequence[Line]) -> dict[str, int]:
    """The share of every line: owners pro rata; in an owner's share its pledges before itself, those in first rank pro rata by deal; then lot by lot.

    A second rank stands behind goods of the first, no further goods: its line is the part of those that is left, and not counted again.
    """
    owners = share_out(found, _claims((one.claimant, one) for one in lines if one.kind in TITLES))
    shares: dict[str, int] = {}
    for owner, share in owners.items():
        shares |= _within(share, [one for one in lines if one.title == owner])
    return shares | _behind(lines, shares)


def share_found(more: int, lines: Sequence[Line], shares: Mapping[str, int]) -> dict[str, int]:
    """Every line's share once `more` of what was missing is found. `shares`: the table as it stood.

    What a line has by the table counts as had, like what left before, and what it lost is its claim: so the same rules give back by the same fractions,
    nobody's share falls, and none exceeds what it lost. Refuses less than nothing found, and more than was missing.
    """
    lost = [replace(one, units=one.units - shares[one.key], taken=one.taken + shares[one.key]) for one in lines]
    if not 0 < more <= sum(one.units for one in lost if one.kind in TITLES):
        raise Invalid("more_than_missing", "What was found is more than nothing, and no more than was missing.", field="found")  # fmt: skip
    back = draw_table(more, lost)
    after = {one.key: shares[one.key] + back[one.key] for one in lines}
    return after | _behind(lines, after)


def _within(share: int, lines: Sequence[Line]) -> dict[str, int]:
    """One owner's share on its lines: its pledges' first, and the rest where its goods are free."""
    pledges = [one for one in lines if one.kind == "PLEDGE" and one.rank == 1]
    deals = share_out(share, _claims((one.deal, one) for one in pledges))
    shares: dict[str, int] = {}
    for deal, part in deals.items():
        shares |= _spread(part, {one.key: one.units for one in pledges if one.deal == deal})
    titles = [one for one in lines if one.kind in TITLES]
    free = {one.key: one.units - _pledged(one, pledges) for one in titles}
    rest = _spread(share - sum(deals.values()), free)
    for one in titles:
        shares[one.key] = rest[one.key] + sum(shares[held.key] for held in _on(one, pledges))
    return shares


def _behind(lines: Sequence[Line], shares: Mapping[str, int]) -> dict[str, int]:
    first = [one for one in lines if one.kind == "PLEDGE" and one.rank == 1]
    behind: dict[str, int] = {}
    for one in lines:
        if one.kind == "PLEDGE" and one.rank > 1:
            before = [held for held in first if held.lot == one.lot]
            whole = sum(held.units for held in before)
            behind[one.key] = one.units * sum(shares[held.key] for held in before) // whole if whole else 0
    return behind


def _on(title: Line, pledges: Iterable[Line]) -> list[Line]:
    """The pledges that lie on an owner's part of a lot; goods under another's receipt are not the owner's to pledge."""
    return [one for one in pledges if title.kind == "TITLE" and one.lot == title.lot]


def _pledged(title: Line, pledges: Iterable[Line]) -> int:
    return sum(one.units for one in _on(title, pledges))


def _claims(lines: Iterable[tuple[str, Line]]) -> list[Claim]:
    """One claim for each owner, or each deal: its lines together."""
    units: dict[str, int] = defaultdict(int)
    taken: dict[str, int] = defaultdict(int)
    for key, line in lines:
        units[key] += line.units
        taken[key] += line.taken
    return [Claim(key, units[key], taken[key]) for key in units]


def _spread(share: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """One holder's share over its own lines, by their size."""
    return share_out(share, [Claim(key, size) for key, size in sizes.items()])
