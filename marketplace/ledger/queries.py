"""Reading the book: what was posted, what stands on each account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from marketplace.ledger.models import DebtBalance, Entry, Posting
from marketplace.ledger.rules.accounts import DEBT, Account
from marketplace.ledger.rules.months import Month, by_month
from marketplace.money import Money
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting with its lines, and the debt after it."""

    posting: Posting
    entries: tuple[Entry, ...]
    debt_after: Money

    @property
    def turnover(self) -> Money:
        """The sum of its debits."""
        return Money(sum(e.amount_minor for e in self.entries if e.amount_minor > 0), self.entries[0].currency)


@dataclass(frozen=True, slots=True)
class Turnover:
    """One account's debits, credits (both as amounts above zero) and balance (debits less credits)."""

    account: str
    debits: Money
    credits: Money
    balance: Money


def find_posting(ws: Workspace, deal_id: UUID, key: str) -> Posting | None:
    """The posting made for this cause, if there is one."""
    return ws.session.scalars(select(Posting).where(Posting.deal_id == deal_id, Posting.key == key)).one_or_none()


def entries_of(ws: Workspace, deal_id: UUID, posting_id: UUID) -> list[Entry]:
    """The lines of one posting, in their order."""
    lines = select(Entry).where(Entry.deal_id == deal_id, Entry.posting_id == posting_id).order_by(Entry.line)
    return list(ws.session.scalars(lines))


def balances(ws: Workspace, deal_id: UUID, *, currency: str = "CNY", until: date | None = None) -> dict[Account, Money]:
    """What stands on every account of a deal in `currency` (debit above zero), nothing where nothing was posted.

    `until`: only postings valued on or before that day.
    """
    sums = (
        select(Entry.account, func.sum(Entry.amount_minor))
        .where(Entry.deal_id == deal_id, Entry.currency == currency)
        .group_by(Entry.account)
    )
    if until is not None:
        sums = sums.where(Entry.value_date <= until)
    standing = {account: int(minor) for account, minor in ws.session.execute(sums)}
    return {account: Money(standing.get(account, 0), currency) for account in Account}


def debts(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[UUID, dict[Account, int]]:
    """Minor units on the debt accounts of many deals at once, by their running sums, whatever their history."""
    sums = (
        select(DebtBalance.deal_id, DebtBalance.account, func.sum(DebtBalance.amount_minor))
        .where(DebtBalance.deal_id.in_(deal_ids))
        .group_by(DebtBalance.deal_id, DebtBalance.account)
    )
    found: dict[UUID, dict[Account, int]] = {deal_id: {} for deal_id in deal_ids}
    for deal_id, account, minor in ws.session.execute(sums):
        found[deal_id][Account(account)] = int(minor)
    return found


def postings(ws: Workspace, deal_id: UUID, *, until: date | None = None) -> list[Booked]:
    """The statement of a deal in the order of its days, with the debt (fees, interest, penalty, principal) after each posting.

    `until`: only what counts on or before that day.
    """
    wanted = select(Posting).where(Posting.deal_id == deal_id)
    if until is not None:
        wanted = wanted.where(Posting.value_date <= until)
    heads = ws.session.scalars(wanted.order_by(Posting.value_date, Posting.posted_at, Posting.id))
    lines: dict[UUID, list[Entry]] = {}
    for entry in ws.session.scalars(select(Entry).where(Entry.deal_id == deal_id).order_by(Entry.line)):
        lines.setdefault(entry.posting_id, []).append(entry)
    booked, debt = [], 0
    for head in heads:
        entries = tuple(lines[head.id])
        debt += sum(entry.amount_minor for entry in entries if entry.account in DEBT)
        booked.append(Booked(head, entries, Money(debt, entries[0].currency)))
    return booked


def months_of(ws: Workspace, deal_id: UUID, *, currency: str = "CNY", until: date | None = None) -> list[Month]:
    """A deal's debt month by month in `currency`, oldest first. `until`: only what counts on or before that day."""
    head = (Posting.deal_id == Entry.deal_id) & (Posting.id == Entry.posting_id)
    wanted = select(Entry, Posting.key.startswith("reversal:")).join(Posting, head)
    wanted = wanted.where(Entry.deal_id == deal_id, Entry.account.in_(DEBT), Entry.currency == currency)
    if until is not None:
        wanted = wanted.where(Entry.value_date <= until)
    rows = ws.session.execute(wanted)
    return by_month([(one.value_date, one.account, one.amount, restores) for one, restores in rows], currency)


def trial_balance(ws: Workspace, deal_id: UUID | None = None, *, until: date | None = None) -> list[Turnover]:
    """Debits, credits and balance of each account and currency that was moved: of one deal, or of all that the viewer
    may read; `until`: as of the end of that day. Its columns add up to the same (invariant 11).
    """
    debit = func.coalesce(func.sum(Entry.amount_minor).filter(Entry.amount_minor > 0), 0)
    credit = func.coalesce(func.sum(-Entry.amount_minor).filter(Entry.amount_minor < 0), 0)
    sums = select(Entry.account, Entry.currency, debit, credit).group_by(Entry.account, Entry.currency)
    if deal_id is not None:
        sums = sums.where(Entry.deal_id == deal_id)
    if until is not None:
        sums = sums.where(Entry.value_date <= until)
    order = {account: place for place, account in enumerate(Account)}
    rows = sorted(ws.session.execute(sums), key=lambda row: (row[1], order[Account(row[0])]))
    return [
        Turnover(account, Money(int(dr), currency), Money(int(cr), currency), Money(int(dr - cr), currency))
        for account, currency, dr, cr in rows
    ]
