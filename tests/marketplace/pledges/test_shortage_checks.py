"""Shortages in the database itself: no row that contradicts itself, whoever writes it."""

from marketplace.pledges import actions
from marketplace.quantity import Quantity
from tests.factories import World
from tests.marketplace.pledges.short_makers import a_mass


def test_the_database_takes_no_shortage_line_or_objection_that_contradicts_itself(world: World) -> None:
    mass, owner = a_mass(world), world.firm("SME")
    lot = mass.lot(owner, "100")
    shortage = mass.report(lot, "50")
    [line] = mass.lines(owner, shortage.id)
    with owner.operator.ws() as ws:
        actions.object_to_share(
            ws, line.id, claimed=Quantity.of("110", "TNE"), taken=Quantity.of("0", "TNE"), because="Ten more came."
        )
    now, over = world.now.isoformat(), line.claimed_units + 1
    wrong: list[tuple[str, dict[str, object], str]] = [
        ("shortage", {"status": "DROPPED", "decided_at": now}, "status"), ("shortage", {"found_units": -1}, "figures"), ("shortage", {"claimed_units": -1}, "figures"),
        ("shortage", {"decided_at": now}, "decided"), ("shortage", {"digest": "ab"}, "digest"), ("shortage", {"status": "CONFIRMED", "decided_at": now}, "digest"),
        ("shortage", {"status": "LIFTED"}, "decided"), ("shortage", {"found_later_units": -1}, "found_later"), ("shortage", {"found_later_units": shortage.found_units + 1}, "found_later"),
        ("shortage_line", {"kind": "LOAN"}, "kind"), ("shortage_line", {"kind": "PLEDGE"}, "kind"), ("shortage_line", {"deal_id": str(lot.id)}, "kind"), ("shortage_line", {"taken_units": -1}, "claims"), ("shortage_line", {"claimed_units": -1, "share_units": None}, "claims"),
        ("shortage_line", {"share_units": over}, "share"), ("shortage_line", {"share_units": -1}, "share"), ("shortage_line", {"left_units": -1}, "left"),
        ("shortage_objection", {"status": "LOST", "answered_at": now}, "status"), ("shortage_objection", {"status": "UPHELD"}, "answered"), ("shortage_objection", {"answered_at": now}, "answered"),
        ("shortage_objection", {"claimed_units": -1}, "claims"), ("shortage_objection", {"taken_units": -1}, "claims"),
    ]  # fmt: skip
    assert [(table, world.refused_by(table, **change)) for table, change, _ in wrong] == [
        (table, name) for table, _, name in wrong
    ]
