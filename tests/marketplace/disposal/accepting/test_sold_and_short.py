"""Sold goods that lie in a shortage: the share is the buyer's, what remains is handed over, and the buyer pays for no more than that."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.accepting.models import Acceptance
from marketplace.disposal.accepting.queries import count_refunds_owed, find_acceptance
from marketplace.disposal.handing_over import find_handover
from marketplace.disposal.queries import find_settlement
from marketplace.disposal.rules.charges import Charges
from marketplace.inventory import actions as inventory
from marketplace.inventory.queries import find_lot
from marketplace.ledger.queries import balances
from marketplace.ledger.rules.accounts import Account
from marketplace.pledges import actions as pledges
from marketplace.pledges.shortages.queries import objections_of
from marketplace.quantity import Quantity
from tenants import approvals, notifications, record
from tenants.errors import Conflict
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale, cny, propose_sale
from tests.marketplace.financing.makers import decided
from tests.marketplace.pledges.short_makers import COUNT, Mass

CHARGES = Charges(Decimal("0.02"), Decimal(0), Decimal("0.13"), cny("0"), cny("0"), 0)


def tonnes(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


class SoldAndShort:
    """420 t sold for 5,650,000 and paid for, of which a quarter is found before the buyer comes."""

    def __init__(self, world: World, found: str = "105", *, charges: Charges | None = None) -> None:
        self.world, self.enforced = world, an_enforced_sale(world)
        if charges:
            with self.enforced.deal.bank.operator.ws() as ws:
                actions.publish_charges(ws, self.enforced.sale.auction_id, charges)
        self.enforced.sell("5650000")
        self.enforced.pay()
        self.parties, self.auction_id = self.enforced.deal.parties, self.enforced.sale.auction_id
        self.mass = Mass(world, self.parties.warehouse, self.parties.supervisor, None)  # type: ignore[arg-type]
        self.buyer, self.bank, self.lot = self.enforced.buyer, self.enforced.deal.bank, self.enforced.deal.lots[0]
        self.id = self.mass.report(self.lot, found).id

    def lines(self, firm: Firm) -> list[tuple[str, int, int, int | None]]:
        """A firm's lines in kilograms: kind, claimed, had before, share."""
        return [(one.kind, one.claimed_units, one.taken_units, one.share_units) for one in self.mass.lines(firm, self.id)]  # fmt: skip

    def find(self, more: str) -> None:
        with self.mass.supervisor.operator.ws() as ws:
            proposal = pledges.propose_found(ws, self.id, more=tonnes(more), because="A wall.", evidence=[COUNT])
        with self.mass.supervisor.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        self.world.work()

    @property
    def waiting(self) -> Acceptance:
        with self.buyer.operator.ws(read_only=True) as ws:
            return find_acceptance(ws, self.auction_id)

    @property
    def book(self) -> dict[Account, Any]:
        with self.bank.operator.ws(read_only=True) as ws:
            return balances(ws, self.enforced.deal.deal_id)


def there(enforced: Enforced) -> tuple[str, Any, Any]:
    with enforced.deal.bank.operator.ws(read_only=True) as ws:
        lot = find_lot(ws, enforced.deal.lots[0].id)
        return lot.standing, lot.verified_qty, lot.departed_qty


def test_the_share_of_sold_goods_is_the_buyers_and_what_it_does_not_get_it_does_not_pay(world: World) -> None:
    """105 of 420 t: three quarters of 5,650,000 go back, the rest is shared out when the buyer has accepted what there is."""
    scene = SoldAndShort(world)
    assert scene.lines(scene.buyer) == [("SALE", 420_000, 0, 105_000)]
    assert scene.lines(scene.bank) == scene.lines(scene.parties.sme) == []
    with scene.buyer.operator.ws() as ws:
        line = scene.mass.lines(scene.buyer, scene.id)[0]
        pledges.object_to_share(ws, line.id, claimed=tonnes("420"), taken=tonnes("0"), because="It is all mine.")
    page = scene.buyer.operator.browser().get(f"/shortages/{scene.id}").text
    assert f"/auctions/{scene.auction_id}/acceptance" in page
    assert "Goods bought and not collected" in page
    with pytest.raises(Conflict, match="lot_in_shortage"):
        scene.enforced.hand_over()
    world.set_clock(scene.waiting.collect_by)
    world.work()
    assert scene.waiting.status == "TO_COLLECT", "who cannot come says nothing by staying away"
    with scene.mass.supervisor.operator.ws() as ws:
        objection = next(iter(_objections(ws, scene.id)))
        answer = pledges.propose_answer(ws, objection, upheld=False, answer="So are the others' goods.")
    decided(scene.mass.supervisor, answer)
    scene.mass.confirm(scene.id)
    assert "105.000" in scene.mass.warehouse.operator.browser().get("/handovers").text
    scene.enforced.hand_over()
    assert there(scene.enforced) == ("IN_DISPOSAL", 0, 105)
    assert (scene.waiting.status, scene.waiting.reduction) == ("TO_ACCEPT", cny("4237500"))
    assert scene.enforced.sale.auction.settled == cny("1412500")
    assert "Less was there than was sold" in scene.buyer.operator.browser().get(f"/auctions/{scene.auction_id}/acceptance").text  # fmt: skip
    with scene.bank.operator.ws() as ws, pytest.raises(Conflict, match="not_accepted"):
        actions.confirm_refund(ws, scene.auction_id, reference="REF-1")
    scene.enforced.accept()
    world.work()
    with scene.bank.operator.ws() as ws:
        actions.confirm_refund(ws, scene.auction_id, reference="REF-1")
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))
    world.work()
    assert scene.enforced.sale.auction.status == "CLOSED"
    assert there(scene.enforced) == ("DEPARTED", 0, 105)
    assert not scene.book.get(Account.PROCEEDS_TO_DISTRIBUTE) or not any(scene.book[Account.PROCEEDS_TO_DISTRIBUTE].values())  # fmt: skip
    scene.find("315")
    assert there(scene.enforced) == ("VERIFIED", 315, 105), "what the buyer has not paid for is the owner's again"


