"""The page of a firm's whole archive: asking for it, taking it away, how to check it without us."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from flask import Response, redirect, url_for

from frontend.pages import Pages, render
from marketplace.disposal.ports import signer
from marketplace.evidence.archives import actions, check_archive, queries
from marketplace.evidence.archives.rules import KEPT
from tenants import approvals
from tenants.record import sequence_of
from tenants.workspace import Workspace

pages = Pages("archives", __name__)
PIECE = 2**16


@pages.look("/archives")
def show_archives(ws: Workspace) -> Any:
    return render(
        "evidence/archives/archives.html",
        archives=[(one, actions.archive_name(one)) for one in queries.archives_of(ws)],
        waits=any(one.act == "approve_archive" for one in approvals.waiting(ws)),
        days=KEPT.days,
        key=signer().public,
        stream=ws.tenant_id,
        sequence=sequence_of(ws, ws.tenant_id),
        now=ws.now,
    )


@pages.act("/archives")
def ask_archive(ws: Workspace) -> Any:
    actions.ask_archive(ws)
    return redirect(url_for(".show_archives"))


@pages.act("/archives/<uuid:archive_id>/takings")
def take_archive(ws: Workspace, archive_id: UUID) -> Any:
    """The archive as it was kept; streamed, so that it is never held whole."""
    archive, file = actions.take_archive(ws, archive_id)
    answer = Response(_pieces(file), mimetype="application/zip")
    answer.call_on_close(file.close)
    answer.headers.set("Content-Disposition", "attachment", filename=actions.archive_name(archive))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@pages.look("/archives/check_archive.py", visitors=True)
def download_checker(_ws: Workspace) -> Any:
    """The program as it stands in the house's own sources; those that it calls are offered beside it."""
    source = Path(str(check_archive.__file__)).read_text()
    return Response(source, mimetype="text/x-python", headers={"Content-Disposition": 'attachment; filename="check_archive.py"'})  # fmt: skip


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
