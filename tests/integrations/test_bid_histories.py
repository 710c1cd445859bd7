"""Histories of other houses: read with usual headings, replayed as maxima, their patterns told; what cannot be read is refused by name."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from integrations.bid_histories import main, moment
from tenants.errors import Invalid

STEPS = "from,step\n0,0.05\n1,0.25\n5,0.5\n25,1\n100,2.5\n"
BIDS = """auctionid,bid,bidtime,bidder,bidderrate,openbid
A,95,2.927,tina,0,95
B,30,0.5,ann,1,0.99
B,24.99,1.5,bob,1,0.99
B,30,2.5,cid,1,0.99
C,175,2.1,eve,3,0.99
C,100,0.2,bob,1,0.99
C,120,1.7,ann,1,0.99
D,0.98,1.7,ann,1,0.99
"""


def replay(folder: Path, bids: str, steps: str = STEPS) -> tuple[int, str]:
    (folder / "bids.csv").write_text(bids)
    (folder / "steps.csv").write_text(steps)
    done = CliRunner().invoke(main, [str(folder / "bids.csv"), "--increments", str(folder / "steps.csv"), "--currency", "USD"])  # fmt: skip
    return done.exit_code, done.output


def test_bids_as_maxima_give_second_price_plus_step(tmp_path: Path) -> None:
    ended, told = replay(tmp_path, BIDS)
    assert ended == 0, told
    sales = {one["sale"]: (one["winner"], one["price"], one["runner_up"]) for one in map(json.loads, told.splitlines())}
    assert sales == {
        "A": ("tina", "95.00", None),
        "B": ("ann", "30.00", "cid"),
        "C": ("eve", "122.50", "ann"),
        "D": (None, None, None),
    }


def test_patterns_are_told_with_their_reasons(tmp_path: Path) -> None:
    lines = ["auction,bidder,amount,time,seller"]
    for sale in range(3):
        lines += [f"{sale},{bidder},{10 + n},{n},S" for n, bidder in enumerate(("A", "X", "X", "A", "X", "X", "A"))]
    ended, told = replay(tmp_path, "\n".join(lines))
    assert ended == 0, told
    [signal] = json.loads(told.splitlines()[0])["signals"]
    assert signal["bidders"] == ["X"]
    assert signal["reasons"]["OUTBIDS_ITSELF"] == 1.0


@pytest.mark.parametrize(
    ("bids", "steps", "named"),
    [
        ("sale,bidder,amount\n1,A,5\n", STEPS, "These columns are missing: time."),
        ("sale,bidder,amount,time\n1,A,five,1\n", STEPS, "five"),
        ("sale,bidder,amount,time\n1,A,5,noon\n", STEPS, "Give a date and a time."),
        (BIDS, "from,step\n0,1\n5,0.5\n", "increments must not fall"),
        (BIDS, "", "begins at zero"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, bids: str, steps: str, named: str) -> None:
    ended, told = replay(tmp_path, bids, steps)
    assert (ended, named in told) == (1, True), told


def test_times_are_numbers_or_iso_dates() -> None:
    assert moment("2.5") < moment("3")
    assert moment("2026-01-01T10:00:00+08:00") < moment("2026-01-01T10:00:01+08:00")
    with pytest.raises(Invalid):
        moment("soon")
