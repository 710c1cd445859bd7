"""A loan on goods, by a state machine: prices, repayments, top-ups, releases, exchanges, control lost and regained, in any order.

A plain model knows how much is in force and at what price; after each step the house's pledges must be what the law and the loan allow.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from marketplace.financing import actions as financing
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.pledges import actions
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.queries import IN_FORCE, control_records, pledges_of_deal, release_orders
from marketplace.pledges.substitutions import substitutions_of
from marketplace.quantity import Quantity
from tenants.errors import Conflict, Refused, Unavailable
from tests.factories import World
from tests.marketplace.financing.makers import a_running_loan, decided
from tests.marketplace.pledges.makers import activate

INITIAL = Decimal("0.65")
TONNES = st.integers(1, 60)


class Loan(RuleBasedStateMachine):
    """One loan of a million on copper."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.deal = a_running_loan(self.world)
        self.price, self.lots, self.repaid = Decimal(20000), [self.deal.lots[0].id], 0

    # What the parties do --------------------------------------------------------------------------------------------------------

    @rule(price=st.integers(140, 300))
    def a_new_price(self, price: int) -> None:
        self.price = Decimal(price * 100)
        self.deal.price(str(self.price))

    @precondition(lambda self: not self.settled)
    @rule(thousands=st.integers(10, 400))
    def repay(self, thousands: int) -> None:
        self.repaid += 1
        self.deal.repay(f"{thousands}000.00", f"IN-{self.repaid}")

    @precondition(lambda self: not self.settled)
    @rule(tonnes=TONNES)
    def top_up(self, tonnes: int) -> None:
        lot = self.deal.parties.a_lot(f"{tonnes}.000")
        with self.deal.sme.operator.ws() as ws:
            financing.top_up(ws, self.deal.deal_id, [(lot.id, Quantity.of(str(tonnes), "TNE"))])
        self.lots.append(lot.id)

    @precondition(lambda self: not self.settled)
    @rule()
    def control_and_accept(self) -> None:
        self.world.advance(timedelta(minutes=5))
        self.deal.price(str(self.price))
        with suppress(Conflict):  # nothing is offered, and nothing is in doubt
            activate(self.deal.parties, self.deal.deal_id)
        self.world.work()

    @precondition(lambda self: not self.settled)
    @rule(tonnes=TONNES, choice=st.integers(0))
    def let_go(self, tonnes: int, choice: int) -> None:
        lot_id = self.lots[choice % len(self.lots)]

        def order() -> None:
            with self.deal.bank.operator.ws() as ws:
                quantity = Quantity.of(str(tonnes), "TNE")
                proposal = actions.order_release(
                    ws, self.deal.deal_id, lot_id=lot_id, quantity=quantity, because="sold"
                )
            decided(self.deal.bank, proposal)

        self.tried(order)
        self.weigh_out()

    @precondition(lambda self: not self.settled)
    @rule(tonnes=TONNES, new=TONNES, choice=st.integers(0))
    def ask_to_exchange(self, tonnes: int, new: int, choice: int) -> None:
        lot = self.deal.parties.a_lot(f"{new}.000")
        with suppress(Refused), self.deal.sme.operator.ws() as ws:
            financing.ask_substitution(
                ws,
                self.deal.deal_id,
                leaving_lot_id=self.lots[choice % len(self.lots)],
                leaving=Quantity.of(str(tonnes), "TNE"),
                coming_lot_id=lot.id,
                coming=Quantity.of(str(new), "TNE"),
                because="sold",
            )
            self.lots.append(lot.id)

    @precondition(lambda self: not self.settled)
    @rule()
    def exchange(self) -> None:
        with self.deal.bank.operator.ws(read_only=True) as ws:
            asked = [one for one in substitutions_of(ws, self.deal.deal_id) if one.status == "ASKED"]
        if not asked:
            return
        in_force = self.held(asked[0].coming_lot_id)

        def order() -> None:
            with self.deal.bank.operator.ws() as ws:
                proposal = actions.order_substitution(ws, self.deal.deal_id, asked[0].id)
            decided(self.deal.bank, proposal)

        if self.tried(order):
            assert in_force >= asked[0].coming, "the new goods came first"
        self.weigh_out()

    @precondition(lambda self: not self.settled)
    @rule(hours=st.integers(1, 4))
    def lose_control(self, hours: int) -> None:
        self.world.advance(timedelta(minutes=5))
        with suppress(Conflict), self.deal.parties.supervisor.operator.ws() as ws:
            actions.report_control_lost(ws, self.deal.deal_id, because="The locks were changed.")
        self.world.work()
        self.world.advance(timedelta(hours=hours))
        self.world.work()

    @precondition(lambda self: not self.settled)
    @rule(thousands=st.integers(1, 100))
    def draw(self, thousands: int) -> None:
        with self.deal.sme.operator.ws() as ws:
            lost = standing_loss(ws, self.deal.deal_id) is not None
        try:
            with self.deal.sme.operator.ws() as ws:
                amount = Money.of(f"{thousands}000.00", "CNY")
                financing.request_drawdown(ws, self.deal.deal_id, amount=amount, payee="Jiangxi Copper")
        except (Conflict, Unavailable):
            return
        assert not lost, "nothing is drawn on goods that nobody controls"

    # What must hold -------------------------------------------------------------------------------------------------------------

    @invariant()
    def invariant_6_in_force_means_controlled_for_the_pledgee(self) -> None:
        with self.deal.bank.operator.ws(read_only=True) as ws:
            records = {one.id: one for one in control_records(ws, self.deal.deal_id)}
            for pledge in pledges_of_deal(ws, self.deal.deal_id):
                if pledge.status in IN_FORCE:
                    record = records[pledge.control_id]
                    assert (record.principal_id, record.tenant_id) == (pledge.bank_id, pledge.supervisor_id)
                    assert str(pledge.lot_id) in {one["lot_id"] for one in record.lots}

    @invariant()
    def invariant_23_reserved_pledged_and_free_are_what_is_verified(self) -> None:
        with self.deal.sme.operator.ws(read_only=True) as ws:
            for lot_id in self.lots:
                lot = find_lot(ws, lot_id)
                assert lot.reserved_qty + lot.pledged_qty + lot.free_qty == lot.verified_qty

    @invariant()
    def invariant_42_a_paid_debt_holds_nothing(self) -> None:
        if self.settled:
            with self.deal.sme.operator.ws(read_only=True) as ws:
                assert not pledges_of_deal(ws, self.deal.deal_id)

    # How it is done -------------------------------------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        return self.deal.status == "SETTLED"

    def held(self, lot_id: UUID | None = None) -> Decimal:
        """Tonnes in force and under control."""
        with self.deal.bank.operator.ws(read_only=True) as ws:
            pledges = [one for one in pledges_of_deal(ws, self.deal.deal_id) if one.status == "ACTIVE"]
        return sum((one.quantity for one in pledges if lot_id in (None, one.lot_id)), Decimal(0))

    def tried(self, order: Callable[[], Any]) -> bool:
        """Order goods out; where the house agrees, what stays must carry the loan (invariants 21 and 22)."""
        before = self.held()
        try:
            order()
        except (Conflict, Unavailable):
            return False
        with self.deal.bank.operator.ws(read_only=True) as ws:
            leaving = sum((one.remaining for one in release_orders(ws, deal_id=self.deal.deal_id)), Decimal(0))
        owed = self.deal.position.outstanding
        assert (before - leaving) * self.price * INITIAL >= owed.amount, "what stays carries the loan"
        return True

    def weigh_out(self) -> None:
        with self.deal.bank.operator.ws(read_only=True) as ws:
            waiting = [one for one in release_orders(ws, deal_id=self.deal.deal_id) if one.status == "ORDERED"]
        for order in waiting:
            with self.deal.parties.warehouse.operator.ws() as ws:
                actions.execute_release(ws, order.id, weighed=Quantity(order.remaining, order.unit))
        self.world.work()


def test_goods_carry_the_loan_whatever_the_parties_do(world: World) -> None:
    Loan.world = world
    quick = settings(
        max_examples=6,
        stateful_step_count=10,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Loan, settings=quick)  # type: ignore[no-untyped-call]
