"""The bank's clock: its books are open for one day, and every night asks for their close."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import text

from marketplace.business_days import SHANGHAI
from marketplace.financing.accruals import OWING_STATES
from marketplace.financing.models.books import Books
from marketplace.valuation.queries import today
from marketplace.valuation.valuing import IN_FORCE
from tenants.workspace import Workspace

DEALS_TOGETHER, LOTS_TOGETHER = 100, 1000  # a look holds no more of the book than that
# Each loan once, in stretches by the order of their ids; of a series of prices, only those that hold goods of it.
LOOK_AT_ALL = text("""
with book as (
  select d.deal_id, count(p.id) as lots, coalesce(bool_or(l.price_code = :code), false) as priced_so
    from house.deal d
    left join house.pledge p on p.deal_id = d.deal_id and p.status = any(cast(:in_force as text[]))
    left join house.lot l on l.tenant_id = p.tenant_id and l.id = p.lot_id and cast(:code as text) is not null
   where d.bank_id = :bank and d.status = any(cast(:owing as text[])) group by d.deal_id
), stretch as (
  select deal_id, (row_number() over in_order - 1) / :deals_together as by_deals, div(sum(lots) over in_order - lots, :lots_together) as by_lots
    from book where cast(:code as text) is null or priced_so window in_order as (order by deal_id)
)
select count(gate.set_timer('financing.review_stretch', :key || ':' || deals[1], :now, :bank, jsonb_build_object('cause', cast(:cause as text), 'deals', deals)))
  from (select array_agg(cast(deal_id as text) order by deal_id) as deals from stretch group by by_deals, by_lots) together
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


def look_at_all(ws: Workspace, key: str, cause: str, *, code: str | None = None) -> None:
    """Have each of the bank's running loans looked at (`code`: those on goods of this series of prices), a stretch of the book in each transaction: valuing
    goods takes its time and holds them.
    """
    values = {
        "bank": ws.tenant_id, "owing": OWING_STATES, "in_force": sorted(IN_FORCE), "code": code, "key": key, "cause": cause, "now": ws.now,
        "deals_together": DEALS_TOGETHER, "lots_together": LOTS_TOGETHER,
    }  # fmt: skip
    ws.session.execute(LOOK_AT_ALL, values)
