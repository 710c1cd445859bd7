"""What people type into the forms of finance, read for the trade: a percentage becomes a share, a figure money, a local time a moment.

Each reader refuses what it cannot read, naming the field.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from frontend.language import ZONE
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.errors import Invalid

_PERCENT = re.compile(r"\d{1,3}(\.\d{1,6})?", re.ASCII)
_FIGURE = re.compile(r"-?\d{1,15}(\.\d{1,8})?", re.ASCII)

Entries = Mapping[str, str]


def text(form: Entries, name: str) -> str:
    """What was typed, without its outer spaces; nothing where the field is missing."""
    return form.get(name, "").strip()


def money(form: Entries, name: str, currency: str = "CNY") -> Money:
    """An amount in major units; separators of thousands are left out."""
    written = text(form, name).replace(",", "").replace("，", "")
    try:
        return Money.of(written, currency)
    except Invalid as wrong:
        raise Invalid(wrong.code, wrong.because, field=name, **wrong.facts) from wrong


def money_or_none(form: Entries, name: str, currency: str = "CNY") -> Money | None:
    """The same, where it may be left out."""
    return money(form, name, currency) if text(form, name) else None


def share(form: Entries, name: str) -> Decimal:
    """A percentage as a share of one: 65 is 0.65."""
    written = text(form, name).rstrip("%")
    if not _PERCENT.fullmatch(written):
        raise Invalid("percentage_unreadable", "Write a percentage, such as 65 or 4.35.", field=name)
    return Decimal(written).scaleb(-2)


def signed_share(form: Entries, name: str) -> Decimal:
    """The same, above or below zero: a spread of -0.15 per cent is -0.0015."""
    written = text(form, name)
    found = share({name: written.lstrip("+-")}, name)
    return -found if written.startswith("-") else found


def day(form: Entries, name: str) -> date:
    """A day as the browser sends it."""
    found = day_or_none(form, name)
    if found is None:
        raise Invalid("date_unreadable", "Write a date as 2026-03-02.", field=name)
    return found


def figure(form: Entries, name: str) -> Decimal:
    """A plain decimal figure."""
    written = text(form, name).replace(",", "")
    if not _FIGURE.fullmatch(written):
        raise Invalid("figure_unreadable", "Write a figure in digits.", field=name)
    return Decimal(written)


def whole(form: Entries, name: str) -> int:
    """A whole number of at most nine digits."""
    written = text(form, name)
    if not re.fullmatch(r"\d{1,9}", written, re.ASCII):
        raise Invalid("number_unreadable", "Write a whole number.", field=name)
    return int(written)


def day_or_none(form: Entries, name: str) -> date | None:
    """A day as the browser sends it, or none."""
    written = text(form, name)
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError as wrong:
        raise Invalid("date_unreadable", "Write a date as 2026-03-02.", field=name) from wrong


def moment(form: Entries, name: str) -> datetime:
    """A local date and time of the house's zone."""
    try:
        return datetime.fromisoformat(text(form, name)).replace(tzinfo=ZONE).astimezone(UTC)
    except ValueError as wrong:
        raise Invalid("time_unreadable", "Choose a date and a time.", field=name) from wrong


def identity(form: Entries, name: str) -> UUID:
    """One choice of a list."""
    try:
        return UUID(text(form, name))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=name) from wrong


def identity_or_none(form: Entries, name: str) -> UUID | None:
    """The same, where none may be chosen."""
    return identity(form, name) if text(form, name) else None


def goods(form: Entries, units: Mapping[UUID, str]) -> list[tuple[UUID, Quantity]]:
    """Lots with a quantity typed beside them (`lot-<id>`), in the units of the lots; fields left empty are lots left out."""
    chosen = []
    for lot_id, unit in units.items():
        written = text(form, f"lot-{lot_id}").replace(",", "")
        if written:
            try:
                chosen.append((lot_id, Quantity.of(written, unit)))
            except Invalid as wrong:
                raise Invalid(wrong.code, wrong.because, field=f"lot-{lot_id}", **wrong.facts) from wrong
    return chosen
