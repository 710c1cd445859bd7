"""Writing the book. Called by the action that causes a posting, in its transaction and under its permission."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.business_days import SHANGHAI
from marketplace.ledger.models import Posting
from marketplace.ledger.queries import entries_of, find_posting
from marketplace.ledger.rules.accounts import Account, Line, checked_entries
from marketplace.money import Money
from tenants.database import new_id
from tenants.errors import Conflict
from tenants.workspace import Workspace

# One statement: the database checks a posting when the statement that brings it ends, so head and lines come together or not at all.
BOOK = text("""
with head as (
  insert into house.posting (deal_id, id, tenant_id, key, narrative, facts, value_date, posted_at, posted_by, entry_count)
  values (:deal_id, :id, :tenant_id, :key, :narrative, cast(:facts as json), :value_date, :posted_at, :posted_by, :entry_count)
  on conflict (deal_id, key) do nothing returning deal_id, id, tenant_id, value_date
), body as (
  insert into house.ledger_entry (deal_id, posting_id, line, tenant_id, value_date, account, amount_minor, currency)
  select h.deal_id, h.id, l.line, h.tenant_id, h.value_date, l.account, l.amount_minor, l.currency
    from head h cross join unnest(cast(:accounts as text[]), cast(:amounts as bigint[]), cast(:currencies as text[]))
         with ordinality as l (account, amount_minor, currency, line)
)
select id from head
""")


def post(
    ws: Workspace,
    *,
    deal_id: UUID,
    key: str,
    narrative: str,
    entries: Sequence[Line],
    facts: dict[str, Any] | None = None,
    value_date: date | None = None,
) -> Posting:
    """Book one cause: `entries` are (account, signed Money), debits above zero, that add up to nothing.

    `value_date`: the day from which it counts, today where none is named. The same `key` with the same entries is the same posting and is
    returned again; with others it is refused. Who may post is asked by the action that calls, and by row security: only the bank of the deal.
    No fact of its own: the caller records what happened and names the posting as its evidence.
    """
    head = {
        "deal_id": deal_id,
        "id": new_id(),
        "tenant_id": ws.tenant_id,
        "key": key,
        "narrative": narrative,
        "facts": json.dumps(facts or {}),
        "value_date": value_date or ws.now.astimezone(SHANGHAI).date(),
        "posted_at": ws.now,
        "posted_by": ws.person_id,
    }
    told = head | _columns(checked_entries(entries))
    ws.session.flush()
    if ws.session.execute(BOOK, told).scalar() is None:
        return _the_same(ws, deal_id, key, entries)
    booked = find_posting(ws, deal_id, key)
    assert booked is not None, "the bank of a deal reads what it posts"
    return booked


def _columns(lines: Sequence[tuple[Account, Money]]) -> dict[str, Any]:
    """The lines of a posting as the statement takes them: column by column."""
    return {
        "entry_count": len(lines),
        "accounts": [account.value for account, _ in lines],
        "amounts": [money.minor for _, money in lines],
        "currencies": [money.currency for _, money in lines],
    }


def _the_same(ws: Workspace, deal_id: UUID, key: str, entries: Sequence[Line]) -> Posting:
    """The posting made before under this key. Refuses another one under the same key (invariant 17)."""
    posting = find_posting(ws, deal_id, key)
    assert posting is not None, "a posting's key is taken by a posting that its deal's bank may read"
    booked = [(entry.account, entry.amount) for entry in entries_of(ws, deal_id, posting.id)]
    if booked != [(str(account), money) for account, money in entries]:
        raise Conflict("posting_key_reused", "Another posting was made for the same cause (%(key)s) before.", key=key)
    return posting
