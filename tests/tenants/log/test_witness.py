"""Two witnesses beside a house that is honest, and one that shows each of them another history: the program under test is the file that strangers download."""

import importlib.util
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tenants.log import actions, queries, tree, witness
from tenants.log.notes import COSIGNATURE, ED25519, Checkpoint, NoteKey, VerifierKey
from tenants.log.ports import log_key
from tenants.log.rules import LATE, QUORUM, Seen, Standing, standing, watch
from tests.factories import Firm, World
from tests.tenants.log.makers import an_event, written

REFUSED, DONE, NOT_LOOKED = 1, 0, 2


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The program by itself, out of a folder with nothing else in it."""
    alone = tmp_path_factory.mktemp("alone") / "witness.py"
    alone.write_bytes(Path(str(witness.__file__)).read_bytes())
    spec = importlib.util.spec_from_file_location("strangers_witness", alone)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def house(world: World) -> Iterator[str]:
    """The house's own web, at an address of this machine."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class Forged:
    """A house with the right key and another history: what it shows is signed, and its tiles fit what it shows."""

    def __init__(self, digests: list[bytes], key: NoteKey) -> None:
        tiles = tree.grown(0, [], b"".join(digests))
        root = tree.root_of_edge(tree.edge_after(len(digests), [], tiles))
        note = key.signed(Checkpoint(key.verifier.name, len(digests), root).text)
        self.shown = {"/log/round": str(note).encode()}
        for (level, number), hashes in tiles.items():
            width = len(hashes) // tree.HASH
            part = "" if width == tree.WIDTH else f".p/{width}"
            self.shown[f"/log/tile/{level}/{tree.tile_path(number)}{part}"] = hashes
        self.sent: list[str] = []

    def __enter__(self) -> "Forged":
        told = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = told.shown.get(self.path)
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write(body or b"")

            def do_POST(self) -> None:
                told.sent.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_failure: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Watching:
    """A firm with the program in a folder of its own."""

    def __init__(self, program: Any, folder: Path, firm: Firm, capsys: Any) -> None:
        self.program, self.folder, self.firm, self.capsys = program, folder, firm, capsys
        self.witness = program.Witness(program.House("http://127.0.0.1:1"), folder, program.Words(False), f"{folder.name}.example", str(log_key().verifier))  # fmt: skip
        with firm.owner.ws() as ws:
            actions.register_witness(ws, key=self.witness.key)

    def look(self, url: str) -> tuple[int, str]:
        ended = self.program.main([url, "--keep", str(self.folder)])
        said = self.capsys.readouterr()
        return ended, said.out + said.err

    def stands(self) -> queries.Watcher:
        with self.firm.owner.ws(read_only=True) as ws:
            return next(one for one in queries.watchers(ws) if one.witness.tenant_id == self.firm.tenant_id)


@pytest.fixture
def two(world: World, program: Any, tmp_path: Path, capsys: Any) -> list[Watching]:
    """A bank's witness and a supervisor's; whoever refused in an earlier test witnesses no longer, since one refusal outweighs all."""
    world.admin.execute("update house.witness w set ended_at = now() where exists (select from house.witness_refusal r where r.tenant_id = w.tenant_id and r.witness_id = w.id)")  # fmt: skip
    an_event(world.firm())
    written(world)
    return [Watching(program, tmp_path / kind.lower(), world.firm(kind), capsys) for kind in ("BANK", "SUPERVISOR")]


