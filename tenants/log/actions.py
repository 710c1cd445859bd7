"""What firms and their witnesses do with the log: register a key, end it, sign what was seen, refuse what does not follow."""

import re
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.log.facts import WitnessEnded, WitnessRefused, WitnessRegistered
from tenants.log.models import Cosignature, Witness, WitnessRefusal
from tenants.log.notes import COSIGNATURE, Checkpoint, Note, Unreadable, VerifierKey, cosigned_at
from tenants.log.queries import checkpoints, find_witness
from tenants.log.rules import CLOCKS_APART
from tenants.workspace import Workspace

REFUSAL_KIND = "bailee witness refusal 1"
GROUNDS = frozenset({"FORK", "ROLLBACK"})


def register_witness(ws: Workspace, *, key: str) -> Witness:
    """Name the key (`NAME+ID+KEY`, as the witness's program shows it) by which a machine of the firm's own signs what it sees of the log.

    Refuses what is no key for cosignatures, and one that was ever registered: nobody's signature may count for two.
    """
    ws.may("keep_witness")
    verifier = _read_key(key)
    if ws.session.scalar(select(Witness.id).where(Witness.public_key == verifier.public)) is not None:
        raise Conflict("witness_known", "This key was registered before. Each witness has a key of its own.", field="key")  # fmt: skip
    witness = Witness(
        tenant_id=ws.tenant_id,
        id=new_id(),
        name=verifier.name,
        public_key=verifier.public,
        registered_by=ws.member.name,
        created_at=ws.now,
    )
    ws.session.add(witness)
    ws.record(WitnessRegistered(witness_id=witness.id, name=witness.name, key=str(verifier)), on=ws.tenant_id)
    return witness


def end_witness(ws: Workspace, witness_id: UUID) -> Witness:
    """Take nothing more that this key signs: it was lost, or the firm witnesses no longer. What it signed stays."""
    ws.may("keep_witness")
    witness = find_witness(ws, witness_id)
    if witness.ended_at is not None:
        raise Conflict("witness_ended", "This witness has ended.")
    witness.ended_at = ws.now
    ws.record(WitnessEnded(witness_id=witness.id, name=witness.name), on=ws.tenant_id)
    return witness


def keep_cosignature(ws: Workspace, witness: Witness, note: Note, *, world_at: int) -> None:
    """Keep what a witness signed, in its own workspace. `world_at`: the world's seconds since 1970, by which witnesses sign.

    Refuses a checkpoint that the log never signed, and a time that is not here yet or before the last.
    """
    line = note.signed_by(witness.verifier)
    assert line is not None, "the door finds the witness by its good signature"
    checkpoint = Checkpoint.read(note.text)
    known = checkpoints(ws, 1, checkpoint.size)
    if not known or Note.read(known[0].note).text != note.text:
        raise Conflict("checkpoint_unknown", "The log never signed this checkpoint.")
    if (at := cosigned_at(line.blob)) > world_at + CLOCKS_APART:
        raise Invalid("time_ahead", "This was signed at a time that is not here yet.", field="time")
    told = {"root": checkpoint.root, "signed_at": at, "line": str(line), "received_at": ws.now}
    row = {"tenant_id": ws.tenant_id, "witness_id": witness.id, "size": checkpoint.size}
    ws.session.execute(
        insert(Cosignature)
        .values(row | told)
        .on_conflict_do_update(index_elements=list(row), set_=told, where=Cosignature.signed_at < at)
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a witness says when it refuses: why, what it had seen, what it was shown."""

    ground: str
    seen_size: int
    shown_size: int
    shown: bytes

    @classmethod
    def read(cls, text: str) -> "Refusal":
        """Refuses what is no such statement: its kind, the log's name, the ground, then size and root of both trees."""
        kind, _, ground, seen, shown, *_ = [*text.split("\n"), *[""] * 5]
        sizes = [re.fullmatch(r"(?:seen|shown) ([0-9]{1,18}) (\S{44})", line) for line in (seen, shown)]
        if kind != REFUSAL_KIND or ground not in GROUNDS or not all(sizes):
            raise Unreadable("no statement of a refusal")
        [(seen_size, _), (shown_size, _)] = [one.groups() for one in sizes if one]
        return cls(ground, int(seen_size), int(shown_size), sha256(shown.encode()).digest())


def keep_refusal(ws: Workspace, witness: Witness, note: Note) -> None:
    """Keep a witness's own signed words that it refuses the log; told once for each tree that it was shown, and to everybody on the page of the log."""
    refusal = Refusal.read(note.text)
    row = {"tenant_id": ws.tenant_id, "witness_id": witness.id, "shown": refusal.shown}
    again = {"statement": str(note), "received_at": ws.now}
    sizes = {"seen_size": refusal.seen_size, "shown_size": refusal.shown_size}
    fresh = insert(WitnessRefusal).values(row | again | sizes | {"ground": refusal.ground, "first_at": ws.now})
    if ws.session.scalar(fresh.on_conflict_do_nothing().returning(WitnessRefusal.shown)) is None:
        ws.session.execute(update(WitnessRefusal).filter_by(**row).values(again))
        return
    told = {"ground": refusal.ground, "seen": refusal.seen_size, "shown": refusal.shown_size, "statement": str(note)}
    ws.record(WitnessRefused(witness_id=witness.id, name=witness.name, **told), on=ws.tenant_id)  # type: ignore[arg-type]


def _read_key(written: str) -> VerifierKey:
    try:
        verifier = VerifierKey.read(written)
    except Unreadable as wrong:
        raise Invalid("key_unreadable", "This is no key of a witness: NAME+ID+KEY, as the program shows it.", field="key") from wrong  # fmt: skip
    if verifier.kind != COSIGNATURE:
        raise Invalid("key_kind", "This key signs notes and not checkpoints with their time: take the one that the witness’s program shows.", field="key")  # fmt: skip
    return verifier
