"""From the announcement to the hammer, whatever people do in whatever order: invariants 24 to 33 over random histories of a sale by rising bids.

Firms register, pay their deposits or do not, bid low, well, twice and too late, with limits and without; the seller's people and rivals look at everything they can;
time passes and timers come when they come. What the book says is held against a model that knows only the law: the step, the hours, the deposit.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import queries
from marketplace.disposal.bidding import Answer, Outcome, place_bid
from marketplace.disposal.models.bids import Bid
from marketplace.disposal.registering import confirm_deposit, register_bidder
from marketplace.disposal.rules.lifecycle import DepositState
from tenants.errors import NotAllowed, Refused
from tests.factories import Firm, World
from tests.marketplace.disposal.first_refusals.makers import a_right
from tests.marketplace.disposal.makers import an_auction, cny

RESERVE, STEP, START, HOLDER = 720_000, 5_000, 700_000, 1
LIVE = ("ANNOUNCED", "OPEN")
WAITS = [timedelta(seconds=20), timedelta(minutes=4), timedelta(hours=11)]


class RisingBids(RuleBasedStateMachine):
    """One sale with a hidden reserve, four firms, of which the last is a party to it and the second holds a right of first refusal."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.firms: list[Firm] = [self.world.firm("BUYER") for _ in range(3)]
        self.sale = an_auction(self.world, reserve=str(RESERVE), first_refusals=(a_right(self.firms[HOLDER]),))
        self.opens, self.closes = self.sale.auction.opens_at, self.sale.auction.closes_at
        self.paid: set[UUID] = set()
        self.keys: list[tuple[int, UUID, int, int | None, Answer]] = []
        self.book: list[tuple[Any, ...]] = []
        self.latest_end: datetime = self.closes
        for firm in self.firms[:2]:
            self._admit(firm)

    @initialize(after=st.sampled_from([timedelta(seconds=-30), timedelta(0), timedelta(hours=1), timedelta(hours=23)]))
    def come(self, after: timedelta) -> None:
        """A bid a second before or after the doors open, or into a running sale."""
        self.world.set_clock(self.opens + after)
        self._send(0, uuid4(), START, None)

    def teardown(self) -> None:
        """The end comes, and a bid after it, before any timer has run; then the hammer."""
        if self.sale.auction.status in LIVE:
            self.world.set_clock(self.sale.auction.ends_at)
            self._send(1, uuid4(), self._least(), None)
            self.world.work()
            assert self.sale.auction.status not in LIVE
        self.the_book_only_grows()
        self.the_highest_valid_bid_wins_at_the_reserve_or_above()
        self.deposits_are_conserved_and_losers_have_theirs_back_once()

    @rule(wait=st.sampled_from(WAITS), worked=st.booleans())
    def let_time_pass(self, wait: timedelta, worked: bool) -> None:
        self.world.advance(wait)
        if worked:
            self.world.work()

    @rule()
    def go_to_the_last_minute(self) -> None:
        self.world.set_clock(max(self.world.now, self.sale.auction.ends_at - timedelta(minutes=1)))

    @rule(who=st.integers(0, 2))
    def pay_the_deposit(self, who: int) -> None:
        firm = self.firms[who]
        try:
            self._admit(firm)
        except Refused:
            return

    @rule(who=st.integers(0, 2), above=st.sampled_from([0, 1, STEP, 30_000]))
    def outbid(self, who: int, above: int) -> None:
        self._send(who, uuid4(), self._least() + above, None)

    @rule(who=st.integers(0, 1), above=st.sampled_from([0, 12_345]), more=st.sampled_from([0, 12_345, 60_000]))
    def bid_with_a_limit(self, who: int, above: int, more: int) -> None:
        self._send(who, uuid4(), self._least() + above, self._least() + above + more)

    @rule(who=st.integers(0, 1), below=st.sampled_from([1, STEP - 1, STEP]))
    def bid_too_little(self, who: int, below: int) -> None:
        self._send(who, uuid4(), self._least() - below, None)

    @rule(who=st.integers(0, 2), more=st.sampled_from([None, 0, 30_000]))
    def bid_as_much_as_stands(self, who: int, more: int | None) -> None:
        stands = self.sale.auction.standing
        if stands is not None:
            self._send(who, uuid4(), stands.minor // 100, None if more is None else stands.minor // 100 + more)

    @rule(which=st.integers(0, 5))
    def send_again(self, which: int) -> None:
        """A lost answer: the same key, the same words, the same answer."""
        if not self.keys:
            return
        who, key, amount, most, answer = self.keys[which % len(self.keys)]
        again = self.sale.bid(self.firms[who], amount, key, most)
        assert (again.sequence, again.outcome, again.hash) == (answer.sequence, answer.outcome, answer.hash)

    @rule()
    def a_party_tries(self) -> None:
        with self.sale.borrower.operator.ws() as ws, pytest.raises(NotAllowed), ws.session.begin_nested():
            register_bidder(ws, self.sale.auction_id)

    def _admit(self, firm: Firm) -> None:
        with firm.operator.ws() as ws:
            register_bidder(ws, self.sale.auction_id)
        with self.sale.bank.operator.ws() as ws:
            confirm_deposit(ws, self.sale.auction_id, firm.tenant_id, f"BK-{firm.tenant_id.hex[:10]}")
        self.paid.add(firm.tenant_id)

    def _least(self) -> int:
        return self.sale.auction.least_minor // 100

    def _send(self, who: int, key: UUID, amount: int, most: int | None) -> None:
        firm, before = self.firms[who], self.sale.auction
        with firm.operator.ws() as ws:
            limit = None if most is None else cny(most)
            answer = place_bid(ws, self.sale.auction_id, amount=cny(amount), key=key, limit=limit)
        if firm.tenant_id not in self.paid:
            assert answer.outcome is Outcome.NO_PADDLE, "26: no bid without a deposit"
            return
        self.keys.append((who, key, amount, most, answer))
        in_time = before.opens_at <= self.world.now < before.ends_at
        assert in_time or answer.outcome in {Outcome.NOT_OPEN, Outcome.CLOSED}, "26: no bid out of time"
        if answer.outcome is Outcome.ACCEPTED:
            assert answer.amount_minor >= before.least_minor, "25: a step above what stands"
        if answer.outcome is Outcome.MATCHED:
            assert who == HOLDER, "25: but for the holder of a right of first refusal"
            assert answer.amount_minor == before.standing_minor
            assert before.standing_paddle != answer.paddle

    def _rows(self) -> list[Bid]:
        with self.sale.bank.operator.ws(read_only=True) as ws:
            return list(reversed(queries.book(ws, self.sale.auction_id, limit=500)))

    @invariant()
    def the_book_only_grows(self) -> None:
        """27: what was written stays as it was; limits are opened with the hammer, and nothing else ever changes."""
        rows = [
            (row.sequence, row.paddle, row.amount_minor, row.outcome, row.origin, row.at, row.ends_at, row.hash)
            for row in self._rows()
        ]
        assert rows[: len(self.book)] == self.book
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        self.book = rows

    @invariant()
    def the_end_only_moves_later(self) -> None:
        """28"""
        ends = self.sale.auction.ends_at
        assert ends >= self.latest_end
        self.latest_end = ends

    @invariant()
    def deposits_are_conserved_and_losers_have_theirs_back_once(self) -> None:
        """29, 30"""
        auction = self.sale.auction
        with self.sale.bank.operator.ws(read_only=True) as ws:
            told, enrolled = queries.tally(ws, auction), queries.registrations(ws, self.sale.auction_id)
        assert told.received == told.held + told.returned + told.applied + told.forfeited
        assert told.received == cny(70_000 * len(self.paid))
        if auction.status not in LIVE:
            kept = [one for one in enrolled if one.deposit_state is DepositState.HELD]
            assert len(kept) == (1 if auction.status == "SOLD" else 0)
            assert told.returned == cny(70_000 * (len(self.paid) - len(kept)))

    @invariant()
    def the_highest_valid_bid_wins_at_the_reserve_or_above(self) -> None:
        """24, 32; and nothing is sold before the end."""
        auction = self.sale.auction
        if auction.status in LIVE:
            assert auction.sold_minor is None
            return
        assert auction.closed_at is not None
        assert auction.closed_at >= auction.ends_at
        accepted = [row for row in self.book if row[3] in ("ACCEPTED", "MATCHED")]
        best = max(accepted, key=lambda row: row[2], default=None)
        if best is None or best[2] < RESERVE * 100:
            assert (auction.status, auction.winning_paddle) == ("NO_SALE", None)
        else:
            assert (auction.status, auction.sold_minor) == ("SOLD", best[2])
            leading = [row[1] for row in accepted if row[2] == best[2]]
            holder = self.sale.paddle(self.firms[HOLDER])
            assert auction.winning_paddle == (holder if holder in leading else leading[-1]), "a tie is the holder's"
            assert auction.sold_minor is not None
            assert auction.sold_minor >= RESERVE * 100

    @invariant()
    def reserve_and_names_stay_hidden_until_the_end(self) -> None:
        """31, 33"""
        auction = self.sale.auction
        if auction.status in LIVE:
            assert (auction.opened_reserve_minor, auction.opened_salt) == (None, None)
        if self.world.now >= auction.ends_at:
            return
        rival = self.firms[0].operator
        with rival.ws(read_only=True) as ws:
            seen = str(ws.session.execute(text("select to_jsonb(d) from house.disposal d")).all())
            named = {one.registration.organisation for one in queries.registrations(ws, self.sale.auction_id)}
        assert str(RESERVE * 100) not in seen
        assert named <= {self.firms[0].name}
        with (
            self.sale.bank.operator.ws() as ws,
            pytest.raises(DBAPIError, match="hidden until"),
            ws.session.begin_nested(),
        ):
            ws.session.execute(text("select * from gate.unmask(:a, 1)"), {"a": self.sale.auction_id})


def test_whatever_happens_until_the_hammer(world: World) -> None:
    RisingBids.world = world
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        RisingBids,
        settings=settings(
            max_examples=10, stateful_step_count=18, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
