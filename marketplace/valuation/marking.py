"""Marking to market: what the goods of many deals, as they were found, are worth at today's prices, reckoned by the database in one statement.

The rules' own figures: quantity times price, grade and condition, less the haircut, exact and rounded half up once for each lot (`rules.worth`); a deal is the
sum of its lots. A property test holds each mark beside the rules' lines. Left out, for the rules to value: goods that were found too long ago, prices that are not
there or are no finite decimal in the goods' unit, lending terms that are newer than the look, caps and sub-limits, and goods near their expiry that were not
looked at today; a price in another currency too.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.business_days import SHANGHAI
from marketplace.exact import exact, half_up
from marketplace.money import exponent_of
from marketplace.quantity import UNITS, Quantity, unit_of
from marketplace.valuation.finding import Market
from marketplace.valuation.queries import today
from marketplace.valuation.repricing import kept
from marketplace.valuation.rules.prices import Quote
from marketplace.valuation.rules.worth import VALUATION_AGE_MAX
from tenants.errors import Unavailable
from tenants.workspace import Workspace

# Loan by loan through the keys: a plan that joins first and picks afterwards reads the whole book. Products of numerics are exact and `round` goes half up, away
# from zero.
MARKS = """
market as (
  select m.* from jsonb_to_recordset(cast(:market as jsonb)) m (code text, currency text, kept jsonb, decided_at timestamptz)
), rate as materialized (
  select r.* from jsonb_to_recordset(cast(:rates as jsonb)) r (code text, unit text, minor numeric)
), last as materialized (
  select w.deal_id, v.id, v.goods_of, v.found_at, v.currency, v.base_terms, priced.prices
    from unnest(cast(:deals as uuid[])) w (deal_id)
   cross join lateral (select * from house.deal_valuation v where v.deal_id = w.deal_id order by v.at desc, v.id desc limit 1) v
   cross join lateral (select jsonb_object_agg(k.code, m.kept) as prices, count(m.code) = count(*) and coalesce(max(m.decided_at) <= v.found_at, true) as are_there
                         from jsonb_object_keys(v.prices) k (code) left join market m on m.code = k.code and m.currency = v.currency) priced
   where v.at <= :now and v.found_at > :not_before and priced.are_there
     and cast(v.base_terms ->> 'cap' as numeric) = 1 and v.base_terms -> 'sub_limits' = '[]'
), mark as (
  select n.*, goods.market_minor, goods.collateral_minor, greatest(0, goods.collateral_minor - goods.barred_minor - held.minor) as base_minor
    from last n
   cross join lateral (
     select count(*) = count(r.code) and (n.found_at >= :day_began or coalesce(min(l.fades_from) > :today, true)) as are_priced, sum(round(w.market)) as market_minor, sum(round(w.market * (1 - l.haircut))) as collateral_minor,
            coalesce(sum(round(w.market * (1 - l.haircut))) filter (where l.barred <> ''), 0) as barred_minor
       from house.valuation_line l left join rate r on r.code = l.price_code and r.unit = l.unit
      cross join lateral (select l.quantity * (1 - l.moisture) * l.grade * l.condition * r.minor as market) w
      where l.deal_id = n.deal_id and l.valuation_id = n.goods_of) goods
   cross join lateral (select coalesce(sum(cast(one ->> 'minor' as bigint)), 0) as minor from jsonb_array_elements(n.base_terms -> 'reserves') one) held
   where goods.are_priced
)
"""
PLACES = 24  # ten of a price, fourteen at most of one unit in another
CODES = text("""
select distinct code from unnest(cast(:deals as uuid[])) w (deal_id)
 cross join lateral (select v.prices from house.deal_valuation v where v.deal_id = w.deal_id order by v.at desc, v.id desc limit 1) v
 cross join lateral jsonb_object_keys(v.prices) code
""")


def at_market(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[str, Any]:
    """What `MARKS` is given to mark these deals: the prices of today of their kinds of goods, those that are there, and what they make of each unit."""
    deals, market = [str(one) for one in deal_ids], Market(ws)
    found = {code: market.of_series(code) for code in ws.session.scalars(CODES, {"deals": deals})}
    quotes = {code: (policy, quote) for code, (policy, quote) in found.items() if not isinstance(quote, Unavailable)}
    priced = [
        {
            "code": code,
            "currency": quote.price.currency,
            "kept": kept(quote),
            "decided_at": policy.decided_at if policy else None,
        }
        for code, (policy, quote) in quotes.items()
    ]
    rates = [rate for code, (_, quote) in quotes.items() for rate in _rates(code, quote)]
    return {
        "deals": deals,
        "market": json.dumps(priced, default=str),
        "rates": json.dumps(rates),
        "now": ws.now,
        "not_before": ws.now - VALUATION_AGE_MAX,
        "today": today(ws),
        "day_began": datetime.combine(today(ws), time(), SHANGHAI),
    }


def _rates(code: str, quote: Quote) -> Iterator[dict[str, object]]:
    """What one of each unit that this price can be for is worth, in minor units: as far as that is a finite decimal."""
    price, dimension = quote.price, unit_of(quote.price.unit).dimension
    for unit in UNITS.values():
        if unit.dimension == dimension:
            minor = price.of(Quantity.of(1, unit.code)) * 10 ** exponent_of(price.currency)
            if exact(half_up(minor, PLACES)) == minor:
                yield {"code": code, "unit": unit.code, "minor": str(half_up(minor, PLACES))}
