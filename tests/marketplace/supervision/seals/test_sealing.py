"""What devices said lies under one seal each, the day after; late messages under a later one; and an export proves itself to a stranger's interpreter.

The program under test is the file that readers download, run as they run it: by a bare interpreter, without the house.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.models.seals import ReadingSeal, SealedBatch
from marketplace.supervision.readings.ports import Sample
from marketplace.supervision.seals import check_readings, file
from marketplace.supervision.seals.file import Asked, lines_of_readings, record_of_readings
from marketplace.supervision.seals.sealing import seal_readings
from tenants.errors import Invalid
from tenants.events import Event
from tenants.record import activity, broken_links, events_of
from tests.factories import Firm, World
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, signed, take, values, weights

SCRIPT = str(check_readings.__file__)
DAY = timedelta(days=1)


@pytest.fixture
def scene(world: World) -> Scene:
    return a_scene(world)


def asked(scene: Scene, device: SimulatedDevice | None = None, *, back: timedelta = timedelta(days=5)) -> Asked:
    kind, about, name = ("device", device.device_id, "scale") if device else ("lot", scene.lot.id, scene.lot.number)
    return Asked(kind, about, name, scene.world.now - back, scene.world.now)


def exported(scene: Scene, firm: Firm, device: SimulatedDevice | None = None) -> dict[str, Any]:
    with firm.operator.ws(read_only=True) as ws:
        return json.loads(json.dumps(record_of_readings(ws, asked(scene, device))))  # type: ignore[no-any-return]


def seals(scene: Scene, firm: Firm) -> list[ReadingSeal]:
    with firm.operator.ws(read_only=True) as ws:
        return list(ws.session.scalars(select(ReadingSeal).order_by(ReadingSeal.number)))


def a_day_passes(world: World) -> None:
    world.advance(DAY)
    world.work()


def run(folder: Path, *told: Any, more: tuple[str, ...] = ()) -> tuple[int, str]:
    names = [folder / f"{number}.json" for number in range(len(told))]
    for name, one in zip(names, told, strict=True):
        name.write_text(json.dumps(one))
    called = [sys.executable, "-I", "-S", SCRIPT, *map(str, names), *more]
    done = subprocess.run(called, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_each_message_lies_in_one_seal_and_a_late_one_in_the_next(scene: Scene, admin: psycopg.Connection) -> None:
    world, device = scene.world, a_watching_device(scene.supervisor, scene.lot.id)
    say(world, device, weights(world.now, [498750, 498751]))
    kept = signed(world, device, weights(world.now + timedelta(minutes=1), [498750]))
    say(world, device, weights(world.now + timedelta(minutes=2), [498750]))
    assert seals(scene, scene.bank) == []
    a_day_passes(world)
    take(world, device, kept)
    a_day_passes(world)
    a_day_passes(world)
    found = seals(scene, scene.bank)
    assert [(one.subject_id, one.number, one.batches) for one in found] == [(scene.lot.id, 1, 2), (scene.lot.id, 2, 1)]
    assert found[1].previous == found[0].head
    with scene.bank.operator.ws(read_only=True) as ws:
        late = ws.session.scalars(select(SealedBatch).where(SealedBatch.number == 2)).one()
        told = ws.session.scalars(select(Event).where(Event.kind == "ReadingsSealed").order_by(Event.sequence)).all()
        assert broken_links(ws, scene.lot.id) == []
        assert "ReadingsSealed" not in {one.kind for one in [*activity(ws), *events_of(ws, scene.lot.id)]}
    assert (late.sequence, late.digest) == (kept.sequence, kept.digest)
    assert [(one.stream_id, one.values["head"]) for one in told] == [(scene.lot.id, one.head.hex()) for one in found]
    with pytest.raises(psycopg.errors.UniqueViolation):
        admin.execute(
            "insert into house.sealed_batch select tenant_id, device_id, boot, sequence, subject_id, 1, 99, digest, series, first_at, last_at"
            " from house.sealed_batch where number = 2 and subject_id = %s",
            (scene.lot.id,),
        )


def test_nothing_new_makes_no_seal_and_no_event(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    say(scene.world, device, weights(scene.world.now, [498750]))
    a_day_passes(scene.world)
    with scene.supervisor.operator.ws() as ws:
        assert seal_readings(ws) == 0
        assert len(ws.session.scalars(select(Event).where(Event.kind == "ReadingsSealed")).all()) == 1


def test_a_long_backlog_is_sealed_in_parts(scene: Scene) -> None:
    device = a_watching_device(scene.supervisor, scene.lot.id)
    for minute in range(3):
        say(scene.world, device, weights(scene.world.now + timedelta(minutes=minute), [498750]))
    with scene.supervisor.operator.ws() as ws:
        assert seal_readings(ws, most=2) == 2
    scene.world.advance(timedelta(seconds=2))
    scene.world.work()
    assert [one.batches for one in seals(scene, scene.supervisor)] == [2, 1]


def test_what_watches_nothing_is_sealed_for_its_keeper_alone(scene: Scene) -> None:
    world, device = scene.world, a_watching_device(scene.warehouse, scene.lot.id, kind="climate")
    early = world.now - timedelta(days=1)  # before it was attached: it speaks for no lot
    say(world, device, values("temperature", "Cel", early, ["20.50", "21.000"], every=timedelta(seconds=20)))
    a_day_passes(world)
    assert [one.subject_id for one in seals(scene, scene.warehouse)] == [device.device_id]
    assert seals(scene, scene.bank) == seals(scene, scene.supervisor) == []


@pytest.fixture
def watched(scene: Scene) -> SimulatedDevice:
    """A combined sensor that said three things in one day, one of them of two metrics, and one that lies under no seal yet."""
    world, device = scene.world, a_watching_device(scene.supervisor, scene.lot.id, kind="combined")
    for minute in range(3):
        at = world.now + timedelta(minutes=1)
        climate = [Sample("temperature", one.value, "Cel", one.at, 'rack "A" \\ 架') for one in values("temperature", "Cel", at, ["21.50", "-0.5"], every=timedelta(seconds=20))]  # fmt: skip
        say(world, device, [*weights(at, [498750 + minute, "498750.100"]), *climate])
    a_day_passes(world)
    say(world, device, weights(world.now + timedelta(minutes=1), [498750]))
    return device


def test_an_export_proves_itself_to_bank_and_keeper(scene: Scene, watched: SimulatedDevice, tmp_path: Path) -> None:
    scene.world.advance(timedelta(minutes=1))
    export = exported(scene, scene.bank)
    [head] = [seal["head"] for chain in export["chains"] for seal in chain["seals"]]
    ended, said = run(tmp_path, export, export, more=("--head", head))
    assert ended == 0, said
    assert "the readings of 3 of 3 sealed messages are as they were sealed" in said
    assert (
        f"message 3 of start {export['readings'][-1]['boot']} of device {watched.device_id} lies under no seal yet"
        in said
    )
    assert "Complete and unaltered" in said
    assert "完整且未被改动" in run(tmp_path, export, more=("--zh",))[1]
    ended, said = run(tmp_path, exported(scene, scene.supervisor, watched))
    assert ended == 0, said
    assert exported(scene, scene.world.firm("BANK"))["chains"] == []
    with scene.bank.operator.ws(read_only=True) as ws:
        lines = list(lines_of_readings(ws, asked(scene)))
    assert len(lines) == 13
    assert all(len(line) == len(file.COLUMNS) for line in lines)
    assert lines[0][:5] == (
        export["readings"][0]["first_at"].replace(".000000Z", "+00:00"),
        "temperature",
        'rack "A" \\ 架',
        "21.50",
        "Cel",
    )


def changed_value(export: dict[str, Any]) -> str:
    export["readings"][0]["values"][0] = "498749"
    return "readings of message 0"


def swapped_values(export: dict[str, Any]) -> str:
    row = next(row for row in export["readings"] if row["metric"] == "weight" and row["sequence"] == 1)
    row["values"].reverse()
    return "readings of message 1"


def another_unit(export: dict[str, Any]) -> str:
    next(row for row in export["readings"] if row["metric"] == "temperature")["unit"] = "K"
    return "readings of message 0"


def removed_row(export: dict[str, Any]) -> str:
    del export["readings"][1]
    return "readings of message 0"


def removed_readings(export: dict[str, Any]) -> str:
    export["readings"] = [row for row in export["readings"] if row["sequence"] != 1]
    return "are missing"


def removed_batch(export: dict[str, Any]) -> str:
    del export["chains"][0]["seals"][0]["opened"][1]
    removed_readings(export)
    return "message 2 of 3 under seal 1 is missing"


def changed_byte(export: dict[str, Any]) -> str:
    batch = export["chains"][0]["seals"][0]["opened"][2]
    batch["digest"] = f"{int(batch['digest'][0], 16) ^ 1:x}" + batch["digest"][1:]
    return "message 2 of start"


def doubled_batch(export: dict[str, Any]) -> str:
    opened = export["chains"][0]["seals"][0]["opened"]
    opened.append(opened[0] | {"place": 3})
    return "that it does not cover"


def rewritten_seal(export: dict[str, Any]) -> str:
    export["chains"][0]["seals"][0]["batches"] = 2
    return "seal 1 of"


def removed_seal(export: dict[str, Any]) -> str:
    del export["chains"][0]["seals"][0]
    return "THAN IN THE EXPORT THAT WAS KEPT"


@pytest.mark.parametrize(
    "tamper",
    [changed_value, swapped_values, another_unit, removed_row, removed_readings, removed_batch, changed_byte, doubled_batch, rewritten_seal, removed_seal],
)  # fmt: skip
def test_what_was_altered_is_named(
    scene: Scene, watched: SimulatedDevice, tmp_path: Path, tamper: Callable[[dict[str, Any]], str]
) -> None:
    kept = exported(scene, scene.bank)
    export = copy.deepcopy(kept)
    named = tamper(export)
    ended, said = run(tmp_path, export, kept)
    assert ended == 1, said
    assert named in said
    assert "do not hold" in said


def test_an_export_without_any_seal_proves_nothing(scene: Scene, watched: SimulatedDevice, tmp_path: Path) -> None:
    ended, said = run(tmp_path, exported(scene, scene.bank) | {"chains": []})
    assert ended == 1, said
    assert "nothing is proved" in said


def test_a_span_that_a_file_cannot_hold_is_refused(
    scene: Scene, watched: SimulatedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "READINGS_MOST", 11)
    with scene.bank.operator.ws(read_only=True) as ws, pytest.raises(Invalid, match="Choose a shorter one"):
        record_of_readings(ws, asked(scene))
    start = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(Invalid, match="400 days"):
        Asked("lot", scene.lot.id, "", start, start)
