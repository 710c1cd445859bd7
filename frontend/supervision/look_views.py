"""Looks at what an alarm tells of: the officer's form, on the page of an alarm and of its incident."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for

from frontend import entered
from frontend.language import translate
from frontend.supervision.blueprint import pages
from marketplace.supervision import actions
from marketplace.supervision.models.alarms import Alarm
from tenants.workspace import Workspace

CHOICES = {
    "seen": ("By video", "From the desk, by the cameras over the goods."),
    "on_site": ("On site", "I stand before the goods."),
}


@pages.act("/alarms/<uuid:alarm_id>/looks", again="show_alarm")
def look_into_alarm(ws: Workspace, alarm_id: UUID) -> Any:
    _report(ws, alarm_id)
    return redirect(url_for(".show_alarm", alarm_id=alarm_id))


@pages.act("/incidents/<uuid:alarm_id>/looks", again="show_incident")
def look_into_incident(ws: Workspace, alarm_id: UUID) -> Any:
    _report(ws, alarm_id)
    return redirect(url_for(".show_incident", alarm_id=alarm_id))


def looks_open(alarm: Alarm) -> list[tuple[str, str, str]]:
    """How it may still be looked into, as choices of the form."""
    left = [(how, *words) for how, words in CHOICES.items() if getattr(alarm, f"{how}_at") is None]
    return [(how, translate(word), translate(note)) for how, word, note in left]


def _report(ws: Workspace, alarm_id: UUID) -> None:
    actions.report_look(ws, alarm_id, how=entered.text("how"), saw=entered.text("saw"))
