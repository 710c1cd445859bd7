"""The bank's approval ladder: how it stands, and proposing it anew."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.datastructures import MultiDict

from frontend import entered
from frontend.financing.blueprint import pages
from frontend.pages import render
from marketplace.financing.credit.ladder import deciders, ladder_rows, propose_ladder
from marketplace.financing.rules.credit import Stage
from tenants import approvals
from tenants.errors import NotAllowed
from tenants.organisations import Kind
from tenants.workspace import Workspace

STAGES_SHOWN = 4


@pages.look("/credit-ladder")
def show_ladder(ws: Workspace) -> Any:
    if Kind.BANK not in ws.member.kinds:
        raise NotAllowed("not_allowed", "Your role does not allow this.")
    rows, people = ladder_rows(ws), deciders(ws)
    return render(
        "financing/credit/credit_ladder.html",
        stages=rows,
        people=sorted(people.items(), key=lambda one: one[1]),
        names={str(one): name for one, name in people.items()},
        numbers=range(1, max(STAGES_SHOWN, len(rows)) + 1),
        waiting=any(one.act == "approve_ladder" for one in approvals.waiting(ws)),
    )


@pages.act("/credit-ladder", again="show_ladder")
def propose(ws: Workspace) -> Any:
    """Put the ladder before a second officer; stages without a name and without people are left out."""
    propose_ladder(ws, _stages(request.form))
    return redirect(url_for(".show_ladder"))


def _stages(form: MultiDict[str, str]) -> list[Stage]:
    stages: list[Stage] = []
    number = 1
    while f"name-{number}" in form:
        people = frozenset(_person(text, number) for text in form.getlist(f"people-{number}"))
        if entered.text(f"name-{number}") or people:
            limit = entered.money_or_none(f"limit-{number}")
            stages.append(Stage(len(stages) + 1, entered.text(f"name-{number}"), limit, people))
        number += 1
    return stages


def _person(text: str, number: int) -> UUID:
    return entered.chosen(f"people-{number}", of={f"people-{number}": text})
