"""The data room by page and by call: opened, filled, entered under a promise, read, and the log."""

import base64
import io
import re

from tests.factories import World
from tests.frontend.forms import form_fields
from tests.marketplace.disposal.makers import an_auction

PDF = b"%PDF-1.7 assay"


def test_the_whole_way_through_the_data_room(world: World) -> None:
    sale = an_auction(world)
    room = f"/auctions/{sale.auction_id}/data-room"
    seller, bidder = sale.bank.operator, sale.bidder().operator
    desk = seller.browser()
    desk.post(room, data=form_fields(desk.get(room).text) | {"terms": "For this sale alone, and for nobody else."})
    papers = f"{room}/papers"
    sent = form_fields(desk.get(room).text) | {"kind": "quality_certificate", "scope": "DEPOSITED", "file": (io.BytesIO(PDF), "assay.pdf")}  # fmt: skip
    assert desk.post(papers, data=sent, content_type="multipart/form-data").status_code == 302
    browser = bidder.browser()
    page = browser.get(room)
    assert "assay.pdf" not in page.text
    terms = re.search(r'name="terms_sha256" value="([0-9a-f]{64})"', page.text)
    assert terms, "the promise names what it is over"
    browser.post(f"{room}/promise", data=form_fields(page.text) | {"terms_sha256": terms[1]})
    page = browser.get(room)
    found = re.search(rf"{room}/papers/[0-9a-f-]+/openings", page.text)
    assert found, "the paper may be opened"
    assert browser.post(found[0], data=form_fields(page.text)).data == PDF
    log = desk.get(room).text
    assert log.count("assay.pdf") >= 2, "in the list, and in the log"
    assert sale.bidders[0].name in log


def test_the_same_by_call(world: World) -> None:
    sale = an_auction(world)
    room = f"/auctions/{sale.auction_id}/data-room"
    seller, bidder = sale.bank.operator, sale.bidder(deposit=False).operator
    assert bidder.call("GET", room).status_code == 404
    opened = seller.call("POST", room, {"terms": "For this sale alone, and for nobody else."})
    assert opened.status_code == 201
    body = {"kind": "quality_certificate", "name": "assay.pdf", "content": base64.b64encode(PDF).decode()}
    whole = seller.call("POST", f"{room}/papers", body | {"scope": "DEPOSITED"}).json
    copy = seller.call(
        "POST", f"{room}/papers", body | {"whole_id": whole["paper_id"], "withheld": "the borrower"}
    ).json
    assert bidder.call("GET", room).json["papers"] == []
    promised = bidder.call("POST", f"{room}/promise", {"terms_sha256": opened.json["terms_sha256"]}).json
    assert [one["withheld"] for one in promised["papers"]] == ["the borrower"]
    read = bidder.call("POST", f"{room}/papers/{copy['paper_id']}/openings", {}).json
    assert base64.b64decode(read["content"]) == PDF
    assert bidder.call("POST", f"{room}/papers/{whole['paper_id']}/openings", {}).status_code == 404
    log = seller.call("GET", f"{room}/log").json
    assert ([one["paper_id"] for one in log["openings"]], len(log["promises"])) == ([copy["paper_id"]], 1)
    assert bidder.call("GET", f"{room}/log").json["openings"] == []
