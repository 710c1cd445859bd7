"""Goods that a confirmed shortage missed turn up: each has its part back by the same table, in one act of two people, and no more can leave than that."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.places.queries import floor_of
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions
from marketplace.pledges.shortages.queries import lots_of
from marketplace.quantity import Quantity
from marketplace.valuation.queries import latest_valuation
from tenants import approvals, rooms
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.pledges.makers import Parties, a_release_order
from tests.marketplace.pledges.short_makers import COUNT, Mass, a_mass
from tests.marketplace.pledges.test_shortages import Foshan


def tonnes(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


def propose(mass: Mass, shortage_id: UUID, more: str) -> Approval:
    with mass.supervisor.operator.ws() as ws:
        return actions.propose_found(ws, shortage_id, more=tonnes(more), because="Behind the third wall.", evidence=[COUNT])  # fmt: skip


def find(mass: Mass, shortage_id: UUID, more: str) -> None:
    """Two people of the supervisor put so much back."""
    proposal = propose(mass, shortage_id, more)
    with mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    mass.world.work()


def units_of(firm: Firm, lot_id: UUID) -> int:
    with firm.operator.ws(read_only=True) as ws:
        return ws.session.execute(text("select sum(upper(units) - lower(units)) from house.lot_units where lot_id = :id"), {"id": lot_id}).scalar_one() or 0  # fmt: skip


def test_foshan_finds_another_hall(world: World) -> None:
    """11,000 t were shared out, and of the second's 6,000 t 5,000 t left, of the fourth's 400 t all: 5,000 t more are 10 % of 50,000 t for everybody."""
    foshan = Foshan(world)
    mass, firms = foshan.mass, (foshan.first, foshan.second, foshan.third, foshan.fourth)
    shortage_id = foshan.run()
    mass.confirm(shortage_id)
    first_digest = mass.now(foshan.third, shortage_id).digest
    parties = Parties(world, foshan.second, foshan.other, mass.warehouse, mass.supervisor)
    order = a_release_order(parties, foshan.second_deal, foshan.of(foshan.second), "5000")
    with mass.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=tonnes("5000"))
    mass.leave(foshan.of(foshan.fourth), "400")
    assert mass.seen(foshan.fourth, foshan.of(foshan.fourth)).status == "DEPARTED"
    proposal = propose(mass, shortage_id, "5000")
    with mass.supervisor.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    with mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    world.work()
    assert [foshan.shares(firm, shortage_id)[0][3] for firm in firms] == [6_000, 7_500, 2_000, 500]
    assert [foshan.shares(bank, shortage_id)[0][3] for bank in (foshan.bank, foshan.other)] == [6_000, 7_500]
    lots = [mass.seen(firm, foshan.of(firm)) for firm in firms]
    assert [(one.verified_qty, one.share_left) for one in lots] == [(6_000, 6_000), (2_500, 2_500), (2_000, 2_000), (100, 100)]  # fmt: skip
    assert [units_of(firm, one.id) for firm, one in zip(firms, lots, strict=True)] == [20_000_000, 10_000_000, 2_000_000, 100_000]  # fmt: skip
    assert (lots[3].status, lots[3].departed_at) == ("VERIFIED", None)
    shortage = mass.now(foshan.third, shortage_id)
    assert (str(shortage.found), str(shortage.found_later), str(shortage.missing)) == ("16000.000 TNE", "5000.000 TNE", "25000.000 TNE")  # fmt: skip
    assert shortage.digest != first_digest
    with foshan.other.operator.ws() as ws:
        with pytest.raises(Conflict, match="beyond_share"):
            actions.order_release(ws, foshan.second_deal, lot_id=lots[1].id, quantity=tonnes("2500.001"), because="paid")  # fmt: skip
        actions.order_release(ws, foshan.second_deal, lot_id=lots[1].id, quantity=tonnes("2500"), because="paid")
        said = ws.session.execute(text("select facts from house.event where kind = 'ShareFixed' and tenant_id = :me order by sequence"), {"me": ws.tenant_id}).scalars().all()  # fmt: skip
    assert len(said) == 2
    assert str(shortage.digest) in said[1]
    with mass.warehouse.operator.ws() as ws:
        with pytest.raises(Conflict, match="not_free_to_leave"):
            inventory.mark_departed(ws, lots[3].id, quantity=tonnes("100.001"))
        inventory.mark_departed(ws, lots[3].id, quantity=tonnes("100"))


def test_all_of_it_is_found_and_nothing_is_limited_any_more(world: World) -> None:
    """Also a lot under another supervisor, which had not written its loss off yet; the one that decides sees that lot no longer than it acts."""
    mass, second = a_mass(world), world.firm("SUPERVISOR")
    one, other, bank = world.firm("SME"), world.firm("SME"), world.firm("BANK")
    lot, elsewhere = mass.lot(one, "300"), mass.lot(other, "100", supervisor=second)
    deal = mass.pledged(one, bank, lot, "200")
    shortage_id = mass.report(lot, "200").id
    world.set_clock(mass.now(one, shortage_id).objections_until)
    with mass.supervisor.operator.ws() as ws:
        confirmation = actions.propose_confirmation(ws, shortage_id)
    with mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, confirmation.id, approve=True)
    assert mass.seen(other, elsewhere).verified_qty == 100, "not written off yet"
    early = propose(mass, shortage_id, "40")
    with mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, early.id, approve=True)
    world.work()
    assert [mass.seen(who, goods).verified_qty for who, goods in ((one, lot), (other, elsewhere))] == [180, 60]
    find(mass, shortage_id, "100")
    assert [mass.seen(who, goods).verified_qty for who, goods in ((one, lot), (other, elsewhere))] == [255, 85]
    with mass.supervisor.operator.ws(read_only=True) as ws:
        assert rooms.my_roles(ws, elsewhere.id) == frozenset()
        assert sum(row.lost_units or 0 for row in lots_of(ws, shortage_id)) == 60_000
    find(mass, shortage_id, "60")
    for who, goods, whole in ((one, lot, 300), (other, elsewhere, 100)):
        seen = mass.seen(who, goods)
        assert (seen.verified_qty, seen.share_left, seen.short_qty) == (whole, None, 0)
        assert units_of(who, goods.id) == whole * 1000
    with bank.operator.ws(read_only=True) as ws:
        told = ws.session.execute(text("select kind from house.event where stream_id = :id and kind in ('QuantityShrunk', 'QuantityFound') order by sequence"), {"id": lot.id}).scalars().all()  # fmt: skip
    assert told == ["QuantityShrunk", "QuantityFound", "QuantityFound", "QuantityFound"]
    assert mass.lines(bank, shortage_id)[0].left_units is None
    with bank.operator.ws() as ws:
        actions.order_release(ws, deal, lot_id=lot.id, quantity=tonnes("200"), because="paid")
    mass.leave(lot, "100")
    assert units_of(one, lot.id) == 200_000, "units that were found again are given up like others"
    with pytest.raises(Invalid, match="more_than_missing"):
        propose(mass, shortage_id, "0.001")


def test_a_loan_is_valued_anew(world: World) -> None:
    """A million on 100 t: half of them missed is a call; found again, the loan is where it was."""
    deal = a_running_loan(world)
    (goods,) = deal.lots
    keeper = deal.parties
    mass = Mass(world, keeper.warehouse, keeper.supervisor, None)  # type: ignore[arg-type]
    shortage_id = mass.report(goods, "60").id
    mass.confirm(shortage_id)
    deal.price("20000")
    assert deal.call is not None
    with deal.bank.operator.ws(read_only=True) as ws:
        assert [line.quantity for line in latest_valuation(ws, deal.deal_id).lines] == [60]  # type: ignore[union-attr]
    find(mass, shortage_id, "40")
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
        assert value is not None
        assert [line.quantity for line in value.lines] == [100]
        assert find_lot(ws, goods.id).share_left is None


def test_what_is_not_put_back(world: World) -> None:
    """A table that is open, more than is missing, a table that moved on, a later shortage of the same goods; nor by any hand behind the code's back."""
    mass, one, other = a_mass(world), world.firm("SME"), world.firm("SME")
    lot, second = mass.lot(one, "300"), mass.lot(other, "100")
    shortage_id = mass.report(lot, "200").id
    with pytest.raises(Conflict, match="table_not_confirmed"):
        propose(mass, shortage_id, "10")
    mass.confirm(shortage_id)
    with pytest.raises(Invalid, match="more_than_missing"):
        propose(mass, shortage_id, "200.001")
    with mass.supervisor.operator.ws() as ws, pytest.raises(Invalid, match="evidence_missing"):
        actions.propose_found(ws, shortage_id, more=tonnes("1"), because="So.", evidence=[])
    with mass.warehouse.operator.ws() as ws, pytest.raises(NotAllowed, match="shortage_decided_elsewhere"):
        actions.propose_found(ws, shortage_id, more=tonnes("1"), because="So.", evidence=[COUNT])
    lines = {line.tenant_id: line for line in mass.lines(mass.supervisor, shortage_id)}
    put = text("select * from gate.put_back_found(:id, :more, cast(:lines as uuid[]), cast(:shares as bigint[]))")
    own, theirs = lines[one.tenant_id], lines[other.tenant_id]
    forged: list[tuple[Firm, int, list[int], str]] = [
        (mass.warehouse, 4_000, [153_000, 51_000], "not yours to decide"),
        (one, 4_000, [153_000, 51_000], "not yours to decide"),
        (mass.supervisor, 4_000, [154_000, 51_000], "not all that was found"),
        (mass.supervisor, 4_000, [204_000, 0], "not all that was found"),
        (mass.supervisor, 200_001, [300_000, 100_001], "more was found"),
        (mass.supervisor, -4_000, [147_000, 49_000], "more was found"),
        (mass.supervisor, 150_000, [250_000, 100_001], "not all that was found|ck_shortage_line_share"),
    ]  # fmt: skip
    for firm, more, shares, refused in forged:
        with firm.operator.ws() as ws, pytest.raises(DBAPIError, match=refused):
            ws.session.execute(put, {"id": shortage_id, "more": more, "lines": [str(own.id), str(theirs.id)], "shares": shares})  # fmt: skip
    early = propose(mass, shortage_id, "4")
    with pytest.raises(Conflict, match="already_proposed"):
        propose(mass, shortage_id, "4")
    with mass.supervisor.approver.ws() as ws:
        approvals.decide(ws, early.id, approve=True)
    world.work()
    assert [mass.seen(who, goods).verified_qty for who, goods in ((one, lot), (other, second))] == [153, 51]
    waiting, later = propose(mass, shortage_id, "4"), mass.report(lot, "100").id
    with mass.supervisor.approver.ws() as ws, pytest.raises(Conflict, match="later_shortage"):
        approvals.decide(ws, waiting.id, approve=True)
    mass.confirm(later)
    assert [mass.seen(who, goods).verified_qty for who, goods in ((one, lot), (other, second))] == [75, 25]
    waiting = propose(mass, shortage_id, "4")
    with mass.supervisor.approver.ws() as ws, pytest.raises(Conflict, match="later_shortage"):
        approvals.decide(ws, waiting.id, approve=True)
    find(mass, later, "104")
    find(mass, shortage_id, "4")
    assert [mass.seen(who, goods).verified_qty for who, goods in ((one, lot), (other, second))] == [156, 52]


