"""Whose security ranks first on the same goods.

Civil Code 456: a lien holder (unpaid storage) before all. 416: purchase-money security registered within ten days of
delivery before the rest, save the lien. 415: pledge and mortgage by the day of delivery or registration. 414:
unregistered mortgages last, together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from marketplace.business_days import period_end
from tenants.errors import Invalid

PMSI_DAYS = 10


class SecurityKind(StrEnum):
    """留置权, 价款优先权, 质权, 抵押权 (fixed or floating)."""

    LIEN = "LIEN"
    PURCHASE_MONEY = "PURCHASE_MONEY"
    PLEDGE = "PLEDGE"
    CHARGE = "CHARGE"


@dataclass(frozen=True, slots=True)
class Security:
    """One right on the goods: `public_on` is the day of delivery (pledge) or registration (charge); None: never
    registered.

    For purchase money, `delivered_on` is when the buyer got the goods that it financed.
    """

    name: str
    kind: SecurityKind
    public_on: date | None
    delivered_on: date | None = None


def rank(securities: Sequence[Security]) -> tuple[tuple[str, ...], ...]:
    """Names in tiers, the first paid first; equals share a tier, in the order given."""
    ordered = sorted(securities, key=_place)
    return tuple(tuple(each.name for each in tier) for _, tier in groupby(ordered, key=_place))


def has_super_priority(security: Security) -> bool:
    """Whether purchase money was registered in time: within ten days of delivery, that day not counted, a holiday
    rolled over.
    """
    if security.kind is not SecurityKind.PURCHASE_MONEY or security.public_on is None:
        return False
    if security.delivered_on is None:
        raise Invalid("delivery_missing", "Purchase-money security needs the day of delivery.", field="delivered_on")
    return security.public_on <= period_end(security.delivered_on, PMSI_DAYS)


def _place(security: Security) -> tuple[int, date]:
    day = security.public_on or date.max
    if security.kind is SecurityKind.LIEN:
        return 0, date.min
    if has_super_priority(security):
        return 1, day
    return (2, day) if security.public_on else (3, day)
