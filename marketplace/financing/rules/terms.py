"""What a deal's terms come to: where it stands against its lines, what may be drawn, and what counts as proof."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from marketplace.exact import Exact, exact, half_up
from marketplace.financing.rules.borrowing import availability
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.margin import Cure, Lines, Zone, cure, is_cured, trigger_price, zone
from marketplace.money import Money
from tenants.errors import Conflict, Invalid

DRAWABLE = frozenset({DealState.CONDITIONS_MET, DealState.ACTIVE, DealState.WATCH, DealState.EXTENDED})
LENT = frozenset({DealState.ACTIVE, DealState.WATCH, DealState.EXTENDED, DealState.OVERDUE})
IN_TROUBLE = frozenset({DealState.DEFAULT, DealState.ENFORCEMENT})
OWING = LENT | IN_TROUBLE
SIGNED = frozenset({DealState.SIGNED, DealState.CONDITIONS_MET}) | OWING
UNSIGNED = frozenset(
    {DealState.REQUESTED, DealState.OFFERED, DealState.TERM_SHEET, DealState.UNDER_REVIEW, DealState.APPROVED}
)
BEFORE_ITS_END = UNSIGNED | {DealState.SIGNED} | DRAWABLE
PAST_DUE_DAYS_FOR_DEFAULT = 90


class Stage(StrEnum):
    """What the cover of a deal's file says: nothing of amounts, nothing of the borrower's standing while it pays."""

    OPEN = "OPEN"
    SECURED = "SECURED"
    ENFORCING = "ENFORCING"
    CLOSED = "CLOSED"


class Condition(StrEnum):
    """A condition precedent that is proven by a record: the bank's own, or, for a guarantee, that of the undertaking itself."""

    INSURANCE = "INSURANCE"
    ACCOUNT = "ACCOUNT"
    GUARANTEE = "GUARANTEE"


class DefaultEvent(StrEnum):
    """An event of default."""

    UNCURED_CALL = "UNCURED_CALL"
    PAST_DUE = "PAST_DUE"
    FRAUD = "FRAUD"
    CROSS_DEFAULT = "CROSS_DEFAULT"


def stage_of(state: DealState) -> Stage:
    """The stage behind a state."""
    if state in UNSIGNED or state is DealState.SIGNED:
        return Stage.OPEN
    if state in LENT or state is DealState.CONDITIONS_MET:
        return Stage.SECURED
    return Stage.ENFORCING if state in IN_TROUBLE else Stage.CLOSED


