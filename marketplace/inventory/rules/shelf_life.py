"""How long goods may be kept: the day on which a lot expires, and when those who lend on it are told.

A day is a business date in the house's zone. On the day of expiry itself the goods count for nothing (domain model, section 5: linear to the end).
"""

from datetime import date, datetime, time, timedelta

from marketplace.business_days import SHANGHAI
from tenants.errors import Invalid

SHELF_LIFE_DAYS_MAX = 36_500
WARNED_DAYS = 30  # product default: how long before its expiry a lot is told to end


def require_shelf_life(days: int | None) -> int | None:
    """A shelf life in days, or none. Refuses less than a day and more than a hundred years."""
    if days is not None and not 1 <= days <= SHELF_LIFE_DAYS_MAX:
        raise Invalid("shelf_life_wrong", "A shelf life is 1 to %(most)s days, or none.", field="shelf_life_days", most=SHELF_LIFE_DAYS_MAX)  # fmt: skip
    return days


def declared_expiry(
    expires_on: date | None, produced_on: date | None, shelf_life_days: int | None, *, today: date
) -> date | None:
    """The day on which declared goods expire: as their papers say, else production and shelf life together, else never.

    Refuses a day of production to come, one that is needed and missing, and an expiry that is not after it.
    """
    if produced_on is not None and produced_on > today:
        raise Invalid("production_ahead", "Goods are not made after today.", field="produced_on")
    if expires_on is None and shelf_life_days is not None:
        if produced_on is None:
            raise Invalid("expiry_unknown", "This product has a shelf life: give the day of production or of expiry.", field="produced_on")  # fmt: skip
        return produced_on + timedelta(days=shelf_life_days)
    if expires_on is not None and produced_on is not None and expires_on <= produced_on:
        raise Invalid("expiry_before_production", "Goods expire after they are made.", field="expires_on")
    return expires_on


def confirmed_expiry(found: date | None, declared: date | None, produced_on: date | None, *, made_of_others: bool) -> date | None:  # fmt: skip
    """What counts once an inspector has looked: the day on the goods, else the declared one.

    Refuses a day before production, and for what other lots were made into a later day than theirs: mixing makes nothing younger.
    """
    if found is None:
        return declared
    if produced_on is not None and found <= produced_on:
        raise Invalid("expiry_before_production", "Goods expire after they are made.", field="expires_on")
    if made_of_others and declared is not None and found > declared:
        raise Invalid("expiry_later_than_origin", "What other lots were made into expires no later than they: %(day)s.", field="expires_on", day=str(declared))  # fmt: skip
    return found


def told_at(expires_on: date, today: date) -> datetime:
    """When next to speak of an expiry: a month before, and once that is over on the day itself."""
    warned_on = expires_on - timedelta(days=WARNED_DAYS)
    return datetime.combine(warned_on if warned_on > today else expires_on, time(), SHANGHAI)
