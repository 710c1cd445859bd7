"""What people enter on the pages of goods on the move, read from the form; refused at its field."""

from datetime import datetime
from uuid import UUID

from flask import request

from frontend.language import ZONE
from tenants.errors import Invalid


def chosen(name: str) -> UUID:
    """One of a list."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError as wrong:
        raise Invalid("choice_missing", "Choose one from the list.", field=name) from wrong


def moment(name: str) -> datetime:
    """Date and time in the house's zone."""
    try:
        return datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=ZONE)
    except ValueError as wrong:
        raise Invalid("date_wrong", "Give a date and a time.", field=name) from wrong
