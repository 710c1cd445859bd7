"""A pledge from offer to end: who may do what, what each bank sees, and what is refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot, LotUnits
from marketplace.inventory.queries import find_lot, list_lots
from marketplace.pledges import actions, releasing
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import (
    by_deal,
    covered,
    executions_of,
    list_pledges,
    pledges_of_deal,
    pledges_of_lot,
    release_authority,
    release_orders,
)
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tenants.events import Event
from tests.factories import Firm, World
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


def t(amount: str) -> Quantity:
    return Quantity.of(amount, "TNE")


def as_seen(firm: Firm, lot: Lot) -> Lot:
    with firm.operator.ws(read_only=True) as ws:
        return find_lot(ws, lot.id)


def holds(firm: Firm, lot: Lot) -> tuple[str, Decimal, Decimal, Decimal]:
    """Status, reserved, pledged, free."""
    seen = as_seen(firm, lot)
    return seen.status, seen.reserved_qty, seen.pledged_qty, seen.free_qty


def units_of(firm: Firm, lot: Lot) -> list[tuple[int | None, int | None]]:
    with firm.operator.ws(read_only=True) as ws:
        rows = ws.session.scalars(select(LotUnits.units).where(LotUnits.lot_id == lot.id).order_by(LotUnits.units))
        return [(one.lower, one.upper) for one in rows]


# Offering -------------------------------------------------------------------------------------------------------------


def test_an_offer_takes_units_and_lets_the_parties_see(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, (pledge,) = an_offered_pledge(parties, lot, "60")
    assert (pledge.status, pledge.quantity, pledge.rank) == ("DRAFT", Decimal(60), 1)
    assert (pledge.units.lower, pledge.units.upper) == (0, 60_000)
    assert holds(parties.sme, lot) == ("RESERVED", Decimal(60), Decimal(0), Decimal(40))
    for firm in (parties.bank, parties.warehouse, parties.supervisor):
        with firm.operator.ws(read_only=True) as ws:
            assert [one.id for one in pledges_of_deal(ws, deal_id)] == [pledge.id]
            assert [one.id for one in list_pledges(ws)] == [pledge.id]
            assert [one.id for one in list_lots(ws)] == [lot.id]
            assert by_deal(list_pledges(ws))[0].totals == {"TNE": Decimal(60)}


def test_another_bank_sees_that_it_is_encumbered_and_not_by_whom(world: World, parties: Parties) -> None:
    lot, second = parties.a_lot(), world.firm("BANK")
    an_active_pledge(parties, lot, "60")
    deal_id, (own,) = an_offered_pledge(parties, lot, "40", bank=second)
    assert holds(second, lot) == ("PLEDGED", Decimal(40), Decimal(60), Decimal(0))
    with second.operator.ws(read_only=True) as ws:
        assert [one.id for one in pledges_of_lot(ws, lot.id)] == [own.id]
        assert [one.deal_id for one in list_pledges(ws)] == [deal_id]
        told = ws.session.scalars(select(Event)).all()
        assert {one.stream_id for one in told} == {lot.id, deal_id}
        assert parties.bank.tenant_id not in {one.tenant_id for one in told}
        assert not any(parties.bank.name in one.facts or str(parties.bank.tenant_id) in one.facts for one in told)
        assert parties.bank.tenant_id not in {one.tenant_id for one in rooms.participants(ws, lot.id)}
    with parties.warehouse.operator.ws(read_only=True) as ws:
        assert {parties.bank.tenant_id, second.tenant_id} <= {one.tenant_id for one in rooms.participants(ws, lot.id)}
    with pytest.raises(Conflict) as refused:
        an_offered_pledge(parties, lot, "0.001", bank=second)
    assert (refused.value.code, refused.value.field) == ("already_encumbered", "quantity")
    assert parties.bank.name not in refused.value.in_english()


def test_gaps_are_filled_and_a_pledge_may_be_several_ranges(parties: Parties) -> None:
    lot = parties.a_lot()
    first, _ = an_offered_pledge(parties, lot, "30")
    an_offered_pledge(parties, lot, "40")
    with parties.sme.operator.ws() as ws:
        actions.cancel_pledges(ws, first, because="changed our minds")
    _, parts = an_offered_pledge(parties, lot, "50")
    assert [(one.units.lower, one.units.upper) for one in parts] == [(0, 30_000), (70_000, 90_000)]
    assert holds(parties.sme, lot) == ("RESERVED", Decimal(90), Decimal(0), Decimal(10))


@pytest.mark.parametrize(
    ("amount", "code"),
    [("100.001", "already_encumbered"), ("0", "quantity_not_positive"), ("999999", "already_encumbered")],
)
def test_more_than_is_verified_and_free_is_refused(parties: Parties, amount: str, code: str) -> None:
    lot = parties.a_lot()
    with pytest.raises(Refused) as refused:
        an_offered_pledge(parties, lot, amount)
    assert (refused.value.code, refused.value.field) == (code, "quantity")


def test_what_cannot_be_offered(world: World, parties: Parties) -> None:
    lot, deal_id, bank_id = parties.a_lot(), a_deal_room(parties), parties.bank.tenant_id
    other = the_parties(world).a_lot()

    def offer(goods: list[tuple[UUID, Quantity]], **changed: Any) -> None:
        with parties.sme.operator.ws() as ws:
            actions.offer_pledge(ws, **{"deal_id": deal_id, "bank_id": bank_id, "goods": goods} | changed)

    cases: list[tuple[type[Refused], str, list[tuple[UUID, Quantity]], dict[str, Any]]] = [
        (Invalid, "goods_missing", [], {}),
        (Invalid, "lot_twice", [(lot.id, t("1")), (lot.id, t("2"))], {}),
        (NotFound, "lot_unknown", [(new_id(), t("1"))], {}),
        (NotFound, "lot_unknown", [(other.id, t("1"))], {}),
        (NotFound, "deal_unknown", [(lot.id, t("1"))], {"deal_id": new_id()}),
        (Invalid, "bank_unknown", [(lot.id, t("1"))], {"bank_id": parties.warehouse.tenant_id}),
        (Invalid, "unit_mismatch", [(lot.id, Quantity.of("1", "H87"))], {}),
    ]
    for kind, code, goods, changed in cases:
        with pytest.raises(kind, match=code):
            offer(goods, **changed)
    with parties.supervisor.operator.ws() as ws:
        inventory.freeze_lot(ws, lot.id, reason="patrol found the door open")
    with pytest.raises(Conflict, match="lot_frozen"):
        offer([(lot.id, t("1"))])
    assert holds(parties.sme, lot)[1:3] == (0, 0)


def test_an_offer_that_nothing_follows_is_given_back_after_seven_days(world: World, parties: Parties) -> None:
    lot = parties.a_lot()
    an_offered_pledge(parties, lot, "60")
    world.work()
    world.advance(timedelta(days=6))
    deal_id, _ = an_offered_pledge(parties, lot, "10")
    world.advance(timedelta(days=1))
    world.work()
    assert holds(parties.sme, lot) == ("RESERVED", Decimal(10), Decimal(0), Decimal(90))
    activate(parties, deal_id)
    world.advance(timedelta(days=8))
    world.work()
    assert holds(parties.sme, lot) == ("PLEDGED", Decimal(0), Decimal(10), Decimal(90))


def test_the_last_offer_upon_goods_that_were_pledged_frees_them_when_it_lapses(world: World, parties: Parties) -> None:
    """The pledge in force ends first: the lot stays held by the offer alone, which its owner's workspace gives back."""
    lot, other_bank = parties.a_lot(), world.firm("BANK")
    pledged, _ = an_active_pledge(parties, lot, "60")
    an_offered_pledge(parties, lot, "10", bank=other_bank)
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, pledged)
    assert holds(parties.sme, lot) == ("PLEDGED", Decimal(10), Decimal(0), Decimal(90))
    world.advance(timedelta(days=8))
    world.work()
    assert holds(parties.sme, lot) == ("VERIFIED", Decimal(0), Decimal(0), Decimal(100))


