"""Several banks asked at once: each answers for itself, one is accepted, the others lapse in the same moment, and none sees another's offer."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.documents.queries import find_trade
from marketplace.documents.trades import lay_before
from marketplace.financing import actions
from marketplace.financing.agreeing.competing import answers, deals_of, find_inquiry, inquiry_of
from marketplace.financing.queries import find_deal, offers, terms_of
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tenants.policies import tables
from tests.factories import Firm, World
from tests.marketplace.documents.trade_makers import a_whole_trade
from tests.marketplace.financing.makers import ADeal, a_request, an_offer, at_once, yuan
from tests.marketplace.pledges.makers import Parties, the_parties
from tests.marketplace.valuation.makers import a_price


@dataclass
class Asked:
    """An inquiry with three banks, and each bank's deal."""

    parties: Parties
    inquiry_id: UUID
    banks: list[Firm]
    deals: list[ADeal]

    def statuses(self) -> list[str]:
        """Where the three deals stand."""
        return [one.status for one in self.deals]


def asked(world: World, banks: int = 3) -> Asked:
    """A hundred tonnes put before three banks at once."""
    parties = the_parties(world)
    firms = [parties.bank, *(world.firm("BANK") for _ in range(banks - 1))]
    lot = parties.a_lot("100.000")
    for bank in firms:
        a_price(world, bank, "20000")
    with parties.sme.operator.ws() as ws:
        inquiry = actions.ask_banks(ws, bank_ids=[one.tenant_id for one in firms], **wanted(lot.id))
        rows = {one.bank_id: one.deal_id for one in deals_of(ws, inquiry.id)}
    world.work()
    seats = [Parties(world, parties.sme, bank, parties.warehouse, parties.supervisor) for bank in firms]
    return Asked(parties, inquiry.id, firms, [ADeal(seat, rows[seat.bank.tenant_id], [lot]) for seat in seats])


def wanted(lot_id: UUID) -> dict[str, Any]:
    return {"amount": yuan("1000000.00"), "tenor_days": 180, "purpose": "Copper", "goods": [(lot_id, Quantity.of("100", "TNE"))]}  # fmt: skip


def offered(world: World) -> Asked:
    """Three offers: the middle one is the cheapest, although its rate is not."""
    found = asked(world)
    an_offer(world, deal=found.deals[0], annual_rate=Decimal("0.0420"), fee=yuan("8000.00"))
    an_offer(world, deal=found.deals[1], annual_rate=Decimal("0.0450"), storage=yuan("100.00"))
    an_offer(world, deal=found.deals[2], annual_rate=Decimal("0.0410"), premium=yuan("9000.00"), limit="800000.00")
    return found


def test_the_answers_stand_side_by_side_the_cheapest_first(world: World) -> None:
    found = offered(world)
    with found.parties.sme.operator.ws(read_only=True) as ws:
        told = answers(ws, found.inquiry_id)
    assert [one.deal.deal_id for one in told] == [found.deals[place].deal_id for place in (1, 0, 2)]
    assert [one.is_cheapest for one in told] == [True, False, False]
    assert [one.falls_short for one in told] == [False, False, True]
    costs = [one.cost for one in told if one.cost]
    assert [str(one.total) for one in costs] == ["CNY 23100.00", "CNY 29000.00", "CNY 25400.00"]
    assert [str(one.amount) for one in costs] == ["CNY 1000000.00", "CNY 1000000.00", "CNY 800000.00"]
    assert [str(one.simple) for one in costs] == ["0.046842", "0.058806", "0.064382"]


def test_accepting_one_lets_the_others_lapse_in_the_same_moment(world: World) -> None:
    found = offered(world)
    first, chosen, third = found.deals
    with found.parties.sme.operator.ws() as ws:
        actions.accept_offer(ws, chosen.deal_id)
    assert found.statuses() == ["WITHDRAWN", "TERM_SHEET", "WITHDRAWN"]
    lot_id = chosen.lots[0].id
    for deal in (first, third):
        with deal.bank.operator.ws(read_only=True) as ws:
            assert [one.status for one in offers(ws, deal.deal_id)] == ["LAPSED"]
            assert not rooms.my_roles(ws, lot_id), "who is not chosen loses sight of the goods"
    with chosen.bank.operator.ws(read_only=True) as ws:
        assert rooms.my_roles(ws, lot_id) == {"bank"}
        assert len(pledges_of_deal(ws, chosen.deal_id)) == 1
        assert inquiry_of(ws, chosen.deal_id) is None
    with found.parties.sme.operator.ws(read_only=True) as ws:
        assert find_inquiry(ws, found.inquiry_id).accepted_deal_id == chosen.deal_id
    world.work()
    with found.parties.sme.operator.ws() as ws, pytest.raises(Conflict, match="another_accepted"):
        actions.accept_offer(ws, first.deal_id)
    with pytest.raises(Conflict):
        an_offer(world, deal=first)


