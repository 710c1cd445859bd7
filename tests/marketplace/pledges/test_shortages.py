"""A shortage stops everybody's goods at once, shares them out as the record stood, and lets each share leave and no more."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.pledges import actions
from marketplace.pledges.shortages.models import ShortageObjection
from marketplace.pledges.shortages.queries import count_open, find_shortage, list_shortages, lots_of, objections_of
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import Parties, a_deal_room, a_release_order
from tests.marketplace.pledges.short_makers import COUNT, a_mass


class Foshan:
    """Four firms' ingots on one site: 30,000 t of the first (pledged to one bank), 15,000 t of the second (to another), 4,000 t and 1,000 t."""

    def __init__(self, world: World) -> None:
        self.mass, self.world = a_mass(world), world
        self.first, self.second, self.third, self.fourth = (world.firm("SME") for _ in range(4))
        self.bank, self.other = world.firm("BANK"), world.firm("BANK")
        firms = (self.first, self.second, self.third, self.fourth)
        self.lots = {
            firm.tenant_id: self.mass.lot(firm, size, name=f"Ingots {size}")
            for firm, size in zip(firms, ("30000", "15000", "4000", "1000"), strict=True)
        }
        self.deal = self.mass.pledged(self.first, self.bank, self.of(self.first), "20000")
        self.second_deal = self.mass.pledged(self.second, self.other, self.of(self.second), "15000")

    def of(self, firm: Firm) -> Lot:
        """A firm's lot."""
        return self.lots[firm.tenant_id]

    def run(self) -> UUID:
        """The first moves 9,000 t out; then 11,000 t are found."""
        self.mass.leave(self.of(self.first), "9000")
        return self.mass.report(self.of(self.third), "11000").id

    def shares(self, firm: Firm, shortage_id: UUID) -> list[tuple[str, int, int, int | None]]:
        """A firm's lines in whole tonnes: kind, claimed, had before, share."""
        return [
            (one.kind, one.claimed_units // 1000, one.taken_units // 1000, one.share_units and one.share_units // 1000)
            for one in self.mass.lines(firm, shortage_id)
        ]


@pytest.fixture
def foshan(world: World) -> Foshan:
    return Foshan(world)


def test_foshan_replayed(foshan: Foshan) -> None:
    """20,000 t for 50,000 t are 40 %: 12,000 t for the first, which has had 9,000; 6,000, 1,600 and 400 t. Nobody sees another's line."""
    shortage_id = foshan.run()
    assert foshan.shares(foshan.first, shortage_id) == [("TITLE", 21_000, 9_000, 3_000)]
    assert foshan.shares(foshan.bank, shortage_id) == [("PLEDGE", 20_000, 0, 3_000)]
    assert foshan.shares(foshan.second, shortage_id) == [("TITLE", 15_000, 0, 6_000)]
    assert foshan.shares(foshan.other, shortage_id) == [("PLEDGE", 15_000, 0, 6_000)]
    assert foshan.shares(foshan.third, shortage_id) == [("TITLE", 4_000, 0, 1_600)]
    assert foshan.shares(foshan.fourth, shortage_id) == [("TITLE", 1_000, 0, 400)]
    assert len(foshan.shares(foshan.mass.supervisor, shortage_id)) == 6
    shortage = foshan.mass.now(foshan.fourth, shortage_id)
    assert (str(shortage.found), str(shortage.claimed), shortage.claimants) == ("11000.000 TNE", "41000.000 TNE", 6)


def test_everything_stops_at_once_and_stays(foshan: Foshan) -> None:
    order = a_release_order(Parties(foshan.world, foshan.second, foshan.other, foshan.mass.warehouse, foshan.mass.supervisor), foshan.second_deal, foshan.of(foshan.second), "500")  # fmt: skip
    with foshan.bank.operator.ws() as ws:
        inventory.freeze_lot(ws, foshan.of(foshan.first).id, reason="A court order.")
    shortage_id = foshan.mass.report(foshan.of(foshan.third), "19000").id
    with foshan.mass.warehouse.operator.ws() as ws:
        assert {one.froze for one in lots_of(ws, shortage_id) if one.lot_id == foshan.of(foshan.first).id} == {False}
        for firm in (foshan.first, foshan.third, foshan.fourth):
            with pytest.raises(Conflict, match="lot_in_shortage"):
                inventory.mark_departed(ws, foshan.of(firm).id, quantity=Quantity.of("1", "TNE"))
        with pytest.raises(Conflict, match="lot_in_shortage"):
            actions.execute_release(ws, order.id, weighed=Quantity.of("1", "TNE"))
    assert foshan.mass.seen(foshan.first, foshan.of(foshan.first)).frozen_reason == {"word": "%(reason)s", "facts": {"reason": "A court order."}}  # fmt: skip
    deal = a_deal_room(Parties(foshan.world, foshan.third, foshan.bank, foshan.mass.warehouse, foshan.mass.supervisor))
    with foshan.third.operator.ws() as ws, pytest.raises(Conflict, match="lot_in_shortage"):
        actions.offer_pledge(ws, deal_id=deal, bank_id=foshan.bank.tenant_id, goods=[(foshan.of(foshan.third).id, Quantity.of("1", "TNE"))])  # fmt: skip
    with foshan.mass.supervisor.operator.ws() as ws, pytest.raises(Conflict, match="lot_in_shortage"):
        inventory.unfreeze_lot(ws, foshan.of(foshan.third).id, because="It is mine.")


def test_the_database_lets_nothing_out_while_it_is_open(foshan: Foshan, admin: psycopg.Connection) -> None:
    foshan.mass.report(foshan.of(foshan.third), "19000")
    with foshan.mass.warehouse.operator.ws() as ws, pytest.raises(DBAPIError, match="more would leave than the shortage leaves"):  # fmt: skip
        ws.session.execute(text("update house.lot set departed_qty = departed_qty + 1, verified_qty = verified_qty - 1 where id = :id"), {"id": foshan.of(foshan.fourth).id})  # fmt: skip
    for column in ("shortage_id = null", "share_left = 5"):
        with foshan.mass.supervisor.operator.ws() as ws, pytest.raises(DBAPIError, match=r"does not change|shares follow"):  # fmt: skip
            ws.session.execute(text(f"update house.lot set {column} where id = :id"), {"id": foshan.of(foshan.fourth).id})  # fmt: skip


def test_each_share_leaves_and_no_more(foshan: Foshan) -> None:
    """Confirmed with four eyes after the time for objections; the lots fall to what is left, orders within the bank's share, and each has it in its own record."""
    shortage_id = foshan.run()
    with foshan.mass.supervisor.operator.ws() as ws, pytest.raises(Conflict, match="objections_possible"):
        actions.propose_confirmation(ws, shortage_id)
    foshan.mass.confirm(shortage_id)
    kept = [foshan.mass.seen(firm, foshan.of(firm)).verified_qty for firm in (foshan.first, foshan.second, foshan.third, foshan.fourth)]  # fmt: skip
    assert kept == [3_000, 6_000, 1_600, 400]
    assert foshan.mass.seen(foshan.second, foshan.of(foshan.second)).status == "PLEDGED"
    with foshan.other.operator.ws() as ws, pytest.raises(Conflict, match="beyond_share"):
        actions.order_release(ws, foshan.second_deal, lot_id=foshan.of(foshan.second).id, quantity=Quantity.of("6000.001", "TNE"), because="paid")  # fmt: skip
    parties = Parties(foshan.world, foshan.second, foshan.other, foshan.mass.warehouse, foshan.mass.supervisor)
    order = a_release_order(parties, foshan.second_deal, foshan.of(foshan.second), "5000")
    with foshan.mass.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=Quantity.of("5000", "TNE"))
        with pytest.raises(Conflict, match="not_free_to_leave"):
            inventory.mark_departed(ws, foshan.of(foshan.fourth).id, quantity=Quantity.of("400.001", "TNE"))
        inventory.mark_departed(ws, foshan.of(foshan.fourth).id, quantity=Quantity.of("400", "TNE"))
    with foshan.other.operator.ws() as ws:
        with pytest.raises(Conflict, match="beyond_share"):
            actions.order_release(ws, foshan.second_deal, lot_id=foshan.of(foshan.second).id, quantity=Quantity.of("1000.001", "TNE"), because="paid")  # fmt: skip
        said = ws.session.execute(text("select facts from house.event where kind = 'ShareFixed' and tenant_id = :me"), {"me": ws.tenant_id}).scalar_one()  # fmt: skip
    assert foshan.mass.now(foshan.other, shortage_id).digest in said


