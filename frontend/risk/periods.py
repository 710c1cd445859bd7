"""The period of a report, as the address names it."""

from datetime import date, datetime, timedelta

from flask import request

from frontend import entered
from frontend.api import Shape
from frontend.duty.figure_views import between
from tenants.workspace import Workspace

YEAR = timedelta(days=365)


class PeriodQuery(Shape):
    """From the beginning of a day to the end of another, in the house's zone; the last 365 days where they are left out."""

    since: date | None = None
    until: date | None = None


def period_asked(ws: Workspace) -> tuple[datetime, datetime]:
    """What `since` and `until` behind the question mark ask for. Refuses what is no day."""
    return period_of(ws, entered.day_or_none("since", of=request.args), entered.day_or_none("until", of=request.args))


def period_of(ws: Workspace, since: date | None, until: date | None) -> tuple[datetime, datetime]:
    """Whole days of the house's zone up to now at most; a year where no first day is named."""
    return between(ws.now, since, until, YEAR)
