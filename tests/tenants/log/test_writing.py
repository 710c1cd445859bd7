"""The log as it is written: every event has one place, the tree is that of its digests, and where nothing waits nothing is done."""

from hashlib import sha256

from sqlalchemy import text

from tenants.log import tree
from tenants.log.notes import Checkpoint, Note
from tenants.log.ports import log_key
from tenants.log.queries import checkpoints, newest, proof_of, tile_of
from tenants.log.writing import LogWriter, write_log
from tests.factories import Firm, World
from tests.tenants.log.checking import root_at, root_from_inclusion
from tests.tenants.log.makers import an_event, written


def test_each_event_gets_its_place_and_the_tree_is_signed(world: World) -> None:
    firm = world.firm()
    with firm.owner.ws(read_only=True) as ws:
        before = newest(ws).size
    made = [an_event(firm, number) for number in range(300)]
    written(world)
    with firm.owner.ws(read_only=True) as ws:
        told = newest(ws)
        assert told.size >= before + 300
        note = Note.read(told.note)
        assert note.signed_by(log_key(Checkpoint.read(note.text).origin).verifier)
        node = tree.node_in(lambda level, number: tile_of(ws, level, number) or b"")
        assert root_at(node, told.size) == told.root
        for sequence in (made[0], made[150], made[-1]):
            proof = proof_of(ws, firm.tenant_id, sequence)
            digest = ws.session.scalar(text("select digest from gate.chain(:stream) where sequence = :one"), {"stream": firm.tenant_id, "one": sequence})  # fmt: skip
            assert root_from_inclusion(proof.leaf, proof.size, digest, proof.path) == told.root
        assert [one.size for one in checkpoints(ws, 2)] == sorted(
            [one.size for one in checkpoints(ws, 2)], reverse=True
        )


def test_batches_leave_the_tiles_of_one_tree(world: World) -> None:
    firm = world.firm()
    written(world)
    for count in (1, 2, 255, 3):
        for number in range(count):
            an_event(firm, number)
        written(world, most=100)
    with firm.owner.ws(read_only=True) as ws:
        told = newest(ws)
        digests = b"".join(tile_of(ws, -1, number) or b"" for number in range(told.size // tree.WIDTH + 1))
        assert len(digests) == told.size * tree.HASH
        grown = tree.grown(0, [], digests)
        assert all(tile_of(ws, *at) == tile for at, tile in grown.items())
        assert tree.root_of_edge(tree.edge_after(told.size, [], grown)) == told.root


def test_it_waits_a_second_or_for_a_thousand_and_is_idle_where_nothing_waits(world: World) -> None:
    firm, writer = world.firm(), LogWriter()
    written(world)
    with world.worker_app.app_context():
        assert writer.turn(100.0) == 0
        an_event(firm, 1)
        assert writer.turn(100.5) == 1
        an_event(firm, 2)
        assert writer.turn(101.0) == 0
        assert writer.turn(101.6) == 1
        for number in range(1000):
            an_event(firm, number)
        assert writer.turn(101.7) == 1000


def test_a_second_writer_stands_by(world: World) -> None:
    an_event(world.firm(), 1)
    with world.admin.transaction():
        world.admin.execute("select from gate.log_head for update")
        with world.worker_app.app_context():
            assert write_log() == 0
    assert written(world) >= 1


def test_a_request_that_is_taken_back_is_in_no_tree(world: World) -> None:
    firm = world.firm()
    written(world)
    with firm.owner.ws() as ws:
        an_event_in(ws, firm)
        ws.session.rollback()
    assert written(world) == 0


def an_event_in(ws: object, firm: Firm) -> None:
    """An event in a transaction that somebody else ends."""
    from tests.tenants.log.makers import Happening

    ws.record(Happening(number=0), on=firm.tenant_id)  # type: ignore[attr-defined]


def test_a_leaf_is_a_digest_and_nothing_else(world: World) -> None:
    firm = world.firm()
    written(world)
    sequence = an_event(firm, 7)
    written(world)
    with firm.owner.ws(read_only=True) as ws:
        proof = proof_of(ws, firm.tenant_id, sequence)
        number, at = divmod(proof.leaf, tree.WIDTH)
        hashes = tile_of(ws, 0, number) or b""
        digest = (tile_of(ws, -1, number) or b"")[at * 32 : at * 32 + 32]
        assert hashes[at * 32 : at * 32 + 32] == sha256(b"\x00" + digest).digest()
