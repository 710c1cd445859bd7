"""Writing the book. Called by the action that causes a posting, in its transaction and under its permission."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from marketplace.business_days import SHANGHAI
from marketplace.ledger.models import Entry, Posting
from marketplace.ledger.queries import entries_of, find_posting
from marketplace.ledger.rules_accounts import Line, checked_entries
from tenants.database import new_id
from tenants.errors import Conflict
from tenants.workspace import Workspace


def post(
    ws: Workspace,
    *,
    deal_id: UUID,
    key: str,
    narrative: str,
    entries: Sequence[Line],
    facts: dict[str, Any] | None = None,
) -> Posting:
    """Book one cause: `entries` are (account, signed Money), debits above zero, that add up to nothing.

    The same `key` with the same entries is the same posting and is returned again; with others it is refused. Who may post is
    asked by the action that calls, and by row security: only the bank of the deal. No fact of its own: the caller records what
    happened and names the posting as its evidence.
    """
    lines = checked_entries(entries)
    claimed: Posting | None = ws.session.scalar(
        insert(Posting)
        .values(
            deal_id=deal_id,
            id=new_id(),
            tenant_id=ws.tenant_id,
            key=key,
            narrative=narrative,
            facts=facts or {},
            value_date=ws.now.astimezone(SHANGHAI).date(),
            posted_at=ws.now,
            posted_by=ws.person_id,
            entry_count=len(lines),
        )
        .on_conflict_do_nothing(index_elements=["deal_id", "key"])
        .returning(Posting)
    )
    if claimed is None:
        return _the_same(ws, deal_id, key, entries)
    for line, (account, money) in enumerate(lines, start=1):
        ws.session.add(
            Entry(
                deal_id=deal_id,
                posting_id=claimed.id,
                line=line,
                tenant_id=ws.tenant_id,
                account=account.value,
                amount_minor=money.minor,
                currency=money.currency,
            )
        )
    ws.session.flush()
    return claimed


def _the_same(ws: Workspace, deal_id: UUID, key: str, entries: Sequence[Line]) -> Posting:
    """The posting made before under this key. Refuses another one under the same key (invariant 17)."""
    posting = find_posting(ws, deal_id, key)
    assert posting is not None, "a posting's key is taken by a posting that its deal's bank may read"
    booked = [(entry.account, entry.amount) for entry in entries_of(ws, deal_id, posting.id)]
    if booked != [(str(account), money) for account, money in entries]:
        raise Conflict("posting_key_reused", "Another posting was made for the same cause (%(key)s) before.", key=key)
    return posting
