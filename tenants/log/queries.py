"""Reading the log: what was signed, tiles, proofs, and who has witnessed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import func, select, text

from tenants.errors import Conflict, NotFound
from tenants.log import rules, tree
from tenants.log.models import Cosignature, Witness, WitnessRefusal
from tenants.log.notes import Checkpoint, Note, proof_text
from tenants.log.ports import log_key
from tenants.organisations import Organisation
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint as the log signed it; `note` without the cosignatures that came later."""

    size: int
    root: bytes
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That an event is in the tree: its place, the size of the tree, the hashes from its own sibling up."""

    leaf: int
    size: int
    path: list[bytes]


@dataclass(frozen=True, slots=True)
class Watcher:
    """A witness with its owner, what it signed last, what it refused last, and how it stands."""

    witness: Witness
    organisation: Organisation
    last: Cosignature | None
    refusal: WitnessRefusal | None
    standing: rules.Standing


def checkpoints(ws: Workspace, most: int, size: int | None = None) -> list[Signed]:
    """What was signed, newest first; of one size alone where it is named."""
    found = text("select * from gate.log_checkpoints(:most, cast(:size as bigint))")
    return [Signed(*row) for row in ws.session.execute(found, {"most": most, "size": size})]


def newest(ws: Workspace) -> Signed:
    """The newest checkpoint; of an empty log one that says so."""
    signed = checkpoints(ws, 1)
    if signed:
        return signed[0]
    key = log_key()
    return Signed(0, tree.EMPTY, ws.now, str(key.signed(Checkpoint(key.verifier.name, 0, tree.EMPTY).text)))


def round_of(ws: Workspace) -> Signed:
    """The checkpoint that witnesses sign in this minute, so that several signatures stand under one; the newest where none is that old."""
    row = ws.session.execute(text("select * from gate.log_round()")).one_or_none()
    return Signed(*row) if row else newest(ws)


def origin_of(signed: Signed) -> str:
    """The log's name."""
    return Checkpoint.read(Note.read(signed.note).text).origin


def witnessed(ws: Workspace, most: int) -> list[tuple[Signed, list[str]]]:
    """The newest checkpoint and those before it that were signed by witnesses, newest first, with the names of the firms that did."""
    sizes = ws.session.scalars(select(Cosignature.size).distinct().order_by(Cosignature.size.desc()).limit(most)).all()
    firms = select(Cosignature.size, Organisation.name).join(Organisation, Organisation.id == Cosignature.tenant_id)
    named: dict[int, list[str]] = {}
    for row in ws.session.execute(firms.where(Cosignature.size.in_(sizes)).distinct().order_by(Organisation.name)):
        named.setdefault(row.size, []).append(row.name)
    last = checkpoints(ws, 1)
    shown = [*(last if last and last[0].size not in named else []), *(one for size in sizes for one in checkpoints(ws, 1, size))]  # fmt: skip
    return [(one, named.get(one.size, [])) for one in shown]


def tile_of(ws: Workspace, level: int, number: int) -> bytes | None:
    """A tile's hashes as far as they go; level -1: the digests themselves."""
    found: bytes | None = ws.session.scalar(select(func.gate.log_tile(level, number)))
    return found


def node_of(ws: Workspace) -> tree.Node:
    """The tree's nodes; each tile is read once."""

    @cache
    def tile(level: int, number: int) -> bytes:
        return tile_of(ws, level, number) or b""

    return tree.node_in(tile)


def leaves_of(ws: Workspace, stream_id: UUID, sequence: int | None = None) -> dict[int, int]:
    """Where the events of a stream stand in the tree, by sequence; those that wait stand nowhere yet."""
    found = text("select sequence, leaf from gate.log_leaves(:stream, cast(:sequence as bigint))")
    rows = ws.session.execute(found, {"stream": stream_id, "sequence": sequence})
    return {row.sequence: row.leaf for row in rows}


def proof_of(ws: Workspace, stream_id: UUID, sequence: int) -> Proof:
    """That an event of a stream whose chain the viewer may check is in the newest tree that others have seen, or else in the newest.

    Refuses, as not found, what is not for the viewer; and an event that is not in the tree yet.
    """
    if not ws.session.scalar(text("select exists (select from gate.chain(:stream) where sequence = :one)"), {"stream": stream_id, "one": sequence}):  # fmt: skip
        raise NotFound("event_unknown", "There is no such event.")
    leaf = leaves_of(ws, stream_id, sequence).get(sequence)
    if leaf is None:
        raise Conflict("event_waits", "This event is not in the log yet: it will be within seconds.")
    size = next(one.size for one in good_checkpoints(ws) if one.size > leaf)
    return Proof(leaf, size, tree.inclusion(node_of(ws), leaf, size))