def test_goods_that_nobody_has_verified_are_not_limited_by_a_table_in_which_they_do_not_stand(world: World) -> None:
    mass, one, other = a_mass(world), world.firm("SME"), world.firm("SME")
    lot = mass.lot(one, "300")
    coming = mass.received(other, "50")
    mass.confirm(mass.report(lot, "200").id)
    mass.verify(coming, "50")
    mass.leave(coming, "50")
    assert mass.seen(other, coming).departed_qty == 50


def lying(mass: Mass) -> dict[str, UUID | None]:
    """What lies in each bin of the site, as its warehouse sees it."""
    with mass.warehouse.operator.ws(read_only=True) as ws:
        return {use.bin.code: use.lot.id if use.lot else None for use in floor_of(ws, mass.site.id) if use.lot}


def test_a_lot_that_stands_again_lies_in_its_bin_again_or_in_none_if_others_took_it(world: World) -> None:
    """Both were emptied before the goods turned up; in the bin of the second a third firm's goods lie by then. The record of stays has a gap, and no second pile."""
    mass, one, other, third = a_mass(world, bins=2), world.firm("SME"), world.firm("SME"), world.firm("SME")
    places = list(mass.bins)
    lot, second = mass.lot(one, "300"), mass.lot(other, "100")
    taken, kept = places
    shortage_id = mass.report(lot, "200").id
    mass.confirm(shortage_id)
    mass.leave(lot, "150")
    mass.leave(second, "50")
    assert lying(mass) == {}
    mass.bins.append(taken)
    coming = mass.received(third, "70")
    until = world.now
    find(mass, shortage_id, "40")
    first, moved = mass.seen(one, lot), mass.seen(other, second)
    assert [(seen.status, seen.verified_qty) for seen in (first, moved)] == [("VERIFIED", 30), ("VERIFIED", 10)]
    assert lying(mass) == {kept.code: lot.id, taken.code: coming.id}
    assert (first.bin_id, moved.bin_id, moved.bin_code) == (kept.id, None, None)
    with mass.warehouse.operator.ws(read_only=True) as ws:
        stays = ws.session.execute(text("select lower(during) from house.bin_stay where lot_id = :id order by during"), {"id": lot.id}).scalars().all()  # fmt: skip
    assert len(stays) == 2
    assert stays[1] >= until
    find(mass, shortage_id, "40")
    assert lying(mass) == {kept.code: lot.id, taken.code: coming.id}, "a stay that goes on is not begun again"


