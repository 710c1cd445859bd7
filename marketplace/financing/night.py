"""The bank's clock: its books are open for one day, and every night asks for their close."""

import json
from datetime import date, datetime, time, timedelta

from sqlalchemy import text

from marketplace.business_days import SHANGHAI
from marketplace.financing.accruals import OWING_STATES
from marketplace.financing.models.books import Books
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

LOOK_AT_ALL = text("""
select count(gate.set_timer('financing.review_deal', d.deal_id || :suffix, :now, d.deal_id, cast(:facts as jsonb)))
  from house.deal d where d.bank_id = :bank and d.status = any(cast(:owing as text[]))
""")
CLOSING_TIME = time(0, 10)  # ten past midnight: the day before is over everywhere in the zone


def open_books(ws: Workspace) -> Books:
    """The bank's books, opened today with its first loan; their close is asked for tonight. Asked again, nothing changes."""
    books = ws.session.get(Books, ws.tenant_id)
    if books is None:
        books = Books(tenant_id=ws.tenant_id, open_on=today(ws))
        ws.session.add(books)
        ws.session.flush()
        close_tonight(ws, books.open_on)
    return books


def close_tonight(ws: Workspace, day: date) -> None:
    """Have that day closed shortly after the midnight that ends it."""
    due = datetime.combine(day + timedelta(days=1), CLOSING_TIME, tzinfo=SHANGHAI)
    ws.set_timer("financing.close_day", key=f"{day}", due=max(due, ws.now), stream_id=ws.tenant_id)


def look_at_all(ws: Workspace, key: str, cause: str) -> None:
    """Have each of the bank's running loans looked at, each in a transaction of its own: valuing goods takes its time and holds them."""
    values = {"bank": ws.tenant_id, "owing": OWING_STATES, "suffix": f":{key}", "now": ws.now, "facts": json.dumps({"cause": cause})}  # fmt: skip
    ws.session.execute(LOOK_AT_ALL, values)