def good_checkpoints(ws: Workspace) -> list[Signed]:
    """The checkpoints to prove by: the newest that a quorum of owners has signed, then the newest that anybody has, then the newest."""
    owners = func.count(func.distinct(Cosignature.tenant_id))
    by_size = select(Cosignature.size).group_by(Cosignature.size).order_by(Cosignature.size.desc()).limit(1)
    sizes = [ws.session.scalar(by_size.having(owners >= least)) for least in (rules.QUORUM, 1)]
    found = [*(one for size in sizes if size for one in checkpoints(ws, 1, size)), newest(ws)]
    return list({one.size: one for one in found}.values())


def proof_file(ws: Workspace, stream_id: UUID, sequence: int) -> str:
    """The proof as a text that stands by itself (C2SP tlog-proof)."""
    proof = proof_of(ws, stream_id, sequence)
    [signed] = checkpoints(ws, 1, proof.size)
    return proof_text(proof.leaf, proof.path, note_of(ws, signed))


def note_of(ws: Workspace, signed: Signed) -> str:
    """A checkpoint as it is given out: the log's signature, then what witnesses have signed under it."""
    return signed.note + "".join(f"{one.line}\n" for one in cosignatures_of(ws, signed.size))


def cosignatures_of(ws: Workspace, size: int) -> Sequence[Cosignature]:
    """Who signed the checkpoint of this very size."""
    signed = select(Cosignature).where(Cosignature.size == size)
    return ws.session.scalars(signed.order_by(Cosignature.received_at, Cosignature.witness_id)).all()


def find_witness(ws: Workspace, witness_id: UUID) -> Witness:
    """One of the firm's own witnesses, to change it."""
    witness = ws.session.get(Witness, (ws.tenant_id, witness_id), with_for_update=True)
    if witness is None:
        raise NotFound("witness_unknown", "There is no such witness.")
    return witness


def signer_of(ws: Workspace, note: Note) -> Witness | None:
    """The live witness whose good signature stands under a note."""
    names = [one.name for one in note.signatures]
    live = ws.session.scalars(select(Witness).where(Witness.name.in_(names), Witness.ended_at.is_(None)))
    return next((one for one in live if note.signed_by(one.verifier)), None)


def watchers(ws: Workspace) -> list[Watcher]:
    """Every registered witness and how it stands; those that ended last."""
    wanted = select(Witness, Organisation).join(Organisation, Organisation.id == Witness.tenant_id)
    rows = ws.session.execute(wanted.order_by(Witness.ended_at.is_not(None), Witness.created_at)).all()
    return [_watcher(ws, *row) for row in rows]


def watch_over(found: Sequence[Watcher], now: datetime) -> rules.Watch:
    """How well the log is watched by these."""
    return rules.watch([_seen(one.witness, one.organisation, one.last, one.refusal) for one in found], now)


def _watcher(ws: Workspace, witness: Witness, firm: Organisation) -> Watcher:
    mine = Cosignature.tenant_id == witness.tenant_id, Cosignature.witness_id == witness.id
    last = ws.session.scalar(select(Cosignature).where(*mine).order_by(Cosignature.size.desc()).limit(1))
    refused = select(WitnessRefusal).where(WitnessRefusal.tenant_id == witness.tenant_id, WitnessRefusal.witness_id == witness.id)  # fmt: skip
    refusal = ws.session.scalar(refused.order_by(WitnessRefusal.received_at.desc()).limit(1))
    stands = rules.standing(_seen(witness, firm, last, refusal), ws.now)
    return Watcher(witness, firm, last, refusal, stands)


def _seen(witness: Witness, firm: Organisation, last: Cosignature | None, refusal: WitnessRefusal | None) -> rules.Seen:
    return rules.Seen(
        witness.tenant_id,
        rules.is_platform(firm.kinds),
        last.received_at if last else None,
        refusal.received_at if refusal else None,
        witness.ended_at,
    )
