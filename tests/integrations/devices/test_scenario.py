"""Simulated devices: their series, their faults, their memory, and how they are played."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from integrations.devices.envelope import opened
from integrations.devices.intake import Incoming
from integrations.devices.mischief import Clone, Flood, Forger, Replay
from integrations.devices.play import Part, Play, Rhythm
from integrations.devices.recordings import Table, from_senml, from_table, mote
from integrations.devices.scenario import (
    battery,
    climate,
    door,
    drift,
    shift,
    silence,
    spike,
    states,
    steady_weight,
    stuck,
    swap,
    theft_by_the_bag,
    times,
)
from integrations.devices.simulator import Letter, Memory, SimulatedDevice
from marketplace.supervision.readings.ports import Continuity, Sample, SignedBatch, Tip, standing
from tenants.errors import Invalid

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def load(hours: float = 24, every: timedelta = timedelta(minutes=1)) -> list[Sample]:
    moments = times(START, at(hours), every)
    made = steady_weight(moments, kg=Decimal(1000), noise_kg=Decimal("0.4"), division_kg=Decimal("0.5"), seed=1)
    return list(made)


def kg(sample: Sample) -> Decimal:
    assert isinstance(sample.value, Decimal)
    return sample.value


class Post:
    """A publisher that keeps what is sent to it."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def drain(self, timeout: float) -> bool:
        return True

    def counters(self) -> dict[str, int]:
        return {"sent": len(self.letters)}

    def close(self) -> None:
        """Nothing is held open."""


def read(post: Post, device: SimulatedDevice, received_at: datetime) -> list[SignedBatch]:
    mine = (letter for letter in post.letters if letter.device_id == device.device_id)
    return [opened(Incoming(each.device_id, each.payload), device.public_key, received_at) for each in mine]


def kinds(batches: list[SignedBatch]) -> list[Continuity]:
    found, tip = [], None
    for each in batches:
        found.append(standing(each, tip=tip, stored=None).kind)
        tip = Tip(each.boot, each.sequence, each.digest)
    return found


def test_a_load_at_rest_shows_whole_divisions_and_is_the_same_every_time() -> None:
    series = load()
    assert len(series) == 24 * 60
    assert all(kg(sample) % Decimal("0.5") == 0 for sample in series)
    assert len({sample.value for sample in series}) > 3
    assert abs(sum(map(kg, series), Decimal(0)) / len(series) - 1000) < Decimal("0.1")
    assert series == load()


def test_bags_go_one_by_one() -> None:
    series = load()
    robbed = list(theft_by_the_bag(series, bag_kg=Decimal(50), at=[at(3), at(5)]))
    lost = [kg(before) - kg(after) for before, after in zip(series, robbed, strict=True)]
    assert [lost[60 * h] for h in (0, 2, 3, 4, 5, 23)] == [0, 0, 50, 50, 100, 100]


def test_drift_stuck_and_silence() -> None:
    series = load()
    drifted = list(drift(series, metric="weight", per_day=Decimal(-12), since=at(12)))
    assert drifted[60 * 11] == series[60 * 11]
    assert kg(drifted[60 * 18]) - kg(series[60 * 18]) == -3
    frozen = list(stuck(series, metric="weight", since=at(6)))
    assert frozen[:360] == series[:360]
    assert {sample.value for sample in frozen[360:]} == {series[359].value}
    assert [sample.at for sample in frozen] == [sample.at for sample in series]
    quiet = list(silence(series, spans=[(at(1), at(2))]))
    assert len(quiet) == len(series) - 60


def test_a_door_opens_at_night_and_the_climate_has_two_metrics() -> None:
    states = [s.value for s in door(times(START, at(4), HOUR), openings=[(at(1), at(3))])]
    assert states == [False, True, True, False]
    air = list(climate([START], cel=Decimal(20), rh=Decimal(50), noise=Decimal(0), seed=2))
    assert [(s.metric, s.value, s.unit) for s in air] == [("temperature", 20, "Cel"), ("humidity", 50, "%RH")]


def test_play_sends_in_event_time_and_drives_the_clock_forward_only(device: SimulatedDevice) -> None:
    other = SimulatedDevice(replace(device).tenant_id, device.tenant_id, SigningKey.generate())
    told: list[datetime] = []
    post = Post()
    parts = [Part(device, load(3)), Part(other, door(times(START, at(3), HOUR), openings=[]))]
    play = Play(parts, post, Memory(), rhythm=Rhythm(span_max=timedelta(minutes=30)), clock=told.append)
    assert play.run() == len(post.letters) == play.sent
    assert told == sorted(told)
    batches = read(post, device, at(3))
    assert kinds(batches) == [Continuity.FIRST] + [Continuity.NEXT] * (len(batches) - 1)
    assert [s for b in batches for s in b.samples] == load(3)
    assert all(b.sent_at - b.samples[0].at <= timedelta(minutes=30) for b in batches)
    assert len(read(post, other, at(3))) == 3


