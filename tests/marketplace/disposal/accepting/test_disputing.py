"""A buyer disputes, the seller answers, the supervisor reports, two people decide: rejected, reduced or undone, and every fen accounted for."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.catalogue.queries import listing_of
from marketplace.disposal import actions, ports, queries
from marketplace.disposal.accepting.models import SaleDispute
from marketplace.disposal.accepting.queries import find_acceptance, find_dispute, list_disputes
from marketplace.disposal.record.ocds import release_package
from marketplace.documents.actions import add_document
from marketplace.documents.queries import documents_of
from marketplace.inventory.queries import find_lot
from marketplace.ledger.queries import balances
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from marketplace.risk.disposals import disposal_report
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tenants.record import activity
from tests.factories import World
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale, cny, propose_sale
from tests.marketplace.financing.makers import decided

WORDS = "Forty tonnes of it are grade B, see the assay."
TONNES = Quantity.of


class Hints:
    """What the watchers of rooms are told."""

    def __init__(self) -> None:
        self.told: list[tuple[UUID, int]] = []

    def announce(self, auction_id: UUID, version: int) -> None:
        """As the house's own announcer would."""
        self.told.append((auction_id, version))


class Disputed:
    """A sale for 5,650,000 whose buyer has the goods and disputes them."""

    def __init__(self, world: World, *, collected: bool = True, contested: Money | None = None, **terms: Any) -> None:
        self.world, self.enforced = world, an_enforced_sale(world, **terms)
        self.enforced.sell("5650000")
        self.enforced.pay()
        if collected:
            self.enforced.hand_over()
        self.auction_id, self.bank = self.enforced.sale.auction_id, self.enforced.deal.bank
        self.buyer, self.supervisor = self.enforced.buyer, self.enforced.deal.parties.supervisor
        with self.buyer.operator.ws() as ws:
            self.id = actions.raise_dispute(ws, self.auction_id, ground="GRADE", words=WORDS, found=TONNES("418.5", "TNE"), contested=contested).id  # fmt: skip
        world.work()

    @property
    def row(self) -> SaleDispute:
        with self.bank.operator.ws(read_only=True) as ws:
            return find_dispute(ws, self.id)

    def answered(self) -> "Disputed":
        with self.bank.operator.ws() as ws:
            actions.answer_dispute(ws, self.id, words="The assay of the warehouse says grade A.")
        return self

    def propose(self, decision: str, **more: Any) -> Approval:
        with self.bank.operator.ws() as ws:
            return actions.propose_decision(ws, self.id, decision=decision, because="The samples say so.", **more)

    def decide(self, decision: str, **more: Any) -> None:
        decided(self.bank, self.propose(decision, **more))
        self.world.work()

    def status(self) -> str:
        with self.buyer.operator.ws(read_only=True) as ws:
            return find_acceptance(ws, self.auction_id).status

    def book(self) -> dict[str, Any]:
        with self.bank.operator.ws(read_only=True) as ws:
            return balances(ws, self.enforced.deal.deal_id)

    def refund(self) -> None:
        with self.bank.operator.ws() as ws:
            actions.confirm_refund(ws, self.auction_id, reference="REF-1")


