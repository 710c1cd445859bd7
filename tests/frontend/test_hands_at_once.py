"""Two hands on one thing at the same moment: owners, shortages, witnesses, alarms, and what follows a sale. One does it, the other is told why not."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.queries import find_settlement
from marketplace.disposal.visits.models import VisitKind
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions as pledges
from marketplace.supervision.actions import raise_alarm
from tenants import approvals
from tenants.events import Event
from tenants.log import witness
from tenants.log.actions import REFUSAL_KIND, register_witness
from tenants.log.notes import COSIGNATURE, Note, Signature, VerifierKey
from tenants.ownership.actions import propose_stake
from tenants.record import events_of
from tests.factories import Firm, Person, World
from tests.frontend.test_at_once import Asked, together
from tests.marketplace.disposal.accepting.test_disputing import Disputed
from tests.marketplace.disposal.makers import an_enforced_sale
from tests.marketplace.disposal.settling.test_after_default import an_unpaid_sale
from tests.marketplace.disposal.test_visits import a_slot
from tests.marketplace.duty.makers import a_desk
from tests.marketplace.pledges.makers import an_active_pledge, the_parties
from tests.marketplace.pledges.short_makers import COUNT, Mass, a_mass
from tests.marketplace.shipments.makers import a_planned_shipment
from tests.marketplace.supervision.makers import a_scene
from tests.marketplace.supervision.roads import a_yard, planned
from tests.marketplace.supervision.test_alarms import kinds, raised
from tests.tenants.ownership.makers import an_owner

WORDS = "Split the difference: the assay tells of forty tonnes."


def two_of(firm: Firm, job: str = "operator") -> tuple[Person, Person]:
    return firm.person(job), firm.person(job, name=f"Second {job}")


def approvals_of(firm: Firm, *ids: object) -> list[Asked]:
    """Each proposal before an approver of its own."""
    return [(one, f"/approvals/{waiting}/approval", {}) for one, waiting in zip(two_of(firm, "approver"), ids, strict=True)]  # fmt: skip


def told_of(person: Person, stream_id: object, kind: str) -> int:
    with person.ws(read_only=True) as ws:
        return len(ws.session.scalars(select(Event.id).where(Event.stream_id == stream_id, Event.kind == kind)).all())


def test_an_entry_s_end_waits_once_and_shares_never_come_to_more_than_all(world: World) -> None:
    platform, firm = world.firm("PLATFORM"), world.firm("SME")
    stake = an_owner(world, firm, world.firm("SME"), platform=platform, percent=Decimal(30))
    ends: list[Asked] = [(one, f"/owners/{stake.id}/end", {"until": "2026-03-01"}) for one in two_of(platform) * 2]
    assert together(world, ends) == {201: 1, 409: 3}
    with platform.operator.ws() as ws:
        told = {"kind": "SHARES", "percent": Decimal(60), "since": date(2020, 1, 1), "evidence": "Extract"}
        waiting = [propose_stake(ws, firm.tenant_id, owner_id=world.firm("SME").tenant_id, **told).id for _ in "ab"]  # type: ignore[arg-type]
    assert together(world, approvals_of(platform, *waiting)) == {200: 1, 409: 1}


def a_short_mass(world: World) -> tuple[Mass, Firm, str]:
    """A shortage of 200 of 400 tonnes, one of the two owners, and the shortage's id."""
    mass, owner = a_mass(world), world.firm("SME")
    lot, _ = mass.lot(owner, "100"), mass.lot(world.firm("SME"), "300")
    return mass, owner, str(mass.report(lot, "200").id)


def test_a_line_is_objected_to_once_and_an_answer_waits_once(world: World) -> None:
    mass, owner, shortage = a_short_mass(world)
    [line] = owner.operator.call("GET", f"/shortages/{shortage}").json["lines"]
    more = {"claimed": {"amount": "110.000", "unit": "TNE"}, "taken": {"amount": "0.000", "unit": "TNE"}, "because": "Ten more came."}  # fmt: skip
    objections: list[Asked] = [(one, f"/shortage-lines/{line['id']}/objections", more) for one in two_of(owner) * 2]
    assert together(world, objections) == {201: 1, 409: 3}
    [objection] = mass.supervisor.operator.call("GET", f"/shortages/{shortage}").json["objections"]
    path = f"/shortage-objections/{objection['id']}/answer"
    answers: list[Asked] = [(one, path, {"upheld": True, "answer": "So it is."}) for one in two_of(mass.supervisor) * 2]
    assert together(world, answers) == {200: 1, 409: 3}


