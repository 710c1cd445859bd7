"""The term sheet: written when an offer is accepted, the very bytes in the room under their hash, and for the two parties alone."""

import hashlib
import json
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.documents.queries import documents_of, open_document
from marketplace.financing import actions
from marketplace.financing.agreeing.term_sheets import term_sheet_of
from marketplace.financing.queries import find_deal
from tenants.errors import NotFound
from tenants.events import Event
from tests.factories import World
from tests.marketplace.financing.makers import a_request, an_accepted_deal, an_offer, yuan


def test_what_was_agreed_lies_in_the_room_under_its_hash(world: World) -> None:
    deal = an_accepted_deal(world, fee=yuan("5000.00"), annual_rate=Decimal("0.0435"), storage=yuan("200.00"))
    with deal.bank.operator.ws(read_only=True) as ws:
        sheet = term_sheet_of(ws, find_deal(ws, deal.deal_id))
        (document,) = documents_of(ws, deal.deal_id)
        _, kept = open_document(ws, document.id)
        wanted = select(Event.evidence).where(Event.stream_id == deal.deal_id, Event.kind == "OfferAccepted")
        evidence = ws.session.scalars(wanted).one()
    assert kept == sheet.content.encode()
    assert hashlib.sha256(kept).hexdigest() == sheet.sha256 == document.sha256
    assert sheet.sha256 in evidence
    told = json.loads(sheet.content)
    assert (told["terms"]["limit"], told["terms"]["fee"], told["terms"]["storage"]) == ("1300000.00", "5000.00", "200.00")  # fmt: skip
    assert Decimal(told["terms"]["annual_rate"]) == Decimal("0.0435")
    assert told["cost"]["total"] == "27950.00"  # 21,750 + 5,000 + 6 · 200
    assert [(one["number"], one["quantity"]) for one in told["goods"]] == [(deal.lots[0].number, "100.000")]
    assert (told["borrower"]["name"], told["bank"]["name"]) == (deal.sme.name, deal.bank.name)


def test_only_the_two_parties_read_it(world: World) -> None:
    core = world.firm("CORE_ENTERPRISE")
    deal = an_accepted_deal(world, deal=an_offer(world, deal=a_request(world, core=core)))
    for firm in (core, deal.parties.warehouse, deal.parties.supervisor):
        with firm.operator.ws(read_only=True) as ws:
            assert documents_of(ws, deal.deal_id) == []
            assert ws.session.execute(text("select count(*) from house.term_sheet")).scalar_one() == 0
    with world.firm("BANK").operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        find_deal(ws, deal.deal_id)


def test_before_an_acceptance_there_is_none_and_nobody_rewrites_it(world: World) -> None:
    deal = an_offer(world)
    with deal.sme.operator.ws(read_only=True) as ws, pytest.raises(NotFound, match="term_sheet_unknown"):
        term_sheet_of(ws, find_deal(ws, deal.deal_id))
    with deal.sme.operator.ws() as ws:
        actions.accept_offer(ws, deal.deal_id)
    for firm in (deal.sme, deal.bank):
        with pytest.raises(DBAPIError, match="permission denied"), firm.operator.ws() as ws:
            ws.session.execute(text("update house.term_sheet set content = '{}'"))


def test_the_database_takes_no_sheet_whose_hash_is_not_its_own(world: World) -> None:
    """The planted defect: a hash of something else."""
    deal = an_accepted_deal(world)
    with pytest.raises(psycopg.errors.CheckViolation, match="hash"):
        world.admin.execute("update house.term_sheet set content = content || ' ' where deal_id = %s", (deal.deal_id,))