def test_a_dispute_holds_the_proceeds_and_three_sides_speak_once(world: World) -> None:
    scene = Disputed(world)
    with pytest.raises(Conflict, match="disputes the goods"):
        scene.enforced.propose_waterfall(juniors=[])
    world.advance(timedelta(days=4))
    world.work()
    assert scene.status() == "DISPUTED", "the time to accept does not run while it is disputed"
    with pytest.raises(Conflict, match="not answered"):
        scene.propose("REJECT")
    with scene.buyer.operator.ws() as ws:
        add_document(ws, object_id=scene.id, kind="quality_certificate", name="assay.pdf", content=b"%PDF-1.7 grade B")
        with pytest.raises(Conflict):
            actions.raise_dispute(ws, scene.auction_id, ground="GRADE", words=WORDS)
        with pytest.raises(NotAllowed):
            actions.answer_dispute(ws, scene.id, words="I answer myself.")
    with scene.supervisor.operator.ws() as ws:
        assert [one.name for one in documents_of(ws, scene.id)] == ["assay.pdf"]
        found = actions.report_finding(
            ws, scene.id, words="Seal unbroken; weighed out 420 t.", found=TONNES("420", "TNE")
        )
        assert found.found_by_supervisor == TONNES("420", "TNE")
        with pytest.raises(Conflict):
            actions.report_finding(ws, scene.id, words="Something else, later.")
    scene.answered()
    with scene.bank.operator.ws() as ws, pytest.raises(Conflict, match="answered already"):
        actions.answer_dispute(ws, scene.id, words="Another answer.")
    for stranger in (scene.enforced.sale.bidders[0], scene.enforced.deal.sme):
        with stranger.operator.ws(read_only=True) as ws:
            assert list_disputes(ws) == []
            with pytest.raises(NotFound):
                find_dispute(ws, scene.id)


def test_a_rejected_dispute_frees_the_proceeds(world: World) -> None:
    scene = Disputed(world).answered()
    scene.decide("REJECT")
    assert (scene.status(), scene.row.decision) == ("REJECTED", "REJECT")
    with pytest.raises(Conflict, match="Nothing is owed back"):
        scene.refund()
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))
    assert not scene.book()[Account.PROCEEDS_TO_DISTRIBUTE]
    with pytest.raises(Conflict, match="decided"):
        scene.propose("REDUCE", reduction=cny("1"))


def test_a_reduced_price_is_what_every_report_tells_and_nothing_is_charged_before(world: World) -> None:
    scene, began = Disputed(world).answered(), world.now - timedelta(days=1)
    assert told_of(scene, began) == ([cny("5650000")], [], {"amount": 5650000, "currency": "CNY"})
    scene.decide("REDUCE", reduction=cny("150000"))
    assert told_of(scene, began) == ([cny("5500000")], [5_500_000_00], {"amount": 5500000, "currency": "CNY"})
    assert scene.enforced.sale.auction.sold == cny("5650000"), "the hammer stays what it was"
    with scene.enforced.deal.sme.operator.ws(read_only=True) as ws:
        assert "PriceSettled" in {one.kind for one in activity(ws, limit=20)}


def test_an_undone_sale_is_no_liquidation_and_costs_no_commission(world: World) -> None:
    scene, began = Disputed(world).answered(), world.now - timedelta(days=1)
    scene.decide("RESCIND")
    assert told_of(scene, began) == ([], [], None)


def told_of(scene: Disputed, began: datetime) -> tuple[list[Money], list[int], Any]:
    """What the recovery report, the fees of the month and the public feed tell of the sale's price."""
    used = text(
        "select price_minor from gate.fee_usage(cast(date_trunc('month', gate.now() at time zone 'Asia/Shanghai') as date), gate.tenant()) where kind = 'SALE'"
    )
    with scene.bank.operator.ws(read_only=True) as ws:
        report = disposal_report(ws, began, scene.world.now + timedelta(seconds=1))
        auction = queries.find_auction(ws, scene.auction_id)
        [release] = release_package(ws, [auction], uri="u", root="r/")["releases"]
        paid = release.get("contracts", [{"value": None}])[0]["value"]
        return [one.proceeds for one in report.liquidations], list(ws.session.scalars(used)), paid


def test_a_reduced_price_is_what_is_distributed_and_the_rest_goes_back(world: World) -> None:
    scene = Disputed(world).answered()
    scene.decide("REDUCE", reduction=cny("150000"))
    book = scene.book()
    assert book[Account.PROCEEDS_TO_DISTRIBUTE] == -cny("5500000")
    assert book[Account.BUYER_REFUND_OWED] == -cny("150000")
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))
    with scene.bank.operator.ws(read_only=True) as ws:
        found = queries.distribution_of(ws, scene.auction_id)
        assert found
        assert found[0].receipts_minor == sum(line.paid_minor for line in found[1]) == 5_500_000_00
    scene.refund()
    book = scene.book()
    assert (book[Account.BUYER_REFUND_OWED], book[Account.PROCEEDS_TO_DISTRIBUTE]) == (cny("0"), cny("0"))
    assert book[Account.COLLATERAL_PROCEEDS] == cny("5500000")
    with pytest.raises(Conflict, match="Nothing is owed back"):
        scene.refund()


