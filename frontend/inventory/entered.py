"""What people typed into forms, read exactly; what cannot be read is refused at its field."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import request

from frontend.language import ZONE
from marketplace.quantity import Quantity
from tenants.errors import Invalid, Refused

LONGEST = 500


def words(name: str, *, longest: int = LONGEST) -> str:
    """A line of text without what surrounds it. Refuses more than `longest` characters."""
    text = request.form.get(name, "").strip()
    if len(text) > longest:
        raise Invalid("too_long", "This is longer than %(longest)s characters.", field=name, longest=longest)
    return text


def chosen(name: str) -> UUID:
    """The id of what was chosen from a list. Refuses nothing chosen."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=name) from wrong


def chosen_if_any(name: str) -> UUID | None:
    """The same where a choice may be left open."""
    return chosen(name) if request.form.get(name) else None


def quantity(name: str, unit: str | None = None) -> Quantity:
    """A quantity with the unit beside it (or `unit`), as typed: 1,234.5 and 1 234.5 are read, 1.2345 is refused as too fine."""
    written = _plain(request.form.get(name, ""))
    try:
        return Quantity.of(written, unit or request.form.get(f"{name}_unit", ""))
    except Invalid as wrong:
        if not written:
            raise Invalid("missing", "This must be filled in.", field=name) from wrong
        raise Invalid(wrong.code, wrong.because, field=name, **wrong.facts) from wrong


def number(name: str) -> Decimal:
    """A plain decimal number."""
    try:
        found = Decimal(_plain(request.form.get(name, "")))
    except InvalidOperation as wrong:
        raise Invalid("number_unreadable", "This is not a number.", field=name) from wrong
    if not found.is_finite() or abs(found) >= 10**9 or abs(int(found.as_tuple().exponent)) > 8:
        raise Invalid("number_unreadable", "This is not a number.", field=name)
    return found


def number_if_any(name: str) -> Decimal | None:
    """The same where it may be left open."""
    return number(name) if request.form.get(name, "").strip() else None


def share_if_any(name: str) -> Decimal | None:
    """A percentage as a share of one: 8.2 is 0.082; none where nothing is written."""
    found = number_if_any(name)
    return None if found is None else found.scaleb(-2)


def pieces(name: str) -> int | None:
    """A count of pieces, or none."""
    found = number_if_any(name)
    if found is None:
        return None
    if found != int(found) or not 0 < found <= 10**9:
        raise Invalid("pieces_wrong", "Pieces are whole and more than none.", field=name)
    return int(found)


def days(name: str) -> int | None:
    """A number of whole days, or none."""
    found = number_if_any(name)
    if found is not None and found != int(found):
        raise Invalid("days_wrong", "Days are whole.", field=name)
    return None if found is None else int(found)


def day_if_any(name: str) -> date | None:
    """A day where one is given."""
    return end_of_day(name).date() if request.form.get(name, "").strip() else None


def day(name: str) -> date:
    """A day; refused where there is none."""
    return end_of_day(name).date()


def end_of_day(name: str) -> datetime:
    """A day typed as 2026-12-31, to its last moment in the house's zone."""
    try:
        day = datetime.strptime(request.form.get(name, "").strip(), "%Y-%m-%d")  # noqa: DTZ007 (a day has no zone; it gets one below)
    except ValueError as wrong:
        raise Invalid("date_unreadable", "Write the date as 2026-12-31.", field=name) from wrong
    return datetime.combine(day, time(23, 59, 59), ZONE)


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


def _plain(written: str) -> str:
    return written.strip().replace(",", "").replace("，", "").replace(" ", "").replace("\u00a0", "")