def test_the_warehouse_names_a_bin_of_goods_whose_own_was_taken(world: World) -> None:
    mass, one, other, third = a_mass(world, bins=2), world.firm("SME"), world.firm("SME"), world.firm("SME")
    taken, kept = places = list(mass.bins)
    lot, second = mass.lot(one, "300"), mass.lot(other, "100")
    shortage_id = mass.report(lot, "200").id
    mass.confirm(shortage_id)
    mass.leave(lot, "150")
    mass.leave(second, "50")
    mass.bins.append(taken)
    mass.received(third, "70")
    find(mass, shortage_id, "40")
    name = {"bin_id": kept.id}
    with mass.supervisor.operator.ws() as ws, pytest.raises(NotAllowed):
        inventory.name_bin(ws, second.id, **name)
    with mass.warehouse.operator.ws() as ws:
        for place in places:
            with pytest.raises(Conflict, match="bin_occupied"), ws.session.begin_nested():
                inventory.name_bin(ws, second.id, bin_id=place.id)
            ws.session.expire_all()
        with pytest.raises(Conflict, match="bin_known"):
            inventory.name_bin(ws, lot.id, **name)
    mass.leave(lot, "30")
    with mass.warehouse.operator.ws() as ws:
        with pytest.raises(Conflict, match="goods_not_here"):
            inventory.name_bin(ws, lot.id, **name)
        inventory.name_bin(ws, second.id, **name)
    assert lying(mass)[kept.code] == second.id
    assert (mass.seen(other, second).bin_id, mass.seen(other, second).bin_code) == (kept.id, kept.code)


