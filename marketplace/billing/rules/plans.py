"""What the platform charges: a fee plan, published beforehand, in force from the first day of a month to come.

The figures are the operator's own and no law gives them; the rate of value added tax is the operator's too, since it follows from what it is registered as
(financial technology services in China bear 6 per cent, 财税〔2016〕36号, Annex 1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeVar

from marketplace.business_days import SHANGHAI
from marketplace.money import Money
from tenants.errors import Invalid

COUNTS = {"lots_free": (0, 1_000_000), "pay_days": (1, 180), "notice_days": (7, 180)}
SHARES = {"sale_share": Decimal("0.2"), "vat_rate": Decimal("0.5")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one firm pays for one calendar month, before tax.

    `lots_free`: so many watched lots a month cost nothing, so that a small firm pays nothing at all; each further one costs `lot_month`. `deal`: the bank's
    fee for a loan, once, in the month in which it was first paid out. `sale_share`: the seller's commission on the price of goods sold and paid for, a share
    of one. An invoice is due `pay_days` after it was issued; `notice_days` after the notice that it is overdue, new requests wait until it is paid.
    Refuses negative amounts, two currencies, and shares and days beyond any reason.
    """

    lots_free: int
    lot_month: Money
    deal: Money
    sale_share: Decimal
    vat_rate: Decimal
    pay_days: int
    notice_days: int

    def __post_init__(self) -> None:
        for field in ("lot_month", "deal"):
            if getattr(self, field).minor < 0:
                raise Invalid("fee_negative", "A fee cannot be below zero.", field=field)
        if self.deal.currency != self.lot_month.currency:
            raise Invalid("fee_currencies_differ", "A fee plan has one currency.", field="deal")
        for field, (least, most) in COUNTS.items():
            if not least <= getattr(self, field) <= most:
                raise Invalid("fee_count_wrong", "Give a whole number from %(least)s to %(most)s.", field=field, least=least, most=most)  # fmt: skip
        for field, largest in SHARES.items():
            share: Decimal = getattr(self, field)
            if not share.is_finite() or not 0 <= share <= largest or share != round(share, 6):
                raise Invalid("fee_share_wrong", "Give a percentage from 0%% to %(most)s, with at most four decimals.", field=field, most=f"{largest:.0%}")  # fmt: skip

    @property
    def currency(self) -> str:
        return self.lot_month.currency


P = TypeVar("P")


def plan_of(month: date, plans: Iterable[tuple[date, int, P]]) -> P | None:
    """Of plans with the day from which they are in force and their version, the one for a month: the latest begun, of these the newest. None before the first."""
    begun = [(since, version, plan) for since, version, plan in plans if since <= month]
    return max(begun, key=lambda one: one[:2])[2] if begun else None


def require_to_come(effective_from: date, today: date) -> None:
    """Refuse a plan that would change what has been used already, or begin within a month: everybody can know a price before it counts."""
    if effective_from.day != 1:
        raise Invalid("plan_within_month", "A fee plan begins on the first day of a month.", field="effective_from")
    if effective_from <= today:
        raise Invalid("plan_not_to_come", "A fee plan begins in a month to come.", field="effective_from")


def month_of(day: date) -> date:
    """The first day of a day's month: how months are named here."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def starts_at(month: date) -> datetime:
    """When a month begins where the platform is run."""
    return datetime.combine(month, time.min, SHANGHAI)
