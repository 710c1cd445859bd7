"""Contests on the page of an alarm: the owner's form, the supervisor's answer, and both words in the alarm's story."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend.language import translate
from frontend.supervision.blueprint import pages
from marketplace.supervision import actions
from marketplace.supervision.alarms.contests import Contested
from tenants.errors import Invalid
from tenants.workspace import Workspace


@pages.act("/alarms/<uuid:alarm_id>/contests", again="show_alarm")
def contest(ws: Workspace, alarm_id: UUID) -> Any:
    form = request.form
    actions.contest_alarm(ws, alarm_id, because=form.get("because", ""), evidence=_lines("evidence"))
    return redirect(url_for(".show_alarm", alarm_id=alarm_id))


@pages.act("/alarms/<uuid:alarm_id>/contest-answer", again="show_alarm")
def answer_contest(ws: Workspace, alarm_id: UUID) -> Any:
    said = request.form.get("upheld", "")
    if said not in ("yes", "no"):
        raise Invalid("answer_missing", "Say whether the owner is right.", field="upheld")
    actions.answer_contest(ws, alarm_id, upheld=said == "yes", note=request.form.get("note", ""), evidence=_lines("evidence"))  # fmt: skip
    return redirect(url_for(".show_alarm", alarm_id=alarm_id))


def contest_steps(contests: Sequence[Contested]) -> list[dict[str, Any]]:
    """The contests and their answers as steps of the alarm's timeline."""
    steps: list[dict[str, Any]] = []
    for one in contests:
        made, answer = one.contest, one.answer
        steps.append({"at": made.contested_at, "title": translate("Contested by the owner"), "text": made.because, "icon": "message", "tone": "watch", "by": f"{made.by} · {made.organisation}"})  # fmt: skip
        if answer:
            title = translate("The contest was upheld" if answer.upheld else "The contest was not upheld")
            steps.append({"at": answer.answered_at, "title": title, "text": answer.note, "icon": "check", "tone": "ok" if answer.upheld else "info", "by": f"{answer.by} · {answer.organisation}"})  # fmt: skip
    return steps


def _lines(name: str) -> list[str]:
    return request.form.get(name, "")[:12_000].splitlines()
