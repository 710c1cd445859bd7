"""Readings that a file gives to the story's climate sensor: tables as people keep them and SenML, whole or refused."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.demo import weather
from tenants.errors import Invalid

NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
EXPECTED = [
    {"temperature": Decimal("27.97"), "humidity": Decimal("45.93")},
    {"temperature": Decimal("27.95"), "humidity": Decimal("45.9")},
]


@pytest.mark.parametrize(
    "text",
    [
        "Reading# Mote-ID Humidity Temperature Label\n1\t1\t45.93\t27.97\t0\n2\t1\t45.9\t27.95\t0\n",
        "time,temperature (°C),RH (%)\n2026-01-01T00:00:00Z,27.97,45.93\n2026-01-01T00:00:05Z,27.95,45.9\n",
        "时间;温度;相对湿度\n1;27.97;45.93\n2;27.95;45.9\n\n",
        "temp\thumidity\n27.97\t45.93\n27.95\t45.9",
    ],
    ids=["motes", "commas", "Chinese", "tabs"],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_is_read_whatever_parts_its_cells(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "readings.txt"
    path.write_text(text, encoding)
    assert next(weather.from_file(path, NOW)) == EXPECTED


def test_what_the_sensor_left_out_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text("temperature,humidity\n19.499999999999,\n,52\nnan,-\n")
    assert next(weather.from_file(path, NOW)) == [{"temperature": Decimal("19.5")}, {"humidity": Decimal(52)}]


def test_a_senml_pack_is_read(tmp_path: Path) -> None:
    path = tmp_path / "readings.json"
    pack = [{"bn": "hall:", "bt": 1.7e9, "n": "temp", "u": "Cel", "v": 20.5}, {"n": "hum", "u": "%RH", "v": 51}]
    path.write_text(json.dumps([*pack, {"n": "door", "vb": True}]))
    assert next(weather.from_file(path, NOW)) == [{"temperature": Decimal("20.5"), "humidity": Decimal(51)}]


def test_a_long_recording_lasts_for_the_whole_story_and_begins_anew(tmp_path: Path) -> None:
    path, rows = tmp_path / "long.csv", weather.REPORTS * weather.READINGS_MAX * 2
    path.write_text("temperature\n" + "\n".join(f"{n / 1000:.3f}" for n in range(rows)))
    seen = weather.from_file(path, NOW)
    reports = [next(seen) for _ in range(weather.REPORTS + 1)]
    assert {len(report) for report in reports} == {weather.READINGS_MAX}
    assert reports[weather.REPORTS - 1][-1]["temperature"] == Decimal(f"{(rows - 2) / 1000:.3f}")
    assert reports[weather.REPORTS] == reports[0]


@pytest.mark.parametrize(
    ("name", "text", "because"),
    [
        ("r.csv", "temperature,humidity\n19.5,52\nwarm,52\n", "r.csv, line 3: “warm” is no temperature."),
        ("r.csv", "temperature,humidity\n19.5,152\n", "r.csv, line 2: a humidity of 152 is not possible."),
        ("r.csv", "date,settle\n2026-01-01,78000\n", "r.csv: needs a column of temperatures or of humidities"),
        ("r.csv", "temperature\n", "r.csv: holds neither a temperature nor a humidity."),
        ("r.csv", "", "r.csv: needs a column of temperatures or of humidities"),
        ("r.json", '[{"n": "door", "vb": true}]', "r.json: holds neither a temperature nor a humidity."),
        ("r.json", "{", "r.json: is no SenML that can be read"),
        ("r.cbor", "{", "r.cbor: is no SenML that can be read"),
    ],
)
def test_what_cannot_be_read_is_refused_by_file_line_and_reason(
    tmp_path: Path, name: str, text: str, because: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Invalid) as refused:
        next(weather.from_file(tmp_path / name, NOW))
    assert refused.value.in_english().startswith(because)


def test_readings_become_samples_at_their_moments() -> None:
    moments = [NOW, NOW + timedelta(seconds=5)]
    made = weather.samples([{"temperature": Decimal(20)}, {"humidity": Decimal(50)}], moments)
    assert [(one.metric, one.unit, one.at) for one in made] == [
        ("temperature", "Cel", NOW),
        ("humidity", "%RH", moments[1]),
    ]


def test_the_real_recordings_can_be_played(real_data: Path) -> None:
    for path in sorted((real_data / "wsn").glob("*.txt")):
        assert len(next(weather.from_file(path, NOW))) == weather.READINGS_MAX, path.name
