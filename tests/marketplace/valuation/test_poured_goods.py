"""Goods that are poured together count as the worst of them, since nobody can say which of them come out."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from marketplace.business_days import SHANGHAI
from marketplace.inventory import actions
from marketplace.inventory.conversions.descent import lines_of
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.bulk import Keeping, worst_of
from marketplace.valuation.rules.base import EXPIRED
from marketplace.valuation.rules.moisture import UNDRIED
from tenants import approvals
from tests.factories import Firm, World
from tests.marketplace.inventory.test_bulk import Tank, t
from tests.marketplace.pledges.makers import Parties
from tests.marketplace.valuation.makers import a_price
from tests.marketplace.valuation.test_dry_goods import valued

EARLY, LATE = date(2026, 5, 1), date(2027, 5, 1)


@pytest.mark.parametrize(
    ("parts", "counts"),
    [
        ([], Keeping(None, None)),
        ([Keeping(LATE, Decimal("0.08"))], Keeping(LATE, Decimal("0.08"))),
        ([Keeping(LATE, Decimal("0.12")), Keeping(EARLY, Decimal("0.08"))], Keeping(EARLY, Decimal("0.12"))),
        ([Keeping(None, Decimal("0.08")), Keeping(LATE, Decimal(0))], Keeping(LATE, Decimal("0.08"))),
        ([Keeping(LATE, Decimal("0.08")), Keeping(None, None)], Keeping(LATE, None)),
    ],
)
def test_the_worst_counts_and_what_is_not_known_of_one_is_known_of_none(parts: list[Keeping], counts: Keeping) -> None:
    for order in permutations(parts):
        assert worst_of(order) == counts


class Poured(Tank):
    """A tank of goods that are priced by dry weight and do not keep for ever."""

    def inspected(self, lot: Lot, moisture: str, days: int) -> Lot:
        ends = self.world.now.astimezone(SHANGHAI).date() + timedelta(days=days)
        with self.supervisor.operator.ws() as ws:
            certified = {"moisture": Decimal(moisture), "moisture_certificate": "CCIC-2026-88"}
            proposal = actions.inspect_lot(ws, lot.id, counted=t("10000"), passed=True, expires_on=ends, **certified)
        with self.supervisor.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        return lot

    def wet(self, owner: Firm) -> Lot:
        return self.pour(owner, "10000", by_dry_weight=True)

    def seen(self, lot: Lot, owner: Firm | None = None) -> Lot:
        with (owner or self.one).operator.ws(read_only=True) as ws:
            return find_lot(ws, lot.id)


def test_a_loan_on_a_part_is_carried_by_the_worst_of_what_was_poured_in(world: World) -> None:
    """Another firm's wetter goods that expire within days, poured in later: the bank learns what its part is worth, and not whose goods they are."""
    tank, bank = Poured(world), world.firm("BANK")
    parties = Parties(world, tank.one, bank, tank.warehouse, tank.supervisor)
    a_price(world, bank, "1000")
    mine = tank.inspected(tank.wet(tank.one), "0.08", 400)
    [alone] = valued(parties, mine).lines
    assert (alone.moisture, alone.condition, alone.reasons) == (Decimal("0.08"), 1, [])
    theirs = tank.wet(tank.two)
    [unknown] = valued(parties, mine).lines
    assert (unknown.quantity, UNDRIED in unknown.reasons) == (0, True)
    tank.inspected(theirs, "0.12", 9)
    [mixed] = valued(parties, mine).lines
    assert (mixed.moisture, mixed.condition) == (Decimal("0.12"), Decimal("0.1"))
    assert mixed.expires_on == alone.expires_on - timedelta(days=391)
    world.advance(timedelta(days=9))
    a_price(world, bank, "1000")
    [over] = valued(parties, mine).lines
    assert (over.collateral_value_minor, EXPIRED in over.reasons) == (0, True)
    with tank.warehouse.operator.ws() as ws:
        actions.mark_departed(ws, theirs.id)
    [again] = valued(parties, mine).lines
    assert (again.moisture, again.expires_on) == (Decimal("0.08"), alone.expires_on)


def test_what_leaves_a_mixture_takes_the_worst_of_it_along_and_grows_no_younger(world: World) -> None:
    """A part is split off while another firm's wetter goods, due within days, lie in the tank: it is as wet and as near its end as they are, also once they have left, and
    it has lain as long as the oldest."""
    tank = Poured(world, bins=3)
    mine = tank.inspected(tank.wet(tank.one), "0.08", 400)
    came = tank.seen(mine).received_at
    world.advance(timedelta(days=20))
    theirs = tank.inspected(tank.wet(tank.two), "0.12", 9)
    with tank.one.operator.ws() as ws:
        plan = actions.propose_split(ws, mine.id, parts=[t("4000"), t("6000")])
    with tank.warehouse.approver.ws() as ws:
        children = list(dict.fromkeys(one.child_id for one in lines_of(ws, plan.id)))
        places = {child: actions.Place(one.id) for child, one in zip(children, tank.empty, strict=True)}
        actions.carry_out_conversion(ws, plan.id, places=places)
        actions.mark_departed(ws, theirs.id)
    for child in children:
        with tank.one.operator.ws(read_only=True) as ws:
            part = find_lot(ws, child)
        assert (part.bulk_id, part.moisture, part.received_at) == (None, Decimal("0.12"), came)
        assert part.expires_on == tank.seen(theirs, tank.two).expires_on