def test_the_warehouse_reports_but_never_ends_it(foshan: Foshan) -> None:
    """Its report stops everything in its own transaction; the table is the supervisor's, and so is the end."""
    shortage_id = foshan.mass.report(foshan.of(foshan.third), "19000", by=foshan.mass.warehouse).id
    assert foshan.mass.lines(foshan.mass.warehouse, shortage_id) == []
    assert foshan.mass.now(foshan.mass.warehouse, shortage_id).tenant_id == foshan.mass.supervisor.tenant_id
    assert all(one.share_units is not None for one in foshan.mass.lines(foshan.mass.supervisor, shortage_id))
    with foshan.mass.warehouse.operator.ws() as ws, pytest.raises(NotAllowed, match="shortage_decided_elsewhere"):
        actions.propose_lifting(ws, shortage_id, because="It was a mistake.")
    with foshan.mass.supervisor.operator.ws() as ws:
        proposal = actions.propose_lifting(ws, shortage_id, because="Found behind the wall.")
    with foshan.mass.supervisor.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    with foshan.mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    lot = foshan.mass.seen(foshan.fourth, foshan.of(foshan.fourth))
    assert (lot.status, lot.shortage_id, lot.share_left, lot.verified_qty) == ("VERIFIED", None, None, 1000)
    foshan.mass.leave(lot, "1000")


