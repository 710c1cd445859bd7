"""What a second person reads of a proposal before deciding: all that it says, where its sentence and the page of its subject do not.

A room lays its own acts open: `@lays_open("approve_ladder", "financing/credit/proposed_ladder.html", LadderTerms)` over a reader that gives the figures, read from
what the proposal keeps (`Approval.payload`), since that is what the approval will carry out. People get them by the fragment, machines as `Terms`.
"""

from collections.abc import Callable
from typing import Any, Self, get_args

from flask import render_template
from markupsafe import Markup
from pydantic import ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from frontend.api import Shape
from frontend.problems import reason
from tenants.approvals import Approval
from tenants.errors import Refused
from tenants.permissions import FOUR_EYES
from tenants.workspace import Workspace


class Terms(Shape):
    """What is proposed, field by field; `act` says which fields."""

    model_config = ConfigDict(extra="ignore")  # the fragment may show more: a plan, a word of the reader's language

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        """The terms out of what the reader found."""
        return cls.model_validate(figures)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Terms as such are those of any act: the description is made when all rooms have laid theirs open."""
        if cls is not Terms:
            return handler(core)
        return {"description": cls.__doc__, "oneOf": [handler(one.__pydantic_core_schema__) for _, _, one in LAID_OPEN.values()]}  # fmt: skip


Reader = Callable[[Workspace, Approval], dict[str, Any]]
LAID_OPEN: dict[str, tuple[str, Reader, type[Terms]]] = {}


def lays_open(act: str, template: str, terms: type[Terms]) -> Callable[[Reader], Reader]:
    """Register the fragment that shows what is proposed, the shape that tells it, and what both are filled with."""
    assert act in FOUR_EYES, f"{act} is not a four-eyes act"
    assert get_args(terms.model_fields["act"].annotation) == (act,), f"{terms.__name__} are terms of another act"

    def register(reader: Reader) -> Reader:
        LAID_OPEN[act] = template, reader, terms
        return reader

    return register


def laid_open(ws: Workspace, approval: Approval) -> Markup | None:
    """All that a proposal says; None where its sentence says it, or the page that it leads to. What cannot be shown any longer says why, alone: the others wait too."""
    if approval.act not in LAID_OPEN:
        return None
    template, reader, _ = LAID_OPEN[approval.act]
    try:
        return Markup(render_template(template, **reader(ws, approval)))  # noqa: S704 (a template of ours, which escapes what it is given)
    except Refused as refused:
        return Markup("<p>{}</p>").format(reason(refused))


def terms_of(ws: Workspace, approval: Approval) -> tuple[Terms | None, str | None]:
    """The same for a machine: the terms, and what would stand in the way of them today, in the reader's language."""
    if approval.act not in LAID_OPEN:
        return None, None
    _, reader, terms = LAID_OPEN[approval.act]
    try:
        figures = reader(ws, approval)
    except Refused as refused:
        return None, reason(refused)
    return terms.told(figures | {"act": approval.act}), figures.get("obstacle") or None
