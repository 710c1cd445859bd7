"""Pages of a deal's evidence: asking for it, taking it away, and how to check it without us."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for

from frontend.pages import Pages, render
from marketplace.disposal.ports import signer
from marketplace.evidence import actions, check_bundle, queries
from marketplace.financing.queries import find_cover
from tenants.record import sequence_of
from tenants.workspace import Workspace

pages = Pages("evidence", __name__)
PIECE = 2**16


@pages.look("/deals/<uuid:deal_id>/evidence")
def show_evidence(ws: Workspace, deal_id: UUID) -> Any:
    return render(
        "evidence/evidence.html",
        cover=find_cover(ws, deal_id),
        bundles=[(one, actions.bundle_name(one)) for one in queries.bundles_of(ws, deal_id)],
        key=signer().public,
        sequence=sequence_of(ws, deal_id),
    )


@pages.act("/deals/<uuid:deal_id>/evidence")
def ask_evidence(ws: Workspace, deal_id: UUID) -> Any:
    actions.ask_evidence(ws, deal_id)
    return redirect(url_for(".show_evidence", deal_id=deal_id))


@pages.act("/evidence/<uuid:bundle_id>/takings")
def take_bundle(ws: Workspace, bundle_id: UUID) -> Any:
    """The archive as it was kept; streamed, so that it is not kept once more as the answer to this form."""
    bundle, content = actions.take_bundle(ws, bundle_id)
    answer = Response(_pieces(content), mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=actions.bundle_name(bundle))
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@pages.look("/evidence/check_bundle.py", visitors=True)
def download_checker(_ws: Workspace) -> Any:
    """The program as it stands in the house's own sources; the two that it calls are offered beside readings and sales."""
    source = Path(str(check_bundle.__file__)).read_text()
    return Response(source, mimetype="text/x-python", headers={"Content-Disposition": 'attachment; filename="check_bundle.py"'})  # fmt: skip


def _pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + PIECE] for start in range(0, len(content), PIECE))
