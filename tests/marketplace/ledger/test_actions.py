"""The book on the real database: balanced by the database, written once, seen by the deal's two parties alone."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.ledger.actions import BOOK, post
from marketplace.ledger.models import Entry, Posting
from marketplace.ledger.queries import balances, debts, postings, trial_balance
from marketplace.ledger.rules.accounts import DEBT, Account, checked_entries
from marketplace.money import Money
from tenants import rooms
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace
from tests.factories import Firm, World


def yuan(amount: str) -> Money:
    return Money.of(amount, "CNY")


def a_room(world: World) -> tuple[UUID, Firm, Firm]:
    """A deal's room with its borrower and its bank, nothing else: the book asks for no more."""
    sme, bank, deal_id = world.firm("SME"), world.firm("BANK"), uuid4()
    with sme.operator.ws() as ws:
        rooms.found(ws, deal_id, kind="deal", role="borrower")
        rooms.share(ws, deal_id, to=bank.tenant_id, role="bank", onward=True)
    return deal_id, sme, bank


LENT = [(Account.LOAN_PRINCIPAL, yuan("1000000.00")), (Account.DISBURSEMENT_CONFIRMED, yuan("-1000000.00"))]
PAID = [
    (Account.REPAYMENT_RECEIVED, yuan("400000.00")),
    (Account.INTEREST_RECEIVABLE, yuan("-1200.00")),
    (Account.LOAN_PRINCIPAL, yuan("-398800.00")),
]


def test_the_statement_shows_the_debt_after_each_posting(world: World) -> None:
    deal_id, sme, bank = a_room(world)
    with bank.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
        post(
            ws,
            deal_id=deal_id,
            key="accrual:1",
            narrative="Interest",
            entries=[(Account.INTEREST_RECEIVABLE, yuan("1200.00")), (Account.INTEREST_INCOME, yuan("-1200.00"))],
        )
        post(ws, deal_id=deal_id, key="repayment:1", narrative="Repaid", entries=PAID)
    with sme.operator.ws(read_only=True) as ws:
        assert [str(booked.debt_after) for booked in postings(ws, deal_id)] == [
            "CNY 1000000.00",
            "CNY 1001200.00",
            "CNY 601200.00",
        ]
        standing = balances(ws, deal_id)
        assert standing[Account.LOAN_PRINCIPAL] == yuan("601200.00")
        assert standing[Account.INTEREST_RECEIVABLE] == yuan("0.00")
        rows = trial_balance(ws, deal_id)
        assert sum(row.debits.minor for row in rows) == sum(row.credits.minor for row in rows) == 140_120_000
        assert sum(row.balance.minor for row in rows) == 0


