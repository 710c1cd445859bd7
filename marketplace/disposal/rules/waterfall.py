"""Who gets the money: claims paid rank by rank until nothing is left, and what is left to the pledgor.

Costs of the sale, then tax, then interest, then principal (Civil Code 561), then junior claims by rank; equal ranks
share by amount, to the fen, the earliest first. The lines always sum to the receipts, none is negative, and a lower
rank sees nothing before the higher is paid in full (invariants 13 and 14).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from marketplace.exact import Exact, exact
from marketplace.money import Money, total
from tenants.errors import Invalid


class ClaimKind(StrEnum):
    """For what a claim is paid, in the usual order of rank."""

    COSTS = "COSTS"
    TAX = "TAX"
    INTEREST = "INTEREST"
    PRINCIPAL = "PRINCIPAL"
    JUNIOR = "JUNIOR"


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody's claim on the proceeds: lower `rank` is paid first, equal ranks together."""

    rank: int
    kind: ClaimKind
    claimant: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Line:
    """What a claim was paid, and what it still lacks."""

    claim: Claim
    paid: Money
    unpaid: Money


@dataclass(frozen=True, slots=True)
class Distribution:
    """The lines in order of rank, and the surplus, which is the pledgor's."""

    lines: tuple[Line, ...]
    surplus: Money

    def paid(self, kind: ClaimKind) -> Money:
        """What all claims of a kind were paid."""
        return total((line.paid for line in self.lines if line.claim.kind is kind), self.surplus.currency)

    def unpaid(self, kind: ClaimKind) -> Money:
        """What all claims of a kind still lack; of principal it is the deficiency that the debtor goes on owing."""
        return total((line.unpaid for line in self.lines if line.claim.kind is kind), self.surplus.currency)

    @property
    def shared(self) -> Money:
        """All that is shared out by it."""
        return total((line.paid for line in self.lines), self.surplus.currency) + self.surplus

    def since(self, paid: Sequence[Money], surplus: Money) -> "Distribution":
        """What is paid now, where each of the lines and the pledgor had so much before."""
        now = (replace(line, paid=line.paid - before) for line, before in zip(self.lines, paid, strict=True))
        return Distribution(tuple(now), self.surplus - surplus)


@dataclass(frozen=True, slots=True)
class SaleProceeds:
    """A hammer price that includes value-added tax, and what it must pay before the junior claims."""

    hammer: Money
    tax_rate: Exact
    storage: Money
    enforcement: Money
    commission_rate: Exact
    interest: Money
    principal: Money


def distribute(receipts: Money, claims: Sequence[Claim]) -> Distribution:
    """Pay `claims` out of `receipts`. Refuses negative receipts or claims."""
    if receipts.minor < 0 or any(claim.amount.minor < 0 for claim in claims):
        raise Invalid("claim_negative", "Receipts and claims are not negative.", field="amount")
    left, lines = receipts, []
    ranked = sorted(claims, key=lambda claim: claim.rank)
    for _, rank in groupby(ranked, key=lambda claim: claim.rank):
        paid = _pay_rank(left, tuple(rank))
        left = left - total((line.paid for line in paid), receipts.currency)
        lines.extend(paid)
    return Distribution(tuple(lines), left)


def distribute_first(undisputed: Money, claims: Sequence[Claim]) -> Distribution:
    """Pay `claims`, made out for the undisputed part of a price as if it were all, so that nothing has to come back whatever the price is in the end.

    Tax and commission are shares of the price, each rounded once, so two fen more stay held; so do the odd fens of a rank that is not paid in full,
    which might fall to another claim of it.
    """
    sure = distribute((undisputed - Money(_ROUNDINGS, undisputed.currency)).at_least_zero(), claims)
    lines: list[Line] = []
    for _, grouped in groupby(sure.lines, key=lambda line: line.claim.rank):
        rank = tuple(grouped)
        lines += map(_without_odd_fen, rank, [_sums(rank)] * len(rank)) if any(line.unpaid for line in rank) else rank
    return Distribution(tuple(lines), sure.surplus)


