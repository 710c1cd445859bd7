"""The public record leads a stranger to the same winner and price; what was removed or altered shows, and a receipt proves what the record leaves out.

The program under test is the file that readers download, run as they run it: by a bare interpreter, without the house.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from marketplace.disposal.bidding import place_bid
from marketplace.disposal.ports import signer
from marketplace.disposal.record import recompute
from marketplace.disposal.record.file import record_of
from marketplace.disposal.record.receipts import InstallationKey, my_receipts, receipt_of
from tenants.database import new_id
from tenants.errors import Conflict
from tests.factories import Firm, Shared, World
from tests.marketplace.disposal.makers import Sale, an_auction, call_off, cny

SCRIPT = str(recompute.__file__)


@pytest.fixture
def sale(world: World) -> Sale:
    return a_lively_sale(world)


def a_lively_sale(world: World) -> Sale:
    """Three bidders, a reserve, two late bids that move the end, and two refused ones."""
    made = an_auction(world, reserve="760000").open_with_bidders(3)
    one, two, three = made.bidders
    for firm, amount in ((one, 700_000), (two, 700_000), (two, 740_000), (three, 9_000_000)):
        made.bid(firm, amount)
    for firm, amount in ((one, 750_000), (three, 765_000)):
        world.set_clock(made.auction.ends_at - timedelta(minutes=1))
        made.bid(firm, amount)
    made.bid(three, 800_000)
    return made


def a_closed_sale(world: World) -> Sale:
    sale = a_lively_sale(world)
    sale.close()
    return sale


def recorded(sale: Sale, by: Firm | None = None) -> dict[str, Any]:
    with (by or sale.bank).operator.ws(read_only=True) as ws:
        return record_of(ws, sale.auction_id)


def receipts(sale: Sale, firm: Firm) -> list[dict[str, Any]]:
    with firm.operator.ws(read_only=True) as ws:
        return [dict(one.told()) for one in my_receipts(ws, sale.auction)]


def run(folder: Path, record: Any, *kept: Any, more: tuple[str, ...] = ()) -> tuple[int, str]:
    """The downloaded program, isolated from everything that is installed; its end and what it said."""
    names = []
    for number, told in enumerate((record, *kept)):
        names.append(folder / f"{number}.json")
        names[-1].write_text(told if isinstance(told, str) else json.dumps(told))
    called = [sys.executable, "-I", "-S", SCRIPT, *map(str, names), *more]
    done = subprocess.run(called, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_a_stranger_comes_to_the_same_winner_and_price(sale: Sale, tmp_path: Path) -> None:
    assert sale.close().status == "SOLD"
    record = recorded(sale, sale.world.firm("BUYER"))
    winner = sale.bidders[2]
    ended, said = run(tmp_path, record, {"receipts": receipts(sale, winner)}, more=("--key", signer().public))
    assert ended == 0, said
    assert f"recomputed: SOLD, price 76500000, paddle {sale.auction.winning_paddle}" in said
    assert "the end moved 2 times" in said
    assert "the seal of the reserve opens to 76000000" in said
    assert said.count("signed, and in the record as it was") == len(receipts(sale, winner)) == 3
    assert "全部成立" in run(tmp_path, record, more=("--zh",))[1]


def test_the_record_is_the_same_whenever_it_is_asked_for(sale: Sale) -> None:
    sale.close()
    first = recorded(sale)
    sale.world.advance(timedelta(days=11))
    sale.world.work()
    assert sale.auction.status == "BUYER_DEFAULT"
    assert recorded(sale) == first


def test_until_the_end_there_is_no_record_and_the_reserve_is_not_opened(sale: Sale) -> None:
    with pytest.raises(Conflict) as refused:
        recorded(sale)
    assert refused.value.code == "sale_not_ended"
    assert sale.auction.reserve_seal
    assert sale.auction.opened_salt is None


def test_an_unsold_and_a_cancelled_sale_have_their_records_too(world: World, tmp_path: Path) -> None:
    unsold = an_auction(world, reserve="800000").open_with_bidders(1)
    unsold.bid(unsold.bidders[0], 700_000)
    unsold.close()
    ended, said = run(tmp_path, recorded(unsold))
    assert (ended, "recomputed: NO_SALE" in said) == (0, True), said
    halted = an_auction(world, reserve="800000").open_with_bidders(1)
    halted.bid(halted.bidders[0], 700_000)
    call_off(halted, "The debt was paid.")
    record = recorded(halted)
    assert (record["result"]["status"], record["opened"]["reserve_minor"]) == ("CANCELLED", None)
    assert run(tmp_path, record)[0] == 0


def _drop(record: dict[str, Any]) -> None:
    del record["bids"][2]


def _drop_the_last(record: dict[str, Any]) -> None:
    del record["bids"][-1]


def _alter(record: dict[str, Any]) -> None:
    record["bids"][2]["amount_minor"] += 100


def _refuse(record: dict[str, Any]) -> None:
    record["bids"][2]["outcome"] = "TOO_LOW"


def _move_the_reserve(record: dict[str, Any]) -> None:
    record["opened"]["reserve_minor"] = 770_000_00


def _hide_an_extension(record: dict[str, Any]) -> None:
    del record["extensions"][0]


def _give_it_to_another(record: dict[str, Any]) -> None:
    record["result"]["paddle"] = record["bids"][0]["paddle"]


def _lower_the_price(record: dict[str, Any]) -> None:
    record["result"]["price_minor"] -= 100


def _change_the_rules(record: dict[str, Any]) -> None:
    record["rules"]["increments"] = [[0, 50_000_00]]


def _forge_a_signature(record: dict[str, Any]) -> None:
    record["bids"][0]["signature"] = record["bids"][1]["signature"]


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (_drop, "bid 3 is missing"),
        (_drop_the_last, "does not end where the result says"),
        (_alter, "bid 3 was altered"),
        (_refuse, "bid 3 was altered"),
        (_move_the_reserve, "not the one that was sealed"),
        (_hide_an_extension, "the end moved 2 times by the bids"),
        (_give_it_to_another, "does not follow from its bids"),
        (_lower_the_price, "does not follow from its bids"),
        (_change_the_rules, "not every bid met the fate"),
        (_forge_a_signature, "only 6 of 7 bids"),
    ],
)
def test_each_tampering_is_named(
    shared: Shared, tmp_path: Path, tamper: Callable[[dict[str, Any]], None], named: str
) -> None:
    record = recorded(shared(a_closed_sale))
    tamper(record)
    ended, said = run(tmp_path, record)
    assert ended == 1
    assert named in said, said


def rewritten(record: dict[str, Any], without: int) -> dict[str, Any]:
    """What a dishonest house can do at most: leave a bid out, chain and sign everything anew with its own key."""
    identity, currency = record["auction"]["id"], record["rules"]["currency"]
    sale = recompute.Sale(record["rules"], record["opened"]["reserve_minor"], {})
    bids, link = [], sha256(identity.encode()).digest()
    for bid in record["bids"]:
        if bid["sequence"] == without:
            continue
        bid = dict(bid, sequence=len(bids) + 1)
        [(_, _, bid["outcome"], _)] = sale.lines(bid)
        bid["ends_at"] = f"{sale.ends:%Y-%m-%dT%H:%M:%S.%fZ}"
        facts = (bid["paddle"], bid["amount_minor"], bid["outcome"], "HAND", "", bid["at"], bid["ends_at"])
        link = sha256(link + recompute.text(identity, bid["sequence"], *facts)).digest()
        bid["hash"] = link.hex()
        bid["signature"] = signer().sign(recompute.receipt_text(identity, currency, bid))
        bids.append(bid)
    status, price, paddle = sale.result()
    result = {"status": status, "price_minor": price, "paddle": paddle, "ends_at": bids[-1]["ends_at"], "bids": len(bids), "head": link.hex()}  # fmt: skip
    result["signature"] = signer().sign(recompute.result_text(identity, result))
    ends = [record["rules"]["closes_at"], *(bid["ends_at"] for bid in bids)]
    moved = [{"sequence": n, "ends_at": ends[n]} for n in range(1, len(ends)) if ends[n] > ends[n - 1]]
    return record | {"bids": bids, "result": result, "extensions": moved}


def test_a_bid_that_was_signed_for_and_left_out_is_proven_by_its_receipt(sale: Sale, tmp_path: Path) -> None:
    """The winning bid is removed and the whole record made to fit: it holds by itself, and the winner's receipt convicts it."""
    kept = receipts(sale, sale.bidders[2])
    sale.close()
    forged = rewritten(recorded(sale), without=6)
    ended, said = run(tmp_path, forged)
    assert ended == 0, f"by itself a record made to fit shows nothing: {said}"
    ended, said = run(tmp_path, forged, *kept)
    assert ended == 1
    assert "receipt of bid 6: SIGNED BY THE HOUSE AND NOT IN THE RECORD AS IT WAS" in said


