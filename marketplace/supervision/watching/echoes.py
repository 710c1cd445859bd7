"""The same noise twice: no two sensors, and no sensor at two times, measure the same to the last digit over many figures. A copy does: whoever replays what a
device once said, under its own key or another's, is told apart by it (domain.md section 6, tampering).

Looked for once a day, when the day is sealed, so that a message costs nothing more on its way. A reason to look, and no verdict: an officer says what it was.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from marketplace.supervision.devices.enrolment import find_device
from marketplace.supervision.watching.listening import raise_of_device
from tenants.workspace import Workspace

LOOKS_BACK = timedelta(days=2)
FIGURES_LEAST = 20  # in a row, all equal [P]
DISTINCT_LEAST = 8  # of them differ: a door, a dead sensor and a steady one repeat themselves honestly [P]
OWN_SAYS = "%(device)s sent %(points)s figures that equal, to the last digit, what it had said itself of %(before)s: a replay looks like this."
OTHER_SAYS = "%(device)s sent %(points)s figures that equal, to the last digit, what another device had said of %(before)s: a copy looks like this."
# By what was measured and the figures in their order; of equal ones the earliest is the one that the others repeat.
ECHOES = text("""
with said as (
  select s.device_id, s.boot, s.sequence, s.metric, s.first_at, s.last_at, s.points,
         (select sha256(convert_to(string_agg(trim_scale(v)::text, ',' order by place), 'UTF8')) from unnest(s.values) with ordinality f (v, place)) as noise
    from house.reading_series s
   where s.tenant_id = :tenant and s.first_at >= :since and s.points >= :points and s.least < s.greatest
     and (select count(distinct v) from unnest(s.values) v) >= :distinct),
repeated as (
  select *, first_value(device_id) over w as first_device, first_value(boot) over w as first_boot, first_value(sequence) over w as first_sequence,
         first_value(first_at) over w as before
    from said window w as (partition by metric, noise order by first_at, device_id, boot, sequence))
select distinct on (r.device_id) r.device_id, r.metric, r.points, r.last_at, r.before, r.first_device, here.digest, there.digest
  from repeated r
  join house.batch_place here on here.tenant_id = :tenant and (here.device_id, here.boot, here.sequence) = (r.device_id, r.boot, r.sequence)
  join house.batch_place there on there.tenant_id = :tenant and (there.device_id, there.boot, there.sequence) = (r.first_device, r.first_boot, r.first_sequence)
 where (r.device_id, r.boot, r.sequence) <> (r.first_device, r.first_boot, r.first_sequence)
 order by r.device_id, r.last_at desc
""")


@dataclass(frozen=True, slots=True)
class Echo:
    """What a device said that had been said before: its latest such message, and whose words of when it repeats. `digests`: of both messages."""

    device_id: UUID
    metric: str
    points: int
    at: datetime
    before: datetime
    first_device: UUID
    digests: tuple[str, str]


def echoes_of(ws: Workspace) -> list[Echo]:
    """The firm's devices that repeated, within the last days, what they or others had said; one for each device."""
    given = {"tenant": ws.tenant_id, "since": ws.now - LOOKS_BACK, "points": FIGURES_LEAST, "distinct": DISTINCT_LEAST}
    rows = ws.session.execute(ECHOES, given)
    return [
        Echo(device_id, metric, points, at, before, first, (here.hex(), there.hex()))
        for device_id, metric, points, at, before, first, here, there in rows
    ]


def look_for_echoes(ws: Workspace) -> int:
    """Raise an alarm for each device that repeats what was said before; one that holds is refreshed. Returns how many there are."""
    found = echoes_of(ws)
    for echo in found:
        says = OWN_SAYS if echo.first_device == echo.device_id else OTHER_SAYS
        raise_of_device(
            ws, find_device(ws, echo.device_id), "replay", "MAJOR", says, raised_at=echo.at, evidence=list(echo.digests),
            points=echo.points, before=echo.before, metric=echo.metric, first=str(echo.first_device),
        )  # fmt: skip
    return len(found)
