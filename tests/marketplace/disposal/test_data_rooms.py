"""Papers for bidders under a promise: by scope, by version, with copies that step aside, and each opening noted for the seller alone."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.data_rooms.actions import Upload
from marketplace.disposal.data_rooms.models import SalePaper
from marketplace.disposal.data_rooms.queries import data_room_of, find_data_room, openings_of, papers_of
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction

TERMS = "For this sale alone; show it to nobody outside your firm."
WHOLE, COPY = b"%PDF-1.7 grade A, borrower Hengda", b"%PDF-1.7 grade A, borrower ------"


def a_room(sale: Sale) -> None:
    with sale.bank.operator.ws() as ws:
        actions.open_data_room(ws, sale.auction_id, terms=TERMS)


def shared(sale: Sale, content: bytes, **more: Any) -> SalePaper:
    with sale.bank.operator.ws() as ws:
        upload = Upload(**({"kind": "quality_certificate", "name": "assay.pdf", "content": content} | more))
        return actions.share_paper(ws, sale.auction_id, upload)


def enter(sale: Sale, firm: Firm) -> None:
    with firm.operator.ws() as ws:
        actions.enter_data_room(ws, sale.auction_id, terms_sha256=find_data_room(ws, sale.auction_id).terms_sha256)


def names(sale: Sale, firm: Firm) -> list[str]:
    with firm.operator.ws(read_only=True) as ws:
        return [one.name for one in papers_of(ws, sale.auction_id)]


def read(sale: Sale, firm: Firm, paper: SalePaper) -> bytes:
    with firm.operator.ws() as ws:
        return actions.open_paper(ws, sale.auction_id, paper.paper_id)[1]


def test_a_bidder_reads_what_its_deposit_opens_and_the_seller_sees_each_opening(world: World) -> None:
    sale = an_auction(world)
    a_room(sale)
    whole = shared(sale, WHOLE, scope="DEPOSITED", name="whole.pdf")
    copy = shared(sale, COPY, whole_id=whole.paper_id, withheld="the borrower", name="copy.pdf")
    photo = shared(sale, b"%PDF-1.7 pictures", kind="other", name="pictures.pdf")
    paid, waits = sale.bidder(), sale.bidder(deposit=False)
    stranger = world.firm("BUYER")
    assert names(sale, paid) == [], "no promise, no papers"
    for firm in (paid, waits):
        enter(sale, firm)
    assert names(sale, paid) == ["whole.pdf", "pictures.pdf"]
    assert names(sale, waits) == ["copy.pdf", "pictures.pdf"]
    assert names(sale, stranger) == []
    assert (read(sale, paid, whole), read(sale, waits, copy)) == (WHOLE, COPY)
    for firm, paper in ((waits, whole), (paid, copy), (stranger, photo)):
        with pytest.raises(NotFound):
            read(sale, firm, paper)
    with sale.bank.operator.ws() as ws:
        assert [(one.organisation, one.paper_id, one.sha256) for one in openings_of(ws, sale.auction_id)] == [(waits.name, copy.paper_id, copy.sha256), (paid.name, whole.paper_id, whole.sha256)]  # fmt: skip
        assert actions.open_paper(ws, sale.auction_id, whole.paper_id)[1] == WHOLE
        assert len(openings_of(ws, sale.auction_id)) == 2, "the seller's own is none"
    with paid.operator.ws(read_only=True) as ws:
        assert openings_of(ws, sale.auction_id) == []
        assert data_room_of(ws, sale.auction_id) is not None
    with stranger.operator.ws(read_only=True) as ws:
        assert data_room_of(ws, sale.auction_id) is None


def test_a_new_version_takes_the_place_of_the_one_before(world: World) -> None:
    sale = an_auction(world)
    a_room(sale)
    first = shared(sale, WHOLE)
    bidder = sale.bidder()
    enter(sale, bidder)
    second = shared(sale, COPY, replaces=first.paper_id)
    assert (second.version, second.sha256 != first.sha256) == (2, True)
    with pytest.raises(NotFound):
        read(sale, bidder, first)
    assert read(sale, bidder, second) == COPY
    with pytest.raises(Invalid):
        shared(sale, COPY, replaces=first.paper_id)


def test_when_the_sale_is_over_the_room_is_the_buyers_alone(world: World) -> None:
    sale = an_auction(world)
    a_room(sale)
    paper = shared(sale, WHOLE)
    loser, winner = sale.bidder(), sale.bidder()
    for firm in (loser, winner):
        enter(sale, firm)
    sale.open()
    sale.bid(winner, 700_000)
    assert sale.close().status == "SOLD"
    world.work()
    assert read(sale, winner, paper) == WHOLE
    with pytest.raises(NotFound):
        read(sale, loser, paper)
    late = world.firm("BUYER")
    with late.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.enter_data_room(ws, sale.auction_id, terms_sha256="0" * 64)
    with pytest.raises(Conflict, match="has ended"):
        shared(sale, COPY)


def test_what_a_data_room_refuses_by_name(world: World) -> None:
    sale = an_auction(world)
    with pytest.raises(NotFound):
        shared(sale, WHOLE)
    with sale.bank.operator.ws() as ws, pytest.raises(Invalid) as refused:
        actions.open_data_room(ws, sale.auction_id, terms="Hush.")
    assert refused.value.field == "terms"
    a_room(sale)
    for firm in (sale.bank, world.firm("BANK")):
        with firm.operator.ws() as ws, pytest.raises(Refused):
            actions.open_data_room(ws, sale.auction_id, terms=TERMS)
    public = shared(sale, WHOLE)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"kind": "contract"}, "kind"), ({"kind": "poem"}, "kind"), ({"scope": "EVERYBODY"}, "scope"), ({"content": b"\x7fELF"}, "file"),
        ({"withheld": "the price"}, "whole_id"), ({"whole_id": public.paper_id, "withheld": "the price"}, "whole_id"),
    ]  # fmt: skip
    for wrong, field in cases:
        with pytest.raises((Invalid, Conflict)) as refused:
            shared(sale, **({"content": WHOLE} | wrong))
        assert refused.value.field == field
    bidder = sale.bidder()
    with bidder.operator.ws() as ws, pytest.raises(Invalid) as refused:
        actions.enter_data_room(ws, sale.auction_id, terms_sha256="0" * 64)
    assert refused.value.field == "terms_sha256"
    enter(sale, bidder)
    with pytest.raises(Conflict):
        enter(sale, bidder)


def test_no_reader_goes_round_the_gate(world: World) -> None:
    """Planted: a promise without a registration, a paper into another's sale, an opening struck from the log, straight into the tables."""
    sale = an_auction(world)
    a_room(sale)
    shared(sale, WHOLE)
    bidder, stranger = sale.bidder(), world.firm("BUYER", "BANK")
    enter(sale, bidder)
    promise = "insert into house.data_room_pass select :auction, :me, registration_id, 'x', 'x', terms_sha256, gate.now() from house.data_room_pass where auction_id = :auction"
    for firm, statement in (
        (
            stranger,
            "insert into house.data_room_pass values (:auction, :me, gen_random_uuid(), 'x', 'x', repeat('0', 64), gate.now())",
        ),
        (bidder, promise.replace(":me", "gen_random_uuid()")),
        (stranger, "insert into house.data_room values (:auction, :me, 'x', encode(sha256('x'), 'hex'), gate.now())"),
        (bidder, "delete from house.paper_opening where auction_id = :auction and bidder_id = :me"),
    ):
        with firm.operator.ws() as ws, pytest.raises(DBAPIError), ws.session.begin_nested():
            ws.session.execute(text(statement), {"auction": sale.auction_id, "me": firm.tenant_id})
    with bidder.operator.ws(read_only=True) as ws:
        assert ws.session.execute(text("select from house.sale_paper")).all() == []
