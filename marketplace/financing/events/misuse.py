"""What is told of a loan that serves another purpose than was agreed."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from marketplace.financing.events.hearers import BORROWER, PARTIES
from marketplace.money import Money
from tenants.events import Fact

PLAN_PAGE = "/deals/{stream}/plan"


@dataclass(frozen=True, kw_only=True)
class MisuseFound(Fact):
    """Two officers found that money of a loan serves another purpose; `added` is what that adds to the interest of the days before."""

    says: ClassVar[str] = (
        "%(amount)s of deal %(number)s served another purpose since %(since)s and bears %(factor)s times the rate, %(added)s until yesterday: %(because)s"
    )
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = PLAN_PAGE
    number: str
    amount: Money
    since: date
    factor: str
    added: Money
    because: str


@dataclass(frozen=True, kw_only=True)
class MisuseEnded(Fact):
    """The money serves its purpose again."""

    says: ClassVar[str] = "Deal %(number)s bears its own rate again from %(on)s on: %(because)s"
    audience: ClassVar[frozenset[str] | None] = PARTIES
    tells: ClassVar[frozenset[str]] = BORROWER
    link: ClassVar[str] = PLAN_PAGE
    number: str
    on: date
    because: str