def test_a_silent_device_has_sent_what_it_saw_before(device: SimulatedDevice) -> None:
    other = SimulatedDevice(replace(device).tenant_id, device.tenant_id, SigningKey.generate())
    post = Post()
    told: list[datetime] = []
    quiet = silence(load(6), spans=[(at(1), at(5))])
    Play([Part(device, quiet), Part(other, load(6))], post, Memory(), clock=told.append).run()
    sent = [b.sent_at for b in read(post, device, at(6))]
    assert max(t for t in sent if t < at(5)) < at(1) + timedelta(minutes=5)


def test_a_power_cut_starts_a_new_boot_and_loses_only_the_unsigned(device: SimulatedDevice) -> None:
    post = Post()
    cut = at(1) + timedelta(minutes=7)
    Play([Part(device, load(2), power_cuts=[cut])], post, Memory()).run()
    batches = read(post, device, at(2))
    assert {b.boot for b in batches} == {1, 2}
    assert kinds(batches).count(Continuity.REBOOTED) == 1
    assert set(kinds(batches)) == {Continuity.FIRST, Continuity.NEXT, Continuity.REBOOTED}
    assert 0 < 120 - sum(len(b.samples) for b in batches) <= 5


def test_a_wrong_clock_writes_wrong_times(device: SimulatedDevice) -> None:
    post = Post()
    back = Part(device, load(2), clock_wrong_since=at(1), clock_wrong_by=timedelta(days=-3))
    Play([back], post, Memory()).run()
    first, last = read(post, device, at(2))[0], read(post, device, at(2))[-1]
    assert first.sent_at > START
    assert last.sent_at < START - timedelta(days=2)
    assert kinds(read(post, device, at(2)))[-1] is Continuity.NEXT


def test_memory_survives_a_kill_between_signing_and_sending(
    device: SimulatedDevice, weights: Callable[[int], list[Sample]], tmp_path: Path
) -> None:
    memory = Memory(tmp_path / "device.db")
    kept = [memory.keep(device, device.batch(weights(2))) for _ in range(3)]
    memory.forget(kept[1].digest)
    del memory  # killed: nothing is closed

    again = Memory(tmp_path / "device.db")
    reborn = replace(device, boot=1, sequence=0, previous=None)
    again.recall(reborn)
    assert (reborn.boot, reborn.sequence, reborn.previous) == (device.boot, 3, device.previous)
    assert again.unconfirmed() == [kept[0], kept[2]]
    again.close()


def test_two_bodies_never_share_a_number(
    device: SimulatedDevice, weights: Callable[[int], list[Sample]], tmp_path: Path
) -> None:
    post = Post()
    for hours in (1, 2, 3):
        memory = Memory(tmp_path / "device.db")
        fresh = replace(device, boot=1, sequence=0, previous=None)
        Play([Part(fresh, load(hours))], post, memory).run()
        memory.close()
    batches = read(post, device, at(3))
    assert len({(b.boot, b.sequence) for b in batches}) == len(batches)
    assert kinds(batches) == [Continuity.FIRST] + [Continuity.NEXT] * (len(batches) - 1)


def test_the_motes_are_played_as_live_devices(real_data: Path, device: SimulatedDevice) -> None:
    path = real_data / "wsn" / "singlehop_outdoor_moteid4_data.txt"
    series = list(mote(path, START))
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    assert len(series) == 2 * len(rows)
    assert [(s.metric, str(s.value)) for s in series[:2]] == [("humidity", rows[0][2]), ("temperature", rows[0][3])]
    assert series[-1].at == START + (len(rows) - 1) * timedelta(seconds=5)

    post = Post()
    Play([Part(device, series)], post, Memory()).run()
    assert [s for b in read(post, device, series[-1].at) for s in b.samples] == series


def test_a_senml_file_as_a_series(real_data: Path) -> None:
    series = from_senml(real_data / "senml" / "ex5.json", START)
    assert [s.metric for s in series[:3]] == ["humidity", "longitude", "latitude"]
    assert series[0].at == datetime.fromtimestamp(1320067464, UTC)
    assert [s.at for s in series] == sorted(s.at for s in series)


