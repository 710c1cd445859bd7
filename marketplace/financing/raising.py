"""What a firm's stock could raise, learned in a minute and before any bank is asked."""

from fractions import Fraction
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import pledgeable_lots
from marketplace.money import Money, exponent_of
from marketplace.quantity import Quantity
from marketplace.valuation.models import LendingPolicy
from marketplace.valuation.queries import policies
from tenants.errors import Invalid
from tenants.workspace import Workspace


def raisable(ws: Workspace) -> list[tuple[UUID, Money]]:
    """What the firm's free stock could raise with each bank that published terms, at the bank's last price, the most first: an idea, not an offer.

    Each lot counts q · p · g at the lower of the initial line and one less the haircut. A lot of a grade that the bank does not list, or in another
    unit of measure than the price, counts for nothing.
    """
    lots = pledgeable_lots(ws)
    sums: dict[UUID, Money] = {}
    for policy in policies(ws, codes=sorted({lot.price_code for lot in lots})):
        if policy.reference_price is not None and policy.currency and policy.unit:
            carried = sum((_carried(lot, policy) for lot in lots if lot.price_code == policy.price_code), Fraction(0))
            raised = Money(int(carried * 10 ** exponent_of(policy.currency)), policy.currency)
            sums[policy.tenant_id] = sums.get(policy.tenant_id, Money.zero(policy.currency)) + raised
    return sorted(sums.items(), key=lambda item: -item[1].minor)


def _carried(lot: Lot, policy: LendingPolicy) -> Fraction:
    """What one lot's free quantity carries at a bank's published terms, in major units."""
    assert policy.reference_price is not None
    grade = Fraction(policy.grades.get(lot.grade, "0")) if policy.grades else Fraction(1)
    share = min(Fraction(policy.ltv_initial), 1 - Fraction(policy.haircut))
    try:
        quantity = Quantity(lot.free_qty, lot.unit).exact_in(str(policy.unit))
    except Invalid:
        return Fraction(0)
    return quantity * Fraction(policy.reference_price) * grade * share
