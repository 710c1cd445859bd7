"""What goods carry, line by line: the borrowing base (借款基础), from all that is pledged down to what may be lent against.

Borrowing base = Σ min(CV_i, cap_i) - reserves. Of all that is pledged, what is missing or barred is taken off for one reason each; what is left is
cut by its haircut (the advance rate is one less the haircut), then by the cap on one kind of goods, then by the facility's sub-limits, then by what the
bank holds back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from marketplace.exact import Exact, exact
from marketplace.money import Money, total
from marketplace.valuation.rules.moisture import UNDRIED
from marketplace.valuation.rules.sub_limits import Held, SubLimit, held_back
from tenants.errors import Invalid

AHEAD = "A first rank is paid before."
MISSING = "Less is there than is pledged."
UNVERIFIED = "Not verified: it counts for nothing."
LOST = "The goods are reported lost."
DAMAGED = "The goods are reported damaged."
UNCONTROLLED = "Control over the goods is lost."
FROZEN = "The lot is frozen."
ALARMED = "A critical alarm is open on the goods."
UNWATCHED = "Too few readings of these goods have arrived."
UNPROVEN = "The evidence for the goods is too weak to lend on."
STALE = "The last inspection is too long ago."
AGED = "The goods have lain too long."
EXPIRED = "The goods have expired."


@dataclass(frozen=True, slots=True)
class Limits:
    """How old an inspection, and how long in the warehouse, goods may be and still count; None where it does not matter. In days."""

    evidence_days_max: int | None = None
    stock_days_max: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one lot, to say whether it counts. Ages in days; an age of None is unknown and never young enough."""

    verified: bool = True
    lost: bool = False
    damaged: bool = False
    dried: bool = True
    controlled: bool = True
    expired: bool = False
    frozen: bool = False
    alarmed: bool = False
    watched: bool = True
    proven: bool = True
    evidence_days: int | None = None
    stock_days: int | None = None


def bar(standing: Standing, limits: Limits) -> str:
    """Why a lot carries nothing, the gravest reason first; empty where it counts."""
    grounds = (
        (not standing.verified, UNVERIFIED),
        (standing.lost, LOST),
        (standing.damaged, DAMAGED),
        (not standing.controlled, UNCONTROLLED),
        (not standing.dried, UNDRIED),
        (standing.expired, EXPIRED),
        (standing.frozen, FROZEN),
        (standing.alarmed, ALARMED),
        (not standing.watched, UNWATCHED),
        (not standing.proven, UNPROVEN),
        (_is_beyond(standing.evidence_days, limits.evidence_days_max), STALE),
        (_is_beyond(standing.stock_days, limits.stock_days_max), AGED),
    )
    return next((ground for applies, ground in grounds if applies), "")


def _is_beyond(days: int | None, most: int | None) -> bool:
    return most is not None and (days is None or days > most)


@dataclass(frozen=True, slots=True)
class Carried:
    """One lot in the base: `gross` is the value of all that is pledged, `market` of what counts, `collateral` less its haircut; `barred` says why it
    carries nothing, or is empty. `kind` is what a cap is asked of: its series of prices. `site`: where it lies. `doubt`: what of its haircut is for the
    grade of its evidence, `evidence`. `ahead`: what another bank's first rank takes of the value; `market` and `collateral` are what it leaves.
    """

    kind: str
    gross: Money
    market: Money
    collateral: Money
    barred: str = ""
    site: str = ""
    evidence: str = ""
    doubt: Money | None = None
    ahead: Money | None = None


