"""Account beside book: the open items are the whole difference, on any day, and nobody else's."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing import actions
from marketplace.financing.banking.reconciling import Reconciliation, reconciliation
from marketplace.financing.queries import repayments
from marketplace.financing.rules.reconciling import Movement, Side, sums_of
from marketplace.money import Money
from tenants.errors import Invalid, NotAllowed
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_running_loan, decided, yuan
from tests.marketplace.financing.test_payments import lines, read
from tests.marketplace.financing.test_rules_bank import entry, statement

DAY = date(2026, 3, 2)
AMOUNTS = st.integers(-(10**12), 10**12)
SIDES = st.sampled_from(list(Side))


def moved(side: Side, minor: int, currency: str, *, is_open: bool) -> Movement:
    return Movement(side, DAY, Money(minor, currency), "R", "", None, is_open)


@given(
    st.lists(st.tuples(AMOUNTS, st.sampled_from(["CNY", "USD"]))),
    st.lists(st.tuples(SIDES, AMOUNTS, st.sampled_from(["CNY", "USD"]))),
    AMOUNTS,
)
def test_open_items_are_the_whole_difference_unless_one_was_matched_with_another(
    matched: list[tuple[int, str]], alone: list[tuple[Side, int, str]], off: int
) -> None:
    movements = [moved(side, minor, currency, is_open=False) for minor, currency in matched for side in Side]
    movements += [moved(side, minor, currency, is_open=True) for side, minor, currency in alone]
    assert not any(one.unexplained for one in sums_of(movements))
    movements.append(moved(Side.ACCOUNT, off, "CNY", is_open=False))
    assert {one.currency: one.unexplained.minor for one in sums_of(movements)}["CNY"] == off


def seen(deal: ADeal, on: date | None = None) -> Reconciliation:
    with deal.bank.operator.ws(read_only=True) as ws:
        return reconciliation(ws, on=on)


def test_what_one_side_alone_knows_is_open_until_the_day_on_which_it_is_recognised(world: World) -> None:
    deal = a_running_loan(world)
    content = statement(
        entry("1000.00", reference="C-1", said="who knows"),
        entry("55.00", reference="C-2"),
        entry("9.00", direction="DBIT", reference="C-3"),
    )
    read(deal, content)
    first = seen(deal)
    (sums,) = first.sums
    assert (sums.account, sums.book) == (yuan("1046.00"), yuan("-1000000.00"))  # the drawdown was confirmed by hand
    assert (sums.account_only, sums.book_only, sums.unexplained) == (yuan("1046.00"), yuan("-1000000.00"), yuan("0.00"))
    world.advance(timedelta(days=1))
    found = {line.bank_reference: line.id for line in lines(deal)}
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_assignment(ws, found["C-1"], deal_id=deal.deal_id, because="The payer called.")
        actions.park_line(ws, found["C-2"], because="100% our own interest.")
    decided(deal.bank, proposal)
    now = seen(deal)
    assert sorted(one.amount.minor for one in now.items) == [-1000000_00, -9_00, 55_00]
    assert (now.sums[0].book, now.sums[0].unexplained) == (yuan("-999000.00"), yuan("0.00"))
    assert (seen(deal, first.day).sums, seen(deal, first.day).day) == (first.sums, first.day)


def test_a_repayment_that_was_taken_back_is_in_neither(world: World) -> None:
    deal = a_running_loan(world)
    deal.repay("1000.00", "C-1")
    assert seen(deal).sums[0].book == yuan("-999000.00")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_reversal(ws, repayments(ws, deal.deal_id)[0].id, because="It came back.")
    decided(deal.bank, proposal)
    assert seen(deal).sums[0].book == yuan("-1000000.00")


def test_a_reconciliation_is_the_banks_alone_and_of_days_that_have_come(world: World) -> None:
    deal = a_running_loan(world)
    read(deal, statement(entry("5.00", reference="C-2")))
    with deal.sme.operator.ws(read_only=True) as ws, pytest.raises(NotAllowed):
        reconciliation(ws)
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert reconciliation(ws).items == ()
    with pytest.raises(Invalid, match="day_ahead"):
        seen(deal, seen(deal).day + timedelta(days=1))


def test_by_screen_paper_table_and_call(world: World) -> None:
    deal = a_running_loan(world)
    read(deal, statement(entry("55.00", reference="C-2")))
    browser = deal.bank.operator.browser()
    for language, words in (("en", "On the account only"), ("zh", "仅账户有")):
        page = browser.get(f"/bank-lines/reconciliation?lang={language}")
        assert page.status_code == 200, page.text[-2000:]
        assert words in page.text
        assert browser.get(f"/bank-lines/reconciliation.pdf?lang={language}").data.startswith(b"%PDF")
    assert ",55.00,CNY,C-2," in browser.get("/bank-lines/reconciliation.csv").text
    assert browser.get("/bank-lines/reconciliation.xlsx").data.startswith(b"PK")
    told = deal.bank.operator.call("GET", "/bank-lines/reconciliation").json
    assert told["sums"][0]["account_only"] == {"amount": "55.00", "currency": "CNY"}
    assert {one["known_to"] for one in told["items"]} == {"ACCOUNT", "BOOK"}
    assert deal.bank.operator.call("GET", "/bank-lines/reconciliation?day=soon").status_code == 422
    assert deal.sme.operator.browser().get("/bank-lines/reconciliation").status_code == 403
