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
        ("sale,bidder,amount\n1,A,5\n", STEPS, "The file lacks the columns: time."),
        ("sale,bidder,amount,time\n1,A,5,1\n1,B,five,1\n", STEPS, "Line 3, amount: five is not an amount of money"),
        ("sale,bidder,amount,time\n1,A,5,noon\n", STEPS, "Line 2, time: Give a date and a time."),
        ("sale,bidder,amount,time\n1,A,5,nan\n", STEPS, "Line 2, time"),
        (
            "sale,bidder,amount,time\n1,A,5,1\n1,B,6,2026-01-01\n",
            STEPS,
            "Line 3, time: Times are all numbers or all dates.",
        ),
        ("sale,bidder,amount,time\n1,,5,1\n", STEPS, "Line 2, bidder: It is empty."),
        ("sale,bidder,amount,time\n1,A,5\n", STEPS, "Line 2, time: It is empty."),
        ("sale,bidder,amount,time\n1,A,-5,1\n", STEPS, "Line 2, amount: It must be above zero."),
        ("sale,bidder,amount,time\n1,A,5.001,1\n", STEPS, "Line 2, amount: USD has no unit as small"),
        ("sale,bidder,bid,amount,time\n1,A,5,5,1\n", STEPS, "there twice"),
        ("sale,bidder,amount,time\n", STEPS, "holds no rows"),
        ("", STEPS, "holds no rows"),
        ("s\x00a\x00l\x00e\x00", STEPS, "neither a CSV nor an xlsx"),
        (BIDS, "from,step\n0,1\n5 dollars,2\n", "Line 3, price: 5dollars is not"),
        (BIDS, "from,step\n0,1\n5\n", "Line 3, step"),
        (BIDS, "from,step\n0,1\n5,0.5\n", "increments must not fall"),
        (BIDS, "", "begins at zero"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, bids: str, steps: str, named: str) -> None:
    ended, told = replay(tmp_path, bids, steps)
    assert (ended, named in told) == (1, True), told


def test_the_same_bids_come_to_the_same_however_the_file_is_written(tmp_path: Path) -> None:
    """Byte order mark, another encoding, line ends of Windows, semicolons, headings of others, rows in any order, grouped thousands, ties by their lines."""
    rows = [
        ("张三", "1200", "2026-01-01T10:00:00"),
        ("李四", "1500", "2026-01-01T10:00:01"),
        ("王五", "1500", "2026-01-01T10:00:01"),
        ("张三", "1300", "2026-01-01T10:00:02"),
    ]
    plain = "sale,bidder,amount,time\n" + "".join(f"S,{who},{amount},{at}\n" for who, amount, at in rows)
    other = "Auction ID;Bidder_ID;Max Bid;Bid Time\r\n" + "".join(
        f"S;{who};{int(amount):,}.00;{at}Z\r\n" for who, amount, at in (rows[3], *rows[:3])
    )
    told = []
    for written in (plain.encode(), other.encode("utf-8-sig"), other.encode("gb18030")):
        (tmp_path / "bids.csv").write_bytes(written)
        (tmp_path / "steps.csv").write_text(STEPS)
        done = CliRunner().invoke(main, [str(tmp_path / "bids.csv"), "--increments", str(tmp_path / "steps.csv")])
        assert done.exit_code == 0, done.output
        told.append(done.output)
    assert set(told) == {told[0]}
    assert (json.loads(told[0])["winner"], json.loads(told[0])["price"]) == ("李四", "1500.00"), (
        "of equal maxima at one moment the earlier line"
    )


def test_one_bidder_pays_the_opening(tmp_path: Path) -> None:
    ended, told = replay(tmp_path, "sale,bidder,amount,time,opening\n1,A,900,1,20\n1,A,950,2,20\n")
    assert (ended, json.loads(told)["winner"], json.loads(told)["price"]) == (0, "A", "20.00")


def test_times_are_numbers_or_iso_dates() -> None:
    assert moment("2.5") < moment("3")
    assert moment("2026-01-01T10:00:00+08:00") < moment("2026-01-01T10:00:01+08:00")
    with pytest.raises(Invalid):
        moment("soon")
