"""Looking into an alarm by call."""

from typing import Any, Literal
from uuid import UUID

from frontend.api import Shape
from frontend.supervision.calls import api
from frontend.supervision.presenting import alarm_view
from frontend.supervision.shapes import AlarmView, Text
from marketplace.supervision import actions
from tenants.workspace import Workspace


class LookBody(Shape):
    """How an officer looked, from the desk by video (`seen`) or standing before the goods (`on_site`), and what was seen."""

    how: Literal["seen", "on_site"]
    saw: Text


@api.act("/alarms/<uuid:alarm_id>/looks", gives=AlarmView, takes=LookBody, status=201)
def look_into_alarm(ws: Workspace, alarm_id: UUID, body: LookBody) -> Any:
    """Report what was seen. It counts for all that is open of the alarm's incident; the first look of each kind is kept."""
    return AlarmView.model_validate(alarm_view(actions.report_look(ws, alarm_id, how=body.how, saw=body.saw)))