@dataclass(frozen=True, slots=True)
class Position:
    """Where a deal stands: what is owed, what carries it, and what follows from the two.

    `committed`: instructed and not yet confirmed, so owed tomorrow. Values are None where the goods have not been valued. `may_draw` is false once the
    deal is overdue, in default or closed.
    """

    principal: Money
    interest: Money
    penalty: Money
    fees: Money
    committed: Money
    limit: Money | None
    lines: Lines | None
    market_value: Money | None
    carries: Money | None
    valued_at: datetime | None
    may_draw: bool = True

    @property
    def outstanding(self) -> Money:
        """O: principal, accrued interest, penalty and fees."""
        return self.principal + self.interest + self.penalty + self.fees

    @property
    def ltv(self) -> Decimal | None:
        """O / MV to eight decimals; None (blocked, never zero) where the goods are worth nothing or are not valued."""
        if self.market_value is None or not self.market_value:
            return None
        return half_up(self.outstanding.ratio(self.market_value), 8)

    @property
    def zone(self) -> Zone | None:
        """The zone of the loan-to-value, once there are terms and a value."""
        if self.lines is None or self.market_value is None:
            return None
        return zone(self.outstanding, self.market_value, self.lines)

    @property
    def is_cured(self) -> bool:
        """Whether the loan is at or below its initial line. A debt of nothing always is."""
        if not self.outstanding:
            return True
        return bool(
            self.lines and self.market_value is not None and is_cured(self.outstanding, self.market_value, self.lines)
        )

    @property
    def cure(self) -> Cure | None:
        """What would bring it back to the initial line."""
        if self.lines is None or self.market_value is None:
            return None
        return cure(self.outstanding, self.market_value, self.lines)

    @property
    def base(self) -> Money:
        """What the goods carry: the borrowing base, and never more than the initial line of the market value."""
        if self.lines is None or self.market_value is None or self.carries is None:
            return Money.zero(self.principal.currency)
        # Rounded down: the last fen must not stand above the line.
        initial = Money(int(self.market_value.minor * exact(self.lines.initial)), self.market_value.currency)
        return min(self.carries, initial)

    @property
    def available(self) -> Money:
        """What may still be drawn; never below nothing."""
        if self.limit is None or not self.may_draw:
            return Money.zero(self.principal.currency)
        return availability(self.limit, self.base, self.outstanding + self.committed).at_least_zero()

    @property
    def headroom(self) -> Decimal | None:
        """By what share the goods' value may fall before the call line is met; negative beyond it."""
        if self.ltv is None or self.lines is None or not self.outstanding:
            return None
        assert self.market_value is not None
        return half_up(1 - self.outstanding.exact / (exact(self.lines.call) * self.market_value.exact), 8)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a cure that is only thought of would come to: the loan and its cover afterwards, and what would still be missing.

    `carries`: the borrowing base of the goods, where they were named lot by lot.
    """

    outstanding: Money
    market_value: Money
    carries: Money | None
    ltv: Decimal | None
    zone: Zone
    cured: bool
    missing: Cure


def try_cure(position: Position, cash: Money, market_value: Money, carries: Money | None = None) -> Tried | None:
    """The loan after `cash` is paid and its goods are worth `market_value`; None where there are no lines or no value to go by."""
    if position.lines is None or position.market_value is None:
        return None
    owed, lines = (position.outstanding - cash).at_least_zero(), position.lines
    cured = not owed or is_cured(owed, market_value, lines)
    ltv = half_up(owed.ratio(market_value), 8) if market_value else None
    return Tried(owed, market_value, carries, ltv, zone(owed, market_value, lines), cured, cure(owed, market_value, lines))  # fmt: skip


def quantity_worth(goods: Money, unit_value: Exact) -> Decimal | None:
    """How much of goods at `unit_value` (major units of money each) is worth `goods`, in thousandths rounded up."""
    if exact(unit_value) <= 0:
        return None
    needed = goods.exact / exact(unit_value) * 1000
    return Decimal(-int(-needed // 1)).scaleb(-3)


def call_price(position: Position, line: Exact, counted: Exact) -> Money | None:
    """The unit price at which the loan meets `line`, for one kind of goods of which `counted` units (q · g · k) carry it."""
    if exact(counted) <= 0 or not position.outstanding:
        return None
    return trigger_price(position.outstanding, line, counted)


def require_event_of_default(event: DefaultEvent, *, escalated: bool, days_past_due: int, because: str) -> None:
    """Refuse a default without its event: an escalated call, ninety days past due, or fraud or cross-default told in some detail."""
    if event is DefaultEvent.UNCURED_CALL and not escalated:
        raise Conflict("event_of_default", "No margin call has gone uncured.", field="event")
    if event is DefaultEvent.PAST_DUE and days_past_due < PAST_DUE_DAYS_FOR_DEFAULT:
        raise Conflict(
            "event_of_default", "The loan is %(days)s days past due, not 90.", field="event", days=max(0, days_past_due)
        )
    if len(because.strip()) < (20 if event in {DefaultEvent.FRAUD, DefaultEvent.CROSS_DEFAULT} else 1):
        raise Invalid("reason_missing", "Say in a sentence what has happened.", field="because")


def require_text(text: str, field: str, *, longest: int = 500) -> str:
    """A text that has to be there, without its outer spaces. Refuses none, and more than `longest` characters."""
    written = text.strip()
    if not written:
        raise Invalid("text_missing", "This is needed.", field=field)
    if len(written) > longest:
        raise Invalid("text_too_long", "At most %(longest)s characters fit.", field=field, longest=longest)
    return written


def percent_text(share: Exact | None) -> str:
    """A share as a percentage with two decimals, for a sentence: 76.47%."""
    return "–" if share is None else f"{half_up(exact(share) * 100, 2)}%"


def missing(names: Collection[str]) -> str:
    """Names in a row, for a sentence."""
    return ", ".join(sorted(names))
