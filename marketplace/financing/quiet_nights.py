"""Nights in which a loan only earns its interest: most loans in most nights. One statement takes up the day of all of them and books it.

The rule for any day of a loan is `rules.days`; this is its simplest case, and whatever is not plainly that case is left to the rule: dues open or falling due,
another principal or rate from tomorrow, 30/360, a rate to be looked at, a loan that is watched, late, lowered or in default. A property test holds nights
closed one by one, which come by here, beside the close of all of them at once by the rule, which does not.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from marketplace.financing.accruals import NEW_DAYS, OWING_STATES, STANDING
from marketplace.financing.rules.days import RATE_PLACES
from marketplace.financing.rules.interest import DayCount
from tenants.workspace import Workspace

BY_CALENDAR = (DayCount.ACT_360, DayCount.ACT_365)  # each day weighs one

# What a running total rounds to is (2 · total + year) div (2 · year), half up; a day posts what that grew by.
QUIET = """
  select q.deal_id, q.next_day, :tenant_id, q.principal_minor, 0, 0, q.rate * q.unit, q.penalty_rate * q.unit, 1, q.year,
         q.grown * q.unit, coalesce(q.running_penalty, 0) * q.unit, coalesce(q.running_compound, 0) * q.unit,
         div(2 * q.grown + q.year * q.whole, 2 * q.year * q.whole) - div(2 * q.grown_before + q.year * q.whole, 2 * q.year * q.whole), 0, 0, q.currency, false
    from (select s.*, c.year, 1 / cast(:places as numeric) as unit, cast(:places as numeric) as whole, coalesce(s.running, 0) as grown_before,
                 coalesce(s.running, 0) + cast(s.principal_minor as numeric) * s.rate as grown
            from standing s join unnest(cast(:day_counts as text[]), cast(:years as int[])) c (day_count, year) on c.day_count = s.day_count) q
   where q.next_day = :day and q.since is null and coalesce(least(q.changes_on, q.ends_on, q.published_on), 'infinity') > q.next_day + 1
     and (q.reference_code = '' or q.reset_months = 0)
     and q.status in ('ACTIVE', 'EXTENDED') and q.loan_class = 'NORMAL' and q.stage = 1 and q.lowered_to = ''
"""
TAKE_UP = text(
    "with standing as materialized (<standing>), <new days> select deal_id from taken".replace(
        "<standing>", STANDING
    ).replace("<new days>", NEW_DAYS.replace("<days>", QUIET))
)


def take_up_quiet(ws: Workspace, deal_ids: Sequence[UUID], day: date) -> set[UUID]:
    """Take up the day for those of these loans in whose night nothing else happens; which they were. The caller holds them all."""
    ws.session.flush()
    values = {
        "deals": [str(one) for one in deal_ids],
        "owing": OWING_STATES,
        "day": day,
        "day_counts": [one.value for one in BY_CALENDAR],
        "years": [one.year for one in BY_CALENDAR],
        "places": 10**RATE_PLACES,
        "tenant_id": ws.tenant_id,
        "person_id": ws.person_id,
        "now": ws.now,
    }
    return set(ws.session.scalars(TAKE_UP, values))