def test_one_cause_is_booked_once(world: World) -> None:
    deal_id, _, bank = a_room(world)
    with bank.operator.ws() as ws:
        first = post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
    with bank.operator.ws() as ws:
        again = post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
        assert again.id == first.id
        assert len(postings(ws, deal_id)) == 1
        with pytest.raises(Conflict, match="posting_key_reused"):
            post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=PAID)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([(Account.LOAN_PRINCIPAL, yuan("1"))], "posting_empty"),
        ([(Account.LOAN_PRINCIPAL, yuan("1")), (Account.WRITE_OFF, yuan("0"))], "posting_empty"),
        ([(Account.LOAN_PRINCIPAL, yuan("1")), (Account.WRITE_OFF, yuan("-1.01"))], "posting_unbalanced"),
        ([(Account.LOAN_PRINCIPAL, yuan("1")), (Account.WRITE_OFF, Money.of("-1", "USD"))], "posting_unbalanced"),
        ([("petty_cash", yuan("1")), (Account.WRITE_OFF, yuan("-1"))], "account_unknown"),
    ],
)
def test_what_is_no_posting_is_refused(entries: list[tuple[str, Money]], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        checked_entries(entries)


@pytest.mark.parametrize(
    ("lines", "announced", "constraint"),
    [
        ([(100, "CNY"), (-99, "CNY")], 2, "does not balance"),
        ([(100, "CNY"), (-100, "USD")], 2, "does not balance"),
        ([(100, "CNY"), (-100, "CNY")], 3, "announced 3 lines of its day and was given 2|has not the lines"),
        ([], 2, "has not the lines that it announced"),
        ([(0, "CNY"), (0, "CNY")], 2, "ck_ledger_entry_amount"),
        ([], 0, "ck_posting_entries"),
    ],
)
def test_the_database_refuses_a_crooked_posting(
    world: World, lines: list[tuple[int, str]], announced: int, constraint: str
) -> None:
    """Past every rule of ours, straight into the tables: the triggers hold when the statement ends."""
    deal_id, _, bank = a_room(world)
    with pytest.raises(DBAPIError, match=constraint), bank.operator.ws() as ws:
        plant(ws, deal_id, lines, announced)


def test_a_line_added_later_is_refused(world: World) -> None:
    deal_id, _, bank = a_room(world)
    with bank.operator.ws() as ws:
        posting = post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
    for lines in ((3, 4), (1, 2)):
        with pytest.raises(DBAPIError, match=r"was given 2|duplicate key"), bank.operator.ws() as ws:
            made = [{"line": line, "amount_minor": minor} for line, minor in zip(lines, (5, -5), strict=True)]
            plain = {"tenant_id": ws.tenant_id, "deal_id": deal_id, "posting_id": posting.id, "account": "write_off", "currency": "CNY", "value_date": posting.value_date}  # fmt: skip
            ws.session.execute(insert(Entry).values([plain | one for one in made]))


def test_a_posting_comes_whole_or_not_at_all(world: World) -> None:
    deal_id, _, bank = a_room(world)
    with pytest.raises(DBAPIError, match="given"), bank.operator.ws() as ws:
        plant(ws, deal_id, [(100, "CNY"), (-100, "CNY")], 2, day=date(2026, 3, 3))
    with pytest.raises(DBAPIError, match="has not the lines"), bank.operator.ws() as ws:
        head = {
            "deal_id": deal_id,
            "id": uuid4(),
            "tenant_id": ws.tenant_id,
            "key": "k",
            "narrative": "Planted",
            "facts": {},
            "posted_at": ws.now,
        }
        ws.session.add(Posting(**head, posted_by=ws.person_id, entry_count=2, value_date=date(2026, 3, 2)))
        ws.session.flush()
    with pytest.raises(DBAPIError, match="there is no posting"), bank.operator.ws() as ws:
        plain = {"tenant_id": ws.tenant_id, "deal_id": deal_id, "posting_id": uuid4(), "account": "write_off", "currency": "CNY", "value_date": date(2026, 3, 2)}  # fmt: skip
        ws.session.execute(insert(Entry).values([plain | {"line": line, "amount_minor": minor} for line, minor in ((1, 5), (2, -5))]))  # fmt: skip


def test_balances_are_those_of_a_day(world: World) -> None:
    deal_id, sme, bank = a_room(world)
    with bank.operator.ws() as ws:
        today = ws.now.date()
        post(
            ws,
            deal_id=deal_id,
            key="drawdown:1",
            narrative="Paid out",
            entries=LENT,
            value_date=today - timedelta(days=9),
        )
        post(
            ws,
            deal_id=deal_id,
            key="repayment:1",
            narrative="Repaid",
            entries=PAID,
            value_date=today - timedelta(days=4),
        )
    with sme.operator.ws(read_only=True) as ws:
        for days_ago, principal in (
            (10, "0.00"),
            (9, "1000000.00"),
            (5, "1000000.00"),
            (4, "601200.00"),
            (0, "601200.00"),
        ):
            day = today - timedelta(days=days_ago)
            assert balances(ws, deal_id, until=day)[Account.LOAN_PRINCIPAL] == yuan(principal)
            rows = trial_balance(ws, deal_id, until=day)
            assert (
                sum(row.balance.minor for row in rows if row.account == Account.LOAN_PRINCIPAL) == yuan(principal).minor
            )
            assert sum(row.debits.minor for row in rows) == sum(row.credits.minor for row in rows)
            assert len(postings(ws, deal_id, until=day)) == (days_ago < 10) + (days_ago < 5)


def test_the_book_is_final(world: World, admin: psycopg.Connection) -> None:
    deal_id, _, bank = a_room(world)
    with bank.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
    with pytest.raises(DBAPIError, match="permission denied"), bank.operator.ws() as ws:
        ws.session.execute(update(Entry).where(Entry.deal_id == deal_id).values(amount_minor=1))
    with pytest.raises(DBAPIError, match="permission denied"), bank.operator.ws() as ws:
        ws.session.execute(text("delete from house.posting"))
    for act in (
        "update house.ledger_entry set amount_minor = 1",
        "delete from house.posting",
        "truncate house.ledger_entry",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            admin.execute(act)


def test_the_book_of_a_deal_is_its_parties_alone(world: World) -> None:
    deal_id, sme, bank = a_room(world)
    others = {role: world.firm() for role in ("warehouse", "supervisor", "core", "logistics")}
    with bank.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
        for role, firm in others.items():
            rooms.share(ws, deal_id, to=firm.tenant_id, role=role)
    for firm, seen in [(sme, 1), (bank, 1), (world.firm("BANK"), 0), *((firm, 0) for firm in others.values())]:
        with firm.operator.ws(read_only=True) as ws:
            assert len(ws.session.scalars(select(Posting)).all()) == seen, firm.name
            assert len(ws.session.scalars(select(Entry)).all()) == 2 * seen
            assert len(trial_balance(ws)) == 2 * seen


def test_the_borrower_posts_nothing(world: World) -> None:
    deal_id, sme, _ = a_room(world)
    with pytest.raises(DBAPIError, match="row-level security"), sme.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="repayment:1", narrative="Repaid", entries=PAID)


def test_invariant_12_the_platform_keeps_no_book(world: World) -> None:
    """Who runs the house writes and reads no line of money in it, even where a bank lets it into a deal's room."""
    deal_id, _, bank = a_room(world)
    platform = world.firm("PLATFORM")
    with bank.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
        rooms.share(ws, deal_id, to=platform.tenant_id, role="platform")
    with pytest.raises(DBAPIError, match="row-level security"), platform.owner.ws() as ws:
        post(ws, deal_id=deal_id, key="fee:1", narrative="Ours", entries=PAID)
    with platform.owner.ws(read_only=True) as ws:
        assert trial_balance(ws) == []
        assert debts(ws, [deal_id]) == {deal_id: {}}


AMOUNTS = st.lists(st.integers(-(10**12), 10**12).filter(bool), min_size=1, max_size=6).filter(sum)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(AMOUNTS, min_size=1, max_size=5))
def test_whatever_is_posted_adds_up_to_nothing(world: World, causes: list[list[int]]) -> None:
    deal_id, _, bank = a_room(world)
    accounts = list(Account)
    with bank.operator.ws() as ws:
        for number, amounts in enumerate(causes):
            lines = [(accounts[place], Money(minor, "CNY")) for place, minor in enumerate(amounts)]
            lines.append((Account.WRITE_OFF, Money(-sum(amounts), "CNY")))
            for _ in range(2):
                post(ws, deal_id=deal_id, key=str(number), narrative="Something", entries=lines)
    with bank.operator.ws(read_only=True) as ws:
        assert len(postings(ws, deal_id)) == len(causes)
        standing = balances(ws, deal_id)
        assert sum(money.minor for money in standing.values()) == 0
        owed = debts(ws, [deal_id])[deal_id]
        assert {account: owed.get(account, 0) for account in DEBT} == {account: standing[account].minor for account in DEBT}  # fmt: skip


