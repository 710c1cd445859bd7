"""What a sale itself cost, as the bank enters it for the distribution and as its proposal keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from marketplace.money import Money
from tenants.errors import Invalid

MOST_JUNIORS = 10
MOST_COMMISSION, MOST_TAX = Decimal("0.05"), Decimal("0.30")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What the sale itself cost, and the tax inside its price. Shares of one: 0.02 is two per cent. `resale`: what selling again cost after a buyer defaulted.

    `juniors`: who else claims how much from the goods. Refuses shares beyond what the law and usage allow, and junior claims without name or amount.
    """

    storage: Money
    enforcement: Money
    commission_rate: Decimal
    tax_rate: Decimal
    resale: Money
    juniors: tuple[tuple[str, Money], ...] = ()

    def __post_init__(self) -> None:
        _require_share(self.commission_rate, "commission_rate", MOST_COMMISSION)
        _require_share(self.tax_rate, "tax_rate", MOST_TAX)
        unnamed = any(not name or amount.minor <= 0 for name, amount in self.juniors)
        if unnamed or len(self.juniors) > MOST_JUNIORS:
            raise Invalid("junior_claims_wrong", "Name each junior claimant with an amount above zero, ten at most.", field="juniors")  # fmt: skip

    def with_later(self, storage: Money, enforcement: Money) -> "Costs":
        """These and what has come on top since they were approved. Refuses amounts below zero."""
        for field, amount in (("storage", storage), ("enforcement", enforcement)):
            if amount.minor < 0:
                raise Invalid("amount_negative", "This amount is not negative.", field=field)
        return replace(self, storage=self.storage + storage, enforcement=self.enforcement + enforcement)

    @classmethod
    def read(cls, kept: Mapping[str, Any], currency: str) -> "Costs":
        """As a proposal kept them."""
        return cls(
            storage=Money(kept["storage"], currency),
            enforcement=Money(kept["enforcement"], currency),
            commission_rate=Decimal(kept["commission_rate"]),
            tax_rate=Decimal(kept["tax_rate"]),
            resale=Money(kept["resale"], currency),
            juniors=tuple((name, Money(minor, currency)) for name, minor in kept["juniors"]),
        )

    def written(self) -> dict[str, Any]:
        """As a proposal keeps them: amounts in minor units, shares as decimal strings."""
        return {
            "storage": self.storage.minor,
            "enforcement": self.enforcement.minor,
            "commission_rate": str(self.commission_rate),
            "tax_rate": str(self.tax_rate),
            "resale": self.resale.minor,
            "juniors": [[name, amount.minor] for name, amount in self.juniors],
        }


def _require_share(rate: Decimal, field: str, most: Decimal) -> None:
    if not rate.is_finite() or not 0 <= rate <= most:
        raise Invalid("share_wrong", "This share must lie between 0 and %(most)s.", field=field, most=str(most))