def test_a_recount_moves_all_shares_alike(foshan: Foshan) -> None:
    shortage_id = foshan.run()
    with foshan.mass.supervisor.operator.ws() as ws:
        actions.recount_shortage(ws, shortage_id, found=Quantity.of("16000", "TNE"), because="A second hall.", evidence=[COUNT])  # fmt: skip
        with pytest.raises(Invalid, match="nothing_short"):
            actions.recount_shortage(ws, shortage_id, found=Quantity.of("41000", "TNE"), because="All.", evidence=[COUNT])  # fmt: skip
    assert [foshan.shares(firm, shortage_id)[0][3] for firm in (foshan.first, foshan.second, foshan.third, foshan.fourth)] == [6_000, 7_500, 2_000, 500]  # fmt: skip


def test_a_claimant_objects_and_two_people_decide(foshan: Foshan) -> None:
    """The fourth says that 600 t more are its own: seen by the supervisor alone; no confirmation before it is decided; then the table follows."""
    shortage_id = foshan.run()
    line = foshan.mass.lines(foshan.fourth, shortage_id)[0]
    given: dict[str, Any] = {"claimed": Quantity.of("1600", "TNE"), "taken": Quantity.of("0", "TNE"), "because": "A delivery of May is not booked."}  # fmt: skip
    with foshan.third.operator.ws() as ws, pytest.raises(NotFound, match="line_unknown"):
        actions.object_to_share(ws, line.id, **given)
    with foshan.fourth.operator.ws() as ws:
        objection = actions.object_to_share(ws, line.id, **given)
        with pytest.raises(Conflict, match="objection_made"):
            actions.object_to_share(ws, line.id, **given)
    with foshan.third.operator.ws(read_only=True) as ws:
        assert objections_of(ws, shortage_id) == []
    foshan.world.set_clock(foshan.mass.now(foshan.fourth, shortage_id).objections_until)
    with foshan.mass.supervisor.operator.ws() as ws:
        with pytest.raises(Conflict, match="objections_open"):
            actions.propose_confirmation(ws, shortage_id)
        proposal = actions.propose_answer(ws, objection.id, upheld=True, answer="The weighing of 12 May shows it.")
    with foshan.mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
        found = ws.session.get_one(ShortageObjection, (foshan.fourth.tenant_id, objection.id))
        assert (found.status, find_shortage(ws, shortage_id).claimed_units) == ("UPHELD", 41_600_000)
    shares = [foshan.mass.lines(firm, shortage_id)[0].share_units for firm in (foshan.first, foshan.second, foshan.third, foshan.fourth)]  # fmt: skip
    assert sum(one or 0 for one in shares) == 11_000_000
    assert shares[3] == pytest.approx(1_600_000 * 20_000 / 50_600, abs=1)
    with foshan.third.operator.ws() as ws, pytest.raises(Conflict, match="objections_over"):
        actions.object_to_share(ws, foshan.mass.lines(foshan.third, shortage_id)[0].id, **given)


