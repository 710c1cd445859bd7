"""What valuation tells: prices on the bank's own stream, values on the deal's for its two parties."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from marketplace.money import Money
from tenants.events import Fact

PARTIES = frozenset({"borrower", "bank"})


@dataclass(frozen=True, kw_only=True)
class PricesImported(Fact):
    """A bank took in prices: some new, some in place of older ones of the same day."""

    says: ClassVar[str] = (
        "Prices of %(code)s were imported: %(added)s new, %(superseded)s in place of earlier ones; the last is of %(latest_on)s."
    )
    link: ClassVar[str] = "/prices/{code}"
    code: str
    import_id: UUID
    name: str
    added: int
    superseded: int
    unchanged: int
    latest: Decimal
    latest_on: date


@dataclass(frozen=True, kw_only=True)
class LendingTermsPublished(Fact):
    """A bank published, with four eyes, on what terms it lends against a kind of goods."""

    says: ClassVar[str] = "Lending terms for %(code)s were published."
    link: ClassVar[str] = "/prices/{code}"
    code: str
    haircut: Decimal
    ltv_initial: Decimal
    ltv_warn: Decimal
    ltv_call: Decimal
    ltv_liquidation: Decimal


@dataclass(frozen=True, kw_only=True)
class DealValued(Fact):
    """The goods of a deal were valued."""

    says: ClassVar[str] = "The goods were valued at %(market_value)s."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    link: ClassVar[str] = "/deals/{stream}"
    valuation_id: UUID
    market_value: Money
    collateral_value: Money
    cause: str


@dataclass(frozen=True, kw_only=True)
class BaseTermsSet(Fact):
    """The bank set the terms of a deal's borrowing base, with four eyes."""

    says: ClassVar[str] = "New terms of the borrowing base; %(reserves)s are held back."
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"borrower"})
    link: ClassVar[str] = "/deals/{stream}/borrowing-base"
    cap: Decimal
    wrong_way: Decimal
    reserves: Money


@dataclass(frozen=True, kw_only=True)
class ValuationBlocked(Fact):
    """The goods could not be valued: nothing may be drawn or released until they can."""

    says: ClassVar[str] = "The goods cannot be valued: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    link: ClassVar[str] = "/deals/{stream}"
    code: str
    because: dict[str, Any]