def test_the_running_sum_of_a_debt_is_the_databases_own(world: World) -> None:
    deal_id, sme, bank = a_room(world)
    with bank.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="drawdown:1", narrative="Paid out", entries=LENT)
    with pytest.raises(RuntimeError, match="never mind"), bank.operator.ws() as ws:
        post(ws, deal_id=deal_id, key="repayment:1", narrative="Repaid", entries=PAID)
        raise RuntimeError("never mind")
    for act in ("update house.debt_balance set amount_minor = 0", "insert into house.debt_balance select * from house.debt_balance"):  # fmt: skip
        with pytest.raises(DBAPIError, match="permission denied"), bank.operator.ws() as ws:
            ws.session.execute(text(act))
    for firm, seen in ((sme, 1), (bank, 1), (world.firm("BANK"), 0)):
        with firm.operator.ws(read_only=True) as ws:
            assert debts(ws, [deal_id])[deal_id] == ({Account.LOAN_PRINCIPAL: yuan("1000000.00").minor} if seen else {})


def plant(
    ws: Workspace, deal_id: UUID, lines: list[tuple[int, str]], announced: int, *, day: date = date(2026, 3, 2)
) -> None:
    """A posting as `post` writes it, past its checks; `day`: the day of its lines."""
    values: dict[str, Any] = {
        "deal_id": deal_id, "id": uuid4(), "tenant_id": ws.tenant_id, "key": str(uuid4()), "narrative": "Planted", "facts": "{}",
        "value_date": date(2026, 3, 2), "posted_at": ws.now, "posted_by": ws.person_id, "entry_count": announced,
        "accounts": ["write_off"] * len(lines), "amounts": [minor for minor, _ in lines], "currencies": [currency for _, currency in lines], "day": day,
    }  # fmt: skip
    ws.session.execute(
        text(BOOK.text.replace("l.line, h.tenant_id, h.value_date", "l.line, h.tenant_id, :day")), values
    )