def test_claimants_learn_of_no_other(foshan: Foshan) -> None:
    """Rows, participants and events: a claimant sees the keepers, itself and the totals."""
    shortage_id = foshan.run()
    keepers = {foshan.mass.supervisor.tenant_id, foshan.mass.warehouse.tenant_id}
    for firm in (foshan.third, foshan.bank):
        with firm.operator.ws(read_only=True) as ws:
            assert {one.tenant_id for one in rooms.participants(ws, shortage_id)} == keepers | {firm.tenant_id}
            assert {row.tenant_id for row in ws.session.execute(text("select tenant_id from house.shortage_line"))} == {firm.tenant_id}  # fmt: skip
            said = " ".join(ws.session.scalars(text("select facts from house.event where stream_id = :id"), {"id": shortage_id}))  # fmt: skip
            assert not [one.name for one in (foshan.first, foshan.second, foshan.fourth) if one.name in said or str(one.tenant_id) in said]  # fmt: skip
            assert count_open(ws) == 1
    stranger = foshan.world.firm("BANK", "SUPERVISOR")
    with stranger.operator.ws(read_only=True) as ws:
        assert list_shortages(ws) == []
        with pytest.raises(NotFound):
            find_shortage(ws, shortage_id)
    with foshan.mass.supervisor.operator.ws(read_only=True) as ws:
        assert len(rooms.participants(ws, shortage_id)) == 8


def test_goods_under_another_supervisor_stop_too_and_their_own_writes_off(world: World) -> None:
    mass, second = a_mass(world), world.firm("SUPERVISOR")
    one, other = world.firm("SME"), world.firm("SME")
    lot, elsewhere = mass.lot(one, "300"), mass.lot(other, "100", supervisor=second)
    shortage_id = mass.report(lot, "200").id
    assert mass.seen(other, elsewhere).status == "FROZEN"
    assert mass.lines(second, shortage_id) == []
    mass.confirm(shortage_id)
    assert [mass.seen(one, lot).verified_qty, mass.seen(other, elsewhere).verified_qty] == [150, 50]
    with mass.supervisor.operator.ws(read_only=True) as ws:
        assert rooms.my_roles(ws, elsewhere.id) == frozenset()


def test_a_supervisor_that_owns_some_of_it_stops_but_does_not_decide(world: World) -> None:
    mass = a_mass(world)
    party = world.firm("SUPERVISOR", "SME")
    lot = mass.lot(party, "10")
    shortage = mass.report(lot, "5")
    assert shortage.tenant_id == mass.supervisor.tenant_id
    mass.supervisor = party
    own = world.firm("SME")
    other = a_mass(world)
    other.supervisor = party
    theirs, alone = other.lot(own, "10"), other.lot(party, "10", supervisor=world.firm("SUPERVISOR"))
    assert other.report(theirs, "15").tenant_id != party.tenant_id
    assert other.seen(party, alone).status == "FROZEN"


def test_what_cannot_be_reported(world: World) -> None:
    mass = a_mass(world)
    lot = mass.lot(world.firm("SME"), "10")
    wrongs: list[tuple[dict[str, Any], str]] = [({"found": "10"}, "nothing_short"), ({"found": "-1"}, "quantity_not_positive"), ({"because": " "}, "reason_missing"), ({"evidence": []}, "evidence_missing")]  # fmt: skip
    for wrong, code in wrongs:
        with pytest.raises(Invalid, match=code):
            mass.report(lot, **({"found": "5"} | wrong))


def test_only_keepers_report_and_once(foshan: Foshan) -> None:
    with foshan.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.open_shortage(ws, foshan.of(foshan.first).id, found=Quantity.of("1", "TNE"), because="x", evidence=[COUNT])  # fmt: skip
    foshan.run()
    with pytest.raises(Conflict, match="shortage_open"):
        foshan.mass.report(foshan.of(foshan.fourth), "10")


def test_what_left_before_the_look_back_does_not_count(foshan: Foshan) -> None:
    foshan.mass.leave(foshan.of(foshan.first), "9000")
    foshan.world.advance(timedelta(days=184))
    shortage_id = foshan.mass.report(foshan.of(foshan.third), "20500").id
    assert foshan.shares(foshan.first, shortage_id) == [("TITLE", 21_000, 0, 10_500)]
