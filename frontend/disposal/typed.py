"""Figures as people type them into the forms of the disposal room. Refuses what is none, by the field's name."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from flask import request

from frontend.language import ZONE
from marketplace.money import Money
from tenants.errors import Invalid, Refused


def money_typed(name: str, currency: str, written: str | None = None) -> Money:
    """An amount in major units; grouping commas of either width are forgiven."""
    typed = request.form.get(name, "") if written is None else written
    try:
        return Money.of(typed.strip().replace(",", "").replace("，", ""), currency)
    except Refused as wrong:
        raise Invalid(wrong.code, wrong.because, field=name, **wrong.facts) from wrong


def percent_typed(name: str) -> Decimal:
    """A percentage, as a share of one."""
    try:
        return Decimal(request.form.get(name, "").strip().rstrip("%")) / 100
    except InvalidOperation as wrong:
        raise Invalid("share_unreadable", "Give a percentage.", field=name) from wrong


def days_typed(name: str, usual: int) -> int:
    """A number of days, from a form or a question."""
    written = request.values.get(name, "").strip() or str(usual)
    if not written.isascii() or not written.isdigit() or len(written) > 4:
        raise Invalid("days_unreadable", "Give a number of days.", field=name)
    return int(written)


def id_typed(name: str) -> UUID:
    """What was chosen from a list."""
    try:
        return UUID(request.values.get(name, ""))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=name) from wrong


def moment_typed(name: str) -> datetime:
    """A date and a time of day in the house's zone."""
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=ZONE)
    except ValueError as wrong:
        raise Invalid("moment_unreadable", "Give a date and a time.", field=name) from wrong


def day_typed(name: str) -> date:
    """A day, from a form."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as wrong:
        raise Invalid("day_unreadable", "Give a day.", field=name) from wrong