def test_a_table_with_times_and_holes(tmp_path: Path) -> None:
    path = tmp_path / "scale.csv"
    path.write_text("when,kg,open\n2026-03-01T08:00:00+08:00,812.40,true\n1772323201,,false\n", encoding="utf-8")
    series = list(from_table(path, Table({"kg": ("weight", "kg"), "open": ("door", "/")}, time="when")))
    assert [(s.metric, str(s.value), s.at) for s in series] == [
        ("weight", "812.40", START),
        ("door", "True", START),
        ("door", "False", START + timedelta(seconds=1)),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("when,kg\nyesterday,1\n", "no_time"),
        ("when,kg\n2026-03-01,heavy\n", "no_number"),
        ("when,kg\n2026-03-01,nan\n", "not_finite"),
        ("when,lb\n2026-03-01,1\n", "no_column"),
        ("when,kg\n,1\n", "no_time"),
    ],
)
def test_tables_that_are_refused(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "scale.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        list(from_table(path, Table({"kg": ("weight", "kg")}, time="when")))
    assert caught.value.code == code


# Faults and mischief of the shipped scenarios ------------------------------------------------------------------------------------------


def test_swapped_goods_are_lifted_off_and_others_put_on() -> None:
    before, after = load(4), list(swap(load(4), since=at(1), lasting=HOUR / 2, by_kg=Decimal(-40)))
    for was, now in zip(before, after, strict=True):
        lifted = at(1) <= now.at < at(1.5)
        assert kg(now) == (0 if lifted else kg(was) - 40 if now.at >= at(1.5) else kg(was))


def test_a_shift_lasts_and_a_spike_is_one_reading() -> None:
    shifted = list(shift(load(4), metric="weight", by=Decimal(85), spans=[(at(1), at(2))]))
    assert [a.at for a, b in zip(shifted, load(4), strict=True) if a != b] == list(times(at(1), at(2), HOUR / 60))
    spiked = list(spike(load(4), metric="weight", by=Decimal(350), at=[at(3), at(1)]))
    off = [(a.at, kg(a) - kg(b)) for a, b in zip(spiked, load(4), strict=True) if a != b]
    assert off == [(at(1), 350), (at(3), 350)]


def test_states_and_batteries() -> None:
    moments = list(times(START, at(3), HOUR))
    assert [s.value for s in states(moments, metric="smoke", held=[(at(1), at(2))])] == [False, True, False]
    assert [s.value for s in states(moments, metric="mains", held=[(at(1), at(2))], otherwise=True)] == [True, False, True]  # fmt: skip
    drained = [s.value for s in battery(moments, percent=Decimal(3), per_day=Decimal(48))]
    assert drained == [Decimal("3.0"), Decimal("1.0"), Decimal("0.0")]


def sent_with(device: SimulatedDevice, *mischief: object, hours: float = 2) -> list[Letter]:
    post = Post()
    Play([Part(device, load(hours), mischief=mischief)], post, Memory(), rhythm=Rhythm(HOUR / 2)).run()  # type: ignore[arg-type]
    return post.letters


def test_a_clone_goes_on_from_the_copied_memory_under_the_same_key(device: SimulatedDevice) -> None:
    letters = sent_with(device, Clone(at(1), more_kg=Decimal(500)))
    batches = [opened(Incoming(device.device_id, one.payload), device.public_key, at(3)) for one in letters]
    places = [(one.boot, one.sequence) for one in batches]
    assert places == [(1, 0), (1, 1), (1, 1), (1, 2), (1, 2), (1, 3), (1, 3)]
    bodies = {one.digest for one in batches}
    assert len(bodies) == len(batches), "a copy that says the same is no clone but a duplicate"


def test_forgers_floods_and_replays(device: SimulatedDevice) -> None:
    honest = [one.payload for one in sent_with(replace(device))]
    forged = [one.payload for one in sent_with(replace(device), Forger([at(1)]))]
    [other] = [payload for payload in forged if payload not in honest]
    with pytest.raises(Invalid, match="bad_signature"):
        opened(Incoming(device.device_id, other), device.public_key, at(3))
    flooded = [one.payload for one in sent_with(replace(device), Flood(START, at(3), times=2))]
    assert sorted(flooded) == sorted(honest * 3)
    replayed = [one.payload for one in sent_with(replace(device), Replay(at(1)))]
    assert set(replayed) == set(honest)
    assert len(replayed) > len(honest)


def test_a_slow_shift_comes_and_goes_in_a_straight_line() -> None:
    slow = list(shift(load(4), metric="weight", by=Decimal(60), spans=[(at(1), at(3))], over=HOUR))
    risen = {a.at: kg(a) - kg(b) for a, b in zip(slow, load(4), strict=True)}
    assert [risen[at(hours)] for hours in (0.5, 1, 1.5, 2, 2.5, 3)] == [0, 0, 30, 60, 30, 0]
