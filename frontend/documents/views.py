"""Pages of trade documents: the list, one paper with its versions and who opened it, adding, opening."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend import entered
from frontend.documents.blueprint import pages
from frontend.documents.particulars import ROWS, particulars
from frontend.language import unit
from frontend.pages import render
from marketplace.documents import actions, figures, queries
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.particulars import lines_read
from marketplace.money import EXPONENTS, Money
from marketplace.quantity import UNITS
from tenants.errors import Invalid
from tenants.workspace import Workspace


@pages.look("/documents")
def list_documents(ws: Workspace) -> Any:
    kind = request.args.get("kind") or None
    rows = queries.list_documents(ws, kind=kind, text=request.args.get("q") or None, limit=100)
    return render("documents/documents.html", documents=rows, query=request.args.to_dict())


@pages.look("/documents/new")
def new_document(ws: Workspace) -> Any:
    return render(
        "documents/new_document.html",
        kinds=list(Paper),
        object_id=request.args.get("object", ""),
        replaces=request.args.get("replaces", ""),
        back=_inside(request.args.get("next")),
    )


@pages.act("/documents", again="new_document")
def add_document(ws: Workspace) -> Any:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("file_missing", "Choose a file.", field="file")
    document = actions.add_document(
        ws,
        object_id=_object(),
        kind=request.form.get("kind", ""),
        name=sent.filename,
        content=sent.read(),
        media_type=sent.mimetype or "",
        replaces=entered.chosen_or_none("replaces"),
    )
    return redirect(_inside(request.form.get("next")) or url_for(".show_document", document_id=document.id))


@pages.look("/documents/<uuid:document_id>")
def show_document(ws: Workspace, document_id: UUID) -> Any:
    document = queries.find_document(ws, document_id)
    return render(
        "documents/document.html",
        document=document,
        versions=queries.versions_of(ws, document),
        openings=queries.openings_of(ws, document_id),
        mine=document.tenant_id == ws.tenant_id and document.superseded_at is None and ws.can("add_document"),
        **_in_figures(ws, document_id),
    )


@pages.look("/documents/<uuid:document_id>/particulars/new")
def new_particulars(ws: Workspace, document_id: UUID) -> Any:
    ws.may("add_document")
    choices = {
        "rows": range(1, ROWS + 1),
        "units": [(one, unit(one)) for one in sorted(UNITS)],
        "currencies": [(one, one) for one in sorted(EXPONENTS)],
    }
    document = queries.find_document(ws, document_id)
    return render("documents/new_particulars.html", document=document, **_in_figures(ws, document_id), **choices)


@pages.act("/documents/<uuid:document_id>/particulars", again="new_particulars")
def enter_particulars(ws: Workspace, document_id: UUID) -> Any:
    figures.enter_particulars(ws, document_id, particulars(request.form))
    return redirect(url_for(".show_document", document_id=document_id))


@pages.act("/documents/<uuid:document_id>/particulars/reading")
def read_particulars(ws: Workspace, document_id: UUID) -> Any:
    figures.read_particulars(ws, document_id)
    return redirect(url_for(".show_document", document_id=document_id))


@pages.act("/documents/<uuid:document_id>/openings")
def open_document(ws: Workspace, document_id: UUID) -> Any:
    document, content = queries.open_document(ws, document_id)
    actions.note_opening(ws, document_id)
    answer = Response(content, mimetype=document.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=document.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _in_figures(ws: Workspace, document_id: UUID) -> dict[str, Any]:
    said = queries.particulars_of(ws, document_id)
    lines = lines_read(said.lines) if said else ()
    if said is None:
        return {"said": None, "said_lines": [], "total": None}
    total = sum((one.amount or 0) + one.tax for one in lines) if said.payable_minor is None else said.payable_minor
    shown = [{"line": one, "amount": None if one.amount is None else Money(one.amount, said.currency)} for one in lines]
    return {"said": said, "said_lines": shown, "total": Money(total, said.currency)}


def _object() -> UUID:
    try:
        return UUID(request.form.get("object_id", ""))
    except ValueError as wrong:
        raise Invalid("object_missing", "Say what the document is about.", field="object_id") from wrong


def _inside(target: str | None) -> str | None:
    return target if target and target.startswith("/") and not target.startswith(("//", "/\\")) else None
