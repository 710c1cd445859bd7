"""The period of a report, as the address names it."""

from datetime import date, datetime, timedelta

from flask import request

from frontend.api import Shape
from frontend.duty.figure_views import between
from tenants.errors import Invalid
from tenants.workspace import Workspace

YEAR = timedelta(days=365)


class PeriodQuery(Shape):
    """From the beginning of a day to the end of another, in the house's zone; the last 365 days where they are left out."""

    since: date | None = None
    until: date | None = None


def period_asked(ws: Workspace) -> tuple[datetime, datetime]:
    """What `since` and `until` behind the question mark ask for. Refuses what is no day."""
    return period_of(ws, _day("since"), _day("until"))


def period_of(ws: Workspace, since: date | None, until: date | None) -> tuple[datetime, datetime]:
    """Whole days of the house's zone up to now at most; a year where no first day is named."""
    return between(ws.now, since, until, YEAR)


def _day(name: str) -> date | None:
    written = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as wrong:
        raise Invalid("day_unreadable", "Write a day as 2026-11-30.", field=name) from wrong
