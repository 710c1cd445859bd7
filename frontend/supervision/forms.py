"""What people type into supervision's forms, read one field at a time; a refusal names the field."""

from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import request

from tenants.errors import Invalid


def chosen_id(name: str) -> UUID | None:
    """What was chosen of a list; None where nothing was."""
    text = request.form.get(name, "").strip()
    try:
        return UUID(text) if text else None
    except ValueError as wrong:
        raise Invalid("choice_wrong", "Choose one of the list.", field=name) from wrong


def whole(name: str, otherwise: int) -> int:
    """A whole number of nine digits at most; `otherwise` where the field was left empty."""
    text = request.form.get(name, "").strip()
    if not text:
        return otherwise
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid("number_wrong", "Give a whole number.", field=name)
    return int(text)


def exact(name: str) -> Decimal:
    """An exact figure; nought where the field was left empty."""
    text = request.form.get(name, "").strip()
    try:
        figure = Decimal(text or "0")
    except InvalidOperation as wrong:
        raise Invalid("number_wrong", "Give a number.", field=name) from wrong
    if not figure.is_finite() or abs(figure) >= Decimal(10) ** 9:
        raise Invalid("number_wrong", "Give a number.", field=name)
    return figure


def day(name: str) -> date | None:
    """A date; None where the field was left empty."""
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise Invalid("date_wrong", "Give a date.", field=name) from wrong