def test_of_two_acceptances_at_once_one_stands(world: World) -> None:
    found = offered(world)
    ids = [one.deal_id for one in found.deals]

    def accept() -> None:
        with found.parties.sme.operator.ws() as ws:
            actions.accept_offer(ws, ids.pop())

    failures = at_once(world, 3, accept)
    assert len(failures) == 2
    assert all(isinstance(one, Refused) and one.code == "another_accepted" for one in failures), failures
    assert sorted(found.statuses()) == ["TERM_SHEET", "WITHDRAWN", "WITHDRAWN"]


def test_the_database_itself_lets_one_offer_of_an_inquiry_be_accepted(world: World) -> None:
    """The planted defect: code that accepts an offer past the inquiry, and one that names another deal."""
    found = offered(world)
    with found.parties.sme.operator.ws() as ws:
        actions.accept_offer(ws, found.deals[0].deal_id)
    for statement in (
        "update house.offer set status = 'ACCEPTED' where deal_id = :deal",
        "update house.inquiry set accepted_deal_id = :deal where id = :inquiry",
        "update house.inquiry set accepted_deal_id = null where id = :inquiry",
    ):
        with pytest.raises(DBAPIError, match=r"accepted one|agreed once"), found.parties.sme.operator.ws() as ws:
            ws.session.execute(text(statement), {"deal": found.deals[1].deal_id, "inquiry": found.inquiry_id})


def seen_by(bank: Firm, rival: ADeal) -> list[str]:
    """Tables in which this bank's own statements reach anything of another bank's deal, or of the inquiry."""
    reached = []
    with bank.operator.ws(read_only=True) as ws:
        for table in tables():
            for name in ("deal_id", "room_id", "stream_id", "object_id"):
                if name in table.c:
                    rows = ws.session.execute(text(f'select count(*) from house."{table.name}" where {name} = :id'), {"id": rival.deal_id})  # fmt: skip
                    reached += [table.name] * int(rows.scalar_one() > 0)
        for table_name in ("inquiry", "inquiry_deal"):
            rows = ws.session.execute(text(f"select count(*) from house.{table_name}"))
            reached += [table_name] * int(rows.scalar_one() > 0)
    return reached


def test_no_bank_reaches_another_banks_offer_by_any_statement(world: World) -> None:
    found = offered(world)
    for bank in found.banks:
        for deal in found.deals:
            if deal.bank is not bank:
                assert seen_by(bank, deal) == []
                with bank.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
                    find_deal(ws, deal.deal_id)
        with bank.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
            answers(ws, found.inquiry_id)


def test_the_proof_sees_a_fence_that_was_left_open(world: World) -> None:
    """The planted defect: a policy that lets every bank read offers."""
    found = offered(world)
    world.admin.execute("create policy left_open on house.offer for select using (true)")
    try:
        assert seen_by(found.banks[0], found.deals[1]) == ["offer"]
    finally:
        world.admin.execute("drop policy left_open on house.offer")


def test_who_is_asked_and_taking_it_back(world: World) -> None:
    found = asked(world)
    lot_id, sme = found.deals[0].lots[0].id, found.parties.sme.operator
    for banks, code in (([], "banks_wrong"), ([found.banks[0]] * 2, "bank_twice"), ([found.parties.sme], "party_unknown")):  # fmt: skip
        with sme.ws() as ws, pytest.raises(Invalid, match=code):
            actions.ask_banks(ws, bank_ids=[one.tenant_id for one in banks], **wanted(lot_id))
    with found.banks[1].operator.ws() as ws:
        actions.reject_request(ws, found.deals[1].deal_id, because="Not our goods")
    with sme.ws() as ws:
        actions.withdraw_inquiry(ws, found.inquiry_id, because="sold")
    assert found.statuses() == ["WITHDRAWN", "REJECTED", "WITHDRAWN"]
    with sme.ws() as ws, pytest.raises(Conflict, match="inquiry_closed"):
        actions.withdraw_inquiry(ws, found.inquiry_id)
    with world.firm("SME").operator.ws() as ws, pytest.raises(NotFound):
        actions.withdraw_inquiry(ws, found.inquiry_id)


def test_a_deal_that_was_asked_alone_has_no_inquiry(world: World) -> None:
    deal = an_offer(world)
    with deal.sme.operator.ws() as ws:
        assert inquiry_of(ws, deal.deal_id) is None
        assert terms_of(ws, actions.accept_offer(ws, deal.deal_id)) is not None


def test_a_trade_before_all_competing_banks_is_financed_once(world: World) -> None:
    """One of them will lend, so nothing is financed twice; a deal outside of the inquiry still is."""
    found = asked(world)
    trade = a_whole_trade(found.parties.sme.operator)
    with found.parties.sme.operator.ws() as ws:
        for deal in found.deals:
            lay_before(ws, trade.trade_id, deal.deal_id)
        assert find_trade(ws, trade.trade_id).flags == []
    other = a_request(world, parties=found.parties)
    with found.parties.sme.operator.ws() as ws:
        lay_before(ws, trade.trade_id, other.deal_id)
        assert find_trade(ws, trade.trade_id).flags == ["financed_twice"]