def test_an_undone_sale_brings_goods_and_money_back_and_the_goods_go_up_again(world: World) -> None:
    scene = Disputed(world).answered()
    deal, warehouse = scene.enforced.deal, scene.enforced.deal.parties.warehouse.operator
    scene.decide("RESCIND")
    assert scene.status() == "RESCINDED"
    assert scene.book()[Account.BUYER_REFUND_OWED] == -cny("5650000")
    with pytest.raises(Conflict, match="not back"):
        scene.refund()
    with pytest.raises(Conflict, match="for sale already"):
        propose_sale(deal)
    with warehouse.ws() as ws:
        with pytest.raises(Invalid, match="comes back whole"):
            actions.take_back_goods(ws, scene.auction_id, quantity=TONNES("419.999", "TNE"))
        actions.take_back_goods(ws, scene.auction_id, quantity=TONNES("420", "TNE"))
    with warehouse.ws() as ws, pytest.raises(Conflict, match="on their way back"):
        actions.take_back_goods(ws, scene.auction_id, quantity=TONNES("420", "TNE"))
    world.work()
    sale = scene.enforced.sale.auction
    assert (scene.status(), sale.status, sale.settled, sale.settled_paddle) == ("RETURNED", "RESCINDED", None, sale.winning_paddle)  # fmt: skip
    with scene.bank.operator.ws(read_only=True) as ws:
        listing = listing_of(ws, scene.auction_id)
        assert listing
        assert listing.status == "RESCINDED", "the shelf says that it was undone"
    with warehouse.ws(read_only=True) as ws:
        lot = find_lot(ws, deal.lots[0].id)
        assert (lot.status, lot.verified_qty, lot.departed_qty, lot.pledged_qty) == ("IN_DISPOSAL", 420, 0, 420)
    with scene.bank.operator.ws(read_only=True) as ws:
        assert {one.status for one in pledges_of_deal(ws, deal.deal_id)} == {"ENFORCING"}
        tally = queries.tally(ws, scene.enforced.sale.auction)
        assert tally.received == tally.returned + tally.applied + tally.forfeited + tally.held
    scene.refund()
    book = scene.book()
    assert [book[account] for account in (Account.BUYER_REFUND_OWED, Account.PROCEEDS_TO_DISTRIBUTE, Account.COLLATERAL_PROCEEDS)] == [cny("0")] * 3  # fmt: skip
    with pytest.raises(Refused):
        scene.enforced.propose_waterfall(juniors=[])
    _sells_again(scene)


def _sells_again(scene: Disputed) -> None:
    """The next attempt follows the undone one, at no lower price, and is distributed as if it had been the first."""
    world, first = scene.world, scene.enforced
    times = {"opens_at": world.now + timedelta(days=4), "closes_at": world.now + timedelta(days=5)}
    with pytest.raises(Conflict) as refused:
        propose_sale(first.deal, start=cny("3300000"), deposit=cny("330000"), **times)
    assert refused.value.field == "start_price", "a buyer was found: no cut"
    scene.enforced = Enforced(first.deal, first.sale)
    decided(scene.bank, propose_sale(first.deal, **times))
    with scene.bank.operator.ws(read_only=True) as ws:
        second = queries.list_auctions(ws, mine=True)[0]
    assert (second.round, second.predecessor_id) == (2, scene.auction_id)
    first.sale.auction_id, first.sale.bidders = second.auction_id, []
    first.sell("5000000")
    first.deliver()
    decided(scene.bank, first.propose_waterfall(juniors=[]))
    book = scene.book()
    assert (book[Account.PROCEEDS_TO_DISTRIBUTE], book[Account.COLLATERAL_PROCEEDS]) == (cny("0"), cny("5000000"))


