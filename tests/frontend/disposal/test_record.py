"""The public record on its pages and by calls: open to everybody once bidding has ended, the program beside it, and the open-contracting feed."""

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from marketplace.disposal.ports import signer
from tests.factories import World
from tests.marketplace.disposal.makers import Sale, an_auction

STATED = {  # what the standard's release schema asks for (OCDS 1.1), as far as our releases go
    "type": "object",
    "required": ["uri", "version", "publishedDate", "publisher", "releases"],
    "properties": {
        "version": {"pattern": r"^(\d+\.)(\d+)$"},
        "releases": {
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "required": ["ocid", "id", "date", "tag", "initiationType", "parties", "tender"],
                "properties": {
                    "ocid": {"pattern": r"^ocds-[a-z0-9]{6}-.+"},
                    "tag": {"minItems": 1, "items": {"enum": ["tender", "award", "contract"]}},
                    "initiationType": {"const": "tender"},
                    "date": {"format": "date-time"},
                    "tender": {
                        "required": ["id", "status", "items"],
                        "properties": {
                            "status": {"enum": ["planned", "active", "cancelled", "unsuccessful", "complete"]},
                            "minValue": {"properties": {"amount": {"type": "number"}}},
                        },
                    },
                    "contracts": {
                        "items": {
                            "required": ["id", "awardID"],
                            "properties": {"status": {"enum": ["pending", "active", "cancelled", "terminated"]}},
                        }
                    },
                    "awards": {
                        "items": {
                            "required": ["id", "status", "date", "value", "suppliers"],
                            "properties": {"status": {"enum": ["pending", "active", "cancelled", "unsuccessful"]}},
                        }
                    },
                },
            },
        },
    },
}


@pytest.fixture
def sale(world: World) -> Sale:
    made = an_auction(world, reserve="700000").open_with_bidders(2)
    made.bid(made.bidders[0], 700_000)
    made.bid(made.bidders[1], 703_000)
    return made


def test_anybody_downloads_record_and_program_and_recomputes(world: World, sale: Sale, tmp_path: Path) -> None:
    visitor, path = world.app.test_client(), f"/auctions/{sale.auction_id}"
    early = visitor.get(f"{path}/record?lang=en")
    assert "The record is published when bidding has ended." in early.text
    assert visitor.get(f"{path}/record.json").status_code == 409
    sale.close()
    page = visitor.get(f"{path}/record?lang=en").text
    for told in ("python3 recompute.py", sale.auction.number, signer().public, "Seal of the reserve"):
        assert told in page
    bidder = sale.bidders[1].operator.browser()
    assert "Your receipts" in bidder.get(f"{path}/record?lang=en").text
    for name, client, address in (
        ("recompute.py", visitor, "/auctions/recompute.py"),
        ("record.json", visitor, f"{path}/record.json"),
        ("receipts.json", bidder, f"{path}/receipts.json"),
    ):
        (tmp_path / name).write_bytes(client.get(address).data)
    key = visitor.get("/auctions/key.json").json["key"]
    called = [sys.executable, "-I", "-S", "recompute.py", "record.json", "receipts.json", "--key", key]
    done = subprocess.run(called, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, "receipt of bid 2: signed" in done.stdout) == (0, True), done.stdout + done.stderr


def test_the_record_by_calls_is_the_file(world: World, sale: Sale) -> None:
    path = f"/auctions/{sale.auction_id}"
    one, two = (firm.operator for firm in sale.bidders)
    assert one.call("GET", f"{path}/record").json["code"] == "sale_not_ended"
    sale.close()
    file = world.app.test_client().get(f"{path}/record.json").json
    by_call = one.call("GET", f"{path}/record").json
    for part in ("key", "auction", "commitments", "opened"):
        assert by_call[part] == file[part]
    assert [bid["signature"] for bid in by_call["bids"]] == [bid["signature"] for bid in file["bids"]]
    assert by_call["result"]["price_minor"] == 700_000_00
    assert [told["outcome"] for told in two.call("GET", f"{path}/receipts").json["receipts"]] == ["TOO_LOW"]
    assert one.call("GET", "/receipt-key").json == {"algorithm": "Ed25519", "key": file["key"]}


def test_sales_are_published_as_open_contracting_releases(world: World, sale: Sale) -> None:
    announced = an_auction(world)
    sale.close()
    package = world.app.test_client().get("/auctions/ocds.json").json
    jsonschema_rs.validate(STATED, package)
    releases = {one["tender"]["id"]: one for one in package["releases"]}
    sold, coming = releases[str(sale.auction_id)], releases[str(announced.auction_id)]
    assert (coming["tag"], coming["tender"]["status"], "awards" in coming) == (["tender"], "planned", False)
    [award] = sold["awards"]
    assert (sold["tender"]["status"], award["status"], award["value"]) == ("complete", "pending", {"amount": 700000, "currency": "CNY"})  # fmt: skip
    assert award["suppliers"][0]["name"] == f"Paddle {sale.auction.winning_paddle}"
    assert sale.bidders[0].name not in str(package), "who bids is known by paddles alone"
    assert sale.borrower.name not in str(package)
    by_call = sale.bank.operator.call("GET", "/auctions-ocds?limit=200").json
    jsonschema_rs.validate(STATED, by_call)