def digests_of(world: World) -> list[bytes]:
    with world.firm().owner.ws(read_only=True) as ws:
        size = queries.newest(ws).size
        row = b"".join(queries.tile_of(ws, -1, number) or b"" for number in range(size // tree.WIDTH + 1))
    return [row[at : at + 32] for at in range(0, len(row), 32)]


def test_two_witnesses_sign_what_they_saw_and_the_house_tells_everybody(world: World, house: str, two: list[Watching]) -> None:  # fmt: skip
    for one in two:
        ended, said = one.look(house)
        assert (ended, "signed" in said) == (DONE, True), said
    for number in range(300):
        an_event(two[0].firm, number)
    written(world)
    assert [one.look(house)[0] for one in two] == [DONE, DONE]
    buyer = world.firm("BUYER")
    told = buyer.owner.call("GET", "/log").json
    mine = [one for one in told["witnesses"] if one["organisation"] in {one.firm.name for one in two}]
    assert [one["standing"] for one in mine] == ["WITNESSING", "WITNESSING"]
    assert {one["size"] for one in mine} == {told["size"]}
    assert told["outside"] >= QUORUM
    assert told["is_enough"] is True
    assert all(f"— {one.witness.name} " in told["checkpoint"] for one in two)
    assert {one.firm.name for one in two} <= set(buyer.owner.call("GET", "/log/checkpoints").json["items"][0]["witnessed_by"])  # fmt: skip
    page = buyer.owner.browser().get("/log").text
    assert all(one.firm.name in page for one in two)
    world.advance(LATE + timedelta(seconds=1))
    assert [one.stands().standing for one in two] == [Standing.LATE, Standing.LATE]
    an_event(two[0].firm)
    written(world)
    world.advance(
        timedelta(minutes=1)
    )  # to the next round: what is signed anew within a second of its own clock tells nothing new
    assert two[0].look(house)[0] == DONE
    assert [one.stands().standing for one in two] == [Standing.WITNESSING, Standing.LATE]


def test_within_a_minute_all_witnesses_sign_one_checkpoint_however_fast_the_log_grows(world: World, house: str, two: list[Watching]) -> None:  # fmt: skip
    world.advance(timedelta(seconds=30))
    for one in two:
        an_event(one.firm)
        written(world)
        assert one.look(house)[0] == DONE
    early, late = (one.stands().last for one in two)
    assert early is not None
    assert late is not None
    with two[0].firm.owner.ws(read_only=True) as ws:
        assert early.size == late.size == queries.good_checkpoints(ws)[0].size < queries.newest(ws).size
    world.advance(timedelta(seconds=30))
    assert two[0].look(house)[0] == DONE
    with two[0].firm.owner.ws(read_only=True) as ws:
        assert [one.size for one in queries.good_checkpoints(ws)] == [early.size, queries.newest(ws).size]  # fmt: skip


def test_a_split_view_is_refused_by_whoever_sees_its_other_half(world: World, house: str, two: list[Watching]) -> None:
    honest = digests_of(world)
    with Forged([sha256(b"another").digest(), *honest[1:]], log_key()) as forged:
        assert two[0].look(house)[0] == DONE
        assert two[1].look(forged.url)[0] == DONE  # it knows no other, and signs what it was shown
        assert two[1].stands().standing is Standing.SILENT
        for one, other in ((two[0], forged.url), (two[1], house)):
            ended, said = one.look(other)
            assert (ended, "ANOTHER HISTORY" in said) == (REFUSED, True), said
            [kept] = one.folder.glob("refused-*.txt")
            assert kept.read_text().count(log_key().verifier.name) == 4  # both checkpoints, each signed by the house
        assert "bailee witness refusal 1" in forged.sent[-1]
    assert two[1].stands().standing is Standing.REFUSING
    with two[1].firm.owner.ws(read_only=True) as ws:
        told = [one.values for one in ws.session.query(Event).filter_by(stream_id=ws.tenant_id, kind="WitnessRefused")]
        assert [one["ground"] for one in told] == ["FORK"]
        assert not queries.watch_over(queries.watchers(ws), ws.now).is_enough
    assert two[1].look(house)[0] == REFUSED
    page = world.firm("BUYER").owner.browser().get("/log").text
    assert f"{two[1].firm.name} refuses the log" in page
    with two[1].firm.owner.ws(read_only=True) as ws:
        assert ws.session.query(Event).filter_by(stream_id=ws.tenant_id, kind="WitnessRefused").count() == 1


def test_a_history_that_was_rewritten_grown_or_cut_is_refused(world: World, house: str, two: list[Watching]) -> None:
    one, honest = two[0], digests_of(world)
    assert one.look(house)[0] == DONE
    forgeries = {"ANOTHER HISTORY": [[*honest[:-1], sha256(b"x").digest(), *honest[:300]]], "LOST EVENTS": [honest[:-1]]}  # fmt: skip
    for told, histories in forgeries.items():
        for digests in histories:
            with Forged(digests, log_key()) as forged:
                ended, said = one.look(forged.url)
                assert (ended, told in said) == (REFUSED, True), said
    with Forged([*honest, sha256(b"y").digest()], log_key()) as grown:
        assert one.look(grown.url)[0] == DONE


def test_a_checkpoint_of_another_key_and_a_silent_house_are_not_signed(world: World, two: list[Watching]) -> None:
    one, honest = two[0], digests_of(world)
    with Forged(honest, NoteKey(log_key().verifier.name, b"\x09" * 32)) as foreign:
        ended, said = one.look(foreign.url)
        assert (ended, foreign.sent, "not signed by the log" in said) == (REFUSED, [], True)
    assert one.look("http://127.0.0.1:1")[0] == NOT_LOOKED
    with Forged(honest, log_key()) as short:
        assert one.look(short.url)[0] == DONE
    with Forged([*honest, *honest], log_key()) as torn:
        torn.shown = {path: body if path.endswith("round") else body[:-32] for path, body in torn.shown.items()}
        assert one.look(torn.url)[0] == NOT_LOOKED
        assert len(torn.sent) == 0


def test_the_house_takes_only_what_a_registered_witness_signed_of_its_own_log(world: World, house: str, two: list[Watching], program: Any) -> None:  # fmt: skip
    one, client = two[0], world.app.test_client()
    with one.firm.owner.ws(read_only=True) as ws:
        text = queries.newest(ws).note.rpartition("\n\n")[0] + "\n"
    signed = one.witness.signed(text)
    sent = lambda body, what="cosignatures": client.post(f"/hooks/log/{what}", data=body).status_code  # noqa: E731
    other = Checkpoint(log_key().verifier.name, 10**9, b"\x01" * 32).text
    assert [
        sent(b"\xff"),
        sent("x"),
        sent(text + one.witness.signed(other).removeprefix(other)),
        sent("x" * 20_000),
    ] == [400, 400, 401, 413]
    assert sent(one.witness.signed(other)) == 409
    assert sent(signed, "refusals") == 400
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program.time, "time", lambda: 2**40)
        late = one.witness.signed(text)
    assert sent(late) == 422
    assert sent(signed) == 201
    with one.firm.owner.ws() as ws:
        actions.end_witness(ws, one.stands().witness.id)
        with pytest.raises(Conflict):
            actions.end_witness(ws, one.stands().witness.id)
    assert sent(signed) == 401
    ended, said = one.look(house)
    assert (ended, f"not registered with the house: {one.witness.key}" in said) == (NOT_LOOKED, True)
    assert one.stands().standing is Standing.ENDED


def test_a_key_is_one_firms_for_ever_and_an_administrators_to_name(world: World, two: list[Watching]) -> None:
    key, other = two[0].witness.key, world.firm("BANK")
    with other.owner.ws() as ws, pytest.raises(Conflict, match="registered before"):
        actions.register_witness(ws, key=key)
    with other.owner.ws() as ws, pytest.raises(NotFound):
        actions.end_witness(ws, two[0].stands().witness.id)
    with other.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.register_witness(ws, key=key)
    notes = str(VerifierKey("n", ED25519, b"\x02" * 32))
    for wrong in ("", "a+b+c", notes, key[:-2]):
        with other.owner.ws() as ws, pytest.raises(Invalid) as refused:
            actions.register_witness(ws, key=wrong)
        assert refused.value.field == "key"
    page = other.owner.browser()
    from tests.frontend.forms import form_fields

    fresh = str(VerifierKey("w", COSIGNATURE, sha256(other.name.encode()).digest()))
    hidden = form_fields(page.get("/log").text) | {"key": fresh}
    assert page.post("/log/witnesses", data=hidden).status_code == 302
    assert fresh.split("+")[0] in page.get("/log").text


def test_programs_find_checkpoint_tiles_and_entries_without_a_session(world: World) -> None:
    an_event(world.firm())
    written(world)
    client, size = world.app.test_client(), len(digests_of(world))
    assert client.get("/log/checkpoint").text.split("\n")[1] == str(size)
    number, width = divmod(size, 256)
    path = f"{tree.tile_path(number)}.p/{width}" if width else tree.tile_path(number - 1)
    tile, entries = client.get(f"/log/tile/0/{path}"), client.get(f"/log/tile/entries/{path}")
    assert "immutable" in tile.headers["Cache-Control"]
    assert len(tile.data) == 32 * (width or 256)
    assert entries.data[:2] == b"\x00\x20"
    assert sha256(b"\x00" + entries.data[2:34]).digest() == tile.data[:32]
    for wrong in ("0/999999", "8/000", "0/0", "0/000.p/256", "0/000.p/0", "0/000.p/01", "0/..", "0/x001"):
        assert client.get(f"/log/tile/{wrong}").status_code == 404, wrong


def test_an_event_has_a_proof_that_stands_by_itself(world: World, house: str, two: list[Watching], program: Any, tmp_path: Path) -> None:  # fmt: skip
    firm = two[0].firm
    with firm.owner.ws() as ws, pytest.raises(NotFound):
        queries.proof_file(ws, world.firm().tenant_id, 1)
    sequence = an_event(firm)
    waiting = firm.owner.call("GET", f"/streams/{firm.tenant_id}/proofs/{sequence}")
    assert (waiting.status_code, waiting.json["code"]) == (409, "event_waits")
    written(world)
    assert two[1].look(house)[0] == DONE
    proof = firm.owner.browser().get(f"/log/proofs/{firm.tenant_id}/{sequence}").text
    assert proof == firm.owner.call("GET", f"/streams/{firm.tenant_id}/proofs/{sequence}").json["proof"]
    with firm.owner.ws(read_only=True) as ws:
        digest = ws.session.query(Event).filter_by(stream_id=firm.tenant_id, sequence=sequence).one().digest.hex()
    file = tmp_path / "one.tlog-proof"
    file.write_text(proof)
    asked = ["--proof", str(file), "--digest", digest, "--log", str(log_key().verifier), "--witness", two[1].witness.key]  # fmt: skip
    assert program.main(asked) == DONE
    for at, other in ((3, "ab" * 32), (5, two[0].witness.key), (7, two[0].witness.key)):
        assert program.main([*asked[:at], other, *asked[at + 1 :]]) == REFUSED
    file.write_text(proof.replace("index ", "index 1"))
    assert program.main(asked) == REFUSED


def test_two_witnesses_of_one_owner_count_once_and_a_refusal_outweighs_them(world: World) -> None:
    now, (one, two, platform) = world.now, (world.firm().tenant_id for _ in range(3))
    seen = [Seen(one, False, now), Seen(one, False, now), Seen(platform, True, now - timedelta(minutes=2))]
    told = watch(seen, now)
    assert (told.owners, told.outside, told.seen_at, told.is_enough) == (2, 1, now - timedelta(minutes=2), True)
    assert not watch(seen[:2], now).is_enough
    assert not watch([*seen, Seen(two, False, None, now)], now).is_enough
    assert standing(Seen(two, False, now, now - LATE), now) is Standing.WITNESSING
    assert standing(Seen(two, False, now - LATE, now), now) is Standing.REFUSING
    assert standing(Seen(two, False, now - LATE), now) is Standing.WITNESSING