def _objections(ws: Any, shortage_id: UUID) -> list[UUID]:
    return [one.id for one in objections_of(ws, shortage_id)]


def test_what_is_found_before_the_buyer_comes_is_handed_over_and_may_be_disputed_and_come_back(world: World) -> None:
    """210 of 420 t in the end: half the price goes back at once, the other half when the purchase is undone and the 210 t are back."""
    scene = SoldAndShort(world)
    scene.mass.confirm(scene.id)
    scene.find("105")
    assert scene.lines(scene.buyer) == [("SALE", 420_000, 0, 210_000)]
    scene.enforced.hand_over()
    assert (there(scene.enforced)[1:], scene.waiting.reduction) == ((0, 210), cny("2825000"))
    with scene.buyer.operator.ws() as ws:
        dispute = actions.raise_dispute(ws, scene.auction_id, ground="GRADE", words="All of it is grade B.")
        assert dispute.contested == cny("2825000")
    world.work()
    with scene.bank.operator.ws() as ws:
        actions.answer_dispute(ws, dispute.id, words="The assay of the warehouse says grade A.")
        proposal = actions.propose_decision(ws, dispute.id, decision="RESCIND", because="The samples say so.")
    decided(scene.bank, proposal)
    world.work()
    with scene.mass.warehouse.operator.ws() as ws:
        actions.take_back_goods(ws, scene.auction_id, quantity=tonnes("210"))
    world.work()
    settled = scene.waiting
    assert (settled.status, settled.refund) == ("RETURNED", cny("5650000") + _premium(scene))
    assert there(scene.enforced) == ("IN_DISPOSAL", 210, 0)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert find_lot(ws, scene.lot.id).share_left == 210
        assert find_handover(ws, scene.auction_id).handed == tonnes("210")


def _premium(scene: SoldAndShort) -> Any:
    with scene.bank.operator.ws(read_only=True) as ws:
        return find_settlement(ws, scene.auction_id).premium


def test_who_does_not_come_has_accepted_what_was_left_and_no_more(world: World) -> None:
    scene = SoldAndShort(world)
    scene.mass.confirm(scene.id)
    world.set_clock(scene.waiting.collect_by)
    world.work()
    assert (scene.waiting.status, scene.waiting.reduction) == ("LAPSED", cny("4237500"))
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))
    world.work()
    scene.enforced.hand_over()
    assert there(scene.enforced) == ("DEPARTED", 0, 105)
    assert scene.enforced.sale.auction.status == "CLOSED"


