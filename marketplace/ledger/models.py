"""The book's rows: postings and their entries, written once and balanced by the database itself."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

WRITTEN_ONCE = frozenset({"select", "insert"})


class Posting(Base):
    """One business transaction of a deal. `key` names its cause, so that the same cause is never booked twice.

    `narrative` is an English sentence with `%(name)s` places, `facts` what fills them.
    """

    __tablename__ = "posting"
    __access__ = Access(
        about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE, booked=True
    )
    __table_args__ = (
        UniqueConstraint("deal_id", "key"),
        CheckConstraint("entry_count >= 2", name="entries"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    key: Mapped[str]
    narrative: Mapped[str]
    facts: Mapped[dict[str, Any]]
    value_date: Mapped[date]
    posted_at: Mapped[datetime]
    posted_by: Mapped[UUID]
    entry_count: Mapped[int]


class Entry(Base):
    """One line of a posting: a debit above zero or a credit below. Its day is the posting's, kept here too so that balances of a day need no second look.

    That its posting exists is asked by the trigger below for all lines of a statement at once; a foreign key would ask for each, at the price of the line itself.
    """

    __tablename__ = "ledger_entry"
    __access__ = Access(
        about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE, booked=True
    )
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index(None, "deal_id", "account", "value_date"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    value_date: Mapped[date]
    account: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]

    @property
    def amount(self) -> Money:
        """Signed: debit above zero."""
        return Money(self.amount_minor, self.currency)


class DebtBalance(Base):
    """What stands on one of the accounts of a deal's debt: the running sum of its lines. The database keeps it with every posting, so that what a whole book
    owes is read without its history, and no runtime role can write it.
    """

    __tablename__ = "debt_balance"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)
    __access__ = Access(
        about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=frozenset({"select"}), custodian=True
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    amount_minor: Mapped[int]


# The database balances the book: a posting enters it whole, in one statement with its lines. When that statement ends, every posting it touched
# has the lines that it announced, of its own day, and they add up to nothing in each currency. Checked for all rows of a statement at once, so that
# a night's accruals cost no more than their rows. Nothing is ever changed or removed, whoever asks.
ADDITIONS.append("""
create function house.posting_is_whole() returns trigger language plpgsql set search_path = '' as $$
declare missing uuid;
begin
  select p.id into missing from fresh p where not exists (
    select from house.ledger_entry e where e.deal_id = p.deal_id and e.posting_id = p.id and e.line = p.entry_count) limit 1;
  if missing is not null then
    raise exception 'posting % has not the lines that it announced', missing using errcode = '23514', constraint = 'posting_complete';
  end if;
  return null;
end $$;
create function house.entries_balance() returns trigger language plpgsql set search_path = '' as $$
declare crooked record;
begin
  select e.posting_id, e.currency into crooked from fresh e group by e.deal_id, e.posting_id, e.currency having sum(e.amount_minor) <> 0 limit 1;
  if found then
    raise exception 'posting % does not balance in %', crooked.posting_id, crooked.currency using errcode = '23514', constraint = 'posting_balanced';
  end if;
  select f.posting_id, p.entry_count, f.lines into crooked
    from (select e.deal_id, e.posting_id, count(*) as lines, min(e.line) as lowest, max(e.line) as highest,
                 min(e.value_date) as first_day, max(e.value_date) as last_day from fresh e group by e.deal_id, e.posting_id) f
    left join house.posting p on p.deal_id = f.deal_id and p.id = f.posting_id
   where p.id is null or p.entry_count <> f.lines or f.lowest < 1 or f.highest > p.entry_count or p.value_date <> f.first_day or p.value_date <> f.last_day limit 1;
  if found and crooked.entry_count is null then
    raise exception 'there is no posting % for these lines', crooked.posting_id using errcode = '23503', constraint = 'posting_exists';
  elsif found then
    raise exception 'posting % announced % lines of its day and was given %', crooked.posting_id, crooked.entry_count, crooked.lines
      using errcode = '23514', constraint = 'posting_complete';
  end if;
  return null;
end $$;
create trigger posting_is_whole after insert on house.posting referencing new table as fresh for each statement execute function house.posting_is_whole();
create trigger entries_balance after insert on house.ledger_entry referencing new table as fresh for each statement execute function house.entries_balance();
create function house.book_is_final() returns trigger language plpgsql set search_path = '' as $$
begin raise exception 'the book is never changed: post a reversal' using errcode = '42501'; end $$;
create trigger posting_is_final before update or delete or truncate on house.posting for each statement execute function house.book_is_final();
create trigger entry_is_final before update or delete or truncate on house.ledger_entry for each statement execute function house.book_is_final();
""")
# By the gate's hand, in the statement that posts; the accounts are those of `rules.accounts.DEBT`. Rows are taken in one order, so that two who post to the same deals wait for each other and do not lock up.
ADDITIONS.append("""
set role bailee_context;
create function gate.keep_debts() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into house.debt_balance as b (deal_id, account, currency, tenant_id, amount_minor)
  select e.deal_id, e.account, e.currency, e.tenant_id, sum(e.amount_minor) from fresh e where e.account in ('fees_receivable', 'interest_receivable', 'penalty_receivable', 'loan_principal')
   group by e.deal_id, e.account, e.currency, e.tenant_id order by e.deal_id, e.account, e.currency
  on conflict (deal_id, account, currency) do update set amount_minor = b.amount_minor + excluded.amount_minor;
  return null;
end $$;
set role bailee_owner;
create trigger debts_are_kept after insert on house.ledger_entry referencing new table as fresh for each statement execute function gate.keep_debts();
""")
