"""`bailee simulate` as a program, and posting by HTTP."""

import base64
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

import integrations.devices
from integrations.devices.codecs import CBOR, JSON, SENML_CBOR, contents
from integrations.devices.envelope import opened
from integrations.devices.http import batch_from_http
from integrations.devices.metrics import KNOWN
from integrations.devices.publishers import HttpPublisher
from integrations.devices.refusals import CODES
from integrations.devices.scenario_file import read_scenario
from integrations.devices.simulate import simulate
from integrations.devices.simulator import Memory, SimulatedDevice
from marketplace.supervision.devices.claims import claim_from_text
from marketplace.supervision.readings.ports import Sample, SignedBatch
from tenants.errors import Invalid, Refused

START_OF_NEXT_DAY = datetime(2026, 3, 2, tzinfo=UTC)
SCALE, DOOR = (UUID(f"0198c0de-0000-7000-8000-00000000000{n}") for n in (1, 2))
SCENARIO = """
start = 2026-03-01T00:00:00Z
hours = 3

[[devices]]
device = "0198c0de-0000-7000-8000-000000000001"
tenant = "0198c0de-0000-7000-8000-0000000000aa"
content_type = "application/senml+cbor"
sees = "weight"
kg = 9000
noise_kg = 1.2
division_kg = 0.5
power_cuts = [2026-03-01T02:00:00Z]
faults = [
  { kind = "theft_by_the_bag", bag_kg = 50, at = [2026-03-01T01:00:00Z, 2026-03-01T01:20:00Z] },
  { kind = "silence", spans = [[2026-03-01T01:30:00Z, 2026-03-01T01:50:00Z]] },
  { kind = "drift", metric = "weight", per_day = -0.5, since = 2026-03-01T00:00:00Z },
]

[[devices]]
device = "0198c0de-0000-7000-8000-000000000002"
tenant = "0198c0de-0000-7000-8000-0000000000aa"
sees = "door"
every_seconds = 60
openings = [[2026-03-01T01:00:00Z, 2026-03-01T01:25:00Z]]
"""