def test_a_table_is_confirmed_as_it_stands_or_lifted_or_counted_again(world: World) -> None:
    """Whoever is second is told that it is decided, or that the table is another by now."""
    for rival in ("lift", "recount"):
        mass, owner, shortage = a_short_mass(world)
        world.set_clock(mass.now(owner, shortage).objections_until)  # type: ignore[arg-type]
        with mass.supervisor.operator.ws() as ws:
            waiting = [pledges.propose_confirmation(ws, shortage).id]  # type: ignore[arg-type]
            waiting += [pledges.propose_lifting(ws, shortage, because="A wall.").id] * (rival == "lift")  # type: ignore[arg-type]
        again = {"found": {"amount": "150.000", "unit": "TNE"}, "because": "Counted again.", "evidence": [COUNT]}
        acts = approvals_of(mass.supervisor, *waiting) if rival == "lift" else [
            (mass.supervisor.approver, f"/approvals/{waiting[0]}/approval", {}),
            (mass.supervisor.operator, f"/shortages/{shortage}/recounts", again),
        ]  # fmt: skip
        assert together(world, acts) == {200: 1, 409: 1}, rival


def test_goods_are_found_once_while_a_lorry_leaves(world: World) -> None:
    """Two officers confirm at once that 80 t of the 200 t that were missing are there, as lorries take out what was left: one counts, and no tonne is lost or made."""
    mass, owner, shortage = a_short_mass(world)
    shortage_id = UUID(shortage)
    mass.confirm(shortage_id)
    [line] = mass.lines(owner, shortage_id)
    found: dict[str, object] = {"found": {"amount": "80.000", "unit": "TNE"}, "because": "A wall.", "evidence": [COUNT]}
    proposals: list[Asked] = [(one, f"/shortages/{shortage}/found-goods", found) for one in two_of(mass.supervisor)]
    assert together(world, proposals) == {200: 1, 409: 1}
    with mass.supervisor.approver.ws(read_only=True) as ws:
        [waiting] = approvals.waiting(ws)
    exit_: Asked = (mass.warehouse.operator, f"/lots/{line.lot_id}/departures", {"quantity": {"amount": "50.000", "unit": "TNE"}})  # fmt: skip
    said = together(world, [*approvals_of(mass.supervisor, waiting.id, waiting.id), exit_])
    assert said == {200: 2, 409: 1}
    world.work()
    with owner.operator.ws(read_only=True) as ws:
        lot = find_lot(ws, line.lot_id)
    assert (lot.verified_qty, lot.share_left, lot.departed_qty) == (20, 20, 50)
    assert told_of(mass.supervisor.operator, shortage_id, "MissingFound") == 1


def test_a_shortage_is_reported_once(world: World) -> None:
    mass, owner = a_mass(world), world.firm("SME")
    lot = mass.lot(owner, "100")
    body = {"found": {"amount": "50.000", "unit": "TNE"}, "because": "Counted twice.", "evidence": [COUNT]}
    keepers = (mass.warehouse.operator, mass.supervisor.operator) * 2
    assert together(world, [(one, f"/lots/{lot.id}/shortages", body) for one in keepers]) == {201: 1, 409: 3}


