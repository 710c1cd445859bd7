"""Warehouse receipts: one copy under one holder's control, never more than lies there, the pledge mark wherever a bank holds the goods (invariants 2 to 4)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipts.models import ReceiptRequest, WarehouseReceipt
from marketplace.inventory.receipts.queries import (
    find_receipt,
    list_receipts,
    open_request,
    public_receipt,
    receipts_of_lot,
    requests_of,
)
from marketplace.inventory.rules.receipts import content_hash
from marketplace.pledges import actions
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import (
    Parties,
    a_release_order,
    activate,
    an_active_pledge,
    an_offered_pledge,
    the_parties,
)

WRITTEN = {
    "packing": "bundles", "marks": "JCC", "loss_standard": "0.1 % a year", "stored_until": "2026-12-31", "storage_fee": "0.45 CNY/t/d", "insurance": "",
}  # fmt: skip


def t(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


class Desk:
    """The warehouse's receipt desk, its clients, and a lot of 500 t."""

    def __init__(self, world: World, parties: Parties | None = None) -> None:
        self.world, self.p = world, parties or the_parties(world)
        self.lot = self.p.a_lot("500.000")

    def issue(self, amount: str, lot: Lot | None = None) -> WarehouseReceipt:
        with self.p.warehouse.operator.ws() as ws:
            draft = inventory.draft_receipt(ws, (lot or self.lot).id, quantity=t(amount), written=WRITTEN)
            proposal = next(one for one in approvals.waiting(ws) if one.subject_id == draft.id)
        self.decide(self.p.warehouse, proposal)
        return self.see(draft.id)

    def decide(self, firm: Firm, proposal: Approval) -> None:
        with firm.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)

    def sign(self, request: Any) -> None:
        assert isinstance(request, ReceiptRequest)
        with self.p.warehouse.operator.ws() as ws:
            proposal = inventory.sign_request(ws, request.id)
        self.decide(self.p.warehouse, proposal)

    def ask(self, firm: Firm, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
        with firm.operator.ws() as ws:
            return act(ws, *given, **more)

    def bank_asks(self, act: Callable[..., Any], receipt: WarehouseReceipt, **more: Any) -> ReceiptRequest:
        """A request by the bank: proposed, and agreed to by a colleague."""
        self.decide(self.p.bank, self.ask(self.p.bank, act, receipt.id, **more))
        with self.p.bank.operator.ws(read_only=True) as ws:
            return requests_of(ws, receipt.id)[-1]

    def endorse_all(self, lot: Lot | None = None) -> None:
        """The warehouse signs every endorsement in pledge that waits on a lot."""
        with self.p.warehouse.operator.ws(read_only=True) as ws:
            asked = [open_request(ws, one.id) for one in receipts_of_lot(ws, (lot or self.lot).id)]
        for request in asked:
            if request is not None and request.kind == "PLEDGE":
                self.sign(request)

    def pledge(self, amount: str, bank: Firm | None = None) -> UUID:
        """So much of the lot pledged and in force, by its receipts where it lies under some."""
        deal_id, _ = an_offered_pledge(self.p, self.lot, amount, bank=bank)
        self.endorse_all()
        activate(self.p, deal_id, bank)
        return deal_id

    def see(self, receipt_id: UUID) -> WarehouseReceipt:
        with self.p.warehouse.operator.ws(read_only=True) as ws:
            return find_receipt(ws, receipt_id)

    def live(self) -> list[WarehouseReceipt]:
        with self.p.warehouse.operator.ws(read_only=True) as ws:
            return [one for one in receipts_of_lot(ws, self.lot.id) if one.live_units is not None]

    def goods(self) -> Lot:
        with self.p.sme.operator.ws(read_only=True) as ws:
            return find_lot(ws, self.lot.id)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


# Issuing --------------------------------------------------------------------------------------------------------------


def test_a_receipt_takes_two_people_and_says_what_the_standard_lists(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    assert (receipt.status, receipt.holder_id, receipt.quantity) == ("ISSUED", desk.p.sme.tenant_id, Decimal("300.000"))
    assert receipt.content_hash == content_hash(receipt.content)
    said = receipt.content
    assert {
        "depositor",
        "goods",
        "quantity",
        "grade",
        "packing",
        "marks",
        "loss_standard",
        "place",
        "stored_until",
        "storage_fee",
        "insurance",
        "issuer",
    } <= set(said)
    with desk.p.sme.operator.ws(read_only=True) as ws:
        assert [one.number for one in list_receipts(ws)] == [receipt.number]
    stranger = desk.world.firm("BANK")
    with stranger.operator.ws(read_only=True) as ws:
        assert list_receipts(ws) == []
        with pytest.raises(NotFound):
            find_receipt(ws, receipt.id)


def test_receipts_never_say_more_than_lies_there(desk: Desk) -> None:
    desk.issue("300.000")
    with pytest.raises(Conflict, match="receipts_exceed_goods"):
        desk.issue("200.001")
    desk.issue("200.000")
    assert sum(one.quantity for one in desk.live()) == Decimal("500.000")


@pytest.mark.parametrize("missing", ["packing", "loss_standard", "stored_until", "storage_fee"])
def test_missing_content_is_refused_at_its_field(desk: Desk, missing: str) -> None:
    with pytest.raises(Invalid) as refused, desk.p.warehouse.operator.ws() as ws:
        inventory.draft_receipt(ws, desk.lot.id, quantity=t("1"), written=WRITTEN | {missing: " "})
    assert refused.value.field == missing


def test_goods_under_a_receipt_leave_against_it_alone(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    with desk.p.warehouse.operator.ws() as ws, pytest.raises(Conflict, match="not_free_to_leave"):
        inventory.mark_departed(ws, desk.lot.id, quantity=t("200.001"))
    with desk.p.warehouse.operator.ws() as ws:
        inventory.mark_departed(ws, desk.lot.id, quantity=t("200"))
    desk.sign(desk.ask(desk.p.sme, inventory.request_surrender, receipt.id))
    assert desk.see(receipt.id).status == "CANCELLED"
    assert (desk.goods().status, desk.goods().departed_qty) == ("DEPARTED", Decimal("500.000"))


# Endorsing, splitting, merging ----------------------------------------------------------------------------------------


def test_an_endorsement_needs_holder_and_warehouse(desk: Desk) -> None:
    receipt, buyer = desk.issue("300.000"), desk.world.firm("BUYER")
    request = desk.ask(desk.p.sme, inventory.request_endorsement, receipt.id, to=buyer.tenant_id)
    assert desk.see(receipt.id).holder_id == desk.p.sme.tenant_id
    desk.sign(request)
    assert desk.see(receipt.id).holder_id == buyer.tenant_id
    with pytest.raises(NotAllowed, match="receipt_not_yours"):
        desk.ask(desk.p.sme, inventory.request_surrender, receipt.id)
    assert desk.goods().free_qty == Decimal("200.000")
    with pytest.raises(Conflict, match="already_encumbered"):
        an_offered_pledge(desk.p, desk.lot, "200.001")
    desk.sign(desk.ask(buyer, inventory.request_surrender, receipt.id))
    assert desk.goods().departed_qty == Decimal("300.000")


@pytest.mark.parametrize("damaged", [True, False])
def test_the_paper_for_lost_goods_passes_to_nobody(desk: Desk, damaged: bool) -> None:
    receipt, buyer = desk.issue("300.000"), desk.world.firm("BUYER")
    request = desk.ask(desk.p.sme, inventory.request_endorsement, receipt.id, to=buyer.tenant_id)
    with desk.p.supervisor.operator.ws() as ws:
        inventory.report_loss(ws, desk.lot.id, damaged=damaged, because="a fire in hall 2")
    with pytest.raises(Conflict, match="goods_spoilt"):
        desk.sign(request)
    assert desk.see(receipt.id).holder_id == desk.p.sme.tenant_id


def test_e33_a_receipt_is_split_exactly_or_not_at_all(desk: Desk) -> None:
    whole = desk.issue("500.000")
    for parts in (("200.000", "299.999"), ("200.000", "300.001"), ("500.000",)):
        with pytest.raises(Refused, match=r"quantity_not_conserved|parts_count"):
            desk.ask(desk.p.sme, inventory.request_split, whole.id, parts=[t(part) for part in parts])
    desk.sign(desk.ask(desk.p.sme, inventory.request_split, whole.id, parts=[t("200"), t("300")]))
    assert desk.see(whole.id).status == "SPLIT"
    assert sorted(one.quantity for one in desk.live()) == [Decimal("200.000"), Decimal("300.000")]
    desk.sign(desk.ask(desk.p.sme, inventory.request_merge, [one.id for one in desk.live()]))
    (again,) = desk.live()
    assert (again.quantity, again.units, again.content["replaces"] != []) == (whole.quantity, whole.units, True)


def test_one_thing_at_a_time(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    request = desk.ask(desk.p.sme, inventory.request_surrender, receipt.id)
    with pytest.raises(Conflict, match="request_open"):
        desk.ask(desk.p.sme, inventory.request_split, receipt.id, parts=[t("100"), t("200")])
    with desk.p.sme.operator.ws() as ws:
        inventory.close_request(ws, request.id, because="changed our mind")
    with desk.p.warehouse.operator.ws() as ws, pytest.raises(Conflict, match="request_closed"):
        inventory.sign_request(ws, request.id)


# The pledge mark ------------------------------------------------------------------------------------------------------


def test_pledged_goods_mark_their_receipt_and_the_bank_alone_controls_it(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    deal_id = desk.pledge("500.000")
    marked = desk.see(receipt.id)
    assert (marked.status, marked.bank_id) == ("PLEDGED", desk.p.bank.tenant_id)
    for act in (inventory.request_surrender, inventory.request_endorsement):
        more = {"to": desk.p.warehouse.tenant_id} if act is inventory.request_endorsement else {}
        with pytest.raises(NotAllowed, match="receipt_not_yours"):
            desk.ask(desk.p.sme, act, receipt.id, **more)
    with pytest.raises(Conflict, match="receipt_pledged"):
        desk.ask(desk.p.bank, inventory.request_endorsement, receipt.id, to=desk.p.warehouse.tenant_id)
    desk.sign(desk.bank_asks(inventory.request_split, receipt, parts=[t("100"), t("200")]))
    assert {(one.status, one.bank_id, one.holder_id) for one in desk.live()} == {
        ("PLEDGED", desk.p.bank.tenant_id, desk.p.sme.tenant_id)
    }
    with desk.p.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
    assert {(one.status, one.bank_id) for one in desk.live()} == {("ISSUED", None)}
    with desk.p.bank.operator.ws(
        read_only=True
    ) as ws:  # it keeps what it controlled to the end, and loses sight of what goes on
        assert [one.id for one in list_receipts(ws)] == [receipt.id]


def test_a_receipt_issued_on_pledged_goods_is_marked_from_its_first_moment(desk: Desk) -> None:
    an_active_pledge(desk.p, desk.lot, "500.000")
    assert desk.issue("300.000").status == "PLEDGED"


def test_pledged_goods_under_a_receipt_leave_once_the_bank_gave_the_paper_back(desk: Desk) -> None:
    receipt = desk.issue("500.000")
    deal_id = desk.pledge("500.000")
    order = a_release_order(desk.p, deal_id, desk.lot, "100.000")
    with pytest.raises(Conflict, match="receipt_outstanding"), desk.p.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("100"))
    desk.sign(desk.bank_asks(inventory.request_surrender, receipt))
    assert (desk.see(receipt.id).status, desk.goods().pledged_qty) == ("CANCELLED", Decimal("500.000"))
    with desk.p.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("100"))


def test_goods_under_a_receipt_are_not_made_into_other_lots(desk: Desk) -> None:
    desk.issue("1.000")
    with desk.p.sme.operator.ws() as ws, pytest.raises(Conflict, match="receipt_outstanding"):
        inventory.propose_split(ws, desk.lot.id, parts=[t("200"), t("300")])


# Loss and verification ------------------------------------------------------------------------------------------------


def test_a_lost_receipt_is_noticed_for_sixty_days_and_reissued_against_an_indemnity(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    with desk.p.sme.operator.ws() as ws:
        inventory.report_receipt_lost(ws, receipt.id, because="the key was stolen")
    with pytest.raises(Conflict, match="receipt_not_live"):
        desk.ask(desk.p.sme, inventory.request_surrender, receipt.id)
    with pytest.raises(Conflict, match="public_notice_given"):
        desk.ask(desk.p.sme, inventory.request_reissue, receipt.id, indemnity="guarantee 118")
    desk.world.advance(timedelta(days=60))
    with pytest.raises(Invalid, match="indemnity_given"):
        desk.ask(desk.p.sme, inventory.request_reissue, receipt.id, indemnity=" ")
    desk.sign(desk.ask(desk.p.sme, inventory.request_reissue, receipt.id, indemnity="guarantee 118"))
    assert desk.see(receipt.id).status == "REISSUED"
    (fresh,) = desk.live()
    assert (fresh.status, fresh.quantity, fresh.content["replaces"]) == ("ISSUED", Decimal("300.000"), [receipt.number])


def test_anybody_with_number_and_code_may_verify_and_learns_no_secret(desk: Desk) -> None:
    receipt = desk.issue("300.000")
    with desk.world.firm("BUYER").operator.ws(read_only=True) as ws:
        told = public_receipt(ws, receipt.number, receipt.code)
        assert public_receipt(ws, receipt.number, "0" * 12) is None
    assert told
    assert (told.status, told.amount, told.pledged, told.content_hash) == (
        "ISSUED",
        t("300"),
        False,
        receipt.content_hash,
    )
    assert desk.p.sme.name not in str(told)
    desk.pledge("500.000")
    with desk.world.firm("BUYER").operator.ws(read_only=True) as ws:
        told = public_receipt(ws, receipt.number, receipt.code)
    assert told
    assert told.pledged
    assert desk.p.bank.name not in str(told)


# Behind the actions' backs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "statement", "reason"),
    [
        ("warehouse", "update house.warehouse_receipt set quantity = 400, units = '[0,400000)' where id = :id", "does not change"),
        ("warehouse", "update house.warehouse_receipt set bank_id = tenant_id, status = 'PLEDGED' where id = :id", "does not change"),
        ("warehouse", "update house.warehouse_receipt set status = 'PLEDGED' where id = :id", "takes no step"),
        ("warehouse", "update house.warehouse_receipt set content = '{}' where id = :id", "does not change"),
        ("sme", "update house.warehouse_receipt set holder_id = tenant_id where id = :id", "not yours"),
        ("sme", "update house.warehouse_receipt set status = 'CANCELLED' where id = :id", "takes no step|not yours"),
        ("warehouse", "update house.lot set receipted = '{}' where id = :lot", "does not change"),
        ("warehouse", "update house.warehouse_receipt set status = 'SPLIT' where id = :id", "exactly the units"),
        ("warehouse", "delete from house.lot_units where lot_id = :lot", "fk_receipt_within_lot|violates"),
    ],
)  # fmt: skip
def test_the_database_refuses(desk: Desk, who: str, statement: str, reason: str) -> None:
    receipt = desk.issue("300.000")
    firm = desk.p.sme if who == "sme" else desk.p.warehouse
    with pytest.raises(DBAPIError, match=reason), firm.operator.ws() as ws:
        ws.session.execute(text(statement), {"id": receipt.id, "lot": desk.lot.id})


def test_no_unit_stands_in_two_receipts(desk: Desk, admin: psycopg.Connection) -> None:
    desk.issue("300.000")
    two = desk.issue("200.000")
    try:
        admin.execute("set role bailee_context")  # past every rule and trigger, as the gate itself would stand
        with pytest.raises(psycopg.errors.ExclusionViolation):
            admin.execute("update house.warehouse_receipt set units = '[0,200000)' where id = %s", (two.id,))
    finally:
        admin.execute("reset role")


def test_whoever_a_receipt_was_endorsed_to_splits_and_merges_it(desk: Desk) -> None:
    """It sees no more of the lot than the receipt says: the warehouse, which signs, knows the rest."""
    receipt, buyer = desk.issue("500.000"), desk.world.firm("BUYER")
    desk.sign(desk.ask(desk.p.sme, inventory.request_endorsement, receipt.id, to=buyer.tenant_id))
    with pytest.raises(Refused, match="quantity_not_conserved"):
        desk.ask(buyer, inventory.request_split, receipt.id, parts=[t("200"), t("299.999")])
    with pytest.raises(NotAllowed, match="receipt_not_yours"):
        desk.ask(desk.p.sme, inventory.request_split, receipt.id, parts=[t("200"), t("300")])
    desk.sign(desk.ask(buyer, inventory.request_split, receipt.id, parts=[t("200"), t("300")]))
    assert {(one.quantity, one.holder_id) for one in desk.live()} == {(Decimal(part), buyer.tenant_id) for part in (200, 300)}  # fmt: skip
    desk.sign(desk.ask(buyer, inventory.request_merge, [one.id for one in desk.live()]))
    (again,) = desk.live()
    assert (again.quantity, again.units, again.holder_id) == (receipt.quantity, receipt.units, buyer.tenant_id)
    assert buyer.operator.browser().get(f"/receipts/{again.id}").status_code == 200