def distribute_rest(receipts: Money, claims: Sequence[Claim], paid: Sequence[Money], surplus: Money) -> Distribution:
    """Pay `claims` out of all `receipts` together, where each of them has been `paid` something before and the pledgor a `surplus`.

    The same as one distribution of the whole, save where a claim has become smaller or a higher one larger since, as by interest: nobody gives back what
    it was rightly paid.
    """
    order = sorted(range(len(claims)), key=lambda place: claims[place].rank)
    found: dict[int, Line] = {}
    left = receipts - surplus
    while True:
        open_ = [place for place in order if place not in found]
        shared = distribute(left, [claims[place] for place in open_])
        stands = [place for place, line in zip(open_, shared.lines, strict=True) if line.paid < paid[place]]
        if not stands:
            found |= dict(zip(open_, shared.lines, strict=True))
            return Distribution(tuple(found[place] for place in order), surplus + shared.surplus)
        for place in stands:
            claim = replace(claims[place], amount=max(claims[place].amount, paid[place]))
            found[place] = Line(claim, paid[place], claim.amount - paid[place])
            left = left - paid[place]


def sale_claims(sale: SaleProceeds, bank: str, juniors: Sequence[Claim] = ()) -> tuple[Claim, ...]:
    """The claims on a sale's hammer price, in their usual ranks; junior claims keep their order behind the bank's."""
    commission = sale.hammer.times(sale.commission_rate)
    after = [Claim(4 + claim.rank, claim.kind, claim.claimant, claim.amount) for claim in juniors]
    assert all(claim.rank > 4 for claim in after), "junior ranks count from 1"
    return (
        Claim(1, ClaimKind.COSTS, "storage", sale.storage),
        Claim(1, ClaimKind.COSTS, "enforcement", sale.enforcement),
        Claim(1, ClaimKind.COSTS, "commission", commission),
        Claim(2, ClaimKind.TAX, "tax authority", included_tax(sale.hammer, sale.tax_rate)),
        Claim(3, ClaimKind.INTEREST, bank, sale.interest),
        Claim(4, ClaimKind.PRINCIPAL, bank, sale.principal),
        *after,
    )


def behind_cap(claims: Sequence[Claim], firsts: frozenset[str], cap: Money, second: str, claim: Money) -> list[Claim]:
    """The claims with a second bank's behind the first's: of all that the claimants `firsts` are owed, in the order of their ranks, no more than `cap` is
    paid before it, and the rest after it. Other junior claims come last.
    """
    before: list[Claim] = []
    after: list[Claim] = []
    left = cap
    for one in sorted(claims, key=lambda known: known.rank):
        if one.kind is ClaimKind.JUNIOR:
            after.append(replace(one, rank=one.rank + _LAST))
        elif one.claimant not in firsts:
            before.append(one)
        else:
            within = min(one.amount, left)
            left = left - within
            before += [replace(one, amount=within)] if within else []
            after += [replace(one, rank=one.rank + _BEYOND, amount=one.amount - within)] if one.amount > within else []
    seconds = [Claim(_SECOND, ClaimKind.JUNIOR, second, claim)] if claim else []
    return [*before, *seconds, *after]


# Ranks behind those of `sale_claims`: the second bank, what the first is owed beyond its cap, other juniors.
_SECOND, _BEYOND, _LAST = 5, 10, 20


_ROUNDINGS = 2  # tax and commission


def included_tax(price: Money, rate: Exact) -> Money:
    """The value-added tax inside a price: 13 per cent in 5,650,000 is 650,000."""
    return price.times(exact(rate) / (1 + exact(rate)))


def _pay_rank(left: Money, claims: tuple[Claim, ...]) -> list[Line]:
    owed = total((claim.amount for claim in claims), left.currency)
    if left >= owed:
        shares: tuple[Money, ...] = tuple(claim.amount for claim in claims)
    else:
        shares = left.allocate([claim.amount.minor for claim in claims])
    return [Line(claim, paid, claim.amount - paid) for claim, paid in zip(claims, shares, strict=True)]


def _sums(rank: tuple[Line, ...]) -> tuple[int, int]:
    return sum(line.paid.minor for line in rank), sum(line.claim.amount.minor for line in rank)


def _without_odd_fen(line: Line, sums: tuple[int, int]) -> Line:
    there, owed = sums
    paid = Money(there * line.claim.amount.minor // owed, line.paid.currency)
    return replace(line, paid=paid, unpaid=line.claim.amount - paid)
