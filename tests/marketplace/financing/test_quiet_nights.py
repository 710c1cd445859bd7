"""Nights that the gate passes by itself: which loans they are, and that whatever the rule would see otherwise takes the word back."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text

from marketplace.financing import actions, end_of_day
from marketplace.financing.models.loans import AccruedDay
from marketplace.financing.models.quiet import QuietLoan
from marketplace.financing.queries import find_deal
from marketplace.ledger.actions import post
from marketplace.ledger.rules_accounts import Account
from marketplace.money import Money
from marketplace.valuation.queries import today
from tests.factories import Firm, World
from tests.marketplace.financing.makers import ADeal, a_running_loan, yuan

ONE_DAY = timedelta(days=1)


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


@pytest.mark.parametrize(
    "happens",
    [
        "insert into house.loan_rate (deal_id, effective_on, tenant_id, annual_rate, set_at) values (:deal, '2026-04-01', :bank, 0.05, now())",
        "insert into house.loan_plan (deal_id, version, tenant_id, because, principal_minor, annual_rate, made_at) values (:deal, 9, :bank, 'extension', 1, 0.05, now())",
        "insert into house.fallen_due (deal_id, number, part, tenant_id, due_on, amount_minor, open_minor, currency, billed_at) values (:deal, 9, 'INTEREST', :bank, '2026-04-01', 1, 1, 'CNY', now())",
        "insert into house.loan_quality (deal_id, id, tenant_id, on_day, days_past_due, loan_class, stage, lowered_to, because, found_at) values (:deal, uuidv7(), :bank, '2026-03-03', 0, 'DOUBTFUL', 1, 'DOUBTFUL', '', now())",
        "update house.deal set status = 'WATCH' where deal_id = :deal",
    ],
)  # fmt: skip
def test_what_the_rule_would_see_otherwise_takes_the_word_back(loan: ADeal, happens: str) -> None:
    with loan.bank.operator.ws() as ws:
        ws.session.execute(text(happens), {"deal": loan.deal_id, "bank": ws.tenant_id})
    assert not is_quiet(loan)


def test_a_due_that_is_paid_takes_it_back(loan: ADeal) -> None:
    due = "insert into house.fallen_due (deal_id, number, part, tenant_id, due_on, amount_minor, open_minor, currency, billed_at) values (%s, 9, 'INTEREST', %s, '2026-04-01', 2, 2, 'CNY', now())"
    again = "insert into house.quiet_loan (deal_id, tenant_id, until, rates_known) values (%s, %s, '2026-05-01', 0)"
    admin, names = loan.world.admin, (loan.deal_id, loan.bank.tenant_id)
    admin.execute(due, names)
    admin.execute(again, names)
    admin.execute("update house.fallen_due set open_minor = 1 where deal_id = %s and number = 9", (loan.deal_id,))
    assert not is_quiet(loan)


def test_principal_takes_it_back_and_interest_does_not(loan: ADeal) -> None:
    for debit, credit, quiet in (
        (Account.INTEREST_RECEIVABLE, Account.INTEREST_INCOME, True),
        (Account.LOAN_PRINCIPAL, Account.DISBURSEMENT_CONFIRMED, False),
    ):
        with loan.bank.operator.ws() as ws:
            one = yuan("1.00")
            post(ws, deal_id=loan.deal_id, key=str(debit), narrative="One", entries=[(debit, one), (credit, -one)])
        assert is_quiet(loan) is quiet


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
