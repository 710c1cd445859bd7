"""Nights that the gate passes by itself: which loans they are, and that whatever the rule would see otherwise takes the word back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from marketplace.financing import actions
from marketplace.financing.models.loans import AccruedDay
from marketplace.financing.models.quiet import QuietLoan
from marketplace.financing.nights import end_of_day
from marketplace.financing.nights.quiet import pass_quietly
from marketplace.financing.nights.running import close_days
from marketplace.financing.queries import find_deal
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from marketplace.valuation.queries import today
from tenants.workspace import Workspace
from tests.factories import Firm, Shared, World
from tests.marketplace.financing.kept import all_that_is_kept
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, yuan

ONE_DAY = timedelta(days=1)
Happening = Callable[[Workspace, UUID, date], None]


@pytest.fixture
def loan(world: World) -> ADeal:
    """A million at 4.35 per cent by ACT/360, quiet since its second night: the first found its class."""
    found = a_running_loan(world, drawn="1000000.00", tenor_days=90)
    pass_a_night(found)
    assert not is_quiet(found)
    pass_a_night(found)
    assert is_quiet(found)
    return found


def pass_a_night(loan: ADeal) -> None:
    """It is the next morning, and the day before is closed."""
    loan.world.advance(ONE_DAY)
    close(loan)


def close(loan: ADeal) -> None:
    with loan.bank.operator.ws() as ws:
        end_of_day.go_on(ws)


def is_quiet(loan: ADeal) -> bool:
    with loan.bank.operator.ws(read_only=True) as ws:
        return ws.session.get(QuietLoan, loan.deal_id) is not None


def left(firm: Firm, loan: ADeal, night: date) -> list[UUID]:
    """Whom the gate leaves to the rule."""
    with firm.operator.ws() as ws:
        asked = text("select gate.pass_quiet_night(cast(:deals as uuid[]), :night, :now)")
        return list(ws.session.scalars(asked, {"deals": [str(loan.deal_id)], "night": night, "now": ws.now}).one())


def days_of(loan: ADeal) -> list[tuple[date, int]]:
    """Each day that was taken up, and the principal that bore its interest."""
    with loan.bank.operator.ws(read_only=True) as ws:
        wanted = select(AccruedDay.day, AccruedDay.principal_minor).where(AccruedDay.deal_id == loan.deal_id)
        return [(day, minor) for day, minor in ws.session.execute(wanted.order_by(AccruedDay.day))]


class Abandoned(Exception):
    """Nothing of this transaction is to stay."""


def a_floating_loan(world: World) -> ADeal:
    """A million at the reference rate of 3.1 per cent and 1.2 more, quiet until its end in May; a fen of interest fell due on it and is paid."""
    asked = a_request(world)
    with asked.bank.operator.ws() as ws:
        actions.import_reference_rates(ws, "LPR1Y", [(date(2026, 3, 1), Decimal("0.031"))])
    found = a_running_loan(world, deal=asked, tenor_days=90, reference_code="LPR1Y", spread=Decimal("0.012"))
    with found.bank.operator.ws() as ws:
        ws.session.execute(text(DUE), {"deal": found.deal_id, "bank": ws.tenant_id, "number": 7, "on": today(ws), "open": 0})  # fmt: skip
    pass_a_night(found)
    pass_a_night(found)
    assert is_quiet(found)
    return found


def lived(loan: ADeal, happens: Happening, *, by_rule: bool) -> tuple[dict[str, Any], int]:
    """What three nights leave of a loan on whose day this happens, and how many of them the gate passed. In the end none of it has been."""
    kept, passed = dict[str, Any](), 0
    with suppress(Abandoned), loan.bank.operator.ws() as ws:
        first = today(ws)
        happens(ws, loan.deal_id, first)
        for night in (first, first + ONE_DAY, first + 2 * ONE_DAY):
            left_to_rule = [loan.deal_id] if by_rule else pass_quietly(ws, f"{{{loan.deal_id}}}", night)
            assert left_to_rule is not None, "the gate failed"
            close_days(ws, left_to_rule, night, night)
            passed += not left_to_rule
        kept = all_that_is_kept(ws, loan.deal_id)
        raise Abandoned
    return kept, passed


def written(statement: str, **told: object) -> Happening:
    """A row that is written or changed on a loan's day `:on`, and nothing besides: an act brings several of them, and one would stand in for another."""

    def happens(ws: Workspace, deal_id: UUID, on: date) -> None:
        for one in statement.split(";"):
            ws.session.execute(text(one), {"deal": deal_id, "bank": ws.tenant_id, "on": on, "ends": on + ONE_DAY} | told)  # fmt: skip

    return happens