class House:
    """The HTTP door of a house that verifies, and is away for the first `away` requests."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.keys: dict[UUID, bytes] = {}
        self.batches: list[SignedBatch] = []
        house = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(house.answer(self.path, dict(self.headers.items()), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self.server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self.away:
            self.away -= 1
            return 503
        *_, device, last = path.split("/")
        assert (path, last) == (f"/api/v1/devices/{device}/batches", "batches")
        try:
            incoming = batch_from_http(headers, body, device_id=UUID(device))
            batch = opened(incoming, self.keys.get(incoming.device_id), START_OF_NEXT_DAY)
        except Refused:
            return 422
        self.batches.append(batch)
        return 201

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def house() -> Iterator[House]:
    made = House(away=3)
    yield made
    made.close()


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def test_a_scenario_played_over_http_twice_goes_on_with_its_chains(
    house: House, scenario: Path, tmp_path: Path
) -> None:
    state = ["--state", str(tmp_path / "state")]
    keys = CliRunner().invoke(simulate, [str(scenario), *state, "--keys"]).output.split()
    house.keys = {UUID(d): base64.b64decode(k) for d, k in zip(keys[::2], keys[1::2], strict=True)}
    assert set(house.keys) == {SCALE, DOOR}

    first = CliRunner().invoke(simulate, [str(scenario), *state, "--to", house.url])
    assert (first.exit_code, first.exception) == (0, None), first.output
    count = len(house.batches)
    assert f"{count} batches signed" in first.output
    assert "3 later" in first.output
    weighed = [s.value for b in house.batches for s in b.samples if isinstance(s.value, Decimal)]
    assert min(weighed) < 8905
    assert {b.content_type for b in house.batches} == {SENML_CBOR, "application/json"}
    assert {b.boot for b in house.batches if b.device_id == SCALE} == {1, 2}

    CliRunner().invoke(simulate, [str(scenario), *state, "--to", house.url])
    places = {(b.device_id, b.boot, b.sequence) for b in house.batches}
    assert len(house.batches) > count
    assert len(places) == len(house.batches), "a number was signed twice"


def test_a_refused_device_is_told_and_the_program_fails(house: House, scenario: Path, tmp_path: Path) -> None:
    ended = CliRunner().invoke(simulate, [str(scenario), "--state", str(tmp_path / "s"), "--to", house.url])
    assert ended.exit_code == 1
    assert "refused" in ended.output


def test_nowhere_to_send(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BAILEE_MQTT_URL", raising=False)
    ended = CliRunner().invoke(simulate, [str(scenario), "--state", str(tmp_path / "s")])
    assert ended.exit_code == 2


def test_a_house_that_is_away_for_good_leaves_the_letter_in_memory(
    device: SimulatedDevice, weights: Callable[[int], list[Sample]]
) -> None:
    memory = Memory()
    publisher = HttpPublisher("http://127.0.0.1:9", memory, timeout=0.5)
    device.content_type = CBOR
    letter = memory.keep(device, device.batch(weights(1)))
    publisher.send(letter)
    assert not publisher.drain(0.3)
    assert memory.unconfirmed() == [letter]
    publisher.close()
    memory.close()


@pytest.mark.parametrize(
    "change",
    [
        ("kg = 9000", ""),
        ("kg = 9000", 'kg = "heavy"'),
        ('sees = "door"', 'sees = "ghost"'),
        ("theft_by_the_bag", "magic"),
        ("-000000000002", ""),
        ("start = 2026-03-01T00:00:00Z\nhours", "hours"),
        ("hours = 3", 'hours = "all"'),
    ],
)
def test_scenarios_that_cannot_be_read(change: tuple[str, str], scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(SCENARIO.replace(*change), encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        read_scenario(scenario, tmp_path / "keys")
    assert caught.value.code == "bad_scenario"


def test_the_readme_shows_a_scenario_and_a_body_that_can_be_read(tmp_path: Path) -> None:
    readme = (Path(integrations.devices.__path__[0]) / "README.md").read_text("utf-8")
    shown = {kind: re.search(f"```{kind}\n(.*?)```", readme, re.DOTALL) for kind in ("toml", "json")}
    assert shown["toml"]
    assert shown["json"]
    path = tmp_path / "shown.toml"
    path.write_text(shown["toml"][1], encoding="utf-8")
    [part] = read_scenario(path, tmp_path / "keys").parts.values()
    assert len(list(part.series)) == (24 * 60 - 90) * 6
    body = re.sub("9f86.* digits", "9f" * 32, shown["json"][1]).encode()
    assert len(contents(body, JSON, depth_max=8, samples_max=9).samples) == 2


def test_the_readme_names_every_refusal_and_metric() -> None:
    readme = (Path(integrations.devices.__path__[0]) / "README.md").read_text("utf-8")
    assert [code for code in CODES if f"`{code}`" not in readme] == []
    assert [metric for metric in KNOWN if not re.search(rf"^\|.*\b{metric}\b", readme, re.MULTILINE)] == []


def test_what_comes_with_the_product_is_listed_enrolled_by_label_and_played(house: House, tmp_path: Path) -> None:
    run, state = CliRunner(), ["--state", str(tmp_path / "state")]
    assert "theft-by-the-bag" in run.invoke(simulate, ["--list"]).output
    name, label = run.invoke(simulate, ["theft-by-the-bag", *state, "--labels"]).output.split()
    claim = claim_from_text(label)
    assert (name, claim.kind, claim.serial) == ("scale", "weight", "scale")
    house.keys = {SCALE: claim.public_key}
    told = ["--id", f"scale={UUID(int=7)}/{SCALE}", "--start", "2026-03-01T00:00:00", "--to", house.url]
    ended = run.invoke(simulate, ["theft-by-the-bag", *state, *told])
    assert (ended.exit_code, ended.exception) == (0, None), ended.output
    weighed = [s.value for b in house.batches for s in b.samples if isinstance(s.value, Decimal)]
    assert max(weighed) > 19990 > 19880 > min(weighed)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ([], "name a scenario"),
        (["theft-of-the-moon"], "there is no scenario"),
        (["quiet-day", "--id", "scale=7"], "not NAME=FIRM/DEVICE"),
        (["quiet-day", "--to", "http://127.0.0.1:9"], "which device scale is"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(asked: list[str], says: str, tmp_path: Path) -> None:
    ended = CliRunner().invoke(simulate, [*asked, "--state", str(tmp_path / "s")])
    assert ended.exit_code in (1, 2)
    assert says in ended.output
