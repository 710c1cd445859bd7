"""The supervisor is nobody of the pledgor's (invariant 7): refused at each step, and told to the bank where the register of owners changes later."""

from datetime import date

import pytest
from sqlalchemy import select

from marketplace.pledges import actions
from marketplace.pledges.agreeing import propose_agreement, sign_agreement
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.errors import Conflict, NotAllowed
from tenants.events import Event
from tenants.notifications import latest
from tenants.ownership.actions import propose_stake_end
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_declared_lot
from tests.marketplace.pledges.makers import Parties, activate, an_active_pledge, an_offered_pledge, the_parties
from tests.marketplace.pledges.short_makers import a_mass
from tests.marketplace.pledges.test_papers import AGREEMENT
from tests.tenants.ownership.makers import an_owner

BOSS = {
    "kind": "LEGAL_REPRESENTATIVE",
    "percent": None,
    "owner_name": "Wang Fang",
    "owner_code": "ID-1",
    "person": True,
}


def warned(parties: Parties, deal_id: object) -> list[str]:
    """Whom the bank was told to be related."""
    wanted = select(Event).where(Event.stream_id == deal_id, Event.kind == "KeeperRelated").order_by(Event.sequence)
    with parties.bank.operator.ws(read_only=True) as ws:
        return [one.values["firm_id"] for one in ws.session.scalars(wanted)]


def one_boss(world: World, *firms: Firm) -> Firm:
    """One person leads all of them; the platform that entered it."""
    platform = world.firm("PLATFORM")
    for firm in firms:
        an_owner(world, firm, platform=platform, **(BOSS | {"owner_code": str(firms[0].tenant_id)}))
    return platform


def test_no_lot_is_declared_to_a_supervisor_of_the_same_owner(world: World) -> None:
    parties = the_parties(world)
    one_boss(world, parties.sme, parties.supervisor)
    with pytest.raises(Conflict, match="supervisor_affiliated") as refused:
        a_declared_lot(world, parties.sme, parties.warehouse, parties.supervisor)
    assert (refused.value.field, refused.value.facts) == ("supervisor_id", {})


def test_a_supervisor_that_became_related_confirms_no_control_and_signs_no_agreement(world: World) -> None:
    parties = the_parties(world)
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "40")
    with parties.bank.operator.ws() as ws:
        proposal = propose_agreement(ws, deal_id, **AGREEMENT)
    with parties.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    an_owner(world, parties.supervisor, parties.sme)
    for firm in (parties.sme, parties.supervisor):
        with firm.owner.ws() as ws, pytest.raises(Conflict, match="supervisor_affiliated"):
            sign_agreement(ws, deal_id)
    with parties.supervisor.operator.ws() as ws, pytest.raises(Conflict, match="supervisor_affiliated"):
        actions.confirm_control(ws, deal_id, statement="Keys with us.")


def test_control_confirmed_before_is_not_accepted_after(world: World) -> None:
    """And once the entry has ended, it is."""
    parties = the_parties(world)
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "40")
    with parties.supervisor.operator.ws() as ws:
        actions.confirm_control(ws, deal_id, statement="Keys with us.")
    platform = world.firm("PLATFORM")
    stake = an_owner(world, parties.supervisor, parties.sme, platform=platform)
    with parties.bank.operator.ws() as ws, pytest.raises(Conflict, match="supervisor_affiliated"):
        actions.propose_control(ws, deal_id)
    with platform.operator.ws() as ws:
        proposal = propose_stake_end(ws, stake.id, until=date(2026, 3, 1))
    with platform.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    assert [one.status for one in activate(parties, deal_id)] == ["ACTIVE"]


def test_the_bank_is_told_when_a_supervisor_becomes_related_through_a_chain(world: World) -> None:
    """The entry is about a holding that is neither: what counts is whom it reaches. Told once, to the bank alone, and the pledge stands until it decides."""
    parties, holding, platform = the_parties(world), world.firm("SME"), world.firm("PLATFORM")
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "40")
    an_owner(world, parties.supervisor, holding, platform=platform)
    assert warned(parties, deal_id) == []
    an_owner(world, holding, parties.sme, platform=platform)
    an_owner(world, holding, platform=platform, **BOSS)
    assert warned(parties, deal_id) == [str(parties.supervisor.tenant_id)]
    with parties.bank.operator.ws(read_only=True) as ws:
        assert [one.kind for one in latest(ws)].count("KeeperRelated") == 1
        assert {one.status for one in pledges_of_deal(ws, deal_id)} == {"ACTIVE"}
    for firm in (parties.sme, parties.supervisor, parties.warehouse, platform):
        with firm.owner.ws(read_only=True) as ws:
            assert ws.session.scalars(select(Event).where(Event.kind == "KeeperRelated")).all() == []


def test_the_bank_is_told_of_a_related_warehouse_before_it_accepts_control(world: World) -> None:
    parties = the_parties(world)
    one_boss(world, parties.sme, parties.warehouse)
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "40")
    with parties.supervisor.operator.ws() as ws:
        actions.confirm_control(ws, deal_id, statement="Keys with us.")
    world.work()
    assert warned(parties, deal_id) == [str(parties.warehouse.tenant_id)]


def test_a_supervisor_related_to_a_claimant_or_the_warehouse_decides_no_shortage(world: World) -> None:
    """Where another supervisor of the goods is related to nobody, it decides instead."""
    mass, owner, other = a_mass(world), world.firm("SME"), world.firm("SME")
    first = mass.lot(owner, "10")
    an_owner(world, mass.supervisor, owner)
    lone = mass.report(first, "5")
    assert lone.tenant_id == mass.supervisor.tenant_id, "there is no other"
    with mass.supervisor.operator.ws() as ws, pytest.raises(NotAllowed, match="supervisor_is_party"):
        actions.recount_shortage(ws, lone.id, found=Quantity.of("6", "TNE"), because="Again.", evidence=["sheet 15"])
    aside, guard = a_mass(world), world.firm("SUPERVISOR")
    lot = aside.lot(owner, "10")
    aside.lot(other, "10", supervisor=guard)
    an_owner(world, aside.supervisor, aside.warehouse)
    assert aside.report(lot, "5").tenant_id == guard.tenant_id