def test_lost_goods_that_are_found_are_what_they_would_be_had_they_never_been_lost(world: World) -> None:
    """Of each lot half is there by the table, and burns: what turns up later is there, what burnt is not. Pledged goods are pledged again, free ones free, and
    what a bank froze is frozen, beneath it pledged."""
    mass, bank = a_mass(world), world.firm("BANK")
    owners = [world.firm("SME") for _ in range(4)]
    lots = [mass.lot(owner, "100") for owner in owners]
    for owner, lot in zip(owners[:2], lots[:2], strict=True):
        mass.pledged(owner, bank, lot, "80")
    with bank.operator.ws() as ws:
        inventory.freeze_lot(ws, lots[1].id, reason="A court asks.")
    shortage_id = mass.report(lots[0], "200").id
    with mass.supervisor.operator.ws() as ws:
        inventory.report_loss(ws, lots[2].id, damaged=False, because="burnt while all of it was stopped")
    mass.confirm(shortage_id)
    for lot in lots[:2]:
        with mass.supervisor.operator.ws() as ws:
            inventory.report_loss(ws, lot.id, damaged=False, because="burnt")
    with mass.supervisor.operator.ws() as ws:
        inventory.report_loss(ws, lots[3].id, damaged=True, because="flooded")
    world.work()
    assert set(lying(mass).values()) == {lots[3].id}
    find(mass, shortage_id, "80")
    seen = [mass.seen(owner, lot) for owner, lot in zip(owners, lots, strict=True)]
    assert [(one.status, one.kept_status, one.verified_qty) for one in seen] == [
        ("PLEDGED", None, 20), ("FROZEN", "PLEDGED", 20), ("VERIFIED", None, 20), ("DAMAGED", None, 70),
    ]  # fmt: skip
    assert (seen[1].frozen_by, seen[1].frozen_reason and seen[1].frozen_reason["facts"]) == (bank.tenant_id, {"reason": "A court asks."})  # fmt: skip
    assert [one.short_qty for one in seen[:2]] == [60, 60], "the pledge stands as it was"
    assert set(lying(mass).values()) == {lot.id for lot in lots}
    with mass.supervisor.operator.ws(read_only=True) as ws:
        told = ws.session.execute(text("select facts from house.event where kind = 'QuantityFound' and stream_id = :id"), {"id": lots[0].id}).scalars().one()  # fmt: skip
    assert '"0' in told.split("before")[1][:20]
    with mass.supervisor.operator.ws() as ws, pytest.raises(Conflict):
        inventory.mark_departed(ws, lots[1].id, quantity=tonnes("1"))
    mass.leave(lots[2], "20")
    assert mass.seen(owners[2], lots[2]).status == "DEPARTED"