# Control --------------------------------------------------------------------------------------------------------------


def test_a_pledge_exists_from_control_that_the_bank_accepts(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_offered_pledge(parties, lot, "60")
    with pytest.raises(Conflict, match="supervisor_controls"), parties.bank.operator.ws() as ws:
        actions.propose_control(ws, deal_id)
    (pledge,) = activate(parties, deal_id)
    assert (pledge.status, pledge.active_at) == ("ACTIVE", parties.world.now)
    assert pledge.control_id is not None
    assert holds(parties.bank, lot) == ("PLEDGED", Decimal(0), Decimal(60), Decimal(40))
    with parties.bank.operator.ws(read_only=True) as ws:
        kinds = ws.session.scalars(select(Event.kind).where(Event.stream_id == deal_id).order_by(Event.sequence)).all()
    assert list(kinds) == ["PledgesOffered", "ControlConfirmed", "PledgesActivated"]


@pytest.mark.parametrize(
    ("lacking", "code", "field"),
    [
        ({"statement": "  "}, "statement_missing", "statement"),
        ({"keys_held": False}, "keys_not_held", "keys_held"),
        ({"goods_segregated": False}, "goods_not_segregated", "goods_segregated"),
        ({"devices_online": False}, "devices_online", "devices_online"),
    ],
)
def test_control_in_words_alone_is_refused(parties: Parties, lacking: dict[str, Any], code: str, field: str) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    with pytest.raises(Refused) as refused, parties.supervisor.operator.ws() as ws:
        actions.confirm_control(ws, deal_id, **{"statement": "Keys with us."} | lacking)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_only_the_supervisor_confirms_and_only_two_of_the_bank_accept(world: World, parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    for firm in (parties.sme, parties.bank, parties.warehouse):
        with pytest.raises(NotAllowed), firm.operator.ws() as ws:
            actions.confirm_control(ws, deal_id, statement="trust me")
    with pytest.raises(NotFound), world.firm("SUPERVISOR").operator.ws() as ws:
        actions.confirm_control(ws, deal_id, statement="trust me")
    with parties.supervisor.operator.ws() as ws:
        actions.confirm_control(ws, deal_id, statement="Keys with us.")
    with parties.bank.owner.ws() as ws:
        proposal = actions.propose_control(ws, deal_id)
    with pytest.raises(NotAllowed, match="same_eyes"), parties.bank.owner.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)


def test_registration_comes_first_where_the_bank_wants_it(parties: Parties) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    with pytest.raises(Invalid, match="missing"), parties.bank.operator.ws() as ws:
        actions.register_pledges(ws, deal_id, certificate=" ")
    with parties.bank.operator.ws() as ws:
        (pledge,) = actions.register_pledges(ws, deal_id, certificate="2026-0302-118833")
        assert pledge.status == "REGISTERED"
    (pledge,) = activate(parties, deal_id)
    assert (pledge.status, pledge.certificate) == ("ACTIVE", "2026-0302-118833")


# Releasing ------------------------------------------------------------------------------------------------------------


def test_goods_leave_under_an_order_and_never_beyond_it(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    with parties.warehouse.operator.ws(read_only=True) as ws:
        assert release_authority(ws, lot.id) == Decimal(40)
    order = a_release_order(parties, deal_id, lot, "20")
    with parties.warehouse.operator.ws(read_only=True) as ws:
        assert release_authority(ws, lot.id) == Decimal(60)
    with parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("12.5"))
    with pytest.raises(Conflict, match="beyond_release_order"), parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("7.501"))
    with parties.warehouse.operator.ws() as ws:
        closed = actions.execute_release(ws, order.id, weighed=t("7.5"))
        assert (closed.status, closed.executed, closed.remaining) == ("EXECUTED", Decimal(20), Decimal(0))
        assert [one.weighed for one in executions_of(ws, order.id)] == [Decimal("12.5"), Decimal("7.5")]
    with pytest.raises(Conflict), parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("0.001"))
    seen = as_seen(parties.sme, lot)
    assert (seen.verified_qty, seen.departed_qty, seen.pledged_qty) == (Decimal(80), Decimal(20), Decimal(40))
    assert sum(end - start for start, end in units_of(parties.sme, lot)) == 80_000  # type: ignore[misc, operator]


