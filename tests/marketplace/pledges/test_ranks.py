"""Second ranks: only behind a first that is in force and consented, never two of one rank on a unit, and up when the first has ended."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.standing import shrink_verified
from marketplace.money import Money
from marketplace.pledges import actions
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.models import RankConsent
from marketplace.pledges.ranks.queries import find_consent, list_consents
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotFound
from tests.factories import Firm, World
from tests.marketplace.financing.makers import at_once
from tests.marketplace.pledges.makers import (
    Parties,
    a_deal_room,
    a_release_order,
    activate,
    an_active_pledge,
    an_offered_pledge,
    the_parties,
)


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


class Two:
    """A lot that a first bank holds in force, and a second bank's deal of the same firm."""

    def __init__(self, parties: Parties, amount: str = "100.000") -> None:
        self.parties, self.other = parties, parties.world.firm("BANK")
        self.lot = parties.a_lot(amount)
        self.first, _ = an_active_pledge(parties, self.lot, amount)
        self.second = a_deal_room(parties, self.other)

    def ask(self, **other: Any) -> RankConsent:
        """The firm asks, with amounts in yuan."""
        given = {"second_deal_id": self.second, "lot_ids": [self.lot.id], "cap": yuan("800000"), "most": yuan("300000"), "because": "A second line for spring"}  # fmt: skip
        with self.parties.sme.operator.ws() as ws:
            return actions.ask_second_rank(ws, other.pop("deal_id", self.first), **(given | other))

    def consented(self, **other: Any) -> UUID:
        """Two officers of the first bank agree."""
        consent = self.ask(**other)
        with self.parties.bank.operator.ws() as ws:
            proposal = actions.propose_consent(ws, consent.id)
        with self.parties.bank.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        return consent.id

    def offered(self) -> UUID:
        """The firm offers the goods in second rank."""
        consent = self.consented()
        with self.parties.sme.operator.ws() as ws:
            actions.offer_behind(ws, consent)
        return consent

    def in_force(self) -> UUID:
        """Controlled for the second bank, and accepted by two of its officers."""
        consent = self.offered()
        activate(self.parties, self.second, self.other)
        return consent

    def held(self, firm: Firm, deal_id: UUID) -> list[tuple[int, str, str]]:
        """What a bank holds: rank, state, quantity."""
        with firm.operator.ws(read_only=True) as ws:
            return [(one.rank, one.status, str(one.amount)) for one in pledges_of_deal(ws, deal_id, live=False)]

    def lot_now(self) -> Lot:
        """The lot as its owner sees it."""
        with self.parties.sme.operator.ws(read_only=True) as ws:
            return find_lot(ws, self.lot.id)


def yuan(amount: str) -> Money:
    return Money.of(amount, "CNY")


@pytest.fixture
def two(parties: Parties) -> Two:
    return Two(parties)


def test_a_second_rank_stands_behind_and_counts_once(two: Two) -> None:
    two.in_force()
    assert two.held(two.parties.bank, two.first) == [(1, "ACTIVE", "100.000 TNE")]
    assert two.held(two.other, two.second) == [(2, "ACTIVE", "100.000 TNE")]
    lot = two.lot_now()
    assert (lot.pledged_qty, lot.reserved_qty, lot.free_qty, lot.status) == (100, 0, 0, "PLEDGED")
    assert lot.held == lot.held_behind
    assert lot.held_behind


def test_neither_bank_sees_the_others_pledge_or_room(two: Two) -> None:
    consent_id = two.in_force()
    for firm, foreign in ((two.parties.bank, two.second), (two.other, two.first)):
        with firm.operator.ws(read_only=True) as ws:
            assert pledges_of_deal(ws, foreign, live=False) == []
            assert ws.session.execute(text("select count(*) from house.pledge where deal_id = :deal"), {"deal": foreign}).scalar() == 0  # fmt: skip
            assert find_consent(ws, consent_id).cap == yuan("800000")
    with two.parties.supervisor.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
        find_consent(ws, consent_id)


