"""The bank's clock: its books are open for one day, and every night asks for their close."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text

from marketplace.business_days import SHANGHAI
from marketplace.financing.models.books import Books
from marketplace.financing.nights.accruals import OWING_STATES
from marketplace.valuation.queries import today
from marketplace.valuation.valuing import IN_FORCE
from tenants.workspace import Workspace

DEALS_TOGETHER, LOTS_TOGETHER = 100, 1000  # a look holds no more of the book than that
MARKED_TOGETHER = 1000  # and a mark no more loans
# Each loan once, in stretches by the order of their ids.
IN_STRETCHES = """
with book as (<book>), stretch as (
  select deal_id, (row_number() over in_order - 1) / :deals_together as by_deals, div(sum(lots) over in_order - lots, :lots_together) as by_lots
    from book window in_order as (order by deal_id)
)
select count(gate.set_timer(:look, :key || ':' || deals[1], :now, :bank, jsonb_build_object('cause', cast(:cause as text), 'deals', deals)))
  from (select array_agg(cast(deal_id as text) order by deal_id) as deals from stretch group by by_deals, by_lots) together
"""
LOOK_AT = text(IN_STRETCHES.replace("<book>", """
  select d.deal_id, count(p.id) as lots from house.deal d left join house.pledge p on p.deal_id = d.deal_id and p.status = any(cast(:in_force as text[]))
   where d.bank_id = :bank and d.status = any(cast(:owing as text[])) and (cast(:deals as uuid[]) is null or d.deal_id = any(cast(:deals as uuid[]))) group by d.deal_id
"""))  # fmt: skip
# Which goods a loan is on is told by its last valuation; where they could not be valued, this price may have been what was missing.
MARK_ALL = text(IN_STRETCHES.replace("<book>", """
  select d.deal_id, 0 as lots from house.deal d
   cross join lateral (select v.prices from house.deal_valuation v where v.deal_id = d.deal_id order by v.at desc, v.id desc limit 1) v
   where d.bank_id = :bank and d.status = any(cast(:owing as text[])) and (v.prices ? :code or jsonb_path_exists(v.prices, '$.*.rate ? (@.code == $code)', jsonb_build_object('code', cast(:code as text))) or d.unvalued_since is not null)
"""))  # fmt: skip
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


def look_at_all(ws: Workspace, key: str, cause: str, *, deals: Sequence[UUID] | None = None) -> None:
    """Have each of the bank's running loans looked at (`deals`: each of these), a stretch of the book in each transaction: valuing goods takes its time and
    holds them.
    """
    named = None if deals is None else [str(one) for one in deals]
    together = {"deals_together": DEALS_TOGETHER, "lots_together": LOTS_TOGETHER}
    values = _ours(ws, "financing.review_stretch", key, cause) | {"in_force": sorted(IN_FORCE), "deals": named}
    ws.session.execute(LOOK_AT, values | together)


def mark_all(ws: Workspace, key: str, cause: str, *, code: str) -> None:
    """Have each of them marked to market that goods of this series of prices (or of exchange rates) carry, many in each transaction: most of them take one statement together."""
    together = {"deals_together": MARKED_TOGETHER, "lots_together": 1}
    ws.session.execute(MARK_ALL, _ours(ws, "financing.mark_stretch", key, cause) | {"code": code} | together)


def _ours(ws: Workspace, look: str, key: str, cause: str) -> dict[str, object]:
    return {"look": look, "bank": ws.tenant_id, "owing": OWING_STATES, "key": key, "cause": cause, "now": ws.now}
