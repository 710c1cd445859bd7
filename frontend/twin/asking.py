"""What a reader asks of a plan: which moment, what span of the slider, which colours. All of it stands in the address, so that it can be shared."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from frontend.language import ZONE
from frontend.supervision.showing import HOURS
from marketplace.supervision.alarms.incidents import Incident, incident_of
from marketplace.twin.rules import LAYERS
from tenants.errors import Invalid
from tenants.workspace import Workspace

AROUND = timedelta(minutes=30)
LONGEST = timedelta(days=31)
USUAL_HOURS = 168
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Asked:
    """A reader's question. `at` None: as it is now. `incident`: the slider spans it, from half an hour before to half an hour after, and begins where it began."""

    at: datetime | None
    hours: int
    layer: str | None
    incident: Incident | None

    def address(self, **other: object) -> str:
        """The query of the same question with something else in it; None leaves it out."""
        kept: dict[str, object] = {
            "at": stamp(self.at) if self.at else None,
            "hours": self.hours if self.hours != USUAL_HOURS and not self.incident else None,
            "layer": self.layer,
            "incident": self.incident.id if self.incident else None,
        }
        query = urlencode({name: value for name, value in (kept | other).items() if value is not None})
        return f"?{query}" if query else "?"

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Where the slider begins and ends."""
        if self.incident is None:
            return now - timedelta(hours=self.hours), now
        start = self.incident.fused.opened_at - AROUND
        last = max(alarm.cleared_at or now for alarm in self.incident.alarms)
        return start, min(now, last + AROUND, start + LONGEST)


def stamp(at: datetime) -> str:
    """A moment as an address carries it: UTC, without a sign that a query would change; to the millisecond, and never before what happened in it."""
    upward = (at + MILLISECOND - timedelta(microseconds=1)).astimezone(UTC)
    return upward.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def asked(ws: Workspace) -> Asked:
    """The question in this request's address. Refuses a moment that is none, and an incident that the viewer may not see."""
    hours = request.args.get("hours", "")
    layer, incident = request.args.get("layer") or None, request.args.get("incident") or None
    shown = incident_of(ws, _id(incident)) if incident else None
    return Asked(
        at=_moment(request.args.get("at", ""), ws.now) or (shown.fused.opened_at if shown else None),
        hours=int(hours) if hours.isdecimal() and hours.isascii() and int(hours) in HOURS else USUAL_HOURS,
        layer=layer if layer in LAYERS else None,
        incident=shown,
    )


def _moment(written: str, now: datetime) -> datetime | None:
    """With its zone, or by the house's clock. What was rounded up to the millisecond that is not over yet is now."""
    if not written.strip():
        return None
    try:
        found = datetime.fromisoformat(written.strip())
        moment = (found if found.tzinfo else found.replace(tzinfo=ZONE)).astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise Invalid("date_wrong", "Give a date and a time.", field="at") from wrong
    return min(moment, now) if moment < now + MILLISECOND else moment


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as wrong:
        raise Invalid("incident_unknown", "There is no such incident.", field="incident") from wrong