def test_a_witness_s_key_is_registered_once_and_ended_once_and_its_refusal_is_told_once(world: World) -> None:
    firms, secret = (world.firm("BANK"), world.firm("SUPERVISOR")), witness.Secret(secrets.token_bytes(32))
    key = VerifierKey(f"{secret.public.hex()[:8]}.example", COSIGNATURE, secret.public)
    assert together(world, [(one.owner, "/log/witnesses", {"key": str(key)}) for one in firms * 2]) == {201: 1, 409: 3}
    other, firm = witness.Secret(secrets.token_bytes(32)), firms[0]
    name = VerifierKey(f"{other.public.hex()[:8]}.example", COSIGNATURE, other.public)
    with firm.owner.ws() as ws:
        mine = register_witness(ws, key=str(name)).id
    root = "A" * 43 + "="
    words = "\n".join([REFUSAL_KIND, "a log", "FORK", f"seen 2 {root}", f"shown 3 {root}", ""])
    signed = (1).to_bytes(8) + other.sign(witness.cosigned(words, 1))
    note, gate = str(Note(words, (Signature(name.name, name.id, signed),))), Barrier(4)

    def send(_number: int) -> int:
        with world.app.app_context():
            gate.wait()
            return world.app.test_client().post("/hooks/log/refusals", data=note).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [201] * 4
    assert told_of(firm.owner, firm.tenant_id, "WitnessRefused") == 1
    ends: list[Asked] = [(one, f"/log/witnesses/{mine}/end", {}) for one in two_of(firm, "owner") * 2]
    assert together(world, ends) == {200: 1, 409: 3}


def test_control_is_reported_lost_once(world: World) -> None:
    parties = the_parties(world)
    deal_id, _ = an_active_pledge(parties, parties.a_lot(), "100.000")
    body = {"because": "The owner's people changed the locks."}
    watchers = (parties.supervisor.operator, parties.bank.operator) * 2
    assert together(world, [(one, f"/deals/{deal_id}/control-losses", body) for one in watchers]) == {201: 1, 409: 3}


def test_an_alarm_is_shelved_once_and_closed_once(world: World) -> None:
    scene = a_scene(world)
    alarm, two = raised(scene), two_of(scene.supervisor)
    aside: Asked = (two[0], f"/alarms/{alarm.id}/shelvings", {"hours": 2, "because": "The fitter is here."})
    assert together(world, [aside, (two[1], *aside[1:])] * 2) == {201: 1, 409: 3}
    ends = [{"disposition": one, "note": "Seen.", "evidence": ["photo 1"]} for one in ("TRUE", "FALSE")]
    closings: list[Asked] = [(one, f"/alarms/{alarm.id}/closing", end) for one, end in zip(two, ends, strict=True)] * 2
    assert together(world, closings) == {200: 1, 409: 3}
    assert kinds(scene).count("AlarmClosed") == 1
    notes: list[Asked] = [(two[0], f"/alarms/{alarm.id}/{step}", {}) for step in ("acknowledgement", "clearance")]
    assert together(world, notes) == {409: 2}


def test_an_alarm_is_acknowledged_once_and_cleared_once(world: World) -> None:
    scene = a_scene(world)
    alarm, two = raised(scene), two_of(scene.supervisor)
    for step in ("acknowledgement", "clearance"):
        asked: list[Asked] = [(one, f"/alarms/{alarm.id}/{step}", {}) for one in two * 2]
        assert together(world, asked) == {200: 1, 409: 3}


def test_an_incident_is_looked_into_once_by_whichever_of_its_alarms(world: World) -> None:
    scene = a_scene(world)
    with scene.supervisor.operator.ws() as ws:
        alarms = [raise_alarm(ws, type=kind, severity="MAJOR", because="Smoke was detected.", lot_id=scene.lot.id).id for kind in ("door_open", "image_change")]  # fmt: skip
    looked = {"how": "seen", "saw": "Nobody is there."}
    looks: list[Asked] = [(one, f"/alarms/{alarm}/looks", looked) for one, alarm in zip(two_of(scene.supervisor), alarms, strict=True)] * 2  # fmt: skip
    assert together(world, looks) == {201: 1, 409: 3}
    assert kinds(scene).count("AlarmLookedInto") == 2


