"""A loan and its margin calls, by a state machine: price, quantity, condition, exposure, payments, top-ups, answers and time, in any order.

A plain model knows how many tonnes of what worth carry the loan; after each step a call stands exactly where its figures put one. What was reached is counted, so
that a machine which goes nowhere is seen.
"""

import json
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from marketplace.financing import actions
from marketplace.financing.margin import review_deal
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.objections import objection_to
from marketplace.financing.queries import margin_calls
from marketplace.inventory.actions import shrink_verified
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.supervision.actions import set_climate
from tenants.errors import Conflict, Refused
from tenants.events import Event
from tests.factories import World
from tests.marketplace.financing.makers import a_running_loan, decided, draw
from tests.marketplace.pledges.makers import activate
from tests.marketplace.supervision.makers import a_watching_device, say, values
from tests.marketplace.valuation.test_valuing import lend_by_heat

# What a loan owes of its value in each zone, in thousandths; the lines are 650, 700, 750 and 850.
SHARES = {"CURED": (400, 649), "SAFE": (655, 699), "WARN": (701, 749), "CALL": (751, 845), "LIQUIDATION": (852, 950)}
LOSS = Fraction(7, 10_000)  # of the value for each degree-hour, as the bank publishes it
CLOSED = {"CURED", "DEFAULTED", "CANCELLED"}
RUNNING = {"OPEN", "NOTIFIED", "ACCEPTED", "DISPUTED", "PARTIAL"}