def posted(debit: Account, credit: Account) -> Happening:
    """A hundred thousand more on two accounts."""

    def happens(ws: Workspace, deal_id: UUID, on: date) -> None:
        amount = yuan("100000.00")
        post(ws, deal_id=deal_id, key="one", narrative="One", entries=[(debit, amount), (credit, -amount)], value_date=on)  # fmt: skip

    return happens


def published(ws: Workspace, deal_id: UUID, on: date) -> None:
    """The reference rate of that day is another."""
    actions.import_reference_rates(ws, "LPR1Y", [(on, Decimal("0.036"))])


DUE = "insert into house.fallen_due (deal_id, number, part, tenant_id, due_on, amount_minor, open_minor, currency, billed_at) values (:deal, :number, 'INTEREST', :bank, :on, 1, :open, 'CNY', now())"
PLAN = (
    "insert into house.instalment (deal_id, version, number, tenant_id, starts_on, ends_on, due_on, interest_minor, principal_minor, balance_minor, currency) values (:deal, 9, 1, :bank, :on, :ends, :ends, 0, 10000000, 90000000, 'CNY');"
    "insert into house.loan_plan (deal_id, version, tenant_id, because, principal_minor, annual_rate, made_at) values (:deal, 9, :bank, 'extension', 1, 0.05, now())"
)
CHANGES = {
    "principal lent": posted(Account.LOAN_PRINCIPAL, Account.DISBURSEMENT_CONFIRMED),
    "rate set": written("insert into house.loan_rate (deal_id, effective_on, tenant_id, annual_rate, set_at) values (:deal, :on, :bank, 0.05, now())"),
    "plan renewed": written(PLAN),
    "due fallen": written(DUE, number=9, open=1),
    "due open again": written("update house.fallen_due set open_minor = 1 where deal_id = :deal and number = 7"),
    "class lowered": written("insert into house.loan_quality (deal_id, id, tenant_id, on_day, days_past_due, loan_class, stage, lowered_to, because, found_at) values (:deal, uuidv7(), :bank, :on, 0, 'DOUBTFUL', 2, '', '', now())"),
    "put on watch": written("update house.deal set status = 'WATCH' where deal_id = :deal"),
    "misuse found": written("insert into house.loan_misuse (deal_id, id, tenant_id, since, amount_minor, currency, factor, because, document_id, found_at, ended_because) values (:deal, uuidv7(), :bank, :on, 50000000, 'CNY', 2, 'x', uuidv7(), now(), '')"),
    "reference rate published": published,
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_happens_gate_and_rule_leave_the_same(shared: Shared, change: str) -> None:
    """What takes the gate's word back, each by itself: nights that come by the gate, which leaves this one to the rule, beside the same nights by the rule."""
    loan = shared(a_floating_loan)
    as_ever, _ = lived(loan, written("select"), by_rule=True)
    by_rule, _ = lived(loan, CHANGES[change], by_rule=True)
    assert by_rule != as_ever, "the rule sees it"
    assert lived(loan, CHANGES[change], by_rule=False)[0] == by_rule


def test_where_nothing_happens_but_interest_the_gate_passes_every_night(shared: Shared) -> None:
    loan = shared(a_floating_loan)
    for happens in (written("select"), posted(Account.INTEREST_RECEIVABLE, Account.INTEREST_INCOME)):
        by_gate, passed = lived(loan, happens, by_rule=False)
        assert (by_gate, passed) == (lived(loan, happens, by_rule=True)[0], 3)


def test_a_new_reference_rate_leaves_the_night_to_the_rule(loan: ADeal) -> None:
    with loan.bank.operator.ws() as ws:
        night = today(ws)
    with loan.bank.operator.ws() as ws:
        actions.import_reference_rates(ws, "LPR1Y", [(date(2026, 3, 20), Decimal("0.03"))])
    assert left(loan.bank, loan, night) == [loan.deal_id]
    pass_a_night(loan)
    assert left(loan.bank, loan, night + ONE_DAY) == []


def test_a_payment_before_the_close_bears_on_the_next_night(loan: ADeal) -> None:
    """The act takes up yesterday itself; the close finds that, and does not take its principal for the next day's."""
    loan.world.advance(ONE_DAY)
    with loan.bank.operator.ws() as ws:
        actions.record_repayment(ws, loan.deal_id, amount=yuan("400362.50"), reference="R-1")
    close(loan)
    pass_a_night(loan)
    pass_a_night(loan)
    million, less = 1_000_000_00, 600_000_00
    assert [minor for _, minor in days_of(loan)] == [million, million, million, less, less]
    assert loan.position.interest == Money(145_00, "CNY")  # two days of 72.50


def test_the_gate_passes_a_night_once_in_its_turn_and_for_its_bank(loan: ADeal) -> None:
    stranger = loan.world.firm("BANK")
    with loan.bank.operator.ws() as ws:
        night = today(ws)
    assert left(stranger, loan, night) == [loan.deal_id]
    assert left(loan.bank, loan, night + ONE_DAY) == [loan.deal_id], "a night is not passed over"
    known = len(days_of(loan))
    assert left(loan.bank, loan, night) == []
    assert left(loan.bank, loan, night) == [loan.deal_id], "nor passed twice"
    assert len(days_of(loan)) == known + 1


def test_a_loan_is_quiet_until_the_day_before_its_period_ends(loan: ADeal) -> None:
    with loan.bank.operator.ws(read_only=True) as ws:
        found, last = ws.session.get(QuietLoan, loan.deal_id), find_deal(ws, loan.deal_id).matures_on
        assert found is not None
        assert last is not None
        assert found.until == last - ONE_DAY
    assert left(loan.bank, loan, found.until) == [loan.deal_id]


ASKED = {
    "quiet_loan": ("until = date :night", "rates_known = rates_known + 1", "tenant_id = uuidv7()"),
    "accrued_day": ("closes_period = true", "overdue_minor = 1", "overdue_interest_minor = 1", "tenant_id = uuidv7()"),
}


def test_whatever_the_gate_asks_of_a_night_leaves_it_to_the_rule_by_itself(loan: ADeal) -> None:
    """The period that ends in it or ended before it, another rate, something overdue, another bank: each alone, though the loan is quiet and the night is its turn."""
    with loan.bank.operator.ws() as ws:
        night = today(ws)
    for table, changes in ASKED.items():
        for change in changes:
            with as_if(loan, table, change.replace(":night", f"'{night}'")):
                assert left(loan.bank, loan, night) == [loan.deal_id], change
    assert left(loan.bank, loan, night) == [], "nothing of it stayed"


@contextmanager
def as_if(loan: ADeal, table: str, change: str) -> Iterator[None]:
    """The loan's rows of this table are others for a while, past all triggers."""
    admin, mine = loan.world.admin, f"from house.{table} where deal_id = '{loan.deal_id}'"
    admin.execute("set session_replication_role = replica")
    admin.execute(f"create temp table kept as select * {mine}")
    admin.execute(f"update house.{table} set {change} where deal_id = '{loan.deal_id}'")
    try:
        yield
    finally:
        admin.execute(f"delete {mine}")
        admin.execute(f"insert into house.{table} select * from kept")
        admin.execute("drop table kept")
        admin.execute("reset session_replication_role")
