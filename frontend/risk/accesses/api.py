"""Who could see what of the caller's own firm, and what was looked at, by API."""

from uuid import UUID

from frontend.api import Api, Moment, Shape
from frontend.risk.periods import PeriodQuery, period_of
from marketplace.risk.accesses import access_report
from tenants.workspace import Workspace

api = Api("data_access")


class SightView(Shape):
    """One firm's sight of one object in one role: let in by whom, from when, and until when where it ended."""

    object_id: UUID
    called: str
    kind: str
    firm_id: UUID
    firm: str
    role: str
    let_in_by: str
    begins: Moment
    ended: Moment | None


class LookView(Shape):
    """Somebody of another firm looked at a document, or at a picture with people in it."""

    at: Moment
    firm: str
    person: str
    what: str
    name: str


class AccessView(Shape):
    """What others could see of the caller's own over a period, newest grant first, and what they looked at."""

    since: Moment
    until: Moment
    sights: list[SightView]
    looks: list[LookView]


@api.look("/reports/access", takes=PeriodQuery, gives=AccessView)
def show_data_access(ws: Workspace, body: PeriodQuery) -> AccessView:
    """Every grant on what the caller's firm founded, and every look that is recorded."""
    report = access_report(ws, *period_of(ws, body.since, body.until))
    return AccessView(
        since=report.start,
        until=report.end,
        sights=[SightView(**{name: getattr(one, name) for name in SightView.model_fields}) for one in report.sights],
        looks=[LookView(**{name: getattr(one, name) for name in LookView.model_fields}) for one in report.looks],
    )
