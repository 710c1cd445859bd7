"""Who could see what of a firm's own, by which grant, and what was looked at: of what it founded alone, and told to nobody else."""

from datetime import timedelta

import pytest

from marketplace.cameras.events import OriginalOpened
from marketplace.documents.actions import note_opening
from marketplace.risk.accesses import AccessReport, access_report
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Invalid
from tests.factories import Firm, World
from tests.marketplace.documents.makers import a_document
from tests.marketplace.pledges.makers import the_parties


def reported(firm: Firm, *, days: int = 1) -> AccessReport:
    with firm.owner.ws(read_only=True) as ws:
        return access_report(ws, ws.now - timedelta(days=days), ws.now + timedelta(seconds=1))


def test_each_grant_is_told_with_who_gave_it_and_until_when(world: World) -> None:
    owner, warehouse, bank, other = world.firm(), world.firm("WAREHOUSE_OPERATOR"), world.firm("BANK"), world.firm("BANK")  # fmt: skip
    thing = new_id()
    with owner.owner.ws() as ws:
        rooms.found(ws, thing, kind="lot", role="owner")
        rooms.share(ws, thing, to=warehouse.tenant_id, role="warehouse", onward=True)
    with warehouse.owner.ws() as ws:
        rooms.share(ws, thing, to=bank.tenant_id, role="bank")
    world.advance(timedelta(days=3))
    with warehouse.owner.ws() as ws:
        rooms.end_share(ws, thing, to=bank.tenant_id, role="bank")
    found = {(one.firm, one.role): one for one in reported(owner, days=9).sights}
    assert set(found) == {(warehouse.name, "warehouse"), (bank.name, "bank")}
    assert found[bank.name, "bank"].let_in_by == warehouse.name
    assert found[bank.name, "bank"].ended is not None
    assert found[warehouse.name, "warehouse"].ended is None
    for stranger in (warehouse, bank, other):  # they founded nothing of it
        assert reported(stranger, days=9).sights == ()
    world.advance(timedelta(days=30))
    assert {one.firm for one in reported(owner).sights} == {warehouse.name}  # what ended before is of an earlier period


def test_grants_are_gathered_by_firm_kind_and_role(world: World) -> None:
    owner, warehouse = world.firm(), world.firm("WAREHOUSE_OPERATOR")
    with owner.owner.ws() as ws:
        for kind in ("lot", "lot", "shipment"):
            thing = new_id()
            rooms.found(ws, thing, kind=kind, role="owner")
            rooms.share(ws, thing, to=warehouse.tenant_id, role="warehouse")
    circles = reported(owner).circles
    assert [(one.kind, one.objects, one.standing) for one in circles] == [("lot", 2, 2), ("shipment", 1, 1)]


def test_a_period_that_ends_before_it_begins_is_refused(world: World) -> None:
    with world.firm().owner.ws(read_only=True) as ws, pytest.raises(Invalid, match="after it begins"):
        access_report(ws, ws.now, ws.now)


def test_a_paper_that_another_firm_opened_is_told_with_the_person(world: World) -> None:
    parties = the_parties(world)
    lot = parties.a_lot()
    paper = a_document(parties.sme.operator, lot.id, name="certificate.pdf")
    for reader in (parties.supervisor.operator, parties.sme.operator):
        with reader.ws() as ws:
            note_opening(ws, paper.id)
    looks = reported(parties.sme).looks
    assert [(one.firm, one.person, one.name) for one in looks] == [
        (parties.supervisor.name, parties.supervisor.operator.name, "certificate.pdf")
    ]
    assert reported(parties.supervisor).looks == ()


def test_an_unmasked_picture_that_another_firm_opened_is_told_with_the_person(world: World) -> None:
    owner, supervisor, thing = world.firm(), world.firm("SUPERVISOR"), new_id()
    with owner.owner.ws() as ws:
        rooms.found(ws, thing, kind="lot", role="owner")
        rooms.share(ws, thing, to=supervisor.tenant_id, role="supervisor")
    for reader in (supervisor.operator, owner.owner):
        with reader.ws() as ws:
            opened = OriginalOpened(device_id=new_id(), name="Gate", frame_id=new_id(), sha256="0" * 64, taken_at=ws.now, alarm_id=None, alarm="–", opened_by=reader.name)  # fmt: skip
            ws.record(opened, on=thing)
    looks = reported(owner).looks
    assert [(one.firm, one.person, one.what, one.name) for one in looks] == [(supervisor.name, supervisor.operator.name, "picture", "Gate")]  # fmt: skip
