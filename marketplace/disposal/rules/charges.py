"""What a buyer pays in all: the price, and what the seller says before the opening that comes on top of it.

Buyers were surprised by taxes and storage that nobody had told them of, and then did not pay; so the sum stands beside every bid before it is made.
"""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.disposal.rules.deposits import COMMISSION_SHARE_MAX, COURT_COMMISSION, Band, commission
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.exact import Exact, exact
from marketplace.money import Money, lowest
from tenants.errors import Invalid

TAX_SHARE_MAX = Decimal("0.30")
FREE_DAYS_MAX = 60
STORED_MOST = 365
# Where the law says band by band what a buyer may be asked for: of an auction house that a court appointed (拍卖变卖规定).
PREMIUM_BANDS: dict[RegimeName, tuple[Band, ...]] = {RegimeName.COURT_OFFLINE: COURT_COMMISSION}


@dataclass(frozen=True, slots=True)
class Charges:
    """`premium_share`: the buyer's commission. `tax_share`: taxes on the purchase that the buyer bears. Both of the price, shares of one. `vat_rate`: the
    value-added tax that lies inside the price. `handling`: loading, once. `storage_day`: of the whole lot, from the day after `free_days` on.
    `premium_most`: no more than that commission is asked, whatever the share; empty where the share alone says it.
    """

    premium_share: Exact
    tax_share: Exact
    vat_rate: Exact
    handling: Money
    storage_day: Money
    free_days: int
    premium_most: tuple[Band, ...] = ()

    def premium(self, price: Money) -> Money:
        """The buyer's commission on a price: 5% of 12,000,000 is 600,000, and 380,000 where a court appointed the auction house."""
        asked = price.times(self.premium_share)
        return lowest(asked, commission(price, self.premium_most)) if self.premium_most else asked


@dataclass(frozen=True, slots=True)
class TotalCost:
    """The lines and their sum. `vat` is told and not added: it lies inside the price."""

    price: Money
    premium: Money
    tax: Money
    storage: Money
    handling: Money
    vat: Money

    @property
    def total(self) -> Money:
        """All that is to be paid."""
        return self.price + self.premium + self.tax + self.storage + self.handling


def free_of_charge(currency: str) -> Charges:
    """Nothing comes on top."""
    nothing = Money.zero(currency)
    return Charges(0, 0, 0, nothing, nothing, 0)


def total_cost(price: Money, charges: Charges, *, days: int) -> TotalCost:
    """What a price costs in all if the goods lie `days` days after the hammer. Each line is rounded once.

    Refuses a negative number of days, and more than a year.
    """
    if not 0 <= days <= STORED_MOST:
        raise Invalid("days_wrong", "Goods are collected within 0 to %(most)s days.", field="days", most=STORED_MOST)
    stored = max(0, days - charges.free_days)
    return TotalCost(
        price,
        charges.premium(price),
        price.times(charges.tax_share),
        charges.storage_day.times(stored),
        charges.handling,
        price.times(exact(charges.vat_rate) / (1 + exact(charges.vat_rate))),
    )


def require_charges(charges: Charges) -> None:
    """Refuse a premium above what the law allows (拍卖法 56), and figures that cannot be."""
    for field, share, most in (
        ("premium_share", charges.premium_share, COMMISSION_SHARE_MAX),
        ("tax_share", charges.tax_share, TAX_SHARE_MAX),
        ("vat_rate", charges.vat_rate, TAX_SHARE_MAX),
    ):
        if not 0 <= exact(share) <= exact(most):
            raise Invalid("share_wrong", "This share must lie between 0 and %(most)s.", field=field, most=str(most))
    for field, money in (("handling", charges.handling), ("storage_day", charges.storage_day)):
        if money.minor < 0:
            raise Invalid("amount_negative", "This amount is not negative.", field=field)
    if not 0 <= charges.free_days <= FREE_DAYS_MAX:
        raise Invalid("days_wrong", "Goods are collected within 0 to %(most)s days.", field="free_days", most=FREE_DAYS_MAX)  # fmt: skip
