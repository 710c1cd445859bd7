"""Quantity is conserved: whatever the parties do to a lot, in whatever order, every base unit stands in exactly one place.

A model of plain numbers is led beside the real house; after each step lot, base units and pledges must say what the model says.
"""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import LotUnits
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_lot, release_authority
from marketplace.quantity import Quantity, base_units
from tenants.errors import Conflict
from tests.factories import World
from tests.marketplace.pledges.makers import Parties, a_release_order, activate, an_offered_pledge, the_parties

START = 50_000  # base units: 50 t
AMOUNTS = st.integers(min_value=1, max_value=30_000)


class Goods(RuleBasedStateMachine):
    """One lot, one bank, a handful of deals."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.parties: Parties = the_parties(self.world)
        self.lot = self.parties.a_lot("50.000")
        self.offered: dict[UUID, int] = {}
        self.in_force: dict[UUID, int] = {}
        self.verified, self.departed, self.lost = START, 0, 0

    @property
    def held(self) -> int:
        return sum(self.offered.values()) + sum(self.in_force.values())

    @property
    def free(self) -> int:
        return max(0, self.verified - self.held)

    @property
    def is_here(self) -> bool:
        return self.verified > 0 or self.held > 0

    @precondition(lambda self: self.verified > 0)
    @rule(units=AMOUNTS)
    def offer(self, units: int) -> None:
        amount = str(Quantity.from_base_units(units, "TNE").amount)
        if units > self.free:
            self.refused(lambda: an_offered_pledge(self.parties, self.lot, amount))
            return
        deal_id, _ = an_offered_pledge(self.parties, self.lot, amount)
        self.offered[deal_id] = units

    @precondition(lambda self: self.offered)
    @rule(choice=st.integers(min_value=0))
    def cancel(self, choice: int) -> None:
        deal_id = self.chosen(self.offered, choice)
        with self.parties.sme.operator.ws() as ws:
            actions.cancel_pledges(ws, deal_id, because="trying")
        del self.offered[deal_id]

    @precondition(lambda self: self.offered)
    @rule(choice=st.integers(min_value=0))
    def accept(self, choice: int) -> None:
        deal_id = self.chosen(self.offered, choice)
        activate(self.parties, deal_id)
        self.in_force[deal_id] = self.offered.pop(deal_id)

    @precondition(lambda self: self.in_force)
    @rule(choice=st.integers(min_value=0), units=AMOUNTS)
    def let_go(self, choice: int, units: int) -> None:
        deal_id = self.chosen(self.in_force, choice)
        leaving = min(units, self.in_force[deal_id])
        quantity = Quantity.from_base_units(leaving, "TNE")
        order = a_release_order(self.parties, deal_id, self.lot, str(quantity.amount))
        with self.parties.warehouse.operator.ws() as ws:
            actions.execute_release(ws, order.id, weighed=quantity)
        self.in_force[deal_id] -= leaving
        if not self.in_force[deal_id]:
            del self.in_force[deal_id]
        self.departed += leaving
        self.lost -= max(0, leaving - self.verified)  # what was thought lost went over the scale after all
        self.verified = max(0, self.verified - leaving)

    @precondition(lambda self: self.in_force)
    @rule(choice=st.integers(min_value=0))
    def repay(self, choice: int) -> None:
        deal_id = self.chosen(self.in_force, choice)
        with self.parties.bank.operator.ws() as ws:
            actions.release_pledges(ws, deal_id)
        del self.in_force[deal_id]

    @precondition(lambda self: self.verified > 1)
    @rule(share=st.integers(min_value=1, max_value=99))
    def lose(self, share: int) -> None:
        left = max(1, self.verified * share // 100)
        if left == self.verified:
            return
        with self.parties.supervisor.operator.ws() as ws:
            inventory.shrink_verified(ws, self.lot.id, to=Quantity.from_base_units(left, "TNE"), because="stock-take")
        self.lost += self.verified - left
        self.verified = left

    @precondition(lambda self: self.verified > 0)
    @rule(units=AMOUNTS)
    def drive_away(self, units: int) -> None:
        def depart() -> None:
            with self.parties.warehouse.operator.ws() as ws:
                inventory.mark_departed(ws, self.lot.id, quantity=Quantity.from_base_units(units, "TNE"))

        if units > self.free:
            self.refused(depart)
            return
        depart()
        self.departed += units
        self.verified -= units

    @rule()
    def wait(self) -> None:
        """Nothing happens; there is always something to do, also once all is gone."""

    @invariant()
    def every_unit_stands_in_one_place(self) -> None:
        with self.parties.sme.operator.ws(read_only=True) as ws:
            lot, pledges = find_lot(ws, self.lot.id), pledges_of_lot(ws, self.lot.id)
            spans = ws.session.scalars(select(LotUnits.units).where(LotUnits.lot_id == lot.id)).all()
            union = ws.session.scalar(select(func.range_agg(Pledge.held_units)).where(Pledge.lot_id == lot.id))
            authority = release_authority(ws, lot.id)
        parts = [in_units(lot.reserved_qty), in_units(lot.pledged_qty), in_units(lot.free_qty), in_units(lot.short_qty)]
        free, short = self.free, max(0, self.held - self.verified)
        assert parts == [sum(self.offered.values()), sum(self.in_force.values()), free, short]
        assert in_units(lot.verified_qty) == self.verified
        assert in_units(lot.departed_qty) == self.departed
        assert self.verified + self.departed + self.lost == START
        assert sum((one.upper or 0) - (one.lower or 0) for one in spans) == max(self.verified, self.held)
        assert sum(base_units(one.amount) for one in pledges) == self.held
        assert [(one.lower, one.upper) for one in union or []] == [(one.lower, one.upper) for one in lot.held]
        assert in_units(authority) == (free if self.is_here else 0)
        assert (lot.status == "DEPARTED") == (not self.is_here)

    def refused(self, act: Any) -> None:
        with pytest.raises(Conflict, match=r"already_encumbered|not_free_to_leave"):
            act()

    @staticmethod
    def chosen(deals: dict[UUID, int], choice: int) -> UUID:
        return list(deals)[choice % len(deals)]


def in_units(amount: Decimal | None) -> int:
    return base_units(Quantity(amount or Decimal(0), "TNE"))


def test_quantity_is_conserved(world: World) -> None:
    Goods.world = world
    quick = settings(
        max_examples=10,
        stateful_step_count=15,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Goods, settings=quick)  # type: ignore[no-untyped-call]