class Calls(RuleBasedStateMachine):
    """One loan of a million on copper whose terms let an objection hold a call for a day."""

    world: ClassVar[World]
    reached: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.deal = a_running_loan(self.world, objection_days=1, limit="1600000.00")
        lend_by_heat(self.deal)
        self.tonnes = {self.deal.lots[0].id: Fraction(100)}
        self.price, self.degree_hours, self.paid = Decimal(20000), Fraction(0), 0
        self.sensor = a_watching_device(self.deal.parties.supervisor, self.deal.lots[0].id, kind="climate")
        with self.deal.parties.supervisor.operator.ws() as ws:
            set_climate(ws, self.deal.lots[0].id, metric="temperature", low=None, high=Decimal(40))
        self.last: tuple[int, str] = (0, "")

    # What moves value and debt --------------------------------------------------------------------------------------------------

    @initialize(zone=st.sampled_from(["WARN", "CALL", "CALL", "CALL"]))
    def it_begins_near_its_lines(self, zone: str) -> None:
        self.the_price_moves(zone, 500)

    @rule(zone=st.sampled_from(["CURED", "SAFE", "WARN", "CALL", "CALL", "LIQUIDATION"]), within=st.integers(0, 1000))
    def the_price_moves(self, zone: str, within: int) -> None:
        low, high = SHARES[zone]
        share = Fraction(low + (high - low) * within // 1000, 1000)
        counted = self.worth / Fraction(self.price)
        self.price = max(Decimal(1), Decimal(int(self.owed.exact / share / counted)))
        self.deal.price(str(self.price))

    @precondition(lambda self: self.owes)
    @rule(share=st.sampled_from([Fraction(97, 100), Fraction(9, 10), Fraction(7, 10)]))
    def goods_go_missing(self, share: Fraction) -> None:
        first = self.deal.lots[0].id
        self.tonnes[first] = Fraction(int(self.tonnes[first] * share * 1000), 1000)
        with self.deal.parties.supervisor.operator.ws() as ws:
            shrink_verified(ws, first, to=Quantity(_tonnes(self.tonnes[first]), "TNE"), because="loss")
        self.world.work()

    @precondition(lambda self: self.owes)
    @rule(minutes=st.integers(60, 600))
    def heat_harms_the_goods(self, minutes: int) -> None:
        start = self.world.now + timedelta(minutes=1)
        say(self.world, self.sensor, values("temperature", "Cel", start, [60] * minutes, every=timedelta(minutes=1)))
        self.degree_hours += Fraction(20 * minutes, 60)
        self.world.work()
        self.look(1)

    @precondition(lambda self: self.owes and self.status)
    @rule(how=st.sampled_from(["part", "a fen short", "enough"]))
    def cash_comes_in(self, how: str) -> None:
        cure = self.deal.position.cure
        missing = cure.cash if cure else self.owed
        amount = {"part": missing.minor // 3, "a fen short": missing.minor - 1, "enough": missing.minor}[how]
        if amount > 0:
            self.paid += 1
            self.deal.repay(str(Money(amount, "CNY").amount), f"IN-{self.paid}")

    @precondition(lambda self: self.owes and self.status and len(self.tonnes) < 4)
    @rule(how=st.sampled_from(["part", "enough"]))
    def goods_are_added(self, how: str) -> None:
        cure = self.deal.position.cure
        tonnes = Decimal(int(cure.goods.exact / Fraction(self.price) * (1000 if how == "enough" else 300)) + 1).scaleb(-3) if cure else Decimal(1)  # fmt: skip
        lot = self.deal.parties.a_lot(str(tonnes))
        with self.deal.sme.operator.ws() as ws:
            actions.top_up(ws, self.deal.deal_id, [(lot.id, Quantity(tonnes, "TNE"))])
        self.world.work()
        assert self.status in {self.last[1], ""}, "offered is not pledged"
        activate(self.deal.parties, self.deal.deal_id)
        self.tonnes[lot.id] = Fraction(tonnes)
        self.world.work()

    # What people answer, and time -----------------------------------------------------------------------------------------------

    # One rule for all that people do, each where it has its place: a machine of many rules leaves most of them out of a short run.

    @precondition(lambda self: self.owes)
    @rule(boldly=st.booleans(), figure=st.integers(6, 60))
    def somebody_acts(self, boldly: bool, figure: int) -> None:
        share = self.owed.exact / self.worth
        if self.status == "NOTIFIED":
            self.the_borrower_answers(contests=boldly)
        elif self.is_contested:
            self.the_bank_answers(upheld=boldly, share=share)
        elif self.status == "ESCALATED" and share < Fraction(85, 100):
            self.the_bank_gives_more_time(figure)
        elif self.status in RUNNING and share < Fraction(70, 100):
            self.the_bank_withdraws()
        elif not self.status:
            self.more_is_drawn(figure)
        self.world.work()

    @precondition(lambda self: self.owes and self.status)
    @rule(boldly=st.booleans())
    def somebody_acts_on_the_call(self, boldly: bool) -> None:
        self.somebody_acts(boldly, 24)

    def the_borrower_answers(self, *, contests: bool) -> None:
        with self.deal.sme.operator.ws() as ws:
            if contests:
                actions.object_to_call(ws, self.call.id, ground="PRICE", because="The index is of another grade.")
            else:
                actions.accept_call(ws, self.call.id)

    def the_bank_answers(self, *, upheld: bool, share: Fraction) -> None:
        if upheld and share >= Fraction(75, 100):
            with self.deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="below_call_line"):
                actions.propose_objection_answer(ws, self.call.id, upheld=True, because="They are right.")
            upheld = False
        with self.deal.bank.operator.ws() as ws:
            proposal = actions.propose_objection_answer(ws, self.call.id, upheld=upheld, because="We looked at it.")
        decided(self.deal.bank, proposal)
        self.reached["upheld" if upheld else "rejected"] += 1

    def the_bank_withdraws(self) -> None:
        with self.deal.bank.operator.ws() as ws:
            actions.cancel_call(ws, self.call.id)

    def the_bank_gives_more_time(self, hours: int) -> None:
        with self.deal.bank.operator.ws() as ws:
            until = ws.now + timedelta(hours=hours)
            proposal = actions.propose_extension(ws, self.call.id, until=until, because="Money is on its way")
        decided(self.deal.bank, proposal)
        self.reached["extended"] += 1

    def more_is_drawn(self, thousands: int) -> None:
        self.paid += 1
        with suppress(Refused):
            draw(self.deal, f"{thousands}000.00", f"PAY-{self.paid}-{self.deal.deal_id}")
            self.reached["drawn"] += 1

    @rule(hours=st.sampled_from([1, 5, 20, 49]))
    def time_goes_by(self, hours: int) -> None:
        self.world.advance(timedelta(hours=hours))
        self.world.work()
        self.deal.price(str(self.price))

    @rule(times=st.integers(1, 3))
    def look(self, times: int) -> None:
        """Needless looks, as after each fact that turns out to say nothing."""
        for _ in range(times):
            with self.deal.bank.operator.ws() as ws:
                review_deal(ws, self.deal.deal_id, cause="day")
        self.world.work()

    # What must hold -------------------------------------------------------------------------------------------------------------

    @invariant()
    def a_call_stands_exactly_where_the_figures_put_it(self) -> None:
        calls = self.calls
        live = [one for one in calls if one.closed_at is None]
        assert len(live) <= 1, "never doubled"
        share = self.owed.exact / self.worth
        if share <= Fraction(65, 100):
            assert not live, "none is left open after a cure"
        if share >= Fraction(75, 100):
            assert live, "none is missed"
        if share >= Fraction(85, 100):
            assert live[0].status == "ESCALATED", "the bank decides at the liquidation line"
        if live and live[0].status in RUNNING:
            assert live[0].cure_by > self.world.now, "no deadline passes unseen"
        self._count(calls)

    @invariant()
    def each_step_is_told_once(self) -> None:
        told, calls = self.told, self.calls
        for call in calls:
            mine = told[str(call.id)]
            ended = sum(mine[f"MarginCall{word}"] for word in ("Cured", "Cancelled", "Defaulted"))
            assert ended == (call.closed_at is not None), "ended once, and told"
            opened = mine["MarginCallOpened"]
            assert opened <= 1
            assert mine["MarginCallNotified"] == opened
            assert mine["MarginCallEscalated"] <= 1 + mine["MarginCallExtended"], "escalated once for each time given"
            assert mine["MarginCallExpired"] <= mine["MarginCallEscalated"]
            assert mine["MarginCallHeld"] <= mine["MarginCallDisputed"] <= 1
            assert mine["ObjectionUpheld"] + mine["ObjectionRejected"] <= mine["MarginCallDisputed"]
        assert [call.number for call in calls] == list(range(len(calls), 0, -1))

    # How it is done -------------------------------------------------------------------------------------------------------------

    @property
    def worth(self) -> Fraction:
        """What the goods are worth by the plain model, in yuan; the lots that were added later were never hot."""
        harmed = max(Fraction(0), 1 - LOSS * self.degree_hours)
        first, *more = self.tonnes.values()
        return Fraction(self.price) * (first * harmed + sum(more))

    @property
    def owed(self) -> Money:
        return self.deal.position.outstanding

    @property
    def owes(self) -> bool:
        return self.deal.status != "SETTLED" and bool(self.owed)

    @property
    def calls(self) -> list[MarginCall]:
        with self.deal.bank.operator.ws(read_only=True) as ws:
            return margin_calls(ws, self.deal.deal_id)

    @property
    def call(self) -> MarginCall:
        return self.calls[0]

    @property
    def status(self) -> str:
        """Of the call that stands, if one does."""
        call = self.deal.call
        return call.status if call else ""

    @property
    def is_contested(self) -> bool:
        with self.deal.bank.operator.ws(read_only=True) as ws:
            call = next(iter(margin_calls(ws, self.deal.deal_id, live=True)), None)
            objection = objection_to(ws, call) if call else None
            return objection is not None and objection.outcome is None

    @property
    def told(self) -> dict[str, Counter[str]]:
        """What the deal's stream says of each call."""
        with self.deal.bank.operator.ws(read_only=True) as ws:
            wanted = select(Event.kind, Event.facts).where(Event.stream_id == self.deal.deal_id)
            found: dict[str, Counter[str]] = {str(call.id): Counter() for call in margin_calls(ws, self.deal.deal_id)}
            for kind, facts in ws.session.execute(wanted):
                call_id = json.loads(facts).get("call_id")
                if call_id in found:
                    found[call_id][kind] += 1
            return found

    def _count(self, calls: list[MarginCall]) -> None:
        now = (len(calls), calls[0].status if calls else "")
        if now != self.last:
            self.reached[now[1]] += 1
            self.reached["another call"] += now[0] > max(1, self.last[0])
        self.last = now


def _tonnes(amount: Fraction) -> Decimal:
    return Decimal(int(amount * 1000)).scaleb(-3)


def test_a_call_is_never_missed_doubled_or_left_open(world: World) -> None:
    Calls.world, Calls.reached = world, Counter()
    quick = settings(
        max_examples=16,
        stateful_step_count=10,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Calls, settings=quick)  # type: ignore[no-untyped-call]
    reached = {name for name, times in Calls.reached.items() if times}
    wanted = {"NOTIFIED", "ACCEPTED", "DISPUTED", "PARTIAL", "CURED", "ESCALATED", "CANCELLED"}
    wanted |= {"another call", "drawn", "extended", "rejected"}
    assert reached >= wanted, f"not reached: {wanted - reached} of {Calls.reached}"
