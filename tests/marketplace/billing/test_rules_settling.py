"""Each fen of an invoice is open, paid, credited or written off, exactly once, whatever comes in whatever order; and the book says the same."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from marketplace.billing.rules.cards import (
    AGAIN_AFTER,
    FINAL,
    FeeCardState,
    FeeSeen,
    collects,
    may_ask,
    never_made,
    next_step,
    next_try,
    require_card_takes,
    require_limit,
)
from marketplace.billing.rules.settling import (
    BookAccount,
    CardMoney,
    Position,
    position,
    posting,
    received,
    refunds_due,
)
from marketplace.money import Money
from tenants.errors import Conflict, Invalid

OWED = 1_060_00
ZERO = Money.zero("CNY")
FEN = st.integers(1, OWED)


def cny(fen: int) -> Money:
    return Money(fen, "CNY")


def at(came: int, *, credited: int = 0, written_off: int = 0) -> Position:
    return position(cny(OWED), cny(came), credited=cny(credited), written_off=cny(written_off))


@pytest.mark.parametrize(
    ("came", "credited", "open_fen", "paid", "owed_back", "lost"),
    [(0, 0, OWED, 0, 0, 0), (OWED, 0, 0, OWED, 0, 0), (2 * OWED, 0, 0, OWED, OWED, 0), (OWED, OWED, 0, 0, OWED, 0), (0, OWED, 0, 0, 0, 0), (-7, OWED, 0, 0, 0, 7), (-7, 0, OWED, 0, 0, 7)],
)  # fmt: skip
def test_positions_by_hand(came: int, credited: int, open_fen: int, paid: int, owed_back: int, lost: int) -> None:
    found = at(came, credited=credited)
    assert (found.open.minor, found.paid.minor, found.owed_back.minor, found.lost.minor) == (open_fen, paid, owed_back, lost)  # fmt: skip


def test_what_came_in_and_what_could_still_go_back() -> None:
    card = CardMoney(taken=cny(100), refunded=cny(10), disputed=cny(30), lost=cny(5), costs=cny(2))
    assert (card.received, card.returnable) == (cny(85), cny(55))
    assert received("CNY", transferred=cny(70), returned=cny(20), cards=[card]) == cny(135)


def test_what_is_owed_back_goes_to_the_latest_card_first() -> None:
    whole = CardMoney(taken=cny(100), refunded=ZERO, disputed=ZERO, lost=ZERO, costs=ZERO)
    assert refunds_due(at(OWED + 130), {1: whole, 2: whole}) == [(2, cny(100)), (1, cny(30))]


class InvoiceOfManyRoads(RuleBasedStateMachine):
    """Transfers, cards, refunds, disputes, credit note and write-off in every order; after each the book is posted by the difference alone."""

    def __init__(self) -> None:
        super().__init__()
        self.transferred = self.returned = self.credited = self.written_off = ZERO
        self.cards: dict[int, CardMoney] = {}
        self.book: dict[str, Money] = defaultdict(lambda: ZERO)
        nothing = position(ZERO, ZERO, credited=ZERO, written_off=ZERO)
        self.post(nothing, {BookAccount.FEE_INCOME: cny(-1_000_00), BookAccount.VAT_OWED: cny(-60_00)})

    @property
    def here(self) -> Position:
        came = received("CNY", transferred=self.transferred, returned=self.returned, cards=self.cards.values())
        return position(cny(OWED), came, credited=self.credited, written_off=self.written_off)

    def post(self, before: Position, other: dict[BookAccount, Money]) -> None:
        for account, amount in posting(before, self.here, other):
            self.book[account] += amount

    def change(self, number: int, after: CardMoney) -> None:
        before, had = self.here, self.cards.get(number, CardMoney.nothing("CNY"))
        self.cards[number] = after
        self.post(before, after.change_since(had))

    @precondition(lambda self: self.here.open and not self.transferred)
    @rule()
    def transfer(self) -> None:
        before = self.here
        self.transferred = before.open
        self.post(before, {BookAccount.BANK: self.transferred})

    @precondition(lambda self: len(self.cards) < 3)
    @rule(amount=FEN, kept=st.integers(0, 50))
    def take(self, amount: int, kept: int) -> None:
        self.change(len(self.cards) + 1, CardMoney(cny(amount), ZERO, ZERO, ZERO, cny(kept)))

    @precondition(lambda self: self.cards)
    @rule(data=st.data())
    def refund_at_the_desk(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.cards)))
        card = self.cards[number]
        part = cny(data.draw(st.integers(0, card.returnable.minor)))
        self.change(number, CardMoney(card.taken, card.refunded + part, card.disputed, card.lost, card.costs))

    @precondition(lambda self: self.cards)
    @rule(data=st.data())
    def dispute(self, data: st.DataObject) -> None:
        """A bank may draw back what has been refunded already: then more is gone than had come."""
        number = data.draw(st.sampled_from(sorted(self.cards)))
        card = self.cards[number]
        part = cny(data.draw(st.integers(0, (card.taken - card.disputed - card.lost).minor)))
        self.change(number, CardMoney(card.taken, card.refunded, card.disputed + part, card.lost, card.costs + cny(15)))

    @precondition(lambda self: any(card.disputed for card in self.cards.values()))
    @rule(won=st.booleans())
    def decide(self, won: bool) -> None:
        number, card = next((number, card) for number, card in self.cards.items() if card.disputed)
        lost = card.lost if won else card.lost + card.disputed
        self.change(number, CardMoney(card.taken, card.refunded, ZERO, lost, card.costs))

    @precondition(lambda self: not self.credited and not self.written_off)
    @rule()
    def credit(self) -> None:
        before, self.credited = self.here, cny(OWED)
        self.post(before, {BookAccount.FEE_INCOME: cny(1_000_00), BookAccount.VAT_OWED: cny(60_00)})

    @precondition(lambda self: not self.credited and not self.written_off and self.here.open)
    @rule()
    def write_off(self) -> None:
        before = self.here
        self.written_off = before.open
        self.post(before, {BookAccount.LOSSES: before.open})

    @rule()
    def pay_back(self) -> None:
        for number, part in refunds_due(self.here, self.cards):
            card = self.cards[number]
            self.change(number, CardMoney(card.taken, card.refunded + part, card.disputed, card.lost, card.costs))
        assert not (self.here.owed_back and any(card.returnable for card in self.cards.values()))

    @invariant()
    def each_fen_is_in_one_place(self) -> None:
        here = self.here
        parts = (here.open, here.paid, here.credited, here.written_off)
        assert sum(part.minor for part in parts) == OWED
        assert all(part.minor >= 0 for part in (*parts, here.owed_back, here.lost))
        assert not (here.open and here.owed_back), "nobody owes what is owed back to them"

    @invariant()
    def the_book_says_the_same(self) -> None:
        here, book = self.here, self.book
        assert sum(amount.minor for amount in book.values()) == 0
        assert (book["receivable"], book["owed_back"]) == (here.open, -here.owed_back)
        assert book["disputed"].minor == sum(card.disputed.minor for card in self.cards.values())
        with_provider = sum((card.taken - card.refunded - card.disputed - card.lost - card.costs).minor for card in self.cards.values())  # fmt: skip
        assert book["at_provider"].minor == with_provider
        assert book["losses"] == here.written_off + here.lost
        income = ZERO if self.credited else cny(-1_000_00)
        assert book["fee_income"] == income


TestInvoiceOfManyRoads = InvoiceOfManyRoads.TestCase


@given(st.integers(0, 3 * OWED), st.lists(st.tuples(FEN, st.integers(0, OWED)), max_size=4))
def test_no_more_goes_back_than_is_owed_nor_than_a_card_brought(owed: int, brought: list[tuple[int, int]]) -> None:
    cards = {number: CardMoney(cny(taken), cny(min(back, taken)), ZERO, ZERO, ZERO) for number, (taken, back) in enumerate(brought)}  # fmt: skip
    due = refunds_due(at(OWED + owed), cards)
    assert len({number for number, _ in due}) == len(due)
    assert all(ZERO < part <= cards[number].returnable for number, part in due)
    assert sum(part.minor for _, part in due) == min(owed, sum(card.returnable.minor for card in cards.values()))


@pytest.mark.parametrize("state", FeeCardState)
@pytest.mark.parametrize("seen", FeeSeen)
@pytest.mark.parametrize("wanted", [True, False])
def test_money_that_came_is_counted_and_only_an_open_try_ends(state: FeeCardState, seen: FeeSeen, wanted: bool) -> None:
    step = next_step(state, seen, wanted=wanted)
    if seen is FeeSeen.TAKEN:
        assert step == (None if state is FeeCardState.TAKEN else "take")
    elif state is not FeeCardState.OPENED:
        assert step is None
    else:
        expected = {FeeSeen.DECLINED: "decline", FeeSeen.GONE: "expire", FeeSeen.AWAITED: None if wanted else "expire"}
        assert step == expected[seen]


def test_a_declined_card_is_tried_three_times_more_and_one_that_is_gone_is_not() -> None:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    tries = [next_try(failed, "insufficient_funds", now) for failed in range(1, 6)]
    assert tries == [*(now + wait for wait in AGAIN_AFTER), None, None]
    assert {next_try(1, because, now) for because in FINAL} == {None}
    assert next_try(1, None, now) == now + timedelta(days=3)


def test_a_try_is_asked_again_for_half_a_day_and_counts_as_never_made_after_a_whole_one() -> None:
    """Between the two nobody can tell, so nothing is done: else a firm is charged twice."""
    begun, tick = datetime(2026, 3, 4, tzinfo=UTC), timedelta(microseconds=1)
    half, whole = begun + timedelta(hours=12), begun + timedelta(hours=24)
    assert [may_ask(begun, at) for at in (begun, half - tick, half, whole)] == [True, True, False, False]
    assert [never_made(begun, at) for at in (begun, half, whole - tick, whole)] == [False, False, False, True]


def test_what_a_card_takes_to_the_last_digit() -> None:
    for amount in (cny(1), cny(99_999_999), Money(10, "KWD")):
        require_card_takes(amount)
    for amount in (cny(0), cny(100_000_000), Money(11, "KWD")):
        with pytest.raises(Conflict):
            require_card_takes(amount)
    for limit in (cny(1), cny(99_999_999)):
        require_limit(limit)
    for limit in (cny(0), cny(100_000_000)):
        with pytest.raises(Invalid):
            require_limit(limit)


def test_a_consent_covers_its_currency_and_its_limit() -> None:
    assert collects(cny(500), cny(500))
    assert not collects(cny(501), cny(500))
    assert not collects(Money(1, "USD"), cny(500))
    for wrong in (0, -1, 100_000_000):
        with pytest.raises(Invalid) as refused:
            require_limit(cny(wrong))
        assert refused.value.field == "limit"
        with pytest.raises(Conflict):
            require_card_takes(cny(wrong))
    with pytest.raises(Conflict):
        require_card_takes(Money(10_001, "KWD"))
    require_card_takes(Money(10_010, "KWD"))