def test_a_receipt_that_somebody_made_up_proves_nothing(sale: Sale, tmp_path: Path) -> None:
    [mine, *_] = receipts(sale, sale.bidders[1])
    sale.close()
    record = recorded(sale)
    for change, named in (
        ({"amount_minor": mine["amount_minor"] + 1}, "not signed by this house"),
        ({"auction": str(new_id())}, "of another auction"),
        ({"signature": InstallationKey("another house").sign(b"")}, "not signed by this house"),
    ):
        ended, said = run(tmp_path, record, mine | change)
        assert (ended, named in said) == (1, True), said


@pytest.mark.parametrize("torn", ["", "{", "[]", "{}", '{"key": 7}', '{"key": "zz"}'])
def test_a_torn_file_is_refused_without_a_traceback(tmp_path: Path, torn: str) -> None:
    ended, said = run(tmp_path, torn)
    assert ended == 2
    assert "Traceback" not in said


def test_the_answer_to_a_bid_and_the_book_give_the_same_receipt(sale: Sale) -> None:
    """Sent twice, asked for later, written by another process: one bid, one receipt."""
    firm, key = sale.bidders[0], new_id()
    with firm.operator.ws() as ws:
        first = place_bid(ws, sale.auction_id, amount=cny(770_000), key=key)
    with firm.operator.ws() as ws:
        again = place_bid(ws, sale.auction_id, amount=cny(770_000), key=key)
    told = [receipt_of(sale.auction_id, answer, "CNY") for answer in (first, again)]
    assert [dict(one.told()) for one in told if one] == [receipts(sale, firm)[0]] * 2


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
def test_the_few_lines_of_ed25519_agree_with_libsodium(seed: bytes, message: bytes, bit: int) -> None:
    key = SigningKey(seed)
    public, signature = key.verify_key.encode(), key.sign(message).signature
    assert recompute.is_signed(public, message, signature)
    assert not recompute.is_signed(public, message + b"x", signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not recompute.is_signed(public, message, bytes(flipped))


def test_a_signature_has_one_spelling() -> None:
    """RFC 8032, 5.1.7: s below the order, points in their only encoding; else a receipt could be respelled."""
    key = SigningKey(bytes(32))
    signature, public = key.sign(b"bid").signature, key.verify_key.encode()
    s = int.from_bytes(signature[32:], "little") + recompute.ORDER
    assert not recompute.is_signed(public, b"bid", signature[:32] + s.to_bytes(32, "little"))
    assert not recompute.is_signed(public, b"bid", signature + b"\0")
    assert recompute.point_of((recompute.P + 1).to_bytes(32, "little")) is None
    assert recompute.point_of((1 | 1 << 255).to_bytes(32, "little")) is None