def test_goods_that_were_never_handed_out_stay_where_they_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Disputed(world, collected=False).answered()
    with pytest.raises(Conflict, match="disputes these goods"):
        scene.enforced.hand_over()
    hints = Hints()
    monkeypatch.setattr(ports, "_announcers", [hints])
    scene.decide("RESCIND")
    sale = scene.enforced.sale.auction
    assert (sale.auction_id, sale.version) in hints.told, "who watches the room hears that its sale is undone"
    assert (scene.status(), scene.enforced.sale.auction.status) == ("RETURNED", "RESCINDED")
    with scene.bank.operator.ws(read_only=True) as ws:
        lot = find_lot(ws, scene.enforced.deal.lots[0].id)
        assert (lot.status, lot.verified_qty, lot.departed_qty) == ("IN_DISPOSAL", 420, 0)
    scene.refund()
    assert not scene.book()[Account.COLLATERAL_PROCEEDS]


def test_a_release_that_waited_for_a_rejected_dispute_goes_on(world: World) -> None:
    scene = Disputed(world, collected=False).answered()
    scene.decide("REJECT")
    scene.enforced.hand_over()
    assert (scene.enforced.sale.auction.status, scene.status()) == ("HANDED_OVER", "REJECTED")


def test_what_a_dispute_and_its_decision_refuse(world: World) -> None:
    scene = Disputed(world).answered()
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("REDUCE", {}, "reduction"), ("REDUCE", {"reduction": cny("0")}, "reduction"), ("REDUCE", {"reduction": cny("5650000")}, "reduction"),
        ("FORGET", {}, "decision"),
    ]  # fmt: skip
    for decision, more, field in cases:
        with pytest.raises(Invalid) as refused:
            scene.propose(decision, **more)
        assert refused.value.field == field
    other = an_enforced_sale(world)
    other.sell("5650000")
    other.pay()
    other.hand_over()
    wrong: list[tuple[dict[str, Any], str]] = [({"ground": "COLOUR"}, "ground"), ({"words": "Bad."}, "words"), ({"found": TONNES("-1", "TNE")}, "found"), ({"found": TONNES("1", "H87")}, "found")]  # fmt: skip
    for fields, field in wrong:
        with other.buyer.operator.ws() as ws, pytest.raises(Invalid) as refused:
            actions.raise_dispute(ws, other.sale.auction_id, **({"ground": "QUANTITY", "words": WORDS} | fields))
        assert refused.value.field in (field, "amount")
    world.advance(timedelta(days=3))
    with other.buyer.operator.ws() as ws, pytest.raises(Conflict, match="time to answer is over"):
        actions.raise_dispute(ws, other.sale.auction_id, ground="QUANTITY", words=WORDS)


def test_what_was_said_stands_and_goods_come_back_by_their_warehouse_alone(world: World) -> None:
    """Planted: the seller rewrites the complaint, the buyer decides; the bank calls goods back that nobody returned."""
    scene = Disputed(world).answered()
    cases = [(scene.bank, "words = 'All was well.'", "stands"), (scene.buyer, "decision = 'RESCIND', decided_at = now()", "the seller answers and decides"), (scene.supervisor, "answer = 'x'", "stands")]  # fmt: skip
    for firm, change, because in cases:
        with firm.operator.ws() as ws, pytest.raises(DBAPIError, match=because), ws.session.begin_nested():
            ws.session.execute(text(f"update house.sale_dispute set {change} where id = :id"), {"id": scene.id})
    scene.decide("RESCIND")
    assert not _called_back(scene, scene.bank.operator)
    assert _called_back(scene, scene.enforced.deal.parties.warehouse.operator)
    assert not _called_back(scene, scene.enforced.deal.parties.warehouse.operator)


def _called_back(scene: Disputed, person: Any) -> bool:
    with person.ws() as ws:
        back: UUID | bool = ws.session.scalar(
            text("select gate.take_back_goods(:auction, 1)"), {"auction": scene.auction_id}
        )
        return bool(back)
