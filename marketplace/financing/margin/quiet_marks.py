"""The usual new price: most loans stay well within their lines, and then it is one statement for all of them.

The goods of such a loan are as they were found at the last look, which every fact about them and every night repeats; only their price is another. Whatever
is not plainly that case is left to a whole look (`margin.review_deals`): what `valuation.marking` leaves out, goods that could not be valued since, another
bank's rank ahead, a call that stands, a loan that would meet a line, and one in trouble. So no call is opened, escalated or cured but on goods that were
looked at for it. A property test holds the two ways beside each other.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from marketplace.financing.nights.clock import look_at_all
from marketplace.financing.queries import CLOSED_CALLS
from marketplace.financing.rules.terms import LENT
from marketplace.pledges.ranks.queries import deals_behind
from marketplace.valuation.events import DealValued
from marketplace.valuation.marking import MARKS, at_market
from tenants.database import new_id
from tenants.workspace import Workspace

LENT_STATES = sorted(state.value for state in LENT)
# In the order of their ids, so that two never wait for each other; one by one through the keys, since a plan for all of them at once reads every grant of the bank.
HOLD = text("""
select held.deal_id from (select w.deal_id from unnest(cast(:deals as uuid[])) w (deal_id) order by w.deal_id) w
 cross join lateral (select d.deal_id from house.deal d where d.deal_id = w.deal_id and d.status = any(cast(:lent as text[])) and d.unvalued_since is null for no key update) held
""")
# `DealValued` as its text stands in the chain.
TOLD = """
format('{"cause":%s,"collateral_value":{"currency":"%s","minor":%s},"market_value":{"currency":"%s","minor":%s},"valuation_id":"%s"}',
       to_json(m.cause), m.currency, m.collateral_value_minor, m.currency, m.market_value_minor, m.id)
"""
MARK = text(f"""
with {MARKS}, quiet as (
  select m.* from mark m
    join house.deal d on d.deal_id = m.deal_id
    join house.offer o on o.deal_id = d.deal_id and o.id = d.offer_id
   cross join lateral (select coalesce(sum(b.amount_minor), 0) as minor from house.debt_balance b where b.deal_id = m.deal_id) owed
   where (owed.minor <= 0 or owed.minor < o.ltv_warn * m.market_minor)
     and not exists (select from house.margin_call c where c.deal_id = m.deal_id and c.status <> all(cast(:closed as text[])))
), marked as (
  insert into house.deal_valuation (deal_id, id, tenant_id, at, goods_of, found_at, prices, market_value_minor, collateral_value_minor, base_minor, base_terms, currency, cause)
  select q.deal_id, uuidv7(), :tenant_id, :now, q.goods_of, q.found_at, q.prices, q.market_minor, q.collateral_minor, q.base_minor, q.base_terms, q.currency, :cause
    from quiet q returning deal_id, id, market_value_minor, collateral_value_minor, currency, cause
), told as materialized (
  select gate.append_events(array_agg(m.deal_id), :kind, :now, :role, :audience, array_agg({TOLD}), array_agg(format('["%s"]', m.id)), cast(:subscribers as jsonb))
    from marked m having count(*) > 0
)
select deal_id from unnest(cast(:asked as uuid[])) a (deal_id) except select m.deal_id from marked m, told order by 1
""")  # noqa: S608 (statements of our own)


def mark_together(ws: Workspace, deal_ids: Sequence[UUID], *, cause: str) -> None:
    """A stretch of a book at new prices: most of it at once, and a look at each loan that needs one. Where it fails as a whole, all are looked at."""
    left = list(deal_ids)
    try:
        with ws.session.begin_nested():
            left = mark_quietly(ws, deal_ids, cause=cause)
    except (DataError, IntegrityError):
        pass
    if left:
        look_at_all(ws, str(new_id()), cause, deals=left)


def mark_quietly(ws: Workspace, deal_ids: Sequence[UUID], *, cause: str) -> list[UUID]:
    """Value these loans anew where nothing but their price is new and no line is met; the others, in the order of their ids. Holds them all."""
    ws.session.flush()
    held = ws.session.scalars(HOLD, {"deals": [str(one) for one in deal_ids], "lent": LENT_STATES}).all()
    behind = deals_behind(ws, held)
    given = at_market(ws, [one for one in held if one not in behind])
    told = {
        "closed": list(CLOSED_CALLS),
        "tenant_id": ws.tenant_id,
        "cause": cause,
        "asked": [str(one) for one in deal_ids],
    }
    return list(ws.session.scalars(MARK, given | told | ws.telling(DealValued)))