def test_a_lot_released_whole_has_departed(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "100")
    order = a_release_order(parties, deal_id, lot, "100")
    with parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("100"))
    assert as_seen(parties.sme, lot).status == "DEPARTED"
    assert units_of(parties.sme, lot) == []
    with parties.bank.operator.ws(read_only=True) as ws:
        assert [one.status for one in pledges_of_deal(ws, deal_id, live=False)] == ["RELEASED"]


def test_more_than_the_deal_holds_is_not_ordered(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    a_release_order(parties, deal_id, lot, "50")
    with pytest.raises(Conflict) as refused, parties.bank.operator.ws() as ws:
        actions.order_release(ws, deal_id, lot_id=lot.id, quantity=t("10.001"), because="repaid")
    assert (refused.value.code, refused.value.field) == ("beyond_pledge", "quantity")
    with pytest.raises(Invalid, match="reason_missing"), parties.bank.operator.ws() as ws:
        actions.order_release(ws, deal_id, lot_id=lot.id, quantity=t("1"), because=" ")
    with pytest.raises(NotAllowed), parties.sme.operator.ws() as ws:
        actions.order_release(ws, deal_id, lot_id=lot.id, quantity=t("1"), because="mine")
    with pytest.raises(NotFound), parties.world.firm("BANK").operator.ws() as ws:
        actions.order_release(ws, deal_id, lot_id=lot.id, quantity=t("1"), because="not mine")


def test_a_freeze_stops_releases_already_ordered(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    order = a_release_order(parties, deal_id, lot, "20")
    with parties.bank.operator.ws() as ws:
        inventory.freeze_lot(ws, lot.id, reason="exit without an order")
    with pytest.raises(Conflict, match="lot_frozen"), parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("20"))
    with pytest.raises(Conflict, match="lot_frozen"), parties.bank.operator.ws() as ws:
        actions.order_release(ws, deal_id, lot_id=lot.id, quantity=t("1"), because="repaid")
    with parties.warehouse.operator.ws(read_only=True) as ws:
        assert release_authority(ws, lot.id) == 0


def test_a_loans_guard_refuses_a_release_when_asked_and_again_when_approved(
    parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    asked: list[Quantity] = []

    def guard(ws: Any, deal: UUID, lot_id: UUID, quantity: Quantity) -> None:
        asked.append(quantity)
        if len(asked) > 1:
            raise Conflict("release_below_floor", "The price fell meanwhile.")

    monkeypatch.setattr(releasing, "RELEASE_GUARDS", [guard])
    with parties.bank.operator.ws() as ws:
        proposal = actions.order_release(ws, deal_id, lot_id=lot.id, quantity=t("5"), because="repaid")
    with pytest.raises(Conflict, match="release_below_floor"), parties.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    assert asked == [t("5"), t("5")]
    with parties.bank.operator.ws(read_only=True) as ws:
        assert release_orders(ws) == []


def test_an_order_is_revoked_by_its_bank_alone(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    order = a_release_order(parties, deal_id, lot, "20")
    with pytest.raises(NotAllowed), parties.warehouse.operator.ws() as ws:
        actions.revoke_release(ws, order.id)
    with parties.bank.operator.ws() as ws:
        assert actions.revoke_release(ws, order.id).status == "REVOKED"
    with pytest.raises(Conflict), parties.warehouse.operator.ws() as ws:
        actions.execute_release(ws, order.id, weighed=t("20"))


# Ending ---------------------------------------------------------------------------------------------------------------


def test_a_paid_debt_frees_the_goods_and_ends_the_banks_sight(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    a_release_order(parties, deal_id, lot, "10")
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
        assert actions.release_pledges(ws, deal_id) == []
    assert holds(parties.sme, lot) == ("VERIFIED", Decimal(0), Decimal(0), Decimal(100))
    with parties.bank.operator.ws(read_only=True) as ws:
        assert [one.status for one in release_orders(ws)] == ["REVOKED"]
        assert [one.lot_number for one in pledges_of_deal(ws, deal_id, live=False)] == [lot.number]
        with pytest.raises(NotFound):
            find_lot(ws, lot.id)
    an_active_pledge(parties, lot, "100")


def test_a_reaction_owed_to_a_bank_that_lost_sight_meanwhile_is_not_owed_any_more(parties: Parties) -> None:
    """Deliveries are made when something happens and carried out later; row security may have closed the stream by then."""
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    parties.world.work()
    with parties.supervisor.operator.ws() as ws:
        inventory.shrink_verified(ws, lot.id, to=t("99"), because="a tonne is missing")
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
    assert parties.world.work() > 0


def test_a_pledge_of_another_deal_keeps_the_lot_pledged(world: World, parties: Parties) -> None:
    lot, second = parties.a_lot(), world.firm("BANK")
    first_deal, _ = an_active_pledge(parties, lot, "60")
    an_active_pledge(parties, lot, "40", bank=second)
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, first_deal)
    assert holds(parties.sme, lot) == ("PLEDGED", Decimal(0), Decimal(40), Decimal(60))


def test_enforcement_takes_the_goods_to_disposal_and_sale_ends_the_pledge(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "100")
    with parties.supervisor.operator.ws() as ws:
        inventory.freeze_lot(ws, lot.id, reason="a freeze stops goods, not papers")
    with parties.bank.operator.ws() as ws:
        (pledge,) = actions.enforce_pledges(ws, deal_id)
        assert pledge.status == "ENFORCING"
        assert find_lot(ws, lot.id).kept_status == "IN_DISPOSAL"
    with parties.supervisor.operator.ws() as ws:
        proposal = inventory.unfreeze_lot(ws, lot.id, because="found in order")
    with parties.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with parties.bank.operator.ws() as ws:
        inventory.mark_sold(ws, lot.id)
        (pledge,) = actions.realise_pledge(ws, deal_id, lot.id)
        assert pledge.status == "REALISED"
        assert release_authority(ws, lot.id) == Decimal(100)
    with parties.warehouse.operator.ws() as ws:
        assert inventory.mark_departed(ws, lot.id).status == "DEPARTED"


def test_free_goods_between_two_pledges_leave_and_both_stay(parties: Parties) -> None:
    """The middle one of three loans is repaid, and a part of its goods is driven away."""
    lot = parties.a_lot()
    held = [an_active_pledge(parties, lot, amount) for amount in ("20", "40", "40")]
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, held[1][0])
    with parties.warehouse.operator.ws() as ws:
        left = inventory.mark_departed(ws, lot.id, quantity=t("15"))
        spans = ws.session.scalars(select(LotUnits.units).where(LotUnits.lot_id == lot.id).order_by(LotUnits.units))
        assert (left.verified_qty, left.held_qty) == (Decimal(85), Decimal(60))
        assert list(spans) == [Range(0, 45_000), Range(60_000, 100_000)]


def test_after_a_loss_the_holders_share_what_is_left(world: World, parties: Parties) -> None:
    lot, second = parties.a_lot(), world.firm("BANK")
    _, (one,) = an_active_pledge(parties, lot, "60")
    _, (other,) = an_active_pledge(parties, lot, "30", bank=second)
    with parties.supervisor.operator.ws() as ws:
        less = inventory.shrink_verified(ws, lot.id, to=t("60"), because="thirty tonnes are missing")
        assert (less.short_qty, less.free_qty) == (Decimal(30), Decimal(0))
        assert (covered(one, less), covered(other, less)) == (t("40"), t("20"))
        inventory.shrink_verified(ws, lot.id, to=t("59.999"), because="and a kilogram")
        assert covered(one, less) + covered(other, less) <= t("59.999")
    assert sum(end - start for start, end in units_of(parties.sme, lot)) == 90_000  # type: ignore[misc, operator]
    with pytest.raises(Conflict, match="already_encumbered"):
        an_offered_pledge(parties, lot, "1")
    with second.operator.ws() as ws:
        actions.release_pledges(ws, other.deal_id)
    assert sum(end - start for start, end in units_of(parties.sme, lot)) == 60_000  # type: ignore[misc, operator]


def test_an_offer_given_back_after_a_loss_gives_up_what_is_missing(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_offered_pledge(parties, lot, "90")
    with parties.supervisor.operator.ws() as ws:
        inventory.shrink_verified(ws, lot.id, to=t("15"), because="most of it is missing")
    with parties.sme.operator.ws() as ws:
        actions.cancel_pledges(ws, deal_id, because="no bank wants it now")
    assert units_of(parties.sme, lot) == [(0, 15_000)]
    assert holds(parties.sme, lot) == ("VERIFIED", Decimal(0), Decimal(0), Decimal(15))


# What the database refuses by itself ----------------------------------------------------------------------------------


def plant(firm: Firm, pledge: Pledge, **changed: Any) -> None:
    """Insert a copy of a pledge with some values changed, as no action would."""
    columns = [column.key for column in Pledge.__table__.columns if column.key not in {"held_units"}]
    values = {name: getattr(pledge, name) for name in columns} | {"id": new_id()} | changed
    with firm.operator.ws() as ws:
        ws.session.execute(Pledge.__table__.insert().values(values))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ("same", "ex_pledge_units_once|already_encumbered|more is held"),
        ("rank two", "second rank stands behind"),
        ("rank three", "second rank stands behind|ck_pledge_rank"),
        ("outside the lot", "fk_pledge_within_lot|more is held"),
        ("back-dated", "not back-dated"),
        ("closed", "not back-dated"),
        ("born active", "begins as an offer"),
        ("empty", "ck_pledge"),
        ("unbounded", "ck_pledge"),
        ("more than its units", "ck_pledge_quantity"),
    ],
)
def test_no_unit_twice_whatever_the_code_does(parties: Parties, changed: str, reason: str) -> None:
    lot = parties.a_lot()
    _, (pledge,) = an_offered_pledge(parties, lot, "40")
    free = {"units": Range(50_000, 90_000)}
    now = parties.world.now
    wrong: dict[str, dict[str, Any]] = {
        "same": {},
        "rank two": free | {"rank": 2},
        "rank three": free | {"rank": 3, "consent_id": new_id()},
        "outside the lot": {"units": Range(90_000, 130_000)},
        "back-dated": free | {"during": Range(now - timedelta(days=3), None)},
        "closed": free | {"during": Range(now, now + timedelta(days=1))},
        "born active": free | {"status": "ACTIVE", "control_id": new_id(), "active_at": now},
        "empty": {"units": Range(50_000, 50_000, empty=True), "quantity": 0},
        "unbounded": {"units": Range(50_000, None)},
        "more than its units": free | {"quantity": 50},
    }
    plant(parties.sme, pledge, units=Range(40_000, 50_000), quantity=10)
    with pytest.raises(DBAPIError, match=reason):
        plant(parties.sme, pledge, **wrong[changed])


def test_the_exclusion_alone_would_do(parties: Parties, world: World) -> None:
    """With the lot's account switched off (the first guard), the constraint still refuses the second pledge."""
    lot = parties.a_lot()
    _, (pledge,) = an_offered_pledge(parties, lot, "40")
    world.admin.execute("alter table house.pledge disable trigger pledge_holds")
    try:
        with pytest.raises(DBAPIError, match="ex_pledge_units_once"):
            plant(parties.sme, pledge)
    finally:
        world.admin.execute("alter table house.pledge enable trigger pledge_holds")


def test_without_the_exclusion_a_unit_is_pledged_twice(parties: Parties, world: World) -> None:
    """The planted defect: this is what the two guards are for."""
    lot = parties.a_lot()
    _, (pledge,) = an_offered_pledge(parties, lot, "40")
    world.admin.execute("alter table house.pledge disable trigger pledge_holds")
    world.admin.execute("alter table house.pledge drop constraint ex_pledge_units_once")
    try:
        plant(parties.sme, pledge)
        with parties.sme.operator.ws(read_only=True) as ws:
            assert sum(one.quantity for one in pledges_of_lot(ws, lot.id)) == 80
    finally:
        world.admin.execute("alter table house.pledge enable trigger pledge_holds")
        world.admin.execute("delete from house.pledge where lot_id = %s", (lot.id,))
        world.admin.execute(
            "alter table house.pledge add constraint ex_pledge_units_once "
            "exclude using gist (tenant_id with =, lot_id with =, rank with =, units with &&, during with &&)"
        )


@pytest.mark.parametrize(
    ("who", "change", "reason"),
    [
        ("sme", "status = 'RELEASED', during = tstzrange(lower(during), :now)", "not yours"),
        ("sme", "units = '[0,10)', quantity = 0.010", "not yours"),
        ("warehouse", "status = 'REALISED', during = tstzrange(lower(during), :now)", "not yours"),
        ("bank", "units = '[0,80000)', quantity = 80", "no further units"),
        ("bank", "bank_id = tenant_id", "does not change"),
        ("bank", "during = tstzrange(lower(during) - interval '1 day', null)", "does not change"),
        ("bank", "status = 'RELEASED'", "ck_pledge_open_while_live"),
        ("bank", "control_id = null", "ck_pledge_controlled"),
    ],
)
def test_a_pledge_in_force_is_the_banks_to_end(parties: Parties, who: str, change: str, reason: str) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "40")
    statement = text(f"update house.pledge set {change} where deal_id = :deal and :now is not null")
    with pytest.raises(DBAPIError, match=reason), getattr(parties, who).operator.ws() as ws:
        ws.session.execute(statement, {"deal": deal_id, "now": parties.world.now + timedelta(minutes=1)})