def test_the_second_bank_learns_of_it_with_the_consent_alone(two: Two) -> None:
    consent = two.ask()
    with two.other.operator.ws(read_only=True) as ws:
        assert list_consents(ws) == []
    with two.parties.bank.operator.ws() as ws:
        assert actions.refuse_second_rank(ws, consent.id, because="Not on our goods.").status == "REFUSED"
    with two.other.operator.ws(read_only=True) as ws:
        assert list_consents(ws) == []
    with two.parties.bank.operator.ws() as ws, pytest.raises(Conflict, match="consent_answered"):
        actions.propose_consent(ws, consent.id)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"cap": yuan("0")}, "amount_not_positive"),
        ({"most": yuan("-1")}, "amount_not_positive"),
        ({"most": Money.of("1", "USD")}, "currency_mismatch"),
        ({"lot_ids": []}, "lots_not_held"),
        ({"because": " "}, "reason_missing"),
    ],
)
def test_what_cannot_be_asked(two: Two, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        two.ask(**wrong)


def test_no_second_rank_of_the_same_bank_or_on_goods_that_it_does_not_hold(two: Two) -> None:
    with pytest.raises(Conflict, match="same_bank"):
        two.ask(second_deal_id=a_deal_room(two.parties))
    loose = two.parties.a_lot("5.000")
    with pytest.raises(Invalid, match="lots_not_held"):
        two.ask(lot_ids=[loose.id])
    offered = two.parties.a_lot("5.000")
    deal, _ = an_offered_pledge(two.parties, offered, "5.000")
    with pytest.raises(Invalid, match="lots_not_held"):
        two.ask(deal_id=deal, lot_ids=[offered.id])


def test_nothing_is_offered_before_the_consent_nor_twice(two: Two) -> None:
    consent = two.ask()
    with two.parties.sme.operator.ws() as ws, pytest.raises(Conflict, match="consent_missing"):
        actions.offer_behind(ws, consent.id)
    second = Two.consented(two)
    with two.parties.sme.operator.ws() as ws:
        actions.offer_behind(ws, second)
    with two.parties.sme.operator.ws() as ws, pytest.raises(Conflict, match="nothing_behind"):
        actions.offer_behind(ws, second)


def test_a_third_bank_takes_no_unit_of_the_second_rank(two: Two) -> None:
    two.offered()
    third = two.parties.world.firm("BANK")
    consent = two.consented(second_deal_id=a_deal_room(two.parties, third))
    with two.parties.sme.operator.ws() as ws, pytest.raises(Conflict, match="already_encumbered"):
        actions.offer_behind(ws, consent)


def test_the_database_refuses_a_second_rank_without_consent(two: Two) -> None:
    """Whatever the code does: no consent, a consent for another deal, or units that the first bank does not hold."""
    free = two.parties.a_lot("10.000")
    consent = two.consented()
    with two.parties.sme.operator.ws() as ws:
        [made] = actions.offer_behind(ws, consent)
        columns = {column.name: getattr(made, column.name) for column in Pledge.__table__.columns if column.computed is None}  # fmt: skip
        ws.session.rollback()
    for change in ({"deal_id": two.first}, {"lot_id": free.id}, {"bank_id": two.parties.bank.tenant_id}):
        with two.parties.sme.operator.ws() as ws, pytest.raises(DBAPIError, match="second rank stands behind"):
            ws.session.add(Pledge(**(columns | change)))
            ws.session.flush()
    with two.parties.sme.operator.ws() as ws, pytest.raises(DBAPIError, match=r"second_by_consent|second rank stands"):
        ws.session.add(Pledge(**(columns | {"consent_id": None})))
        ws.session.flush()


def test_the_first_bank_lets_go_only_what_the_second_gave_up(two: Two) -> None:
    two.in_force()
    with pytest.raises(Conflict, match="second_rank_stands"):
        a_release_order(two.parties, two.first, two.lot, "10.000")
    with two.other.operator.ws() as ws:
        given_up = actions.order_release(ws, two.second, lot_id=two.lot.id, quantity=Quantity.of("10", "TNE"), because="repaid in part")  # fmt: skip
    with two.other.approver.ws() as ws:
        approvals.decide(ws, given_up.id, approve=True)
    assert two.held(two.other, two.second) == [(2, "ACTIVE", "90.000 TNE")]
    order = a_release_order(two.parties, two.first, two.lot, "10.000")
    with two.parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=Quantity.of("10.000", "TNE"))
    assert two.held(two.parties.bank, two.first) == [(1, "ACTIVE", "90.000 TNE")]
    with pytest.raises(Conflict, match="second_rank_stands"):
        a_release_order(two.parties, two.first, two.lot, "0.001")


def test_the_database_keeps_the_units_beneath_a_second_rank(two: Two) -> None:
    two.in_force()
    with two.parties.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="second bank holds these units too"):
        [first] = pledges_of_deal(ws, two.first)
        beneath = (
            "update house.pledge set units = int8range(10, upper(units)), quantity = quantity - 0.010 where id = :id"
        )
        ws.session.execute(text(beneath), {"id": first.id})


