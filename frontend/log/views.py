"""The log for programs, as C2SP lays it out (checkpoint, tiles, entries), and its page for people: size, checkpoints, witnesses, proofs."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, request, url_for

from frontend.language import translate
from frontend.pages import Pages, render
from tenants.log import actions, queries, rules, tree, witness
from tenants.log.ports import log_key
from tenants.log.writing import DIGESTS
from tenants.workspace import Workspace

pages = Pages("log", __name__)
MOST = 20
WHOLE = re.compile(r"(?P<number>[x0-9/]+?)(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@pages.look("/log")
def show_log(ws: Workspace) -> Any:
    found, newest = queries.watchers(ws), queries.newest(ws)
    return render(
        "log/log.html",
        newest=newest,
        origin=queries.origin_of(newest),
        key=str(log_key(queries.origin_of(newest)).verifier),
        watchers=found,
        watch=queries.watch_over(found, ws.now),
        needed=rules.QUORUM,
        late_after=rules.LATE,
        checkpoints=queries.witnessed(ws, MOST),
        address=request.host_url.rstrip("/"),
    )


@pages.act("/log/witnesses", again="show_log")
def register_witness(ws: Workspace) -> Any:
    found = actions.register_witness(ws, key=request.form.get("key", "").strip())
    flash(translate("%(name)s is registered. It counts as soon as it has signed.", name=found.name), "ok")
    return redirect(url_for(".show_log"))


@pages.act("/log/witnesses/<uuid:witness_id>/end", again="show_log")
def end_witness(ws: Workspace, witness_id: UUID) -> Any:
    actions.end_witness(ws, witness_id)
    flash(translate("Nothing more of this witness is taken."), "ok")
    return redirect(url_for(".show_log"))


@pages.look("/log/proofs/<uuid:stream_id>/<int:sequence>")
def download_proof(ws: Workspace, stream_id: UUID, sequence: int) -> Any:
    """An event's proof as a file that stands by itself."""
    name = f"{stream_id.hex[-6:]}-{sequence}.tlog-proof"
    answer = Response(queries.proof_file(ws, stream_id, sequence), mimetype="text/plain")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@pages.look("/log/checkpoint", visitors=True)
def give_checkpoint(ws: Workspace) -> Any:
    """The newest checkpoint, with what witnesses have signed under it."""
    return Response(queries.note_of(ws, queries.newest(ws)), mimetype="text/plain")


@pages.look("/log/round", visitors=True)
def give_round(ws: Workspace) -> Any:
    """The checkpoint that witnesses sign in this minute."""
    return Response(queries.note_of(ws, queries.round_of(ws)), mimetype="text/plain")


@pages.look("/log/tile/<int:level>/<path:tile>", visitors=True)
def give_tile(ws: Workspace, level: int, tile: str) -> Any:
    """Hashes of a level, 256 or as many as are named."""
    return _tile(ws, level, tile, b"")


@pages.look("/log/tile/entries/<path:tile>", visitors=True)
def give_entries(ws: Workspace, tile: str) -> Any:
    """The leaves themselves: digests, each behind its length."""
    return _tile(ws, DIGESTS, tile, tree.HASH.to_bytes(2))


@pages.look("/log/witness.py", visitors=True)
def download_witness(_ws: Workspace) -> Any:
    """The program as it stands in the house's own sources."""
    source = Path(str(witness.__file__)).read_text()
    return Response(source, mimetype="text/x-python", headers={"Content-Disposition": 'attachment; filename="witness.py"'})  # fmt: skip


def _tile(ws: Workspace, level: int, named: str, before_each: bytes) -> Response:
    """A tile never changes: one of a width that was once signed is given for ever, however far it has grown since."""
    asked = WHOLE.fullmatch(named)
    number = tree.tile_number(asked["number"]) if asked else None
    width = int(asked["width"] or tree.WIDTH) if asked else 0
    hashes = None if number is None or width > tree.WIDTH or level > 7 else queries.tile_of(ws, level, number)
    if hashes is None or len(hashes) < width * tree.HASH or (asked and asked["width"] == str(tree.WIDTH)):
        abort(404)
    body = b"".join(before_each + hashes[at : at + tree.HASH] for at in range(0, width * tree.HASH, tree.HASH))
    return Response(body, mimetype="application/octet-stream", headers=FOR_EVER)