def test_an_ended_pledge_is_not_reopened(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "40")
    with parties.bank.operator.ws() as ws:
        actions.release_pledges(ws, deal_id)
    reopen = text(
        "update house.pledge set during = tstzrange(lower(during), null), status = 'ACTIVE' where deal_id = :d"
    )
    with pytest.raises(DBAPIError, match="does not change"), parties.bank.operator.ws() as ws:
        ws.session.execute(reopen, {"d": deal_id})


def test_units_under_a_pledge_are_neither_cut_nor_deleted(parties: Parties) -> None:
    lot = parties.a_lot()
    an_active_pledge(parties, lot, "40")
    for change in ("update house.lot_units set units = '[0,39999)'", "delete from house.lot_units"):
        with pytest.raises(DBAPIError, match="fk_pledge_within_lot"), parties.supervisor.operator.ws() as ws:
            ws.session.execute(text(f"{change} where lot_id = :lot"), {"lot": lot.id})


def test_a_clock_that_is_set_back_does_not_stop_a_release(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "40")
    before = parties.world.now
    parties.world.set_clock(before - timedelta(minutes=10))
    with parties.bank.operator.ws() as ws:
        (ended,) = actions.release_pledges(ws, deal_id)
        assert ended.during.lower is not None
        assert ended.during.upper is not None
        assert ended.during.lower < ended.during.upper
    _, (again,) = an_active_pledge(parties, lot, "40")
    assert again.during.lower == ended.during.upper


def test_a_pledge_needs_the_borrowers_place_in_the_deal(parties: Parties, world: World) -> None:
    lot = parties.a_lot()
    _, (pledge,) = an_offered_pledge(parties, lot, "10")
    stranger = the_parties(world)
    foreign = a_deal_room(stranger)
    with pytest.raises(DBAPIError, match="row-level security"):
        plant(parties.sme, pledge, deal_id=foreign, units=Range(50_000, 60_000))
    with stranger.sme.operator.ws(read_only=True) as ws:
        assert rooms.my_roles(ws, foreign) == {"borrower"}
