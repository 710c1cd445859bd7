"""What the database refuses by itself, asked behind the actions' backs by each party in its own workspace."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory.constraints import LOT_STEPS
from marketplace.inventory.models import Lot
from marketplace.inventory.rules.lots import BY_THE_GATE, LOT, LotState
from tests.factories import Firm, Person, Shared, World
from tests.marketplace.inventory.makers import a_declared_lot, a_received_lot, a_verified_lot


@pytest.fixture
def firms(world: World) -> dict[str, Firm]:
    return the_firms(world)


def the_firms(world: World) -> dict[str, Firm]:
    return {
        "owner": world.firm("SME"),
        "warehouse": world.firm("WAREHOUSE_OPERATOR"),
        "supervisor": world.firm("SUPERVISOR"),
    }


def set_lot(person: Person, lot: Lot, **values: Any) -> int:
    """Write the lot's row as no action would. Returns how many rows that touched."""
    places = ", ".join(f"{name} = :{name}" for name in values)
    with person.ws() as ws:
        changed = ws.session.execute(text(f"update house.lot set {places} where id = :id"), {"id": lot.id, **values})
        return changed.rowcount  # type: ignore[attr-defined, no-any-return]


def test_the_databases_steps_are_the_rules_steps() -> None:
    # Ends and beginnings by conversion are the gate's alone: no hand may write them, so the trigger does not list them.
    held = [row.source for row in LOT.transitions if row.action == "freeze"]
    listed = {
        (row.source, row.to)
        for row in LOT.transitions
        if row.source and row.to and row.source != row.to and row.action not in BY_THE_GATE
    }
    listed |= {(LotState.FROZEN, state) for state in held}
    written = {tuple(LotState(state) for state in step.split(">")) for step in LOT_STEPS.split()}
    assert written == listed


@pytest.mark.parametrize("state", [state for state in LotState if state not in ("DECLARED", "RECEIVED", "EXPIRED")])
def test_a_declared_lot_jumps_nowhere(world: World, firms: dict[str, Firm], state: str) -> None:
    lot = a_declared_lot(world, firms["owner"], firms["warehouse"], firms["supervisor"])
    for firm in firms.values():
        with pytest.raises(DBAPIError, match=r"takes no step|ck_lot_frozen"):
            set_lot(firm.operator, lot, status=state)


@pytest.mark.parametrize(
    ("who", "values", "reason"),
    [
        ("owner", {"weighed_qty": 500}, "only the warehouse weighs"),
        ("supervisor", {"weighed_qty": 500}, "only the warehouse weighs"),
        ("owner", {"status": "VERIFIED", "verified_qty": 100}, "only the supervisor verifies"),
        ("warehouse", {"status": "VERIFIED", "verified_qty": 100}, "only the supervisor verifies"),
        ("supervisor", {"status": "VERIFIED", "verified_qty": 100.001}, "only the supervisor verifies"),
        ("supervisor", {"verified_qty": 50}, "only the supervisor verifies"),
        ("owner", {"documented_qty": 500}, "does not change"),
        ("owner", {"unit": "KGM"}, "does not change"),
        ("warehouse", {"warehouse_id": "00000000-0000-7000-8000-000000000000"}, "does not change"),
        ("owner", {"pledged_qty": 5}, "holds follow the pledges"),
        ("warehouse", {"held": "{[0,5)}"}, "holds follow the pledges"),
    ],
)
def test_evidence_is_not_written_by_the_wrong_hand(
    shared: Shared, who: str, values: dict[str, Any], reason: str
) -> None:
    firms = shared(the_firms)
    lot = shared(a_received_lot, firms["owner"], firms["warehouse"], firms["supervisor"])
    with pytest.raises(DBAPIError, match=reason):
        set_lot(firms[who].operator, lot, **values)


@pytest.mark.parametrize(
    ("who", "values", "reason"),
    [
        ("supervisor", {"verified_qty": 100.5}, "only falls"),
        ("owner", {"verified_qty": 101}, "only falls"),
        ("warehouse", {"verified_qty": 90}, "only the supervisor writes off"),
        ("owner", {"verified_qty": 90}, "only the supervisor writes off"),
        ("supervisor", {"departed_qty": -1}, "does not come back|ck_lot_holds"),
        ("warehouse", {"status": "FROZEN", "kept_status": "PLEDGED"}, "takes no step"),
        ("warehouse", {"status": "FROZEN"}, "ck_lot_frozen|takes no step"),
    ],
)
def test_a_verified_quantity_only_falls(shared: Shared, who: str, values: dict[str, Any], reason: str) -> None:
    firms = shared(the_firms)
    lot = shared(a_verified_lot, firms["owner"], firms["warehouse"], firms["supervisor"])
    with pytest.raises(DBAPIError, match=reason):
        set_lot(firms[who].operator, lot, **values)


def test_a_stranger_changes_nothing(world: World, firms: dict[str, Firm]) -> None:
    lot = a_declared_lot(world, firms["owner"], firms["warehouse"], firms["supervisor"])
    for kind in ("SME", "BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR"):
        assert set_lot(world.firm(kind).operator, lot, reference="mine") == 0


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ("[50000,60000)", "pk_lot_units"),
        ("[99999,100001)", "no more units"),
        ("[100000,)", "no more units"),
        ("empty", "pk_lot_units|empty|no more units"),
        ("[-5,0)", "ck_lot_units_bounded"),
    ],
)
def test_base_units_never_overlap(shared: Shared, units: str, reason: str) -> None:
    firms = shared(the_firms)
    lot = shared(a_verified_lot, firms["owner"], firms["warehouse"], firms["supervisor"])
    add = text(
        "insert into house.lot_units (tenant_id, lot_id, units) values (:tenant, :lot, cast(:units as int8range))"
    )
    with pytest.raises(DBAPIError, match=reason), firms["supervisor"].operator.ws() as ws:
        ws.session.execute(add, {"tenant": lot.tenant_id, "lot": lot.id, "units": units})


def test_nobody_makes_units_beyond_the_papers_or_lets_them_grow(world: World, firms: dict[str, Firm]) -> None:
    lot = a_verified_lot(world, firms["owner"], firms["warehouse"], firms["supervisor"], amount="100", weighed="99.8")
    add = text("insert into house.lot_units (tenant_id, lot_id, units) values (:tenant, :lot, '[99900,100001)')")
    grow = text("update house.lot_units set units = '[0,100000)' where tenant_id = :tenant and lot_id = :lot")
    for firm in firms.values():
        for statement, reason in ((add, "no more units than its papers say"), (grow, "only given up")):
            with pytest.raises(DBAPIError, match=reason), firm.operator.ws() as ws:
                ws.session.execute(statement, {"tenant": lot.tenant_id, "lot": lot.id})


def test_weighings_are_never_rewritten(world: World, firms: dict[str, Firm]) -> None:
    lot = a_received_lot(world, firms["owner"], firms["warehouse"], firms["supervisor"])
    for change in ("update house.weighing set gross = 999", "delete from house.weighing"):
        with pytest.raises(DBAPIError, match="permission denied"), firms["warehouse"].operator.ws() as ws:
            ws.session.execute(text(f"{change} where lot_id = :id"), {"id": lot.id})
