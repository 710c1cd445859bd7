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
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from marketplace.financing import actions
from marketplace.financing.margin.objections import objection_to
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.queries import margin_calls, open_call, position
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
        self.look_around()

    @initialize(begins=st.sampled_from(["WARN", "CALL", "CONTESTED"]), draws=st.booleans())
    def it_begins_near_its_lines(self, begins: str, draws: bool) -> None:
        if draws:
            self.more_is_drawn(100)
        self.the_price_moves("WARN" if begins == "WARN" else "CALL", 500)
        self.look_around()
        if begins == "CONTESTED":
            self.the_borrower_answers(contests=True)
            self.world.work()

    # One rule for all that can happen, each where it has its place: a machine of many rules leaves most of them out of a short run.

    @rule(
        what=st.sampled_from(["price", "price", "cash", "cash", "goods", "loss", "heat", "time", "answer", "answer", "look"]),
        zone=st.sampled_from(["CURED", "SAFE", "SAFE", "WARN", "CALL", "CALL", "LIQUIDATION"]),
        figure=st.integers(0, 999),
        boldly=st.booleans(),
    )  # fmt: skip
    def something_happens(self, what: str, zone: str, figure: int, boldly: bool) -> None:
        if not self.owed:
            return
        if what == "price":
            self.the_price_moves(zone, figure)
        elif what == "cash" and self.call:
            self.cash_comes_in(["part", "a fen short", "enough"][figure % 3])
        elif what == "goods" and self.call and len(self.tonnes) < 4:
            self.goods_are_added(enough=boldly)
        elif what == "loss":
            self.goods_go_missing(Fraction(70 + figure % 30, 100))
        elif what == "heat":
            self.heat_harms_the_goods(60 + figure // 2)
        elif what == "time":
            self.time_goes_by([1, 5, 20, 49][figure % 4])
        elif what == "answer":
            self.somebody_answers(boldly, figure)
        else:
            self.look(1 + figure % 3)
        self.world.work()
        self.look_around()

    # What moves value and debt --------------------------------------------------------------------------------------------------

    def the_price_moves(self, zone: str, within: int) -> None:
        low, high = SHARES[zone]
        share = Fraction(low + (high - low) * within // 1000, 1000)
        counted = self.worth / Fraction(self.price)
        self.price = max(Decimal(1), Decimal(int(self.owed.exact / share / counted)))
        self.deal.price(str(self.price))

    def goods_go_missing(self, share: Fraction) -> None:
        first = self.deal.lots[0].id
        self.tonnes[first] = Fraction(int(self.tonnes[first] * share * 1000), 1000)
        with self.deal.parties.supervisor.operator.ws() as ws:
            shrink_verified(ws, first, to=Quantity(_tonnes(self.tonnes[first]), "TNE"), because="loss")

    def heat_harms_the_goods(self, minutes: int) -> None:
        start = self.world.now + timedelta(minutes=1)
        say(self.world, self.sensor, values("temperature", "Cel", start, [60] * minutes, every=timedelta(minutes=1)))
        self.degree_hours += Fraction(20 * minutes, 60)
        self.world.work()
        self.look(1)

    def more_is_drawn(self, thousands: int) -> None:
        self.paid += 1
        with suppress(Refused):
            draw(self.deal, f"{thousands}000.00", f"PAY-{self.paid}-{self.deal.deal_id}")
            self.reached["drawn"] += 1
        self.look_around()

    def cash_comes_in(self, how: str) -> None:
        cure = self.deal.position.cure
        missing = cure.cash.minor if cure else 0
        amount = {"part": missing // 3, "a fen short": missing - 1, "enough": missing}[how]
        if amount > 0:
            self.paid += 1
            self.deal.repay(str(Money(amount, "CNY").amount), f"IN-{self.paid}")

    def goods_are_added(self, *, enough: bool) -> None:
        cure = self.deal.position.cure
        missing = cure.goods.exact if cure else Fraction(0)
        tonnes = Decimal(int(missing / Fraction(self.price) * (1000 if enough else 300)) + 1).scaleb(-3)
        lot, before = self.deal.parties.a_lot(str(tonnes)), self.status
        with self.deal.sme.operator.ws() as ws:
            actions.top_up(ws, self.deal.deal_id, [(lot.id, Quantity(tonnes, "TNE"))])
        self.world.work()
        self.look_around()
        assert self.status == before, "offered is not pledged"
        activate(self.deal.parties, self.deal.deal_id)
        self.tonnes[lot.id] = Fraction(tonnes)

    # What people answer, and time -----------------------------------------------------------------------------------------------

    def somebody_answers(self, boldly: bool, figure: int) -> None:
        share = self.owed.exact / self.worth
        if self.status in RUNNING and share < Fraction(70, 100):
            self.the_bank_withdraws()
        elif self.status == "NOTIFIED":
            self.the_borrower_answers(contests=boldly)
        elif self.is_contested and (boldly or self.status != "ESCALATED"):
            self.the_bank_answers(upheld=boldly, share=share)
        elif self.status == "ESCALATED" and share < Fraction(85, 100):
            self.the_bank_gives_more_time(6 + figure % 54)
        elif not self.call:
            self.more_is_drawn(20 + figure % 80)

    def the_borrower_answers(self, *, contests: bool) -> None:
        with self.deal.sme.operator.ws() as ws:
            if contests:
                actions.object_to_call(ws, self.call_id, ground="PRICE", because="The index is of another grade.")
            else:
                actions.accept_call(ws, self.call_id)

    def the_bank_answers(self, *, upheld: bool, share: Fraction) -> None:
        if upheld and share >= Fraction(75, 100):
            with self.deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="below_call_line"):
                actions.propose_objection_answer(ws, self.call_id, upheld=True, because="They are right.")
            upheld = False
        with self.deal.bank.operator.ws() as ws:
            proposal = actions.propose_objection_answer(ws, self.call_id, upheld=upheld, because="We looked at it.")
        decided(self.deal.bank, proposal)
        self.reached["upheld" if upheld else "rejected"] += 1

    def the_bank_withdraws(self) -> None:
        with self.deal.bank.operator.ws() as ws:
            actions.cancel_call(ws, self.call_id)

    def the_bank_gives_more_time(self, hours: int) -> None:
        with self.deal.bank.operator.ws() as ws:
            until = ws.now + timedelta(hours=hours)
            proposal = actions.propose_extension(ws, self.call_id, until=until, because="Money is on its way")
        decided(self.deal.bank, proposal)
        self.reached["extended"] += 1

    def time_goes_by(self, hours: int) -> None:
        self.world.advance(timedelta(hours=hours))
        self.world.work()
        self.deal.price(str(self.price))

    def look(self, times: int) -> None:
        """Needless looks, as after each fact that turns out to say nothing."""
        for _ in range(times):
            with self.deal.bank.operator.ws() as ws:
                review_deal(ws, self.deal.deal_id, cause="day")

    # What must hold -------------------------------------------------------------------------------------------------------------

    @invariant()
    def a_call_stands_exactly_where_the_figures_put_it(self) -> None:
        self.look_around()
        live = [one for one in self.calls if one.closed_at is None]
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
        now = (len(self.calls), self.calls[0].status if self.calls else "")
        if now != self.last:
            self.reached[now[1]] += 1
            self.reached["another call"] += now[0] > max(1, self.last[0])
        self.last = now

    @invariant()
    def each_step_is_told_once(self) -> None:
        for call in self.calls:
            mine = self.told[str(call.id)]
            ended = sum(mine[f"MarginCall{word}"] for word in ("Cured", "Cancelled", "Defaulted"))
            assert ended == (call.closed_at is not None), "ended once, and told"
            opened = mine["MarginCallOpened"]
            assert opened <= 1
            assert mine["MarginCallNotified"] == opened
            assert mine["MarginCallEscalated"] <= 1 + mine["MarginCallExtended"], "escalated once for each time given"
            assert mine["MarginCallExpired"] <= mine["MarginCallEscalated"]
            assert mine["MarginCallHeld"] <= mine["MarginCallDisputed"] <= 1
            assert mine["ObjectionUpheld"] + mine["ObjectionRejected"] <= mine["MarginCallDisputed"]
        assert [call.number for call in self.calls] == list(range(len(self.calls), 0, -1))

    # How it is done -------------------------------------------------------------------------------------------------------------

    def look_around(self) -> None:
        """Read in one go what is owed, which calls there were, and what was told of each."""
        deal_id = self.deal.deal_id
        with self.deal.bank.operator.ws(read_only=True) as ws:
            self.owed = position(ws, deal_id).outstanding
            self.calls = margin_calls(ws, deal_id)
            self.call = open_call(ws, deal_id)
            objection = objection_to(ws, self.call) if self.call else None
            self.is_contested = objection is not None and objection.outcome is None
            self.told: dict[str, Counter[str]] = {str(call.id): Counter() for call in self.calls}
            wanted = select(Event.kind, Event.facts).where(Event.stream_id == deal_id, Event.facts.contains("call_id"))
            for kind, facts in ws.session.execute(wanted):
                self.told[json.loads(facts)["call_id"]][kind] += 1

    @property
    def worth(self) -> Fraction:
        """What the goods are worth by the plain model, in yuan; the lots that were added later were never hot."""
        harmed = max(Fraction(0), 1 - LOSS * self.degree_hours)
        first, *more = self.tonnes.values()
        return Fraction(self.price) * (first * harmed + sum(more))

    @property
    def status(self) -> str:
        """Of the call that stands, if one does."""
        return self.call.status if self.call else ""

    @property
    def call_id(self) -> UUID:
        """Of the newest."""
        return self.calls[0].id


def _tonnes(amount: Fraction) -> Decimal:
    return Decimal(int(amount * 1000)).scaleb(-3)


def test_a_call_is_never_missed_doubled_or_left_open(world: World) -> None:
    Calls.world, Calls.reached = world, Counter()
    quick = settings(
        max_examples=9,
        stateful_step_count=14,
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


def test_deadlines_that_nobody_answers_pass_with_a_step_and_not_in_silence(world: World) -> None:
    """Time alone, which chance seldom leaves alone for so long: a call runs out, more time is given, and that runs out too."""
    Calls.world, Calls.reached = world, Counter()
    house = Calls()
    house.it_begins_near_its_lines("CALL", draws=False)  # type: ignore[operator]
    for what in ("answer", "time", "time", "time", "time", "answer", "time"):
        house.something_happens(what=what, zone="CALL", figure=3, boldly=False)  # type: ignore[operator]
        house.a_call_stands_exactly_where_the_figures_put_it()
        house.each_step_is_told_once()
    assert house.status == "ESCALATED"
    told = house.told[str(house.call_id)]
    assert (told["MarginCallExtended"], told["MarginCallExpired"], told["MarginCallEscalated"]) == (1, 2, 2), told