def test_a_plan_of_the_way_is_accepted_once_and_never_of_goods_that_stay(world: World) -> None:
    """Two officers of the supervisor; then one officer while the owner calls the journey off: whichever came first, goods that stay have no corridor."""
    road = a_yard(world)
    supervisor, shipment = road.scene.supervisor, f"/shipments/{road.shipment.shipment_id}"
    taken = (f"{shipment}/route-acceptance", {"tracker_id": str(road.tracker.device_id)})
    planned(road)
    assert together(world, [(one, *taken) for one in two_of(supervisor, "approver") * 2]) == {200: 1, 409: 3}
    assert told_of(supervisor.operator, road.shipment.shipment_id, "RouteAccepted") == 1
    planned(road)
    off: Asked = (road.scene.sme.operator, f"{shipment}/cancellation", {"because": "The buyer withdrew."})
    assert together(world, [(supervisor.approver, *taken), off]) in ({200: 2}, {200: 1, 409: 1})
    with supervisor.operator.ws(read_only=True) as ws:
        told = [one.kind for one in events_of(ws, road.shipment.shipment_id)]
    assert told.count("ShipmentCancelled") == 1
    assert "RouteAccepted" not in told[: told.index("ShipmentCancelled")], "newest first"
    other = replace(road, shipment=a_planned_shipment(world, road.scene.lot, road.scene.sme, road.carrier))
    planned(other)
    there = f"/shipments/{other.shipment.shipment_id}"
    assert off[0].call("POST", f"{there}/cancellation", off[2]).status_code == 200
    assert supervisor.approver.call("POST", f"{there}/route-acceptance", taken[1]).status_code == 409


def test_a_drill_is_answered_once(world: World) -> None:
    desk = a_desk(world)
    rung = desk.firm.owner.call("POST", "/duty-drills", {"severity": "CRITICAL", "script": "Smoke in hall 2."}).json
    officers = [one for _, one in desk.at(desk.start)]  # type: ignore[arg-type]
    assert len(officers) >= 2
    answers: list[Asked] = [(one, f"/duty-drills/{rung['id']}/answer", {}) for one in officers]
    assert together(world, answers) == {200: 1, 409: len(officers) - 1}


def test_a_mediator_proposes_once(world: World) -> None:
    platform = world.firm("PLATFORM")
    scene = Disputed(world)
    world.advance(timedelta(days=5))
    world.work()
    proposals: list[Asked] = [(one, f"/disputes/{scene.id}/proposal", {"words": WORDS}) for one in two_of(platform) * 2]
    assert together(world, proposals) == {200: 1, 409: 3}
    assert told_of(scene.buyer.operator, scene.id, "SettlementProposed") == 1


def test_a_second_chance_is_answered_once_and_taken_once(world: World) -> None:
    unpaid = an_unpaid_sale(world)
    unpaid.offered()
    path = f"/auctions/{unpaid.sale.auction_id}/second-chance"
    answers: list[Asked] = [(one, f"{path}/answer", {"accept": True}) for one in two_of(unpaid.runner_up) * 2]
    assert together(world, answers) == {200: 1, 409: 3}
    deposits: list[Asked] = [(one, f"{path}/deposit", {"reference": "DEP-2"}) for one in two_of(unpaid.sale.bank) * 2]
    assert together(world, deposits) == {200: 1, 409: 3}


def test_goods_are_collected_once_and_accepted_or_disputed(world: World) -> None:
    enforced = an_enforced_sale(world)
    enforced.sell("4300000")
    enforced.pay()
    buyer, warehouse, sale = enforced.buyer, enforced.deal.parties.warehouse, enforced.sale
    path = f"/auctions/{sale.auction_id}"
    slot = a_slot(sale, kind=VisitKind.COLLECTION, by=warehouse)
    visit = {"slot_id": str(slot.slot_id), "visitor": "Li Lei"}
    assert together(world, [(one, f"{path}/visits", visit) for one in two_of(buyer) * 2]) == {201: 1, 409: 3}
    with buyer.operator.ws(read_only=True) as ws:
        code = find_settlement(ws, sale.auction_id).collection_code
    collected: list[Asked] = [(one, f"{path}/handover", {"code": code, "collector": "Li Lei"}) for one in two_of(warehouse) * 2]  # fmt: skip
    assert together(world, collected) == {200: 1, 409: 3}
    world.work()
    yes: Asked = (buyer.operator, f"{path}/acceptance", {})
    no: Asked = (two_of(buyer)[1], f"{path}/dispute", {"ground": "GRADE", "words": "Forty tonnes are of grade B."})
    statuses = together(world, [yes, no] * 2)
    assert statuses[409] == 3, statuses
    assert statuses[200] + statuses[201] == 1, statuses
