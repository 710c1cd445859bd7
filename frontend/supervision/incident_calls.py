"""Calls about incidents: alarms about the same goods at the same time, fused."""

from typing import Any
from uuid import UUID

from frontend.api import Moment, MoneyShape, Nothing, Shape
from frontend.supervision.calls import api
from frontend.supervision.incident_views import money_at_risk
from frontend.supervision.presenting import alarm_view
from frontend.supervision.shapes import AlarmView
from frontend.valuation.api import money_shape
from marketplace.supervision import actions, queries
from marketplace.supervision.alarms.incidents import Incident, incident_of, open_incidents, unborne_by
from tenants.workspace import Workspace


class IncidentView(Shape):
    """An incident, known by its first alarm. `witnesses`: kinds of sensor that bear each other out; two make it critical.

    `unborne_by`: kinds that were heard meanwhile and saw nothing, where the scale alone tells of it. `at_risk`: by the caller's prices.
    `lot_ids`: all its goods that the caller sees, those of a whole hall where an alarm is of one.
    """

    id: UUID
    number: str
    severity: str
    status: str
    lot_id: UUID | None
    lot_ids: list[UUID]
    witnesses: list[str]
    unborne_by: list[str]
    opened_at: Moment
    ended_at: Moment | None
    at_risk: MoneyShape | None
    alarms: list[AlarmView]


class IncidentList(Shape):
    """Incidents that wait for somebody, the earliest first."""

    items: list[IncidentView]


@api.look("/incidents", gives=IncidentList)
def list_incidents(ws: Workspace) -> Any:
    """Incidents that wait for somebody."""
    return {"items": [_view(ws, one) for one in open_incidents(ws)]}


@api.look("/incidents/<uuid:alarm_id>", gives=IncidentView)
def show_incident(ws: Workspace, alarm_id: UUID) -> Any:
    """The incident that an alarm belongs to."""
    return _view(ws, incident_of(ws, alarm_id))


@api.act("/incidents/<uuid:alarm_id>/acknowledgement", gives=IncidentView, takes=Nothing)
def acknowledge_incident(ws: Workspace, alarm_id: UUID, body: Nothing) -> Any:
    """Take note of all alarms of an incident."""
    return IncidentView.model_validate(_view(ws, actions.acknowledge_incident(ws, alarm_id)))


def _view(ws: Workspace, incident: Incident) -> dict[str, Any]:
    risk = money_at_risk(ws, incident, list(queries.lots_among(ws, incident.lot_ids).values()))
    return {
        "id": incident.id,
        "number": incident.number,
        "severity": str(incident.fused.severity),
        "status": incident.status,
        "lot_id": incident.lot_id,
        "lot_ids": incident.lot_ids,
        "witnesses": sorted(incident.fused.witnesses),
        "unborne_by": sorted(unborne_by(ws, incident)),
        "opened_at": incident.fused.opened_at,
        "ended_at": incident.fused.ended_at,
        "at_risk": money_shape(risk) if risk else None,
        "alarms": [alarm_view(alarm) for alarm in incident.alarms],
    }