@dataclass(frozen=True, slots=True)
class Reserve:
    """What the bank holds back, and for what: unpaid storage that ranks before it, costs of a sale."""

    why: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Base:
    """The borrowing base with everything that was taken off on the way; the parts add up to it, to the minor unit.

    `doubts`: what of the haircuts is for evidence of each grade.
    """

    gross: Money
    ineligible: dict[str, Money]
    eligible: Money
    haircuts: Money
    over_cap: dict[str, Money]
    reserves: tuple[Reserve, ...] = field(default=())
    held: Held | None = None
    doubts: dict[str, Money] = field(default_factory=dict)

    @property
    def collateral(self) -> Money:
        """What is eligible, less haircuts."""
        return self.eligible - self.haircuts

    @property
    def amount(self) -> Money:
        """What the goods carry, never below nothing."""
        currency = self.gross.currency
        held_back = total((one.amount for one in self.reserves), currency)
        over = total((*self.over_cap.values(), *([self.held.over] if self.held else [])), currency)
        return (self.collateral - over - held_back).at_least_zero()


def borrowing_base(
    goods: Sequence[Carried],
    currency: str,
    *,
    cap: Exact = 1,
    reserves: Sequence[Reserve] = (),
    sub_limits: Sequence[SubLimit] = (),
) -> Base:
    """Add up what the goods carry: Σ min(CV_i, cap_i) - reserves. `cap`: the most that goods of one kind may be of all that is eligible, as a share.

    Refuses a cap outside (0, 1] and a reserve below nothing.
    """
    if not 0 < exact(cap) <= 1:
        raise Invalid("cap_wrong", "A cap is a share above 0 and at most 1.", field="cap")
    if any(one.amount.minor < 0 for one in reserves):
        raise Invalid("reserve_negative", "A reserve is not negative.", field="reserves")
    counting = [one for one in goods if not one.barred]
    eligible = total((one.market for one in counting), currency)
    collateral = total((one.collateral for one in counting), currency)
    over_cap = _over_cap(counting, collateral, exact(cap))
    return Base(
        gross=total((one.gross for one in goods), currency),
        ineligible=_by_reason(goods, currency),
        eligible=eligible,
        haircuts=eligible - collateral,
        over_cap=over_cap,
        reserves=tuple(reserves),
        held=_held(counting, over_cap, sub_limits),
        doubts=_doubts(counting),
    )


def _by_reason(goods: Sequence[Carried], currency: str) -> dict[str, Money]:
    """What does not count, each part under one reason only."""
    parts: dict[str, Money] = {}
    for one in goods:
        ahead = one.ahead or Money.zero(currency)
        missing = one.barred if one.barred and not one.market and not ahead else MISSING
        for reason, amount in ((missing, one.gross - one.market - ahead), (AHEAD, ahead), (one.barred, one.market)):
            if reason and amount:
                parts[reason] = parts.get(reason, Money.zero(currency)) + amount
    return parts


def _doubts(counting: Sequence[Carried]) -> dict[str, Money]:
    """What evidence of each grade costs, the better grade first."""
    parts: dict[str, Money] = {}
    for one in counting:
        if one.doubt:
            parts[one.evidence] = parts.get(one.evidence, Money.zero(one.doubt.currency)) + one.doubt
    return dict(sorted(parts.items()))


def _over_cap(counting: Sequence[Carried], collateral: Money, cap: Fraction) -> dict[str, Money]:
    """By how much each kind is more than its share; the share is rounded down, so that no fen counts too many."""
    most = Money(int(collateral.minor * cap), collateral.currency)
    kinds: dict[str, Money] = {}
    for one in counting:
        kinds[one.kind] = kinds.get(one.kind, Money.zero(collateral.currency)) + one.collateral
    return {kind: amount - most for kind, amount in kinds.items() if amount > most}


def _held(counting: Sequence[Carried], over_cap: dict[str, Money], sub_limits: Sequence[SubLimit]) -> Held | None:
    """What sub-limits take off what the caps have left."""
    cells: dict[tuple[str, str], int] = {}
    most: dict[str, int] = {}
    for one in counting:
        cells[one.kind, one.site] = cells.get((one.kind, one.site), 0) + one.collateral.minor
        most[one.kind] = most.get(one.kind, 0) + one.collateral.minor
    for kind, amount in over_cap.items():
        most[kind] -= amount.minor
    return held_back(cells, most, sub_limits) if sub_limits else None
