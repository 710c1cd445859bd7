"""What people type into forms, read for the trade: a percentage becomes a share, a figure money, a local time a moment.

Each reader takes the field's name and refuses, at that field, what it cannot read. `of` names other places than the form that was sent, such as the address (`request.args`).
Grouping commas of either width and spaces are forgiven; `1e3`, `NaN` and other digits than ours are not.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

from flask import request

from frontend.language import ZONE
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.errors import Invalid, Refused

LONGEST, MOST_DAYS = 500, 9_999
_FIGURE = re.compile(r"[+-]?\d{1,9}(\.\d{1,8})?", re.ASCII)
_PERCENT = re.compile(r"\d{1,3}(\.\d{1,6})?", re.ASCII)
_SURROUNDS = str.maketrans("", "", ",， \u00a0")

Entries = Mapping[str, str]


def text(name: str, *, of: Entries | None = None) -> str:
    """What was typed, without its outer spaces; nothing where the field is missing."""
    return (request.form if of is None else of).get(name, "").strip()


def words(name: str, *, longest: int = LONGEST) -> str:
    """The same as a line of at most `longest` characters."""
    found = text(name)
    if len(found) > longest:
        raise Invalid("too_long", "This is longer than %(longest)s characters.", field=name, longest=longest)
    return found


def chosen(name: str, *, of: Entries | None = None) -> UUID:
    """The id of what was chosen from a list."""
    try:
        return UUID(text(name, of=of))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=name) from wrong


def chosen_or_none(name: str, *, of: Entries | None = None) -> UUID | None:
    """The same, where the choice may be left open."""
    return chosen(name, of=of) if text(name, of=of) else None


def money(name: str, currency: str = "CNY", *, of: Entries | None = None) -> Money:
    """An amount in major units."""
    with _at(name):
        return Money.of(_plain(name, of), currency)


def money_or_none(name: str, currency: str = "CNY", *, of: Entries | None = None) -> Money | None:
    """The same, where it may be left out."""
    return money(name, currency, of=of) if text(name, of=of) else None


def quantity(name: str, unit: str | None = None) -> Quantity:
    """A quantity with the unit beside it (or `unit`). Refuses what is finer than the house counts."""
    written = _plain(name)
    if not written:
        raise Invalid("missing", "This must be filled in.", field=name)
    with _at(name):
        return Quantity.of(written, unit or text(f"{name}_unit"))


def quantity_or_none(name: str, unit: str | None = None) -> Quantity | None:
    """The same, where it may be left out."""
    return quantity(name, unit) if text(name) else None


def goods(units: Mapping[UUID, str]) -> list[tuple[UUID, Quantity]]:
    """Lots with a quantity typed beside them (`lot-<id>`), in the units of the lots; fields left empty are lots left out."""
    typed = [(lot_id, quantity_or_none(f"lot-{lot_id}", unit)) for lot_id, unit in units.items()]
    return [(lot_id, amount) for lot_id, amount in typed if amount is not None]


def figure(name: str, *, of: Entries | None = None) -> Decimal:
    """A plain decimal figure below a thousand million."""
    written = _plain(name, of)
    if not _FIGURE.fullmatch(written):
        raise Invalid("figure_unreadable", "Write a figure in digits.", field=name)
    return Decimal(written)


def figure_or_none(name: str) -> Decimal | None:
    """The same, where it may be left out."""
    return figure(name) if text(name) else None


def share(name: str, *, of: Entries | None = None) -> Decimal:
    """A percentage as a share of one: 65 is 0.65."""
    written = text(name, of=of).rstrip("%")
    if not _PERCENT.fullmatch(written):
        raise Invalid("percentage_unreadable", "Write a percentage, such as 65 or 4.35.", field=name)
    return Decimal(written).scaleb(-2)


def share_or_none(name: str) -> Decimal | None:
    """The same, where it may be left out."""
    return share(name) if text(name) else None


def signed_share(name: str, *, of: Entries | None = None) -> Decimal:
    """The same, above or below zero: a spread of -0.15 per cent is -0.0015."""
    written = text(name, of=of)
    found = share(name, of={name: written[1:] if written.startswith(("+", "-")) else written})
    return -found if written.startswith("-") else found


def whole(name: str, otherwise: int | None = None, *, of: Entries | None = None) -> int:
    """A whole number of at most nine digits; `otherwise`, where one is given, for a field left empty."""
    written = text(name, of=of)
    if not written and otherwise is not None:
        return otherwise
    if not re.fullmatch(r"\d{1,9}", written, re.ASCII):
        raise Invalid("number_unreadable", "Write a whole number.", field=name)
    return int(written)


def days(name: str, otherwise: int, *, of: Entries | None = None) -> int:
    """A number of days, at most 9,999; `otherwise` for a field left empty."""
    found = whole(name, otherwise, of=of)
    if found > MOST_DAYS:
        raise Invalid("days_unreadable", "Give a number of days.", field=name)
    return found


def whole_or_none(name: str) -> int | None:
    """The same, where it may be left out."""
    return whole(name) if text(name) else None


def day(name: str, *, of: Entries | None = None) -> date:
    """A day as the browser sends it: 2026-03-02."""
    try:
        return date.fromisoformat(text(name, of=of))
    except ValueError as wrong:
        raise Invalid("date_unreadable", "Write a date as 2026-03-02.", field=name) from wrong


def day_or_none(name: str, *, of: Entries | None = None) -> date | None:
    """The same, where it may be left out."""
    return day(name, of=of) if text(name, of=of) else None


def end_of_day(name: str) -> datetime:
    """A day, to its last moment in the house's zone."""
    return datetime.combine(day(name), time(23, 59, 59), ZONE)


def moment(name: str) -> datetime:
    """A local date and time of the house's zone, whatever zone was written beside it."""
    try:
        return datetime.fromisoformat(text(name)).replace(tzinfo=ZONE).astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise Invalid("time_unreadable", "Choose a date and a time.", field=name) from wrong


def upload(name: str) -> tuple[str, bytes, str] | None:
    """A file: name, bytes and what the browser calls it; None where none was chosen."""
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        return None
    return sent.filename, sent.read(), sent.mimetype or ""


@contextmanager
def prefixed(prefix: str) -> Iterator[None]:
    """On a page of several forms one begins its fields' names with `prefix`, so that a refusal is told at its own field and not at a namesake."""
    try:
        yield
    except Refused as refused:
        if refused.field and not refused.field.startswith(prefix):
            refused.field = prefix + refused.field
        raise


def _plain(name: str, of: Entries | None = None) -> str:
    return text(name, of=of).translate(_SURROUNDS)


@contextmanager
def _at(name: str) -> Iterator[None]:
    """A refusal of what was read is told at the field in which it was typed."""
    try:
        yield
    except Refused as wrong:
        raise Invalid(wrong.code, wrong.because, field=name, **wrong.facts) from wrong