def test_the_second_moves_up_when_the_first_is_paid(two: Two) -> None:
    two.in_force()
    with two.parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, two.first)
    assert two.held(two.other, two.second) == [(1, "ACTIVE", "100.000 TNE")]
    lot = two.lot_now()
    assert (lot.pledged_qty, lot.free_qty, lot.status, lot.held_behind) == (100, 0, "PLEDGED", [])
    two.parties.world.work()
    with two.other.operator.ws() as ws:
        actions.release_pledges(ws, two.second)
    assert (two.lot_now().free_qty, two.lot_now().status) == (100, "VERIFIED")


def test_an_offer_in_second_rank_moves_up_as_an_offer(two: Two) -> None:
    two.offered()
    with two.parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, two.first)
    assert two.held(two.other, two.second) == [(1, "DRAFT", "100.000 TNE")]
    assert (two.lot_now().reserved_qty, two.lot_now().pledged_qty) == (100, 0)
    activate(two.parties, two.second, two.other)
    assert two.held(two.other, two.second) == [(1, "ACTIVE", "100.000 TNE")]


def test_it_moves_up_though_goods_were_lost_meanwhile(two: Two) -> None:
    two.in_force()
    with two.parties.supervisor.operator.ws() as ws:
        shrink_verified(ws, two.lot.id, to=Quantity.of("90", "TNE"), because="a corner was empty")
    with two.parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, two.first)
    assert two.held(two.other, two.second) == [(1, "ACTIVE", "100.000 TNE")]
    assert two.lot_now().short_qty == 10


def test_the_second_goes_with_goods_that_the_first_sold(two: Two) -> None:
    two.in_force()
    with two.parties.bank.operator.ws() as ws:
        actions.enforce_pledges(ws, two.first)
    with two.parties.bank.operator.ws() as ws:
        actions.realise_pledge(ws, two.first, two.lot.id)
    assert two.held(two.other, two.second) == [(2, "REALISED", "100.000 TNE")]
    assert two.lot_now().held_behind == []


def test_a_second_that_enforces_waits_for_the_first(two: Two) -> None:
    two.in_force()
    with two.other.operator.ws() as ws:
        actions.enforce_pledges(ws, two.second)
    assert two.held(two.other, two.second) == [(2, "ENFORCING", "100.000 TNE")]
    assert two.lot_now().status == "PLEDGED"
    with two.parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, two.first)
    two.parties.world.work()
    assert two.held(two.other, two.second) == [(1, "ENFORCING", "100.000 TNE")]
    assert two.lot_now().status == "IN_DISPOSAL"


def test_many_banks_at_once_take_each_unit_once_in_each_rank(two: Two, admin: psycopg.Connection) -> None:
    """Six banks with a consent each offer at once: one second rank on every unit, and five clear refusals."""
    consents = [
        two.consented(second_deal_id=a_deal_room(two.parties, two.parties.world.firm("BANK")), lot_ids=[two.lot.id])
        for _ in range(6)
    ]
    left = list(consents)

    def offer() -> None:
        with two.parties.sme.operator.ws() as ws:
            actions.offer_behind(ws, left.pop())

    failures = at_once(two.parties.world, 6, offer)
    assert {getattr(one, "code", repr(one)) for one in failures} == {"already_encumbered"}
    assert len(failures) == 5
    row = admin.execute(
        "select count(*), sum(upper(units) - lower(units)) from house.pledge where lot_id = %s and rank = 2 and upper_inf(during)",
        (two.lot.id,),
    ).fetchone()
    assert row == (1, 100_000)


def test_a_claim_is_bounded_and_the_second_banks_alone(two: Two) -> None:
    consent_id = two.in_force()
    with two.parties.bank.operator.ws() as ws:
        actions.enforce_pledges(ws, two.first)
    with two.parties.bank.operator.ws() as ws, pytest.raises(NotFound):
        actions.claim_proceeds(ws, consent_id, claim=yuan("1"))
    with two.other.operator.ws() as ws, pytest.raises(Invalid, match="claim_beyond_rank"):
        actions.claim_proceeds(ws, consent_id, claim=yuan("300000.01"))
    with two.other.operator.ws() as ws:
        assert actions.claim_proceeds(ws, consent_id, claim=yuan("250000")).claimed == yuan("250000")


def test_what_was_ordered_before_a_second_bank_came_does_not_leave_behind_its_back(parties: Parties) -> None:
    two = Two(parties)
    order = a_release_order(parties, two.first, two.lot, "40.000")
    two.offered()
    with pytest.raises(Conflict, match="second_rank_stands"), parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=Quantity.of("40", "TNE"))
