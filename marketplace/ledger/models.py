"""The book's rows: postings and their entries, written once and balanced by the database itself."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
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
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE)
    __table_args__ = (
        UniqueConstraint("deal_id", "key"),
        Index(None, "deal_id", "posted_at"),
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
    """One line of a posting: a debit above zero or a credit below. Its day is the posting's, kept here too so that balances of a day need no second look."""

    __tablename__ = "ledger_entry"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank"), add=roles("bank"), verbs=WRITTEN_ONCE)
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "posting_id"], ["house.posting.deal_id", "house.posting.id"]),
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


# The database balances the book: a posting enters it whole, in one statement with its lines. When that statement ends, every posting it touched
# has the lines that it announced, of its own day, and they add up to nothing in each currency. Checked for all rows of a statement at once, so that
# a night's accruals cost no more than their rows. Nothing is ever changed or removed, whoever asks.
ADDITIONS.append("""
create function house.posting_is_whole() returns trigger language plpgsql set search_path = '' as $$
declare missing uuid;
begin
  select p.id into missing from fresh p where p.entry_count <> (
    select count(*) from house.ledger_entry e where e.deal_id = p.deal_id and e.posting_id = p.id) limit 1;
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
  select p.id, p.entry_count, f.lines into crooked
    from (select e.deal_id, e.posting_id, count(*) as lines, min(e.line) as lowest, max(e.line) as highest,
                 min(e.value_date) as first_day, max(e.value_date) as last_day from fresh e group by e.deal_id, e.posting_id) f
    join house.posting p on p.deal_id = f.deal_id and p.id = f.posting_id
   where p.entry_count <> f.lines or f.lowest < 1 or f.highest > p.entry_count or p.value_date <> f.first_day or p.value_date <> f.last_day limit 1;
  if found then
    raise exception 'posting % announced % lines of its day and was given %', crooked.id, crooked.entry_count, crooked.lines
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
