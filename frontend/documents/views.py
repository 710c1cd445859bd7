"""Pages of trade documents: the list, one paper with its versions and who opened it, adding, opening."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for

from frontend.pages import Pages, render
from marketplace.documents import actions, queries
from marketplace.documents.rules_content import Paper
from tenants.errors import Invalid
from tenants.workspace import Workspace

pages = Pages("documents", __name__)


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
    )


@pages.act("/documents/<uuid:document_id>/openings")
def open_document(ws: Workspace, document_id: UUID) -> Any:
    document, content = queries.open_document(ws, document_id)
    actions.note_opening(ws, document_id)
    answer = Response(content, mimetype=document.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=document.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def _object() -> UUID:
    try:
        return UUID(request.form.get("object_id", ""))
    except ValueError as wrong:
        raise Invalid("object_missing", "Say what the document is about.", field="object_id") from wrong


def _inside(target: str | None) -> str | None:
    return target if target and target.startswith("/") and not target.startswith(("//", "/\\")) else None
