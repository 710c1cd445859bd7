"""Pledging by warehouse receipt: the paper is what is pledged and the goods through it, endorsed by holder and warehouse, never both ways (invariants 2 to 4)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.handing_out.actions import hand_out_receipts
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.inventory.receipts.queries import open_request, requests_of
from marketplace.pledges import actions
from marketplace.pledges.by_receipt import sold_units
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_deal, pledges_of_lot
from tenants.errors import Conflict, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import a_deal_room, a_release_order, activate, an_offered_pledge
from tests.marketplace.pledges.test_concurrency import at_once
from tests.marketplace.pledges.test_receipts import Desk, t


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def offer(desk: Desk, receipt: WarehouseReceipt, *, deal_id: UUID | None = None, bank: Firm | None = None) -> UUID:
    """One receipt, by its name, offered under a deal."""
    deal_id = deal_id or a_deal_room(desk.p, bank)
    with desk.p.sme.operator.ws() as ws:
        actions.offer_pledge(
            ws, deal_id=deal_id, bank_id=(bank or desk.p.bank).tenant_id, goods=[(receipt.lot_id, receipt.amount)], receipts={receipt.lot_id: [receipt.id]}
        )  # fmt: skip
    return deal_id


def held(desk: Desk, deal_id: UUID) -> list[Pledge]:
    with desk.p.bank.operator.ws(read_only=True) as ws:
        return pledges_of_deal(ws, deal_id)


# Made by two signatures -----------------------------------------------------------------------------------------------


def test_a_receipt_is_pledged_by_two_signatures_and_control(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    deal_id = offer(desk, receipt)
    (pledge,) = held(desk, deal_id)
    assert (pledge.by_receipt, pledge.units, pledge.status) == (True, receipt.units, "DRAFT")
    marked = desk.see(receipt.id)
    assert (marked.status, marked.bank_id, marked.pledge_signed_at) == ("PLEDGED", desk.p.bank.tenant_id, None)
    with pytest.raises(Conflict, match="receipt_not_endorsed"):
        activate(desk.p, deal_id)
    desk.endorse_all()
    assert desk.see(receipt.id).pledge_signed_at == desk.world.now
    with desk.p.bank.operator.ws() as ws:
        actions.propose_control(ws, deal_id)
    with desk.p.sme.operator.ws(read_only=True) as ws:
        (chain,) = requests_of(ws, receipt.id)
        assert (chain.kind, chain.status, chain.terms["to"]) == ("PLEDGE", "SIGNED", str(desk.p.bank.tenant_id))


def test_of_a_lot_loose_goods_are_taken_first_and_papers_whole(desk: Desk) -> None:
    desk.issue("300.000")
    deal_id, loose = an_offered_pledge(desk.p, desk.lot, "200.000")
    assert [one.by_receipt for one in loose] == [False]
    with pytest.raises(Conflict, match="receipt_cut"):
        an_offered_pledge(desk.p, desk.lot, "100.000", deal_id=deal_id)
    an_offered_pledge(desk.p, desk.lot, "300.000", deal_id=deal_id)
    assert {(one.by_receipt, one.quantity) for one in held(desk, deal_id)} == {
        (False, Decimal("200.000")), (True, Decimal("300.000"))
    }  # fmt: skip


def test_the_warehouse_may_refuse_and_the_holder_sign_anew(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    deal_id = offer(desk, receipt)
    with pytest.raises(Conflict, match="request_open"):
        desk.ask(desk.p.sme, inventory.endorse_in_pledge, receipt.id)
    with desk.p.warehouse.operator.ws() as ws:
        asked = open_request(ws, receipt.id)
        assert asked
        inventory.close_request(ws, asked.id, because="Storage fees are unpaid.")
    with pytest.raises(NotAllowed, match="receipt_not_yours"):
        desk.ask(desk.p.bank, inventory.endorse_in_pledge, receipt.id)
    desk.sign(desk.ask(desk.p.sme, inventory.endorse_in_pledge, receipt.id))
    with pytest.raises(Conflict, match="endorsed_in_pledge"):
        desk.ask(desk.p.sme, inventory.endorse_in_pledge, receipt.id)
    assert {one.status for one in activate(desk.p, deal_id)} == {"ACTIVE"}


def test_a_receipt_that_is_lost_asked_about_or_in_other_hands_is_no_pledge(desk: Desk) -> None:
    asked, lost, away = (desk.issue(amount) for amount in ("100.000", "150.000", "250.000"))
    buyer = desk.world.firm("BUYER")
    desk.ask(desk.p.sme, inventory.request_surrender, asked.id)
    desk.ask(desk.p.sme, inventory.report_receipt_lost, lost.id, because="the key is gone")
    desk.sign(desk.ask(desk.p.sme, inventory.request_endorsement, away.id, to=buyer.tenant_id))
    for receipt in (asked, lost, away):
        with pytest.raises(Conflict, match="receipt_not_free"):
            offer(desk, receipt)
    with pytest.raises(Conflict, match="already_encumbered"):
        an_offered_pledge(desk.p, desk.lot, "1.000")
    with pytest.raises(Conflict, match="receipt_not_pledged"):
        desk.ask(desk.p.sme, inventory.endorse_in_pledge, asked.id)


# While it is pledged --------------------------------------------------------------------------------------------------


def test_an_offer_given_back_returns_the_paper_and_takes_the_question_from_the_warehouse(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    deal_id = offer(desk, receipt)
    with desk.p.sme.operator.ws() as ws:
        actions.cancel_pledges(ws, deal_id, because="withdrawn")
    back = desk.see(receipt.id)
    assert (back.status, back.bank_id) == ("ISSUED", None)
    with desk.p.sme.operator.ws(read_only=True) as ws:
        assert open_request(ws, receipt.id) is None
    offer(desk, receipt, bank=desk.world.firm("BANK"))


def test_release_returns_the_paper_and_its_old_endorsement_counts_for_no_new_pledge(desk: Desk) -> None:
    receipt = desk.issue("500.000")
    deal_id = desk.pledge("500.000")
    with desk.p.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
    back = desk.see(receipt.id)
    assert (back.status, back.bank_id, back.pledge_signed_at) == ("ISSUED", None, None)
    again = offer(desk, receipt)
    with pytest.raises(Conflict, match="receipt_not_endorsed"):
        activate(desk.p, again)


def test_what_takes_the_place_of_a_pledged_paper_is_endorsed_as_it_was(desk: Desk) -> None:
    whole = desk.issue("500.000")
    deal_id = desk.pledge("500.000")
    signed = desk.see(whole.id).pledge_signed_at
    desk.sign(desk.bank_asks(inventory.request_split, whole, parts=[t("100"), t("400")]))
    assert {(one.status, one.pledge_signed_at) for one in desk.live()} == {("PLEDGED", signed)}
    with desk.p.bank.operator.ws() as ws:
        first, _ = sorted(desk.live(), key=lambda one: one.quantity)
        inventory.report_receipt_lost(ws, first.id, because="the key is gone")
    desk.world.advance(timedelta(days=60))
    desk.sign(desk.bank_asks(inventory.request_reissue, first, indemnity="guarantee 118"))
    assert {(one.status, one.pledge_signed_at) for one in desk.live()} == {("PLEDGED", signed)}
    assert sum(one.quantity for one in held(desk, deal_id)) == Decimal("500.000")


def test_part_of_the_goods_leaves_when_the_bank_gives_up_the_paper_for_it(desk: Desk) -> None:
    whole = desk.issue("500.000")
    deal_id = desk.pledge("500.000")
    order = a_release_order(desk.p, deal_id, desk.lot, "100.000")
    desk.sign(desk.bank_asks(inventory.request_split, whole, parts=[t("100"), t("400")]))
    first, second = sorted(desk.live(), key=lambda one: one.quantity)
    desk.sign(desk.bank_asks(inventory.request_surrender, first))
    with desk.p.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("100"))
    (left,) = held(desk, deal_id)
    assert (left.units, left.by_receipt, left.status) == (second.units, True, "ACTIVE")
    assert desk.see(second.id).status == "PLEDGED"


def test_sold_goods_are_delivered_by_their_receipt_and_the_former_owner_gets_nothing_by_it(desk: Desk) -> None:
    receipt = desk.issue("500.000")
    deal_id = desk.pledge("500.000")
    with desk.p.bank.operator.ws() as ws:
        actions.enforce_pledges(ws, deal_id)
        actions.realise_pledge(ws, deal_id, desk.lot.id)
        inventory.mark_sold(ws, desk.lot.id)
    request = desk.ask(desk.p.sme, inventory.request_surrender, receipt.id)
    with pytest.raises(Conflict, match="receipt_sold"):
        desk.sign(request)
    with desk.p.warehouse.operator.ws() as ws:
        lot = find_lot(ws, desk.lot.id, lock=True)
        (delivered,) = hand_out_receipts(ws, lot, sold_units(ws, deal_id, lot.id))
        inventory.mark_departed(ws, lot.id, quantity=t("500"))
    assert (delivered.id, desk.see(receipt.id).status) == (receipt.id, "CANCELLED")
    assert (desk.goods().status, desk.goods().departed_qty) == ("DEPARTED", Decimal("500.000"))


# Many at once ---------------------------------------------------------------------------------------------------------


def test_one_receipt_offered_from_many_sides_at_once_is_pledged_once(desk: Desk) -> None:
    receipt = desk.issue("500.000")
    banks = [desk.p.bank, desk.world.firm("BANK")]
    deals = [(a_deal_room(desk.p, banks[one % 2]), banks[one % 2]) for one in range(12)]
    told = at_once([partial(_done, partial(offer, desk, receipt, deal_id=room, bank=bank)) for room, bank in deals])
    assert told == {"accepted": 1, "receipt_not_free": 11}
    with desk.p.sme.operator.ws(read_only=True) as ws:
        assert [one.by_receipt for one in pledges_of_lot(ws, desk.lot.id)] == [True]


def test_a_receipt_and_its_goods_at_once(desk: Desk) -> None:
    """Half offer the paper by its name, half as many tonnes; then the paper is also given away, given back and reported lost in the same moment."""
    receipt, buyer = desk.issue("500.000"), desk.world.firm("BUYER")
    rooms = [a_deal_room(desk.p) for _ in range(8)]

    def goods(deal_id: UUID) -> None:
        an_offered_pledge(desk.p, desk.lot, "500.000", deal_id=deal_id)

    tasks: list[Callable[[], object]] = [partial(offer, desk, receipt, deal_id=one) for one in rooms[:4]]
    tasks += [partial(goods, one) for one in rooms[4:]]
    tasks += [partial(desk.ask, desk.p.sme, inventory.request_endorsement, receipt.id, to=buyer.tenant_id)] * 4
    told = at_once([partial(_done, one) for one in tasks])
    assert not [one for one in told if one.startswith("broken")], told
    live = desk.live()
    with desk.p.sme.operator.ws(read_only=True) as ws:
        pledges = pledges_of_lot(ws, desk.lot.id)
    assert len(pledges) <= 1
    assert [one.bank_id is not None for one in live] == [bool(pledges)]
    assert all(one.by_receipt for one in pledges)


def _done(task: Callable[[], object]) -> None:
    task()


# Behind the actions' backs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by_receipt", "units"),
    [(False, "[0,300000)"), (False, "[299000,301000)"), (True, "[0,200000)"), (True, "[0,400000)"), (True, "[300000,400000)")],
)  # fmt: skip
def test_the_database_takes_no_pledge_of_goods_past_their_paper_nor_of_part_of_it(
    desk: Desk, by_receipt: bool, units: str
) -> None:
    desk.issue("300.000")
    offered, (pledge,) = an_offered_pledge(desk.p, desk.lot, "1.000")
    columns = "tenant_id, deal_id, lot_id, lot_number, product_name, grade, site_name, bank_id, supervisor_id, warehouse_id, rank, during, unit, status, offered_at"
    with desk.p.sme.operator.ws() as ws:
        actions.cancel_pledges(ws, offered, because="only its columns are needed")
    again = (
        columns.replace("during", "tstzrange(now_, null)").replace("status", "'DRAFT'").replace("offered_at", "now_")
    )
    with pytest.raises(DBAPIError, match="are pledged by it, whole"), desk.p.sme.operator.ws() as ws:
        ws.session.execute(
            text(
                f"insert into house.pledge ({columns}, id, units, quantity, by_receipt) select {again}, uuidv7(), cast(:units as int8range),"
                " (upper(cast(:units as int8range)) - lower(cast(:units as int8range))) / 1000.0, :paper from house.pledge, (select gate.now() as now_) as clock where id = :id"
            ),
            {"id": pledge.id, "units": units, "paper": by_receipt},
        )


def test_the_database_brings_no_unendorsed_paper_into_force(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    deal_id = offer(desk, receipt)
    with pytest.raises(DBAPIError, match="not endorsed in pledge"), desk.p.bank.operator.ws() as ws:
        ws.session.execute(
            text("update house.pledge set status = 'ACTIVE', control_id = id, active_at = gate.now() where deal_id = :deal"), {"deal": deal_id}
        )  # fmt: skip


def test_the_database_takes_no_endorsement_in_pledge_by_one_alone(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    offer(desk, receipt)
    with desk.p.sme.operator.ws() as ws:
        asked = open_request(ws, receipt.id)
        assert asked
        inventory.close_request(ws, asked.id, because="not yet")
    for firm in (desk.p.warehouse, desk.p.bank, desk.p.sme):
        with pytest.raises(DBAPIError, match="signed by holder and warehouse"), firm.operator.ws() as ws:
            ws.session.execute(
                text("update house.warehouse_receipt set pledge_signed_at = gate.now() where id = :id"), {"id": receipt.id}
            )  # fmt: skip