def test_of_nothing_nothing_is_accepted_and_the_table_itself_ends_the_sale(world: World) -> None:
    """All 5,650,000 and the premium go back, the deposit in them; both sides and the debtor hear of it; what turns up is the owner's, under the pledge."""
    scene = SoldAndShort(world, found="0", charges=CHARGES)
    paid = cny("5650000") + _premium(scene)
    assert paid == cny("5763000")
    scene.mass.confirm(scene.id)
    ended = scene.waiting
    assert (ended.status, ended.refund, ended.reduction.minor) == ("EMPTY", paid, 0)
    sale = scene.enforced.sale.auction
    assert (sale.status, sale.settled, sale.settled_paddle) == ("RESCINDED", None, sale.winning_paddle)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert (find_settlement(ws, scene.auction_id).status, find_handover(ws, scene.auction_id).status) == ("RESCINDED", "CANCELLED")  # fmt: skip
        kinds = [one.kind for stream in (ended.registration_id, scene.auction_id, scene.enforced.deal.deal_id) for one in record.events_of(ws, stream)]  # fmt: skip
        assert [kinds.count(kind) for kind in ("NothingToHandOver", "SaleCameToNothing", "GoodsNotSold", "SaleRescinded")] == [1, 1, 1, 0]  # fmt: skip
    for firm in (scene.buyer, scene.bank):
        with firm.operator.ws(read_only=True) as ws:
            assert "NothingToHandOver" in [one.kind for one in notifications.latest(ws)]
    assert scene.book[Account.BUYER_REFUND_OWED] == -paid
    with pytest.raises(Conflict, match="sale_undone"):
        scene.enforced.hand_over()
    with scene.buyer.operator.ws() as ws, pytest.raises(Conflict):
        actions.raise_dispute(ws, scene.auction_id, ground="NOT_DELIVERED", words="I was given nothing.")
    world.set_clock(ended.collect_by)
    world.work()
    assert scene.waiting.status == "EMPTY"
    with pytest.raises(Conflict, match="Nothing is left of these goods"):
        propose_sale(scene.enforced.deal)
    assert scene.lot.number not in scene.bank.operator.browser().get("/disposals").text
    assert "all that was paid goes back" in scene.buyer.operator.browser().get(f"/auctions/{scene.auction_id}/acceptance").text  # fmt: skip
    with scene.bank.operator.ws() as ws:
        assert count_refunds_owed(ws) == 1
        actions.confirm_refund(ws, scene.auction_id, reference="REF-1")
        assert count_refunds_owed(ws) == 0
    settled = (
        Account.BUYER_REFUND_OWED,
        Account.COLLATERAL_PROCEEDS,
        Account.BUYER_PREMIUM,
        Account.PROCEEDS_TO_DISTRIBUTE,
    )
    assert {scene.book[account].minor for account in settled} == {0}
    desk = scene.bank.operator.browser()
    assert scene.lot.number not in desk.get("/disposals").text, "of nothing nothing is offered"
    scene.find("100")
    assert there(scene.enforced) == ("IN_DISPOSAL", 100, 0)
    assert scene.lot.number in desk.get("/disposals").text
    assert scene.waiting.status == "EMPTY"


def test_who_disputed_in_time_is_not_ended_and_no_price_is_kept_for_nothing(world: World) -> None:
    scene = SoldAndShort(world, found="0")
    with scene.buyer.operator.ws() as ws:
        dispute = actions.raise_dispute(ws, scene.auction_id, ground="NOT_DELIVERED", words="Nobody lets me in.")
    world.work()
    scene.mass.confirm(scene.id)
    assert scene.waiting.status == "DISPUTED"
    with scene.bank.operator.ws() as ws:
        actions.answer_dispute(ws, dispute.id, words="There is nothing left to let you have.")
        for decision in ("REJECT", "REDUCE"):
            with pytest.raises(Conflict, match="nothing_left"):
                actions.propose_decision(ws, dispute.id, decision=decision, because="So it is.", reduction=cny("1"))
        proposal = actions.propose_decision(ws, dispute.id, decision="RESCIND", because="Nothing is left.")
    decided(scene.bank, proposal)
    world.work()
    assert (scene.waiting.status, scene.enforced.sale.auction.status) == ("RETURNED", "RESCINDED")
    assert scene.waiting.refund == cny("5650000") + _premium(scene)


def test_a_lot_that_was_written_down_before_the_table_ends_its_sale_when_its_time_is_over(world: World) -> None:
    """Nothing is written off by the confirmation then, so nothing tells the seller: its own clock does."""
    scene = SoldAndShort(world, found="0")
    with scene.mass.supervisor.operator.ws() as ws:
        inventory.shrink_verified(ws, scene.lot.id, to=tonnes("0"), because="They are gone.")
    world.work()
    assert scene.waiting.status == "TO_COLLECT", "no table says yet whose loss it is"
    scene.mass.confirm(scene.id)
    world.set_clock(scene.waiting.collect_by)
    world.work()
    assert (scene.waiting.status, scene.waiting.refund) == ("EMPTY", cny("5650000") + _premium(scene))


def test_a_sale_of_which_something_is_left_does_not_end_so_whatever_the_code_says(world: World) -> None:
    scene = SoldAndShort(world)
    empty = text("update house.acceptance set status = 'EMPTY', ended_at = now(), refund_minor = 565000000 where auction_id = :id")  # fmt: skip
    with scene.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="some of the goods are left"):
        ws.session.execute(empty, {"id": scene.auction_id})
    scene.mass.confirm(scene.id)
    for firm, refused in ((scene.bank, "some of the goods are left"), (scene.buyer, "the seller carries the sale on")):
        with firm.operator.ws() as ws, pytest.raises(DBAPIError, match=refused):
            ws.session.execute(empty, {"id": scene.auction_id})


def test_goods_bought_and_reported_lost_are_their_buyers_when_they_are_found(world: World) -> None:
    scene = SoldAndShort(world)
    scene.mass.confirm(scene.id)
    with scene.parties.supervisor.operator.ws() as ws:
        inventory.report_loss(ws, scene.lot.id, damaged=False, because="burnt")
    world.work()
    assert there(scene.enforced)[0] == "LOST"
    scene.find("100")
    assert there(scene.enforced) == ("IN_DISPOSAL", 100, 0)
