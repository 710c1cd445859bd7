"""How much may be drawn: never more than the limit, never more than the goods carry (invariant 16).

Availability = min(limit, borrowing base) - outstanding; the base itself is told by `valuation.rules.base`. And the confirmed-warehouse deal (保兑仓), in
which goods are released against deposits and the core enterprise refunds what was never released for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.money import Money, total
from tenants.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class ConfirmedWarehouse:
    """Where a 保兑仓 deal stands: goods released so far, and what the core enterprise owes back for the rest."""

    released: Money
    core_refunds: Money


def availability(limit: Money, base_value: Money, outstanding: Money) -> Money:
    """What may still be drawn; negative where more is drawn than the goods carry now."""
    return min(limit, base_value) - outstanding


def require_available(
    asked: Money, limit: Money, base_value: Money, outstanding: Money, *, beside: tuple[str, Money] | None = None
) -> None:
    """Refuse a drawdown of nothing, and one beyond what is available.

    `beside`: the names of sub-limits that goods are above, and what the base would be beside them; where they hold the drawdown back they are named.
    """
    if asked.minor <= 0:
        raise Invalid("amount_not_positive", "A drawdown needs an amount above zero.", field="amount")
    available = availability(limit, base_value, outstanding)
    if asked <= available:
        return
    told = {"asked": str(asked), "available": str(available.at_least_zero())}
    if beside and availability(limit, beside[1], outstanding) > available:
        raise Conflict(
            "sub_limit_reached",
            "%(asked)s is asked for and %(available)s is available: held back by the sub-limit for %(names)s.",
            field="amount",
            names=beside[0],
            **told,
        )
    raise Conflict(
        "drawdown_above_availability",
        "%(asked)s is asked for and %(available)s is available.",
        field="amount",
        **told,
    )


def confirmed_warehouse(financed: Money, deposits: Sequence[Money]) -> ConfirmedWarehouse:
    """Goods leave only for deposits paid; at the end the core enterprise refunds the difference (差额退款).

    10,000,000 with deposits of 3,000,000 and 4,500,000: 7,500,000 of goods released, 2,500,000 refunded.
    """
    released = total(deposits, financed.currency)
    if any(deposit.minor < 0 for deposit in deposits) or released > financed:
        raise Invalid(
            "deposits_exceed_financing", "Deposits lie between nothing and the amount financed.", field="amount"
        )
    return ConfirmedWarehouse(released, financed - released)
