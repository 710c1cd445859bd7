"""Calls about the log: how it stands, its checkpoints and who has seen them, its witnesses, proofs of single events."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, Nothing, Shape
from tenants.log import actions, queries, rules
from tenants.log.models import Witness
from tenants.log.ports import log_key
from tenants.workspace import Workspace

api = Api("log")
EXAMPLE = "bank.example/witness+7b0462d9+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"


class WitnessView(Shape):
    """A witness: whose it is, its key, what it saw last, and whether it is SILENT, WITNESSING, LATE, REFUSING or ENDED."""

    id: UUID
    organisation: str
    name: str
    key: str
    standing: rules.Standing
    size: int | None = None
    seen_at: Moment | None = None
    refusal: Annotated[str | None, Field(description="Its own signed words, where it refuses.")] = None
    created_at: Moment


class LogStandingView(Shape):
    """The log: its name and key, its newest checkpoint with all signatures under it, and how many different owners witness it, outside of the platform and in all."""

    origin: str
    key: str
    size: int
    root: str
    at: Moment
    checkpoint: str
    owners: int
    outside: int
    needed: int
    is_enough: bool
    witnesses: list[WitnessView]


class CheckpointView(Shape):
    """A checkpoint and the firms whose witnesses signed it."""

    size: int
    root: str
    at: Moment
    witnessed_by: list[str]


class CheckpointPage(Shape):
    """Checkpoints that witnesses have signed, newest first."""

    items: list[CheckpointView]


class WitnessBody(Shape):
    """A witness's key as its program shows it: NAME+ID+KEY."""

    key: Annotated[str, Field(min_length=1, max_length=400, examples=[EXAMPLE])]


class ProofView(Shape):
    """A proof that stands by itself (C2SP tlog-proof)."""

    proof: str


@api.look("/log", gives=LogStandingView)
def show_log(ws: Workspace) -> LogStandingView:
    """How the log stands and who watches it."""
    newest, found = queries.newest(ws), queries.watchers(ws)
    origin, watch = queries.origin_of(newest), queries.watch_over(found, ws.now)
    return LogStandingView(
        origin=origin,
        key=str(log_key(origin).verifier),
        size=newest.size,
        root=newest.root.hex(),
        at=newest.at,
        checkpoint=queries.note_of(ws, newest),
        owners=watch.owners,
        outside=watch.outside,
        needed=rules.QUORUM,
        is_enough=watch.is_enough,
        witnesses=[_told(one) for one in found],
    )


@api.look("/log/checkpoints", gives=CheckpointPage)
def list_checkpoints(ws: Workspace) -> CheckpointPage:
    """Checkpoints and who has witnessed them."""
    items = [
        CheckpointView(size=signed.size, root=signed.root.hex(), at=signed.at, witnessed_by=firms)
        for signed, firms in queries.witnessed(ws, 100)
    ]
    return CheckpointPage(items=items)


@api.act("/log/witnesses", takes=WitnessBody, gives=WitnessView, status=201)
def register_witness(ws: Workspace, body: WitnessBody) -> WitnessView:
    """Name a key by which the firm's own machine witnesses the log."""
    return _own(ws, actions.register_witness(ws, key=body.key))


@api.act("/log/witnesses/<uuid:witness_id>/end", gives=WitnessView)
def end_witness(ws: Workspace, witness_id: UUID, body: Nothing) -> WitnessView:
    """Take nothing more that this key signs."""
    return _own(ws, actions.end_witness(ws, witness_id))


@api.look("/streams/<uuid:stream_id>/proofs/<int:sequence>", gives=ProofView)
def show_proof(ws: Workspace, stream_id: UUID, sequence: int) -> ProofView:
    """An event's proof that it is in the log."""
    return ProofView(proof=queries.proof_file(ws, stream_id, sequence))


def _own(ws: Workspace, witness: Witness) -> WitnessView:
    ws.session.flush()
    return _told(next(one for one in queries.watchers(ws) if one.witness.id == witness.id))


def _told(one: queries.Watcher) -> WitnessView:
    refuses = one.standing is rules.Standing.REFUSING and one.refusal
    return WitnessView(
        id=one.witness.id,
        organisation=one.organisation.name,
        name=one.witness.name,
        key=str(one.witness.verifier),
        standing=one.standing,
        size=one.last.size if one.last else None,
        seen_at=one.last.received_at if one.last else None,
        refusal=one.refusal.statement if refuses and one.refusal else None,
        created_at=one.witness.created_at,
    )
