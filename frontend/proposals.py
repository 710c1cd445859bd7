"""What a second person reads of a proposal before deciding: all that it says, where its sentence and the page of its subject do not.

A room lays its own acts open: `@lays_open("approve_ladder", "financing/proposed_ladder.html")` over a reader that gives the fragment its figures, read from
what the proposal keeps (`Approval.payload`), since that is what the approval will carry out.
"""

from collections.abc import Callable
from typing import Any

from flask import render_template
from markupsafe import Markup

from frontend.problems import reason
from tenants.approvals import Approval
from tenants.errors import Refused
from tenants.permissions import FOUR_EYES
from tenants.workspace import Workspace

Reader = Callable[[Workspace, Approval], dict[str, Any]]
LAID_OPEN: dict[str, tuple[str, Reader]] = {}


def lays_open(act: str, template: str) -> Callable[[Reader], Reader]:
    """Register the fragment that shows what is proposed, and what it is filled with."""
    assert act in FOUR_EYES, f"{act} is not a four-eyes act"

    def register(reader: Reader) -> Reader:
        LAID_OPEN[act] = template, reader
        return reader

    return register


def laid_open(ws: Workspace, approval: Approval) -> Markup | None:
    """All that a proposal says; None where its sentence says it, or the page that it leads to. What cannot be shown any longer says why, alone: the others wait too."""
    if approval.act not in LAID_OPEN:
        return None
    template, reader = LAID_OPEN[approval.act]
    try:
        return Markup(render_template(template, **reader(ws, approval)))  # noqa: S704 (a template of ours, which escapes what it is given)
    except Refused as refused:
        return Markup("<p>{}</p>").format(reason(refused))
