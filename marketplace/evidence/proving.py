"""The proofs in a bundle: each of its events stands in the log over the whole house, and who has witnessed that log."""

import base64
from collections.abc import Mapping
from typing import Any

from marketplace.evidence.rules import Contents
from marketplace.evidence.scope import Scope
from tenants.log import queries, tree
from tenants.log.ports import log_key
from tenants.log.rules import is_platform
from tenants.workspace import Workspace

KIND, FILE = "bailee inclusion 1", "proofs/log.json"
WAITING = "not in the log yet, or not in a tree that was signed"


def put_proofs(ws: Workspace, scope: Scope, contents: Contents) -> None:
    """Prove by the tree that most owners have seen, and what came later by the newest; events that wait for their place have no proof yet."""
    signed = [one for one in queries.good_checkpoints(ws) if one.size]
    if not signed:
        contents.leave_out(FILE, WAITING)
        return
    node = queries.node_of(ws)
    streams = {str(stream_id): proofs_of(queries.leaves_of(ws, stream_id), signed, node) for _, stream_id, _ in scope.streams}  # fmt: skip
    proofs = {stream: proofs for stream, proofs in streams.items() if proofs}
    contents.put(FILE, {"kind": KIND, "proofs": proofs} | told_log(ws, signed))


def told_log(ws: Workspace, signed: list[queries.Signed]) -> dict[str, Any]:
    """The log's key, its checkpoints with what witnesses signed under them, and whose the witnesses are."""
    return {
        "log": str(log_key(queries.origin_of(signed[0])).verifier),
        "witnesses": _witnesses(ws),
        "checkpoints": [queries.note_of(ws, one) for one in signed],
    }


def proofs_of(leaves: Mapping[int, int], signed: list[queries.Signed], node: tree.Node) -> list[dict[str, Any]]:
    """Of each event its sequence, its place in the log, which of the checkpoints, and the hashes up to that root."""
    proofs = []
    for sequence, leaf in leaves.items():
        by = next((number for number, one in enumerate(signed) if one.size > leaf), None)
        if by is not None:
            path = [base64.b64encode(one).decode() for one in tree.inclusion(node, leaf, signed[by].size)]
            proofs.append({"sequence": sequence, "leaf": leaf, "checkpoint": by, "path": path})
    return proofs


def _witnesses(ws: Workspace) -> list[dict[str, Any]]:
    """Whose keys they are, as the house has them registered."""
    return [
        {
            "firm": one.organisation.name,
            "platform": is_platform(one.organisation.kinds),
            "key": str(one.witness.verifier),
        }
        for one in queries.watchers(ws)
    ]
