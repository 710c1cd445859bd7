"""The scheduler: housekeeping at regular times. What the trade is owed at a time is a timer in the database, not a job here.

RQ's own cron writes jobs with pickle and lets two schedulers fire twice, so this one is ours: whoever holds the lease in Valkey enqueues, as
JSON, under an id made of the name and the time slot, which makes a second firing the same job.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError
from sqlalchemy import text
from sqlalchemy.orm import Session

from integrations.relay import queue
from tenants.database import engine

log = structlog.get_logger()
LEASE, LEASE_SECONDS = "bailee:scheduler", 15


@dataclass(frozen=True)
class Routine:
    """Something done every so many seconds, counted from `after_seconds` past midnight of UTC. `longest`: seconds after which it is given up."""

    name: str
    job: str
    every_seconds: int
    after_seconds: int = 0
    longest: int = 180


ROUTINES = (
    Routine("keep_house", "integrations.scheduler.keep_house", 3600),
    Routine("report_backlog", "integrations.scheduler.report_backlog", 60),
    Routine(
        "check_index", "integrations.elasticsearch.nightly.check_index", 86400, after_seconds=19 * 3600, longest=3600
    ),  # three at night in China
)


def schedule_for_ever(valkey_url: str, keep_going: Callable[[], bool] = lambda: True) -> None:
    """Enqueue what falls due, as long as we hold the lease; stand by while another does."""
    valkey, mine = Redis.from_url(valkey_url), f"{os.getpid()}:{os.urandom(4).hex()}"
    while keep_going():
        try:
            if holds_lease(valkey, mine):
                enqueue_due(valkey, time.time())
        except RedisError as trouble:
            log.warning("scheduler interrupted", trouble=repr(trouble))
        time.sleep(5)


def holds_lease(valkey: Redis, mine: str) -> bool:
    """Take the lease, or keep it; False while somebody else has it."""
    if valkey.set(LEASE, mine, nx=True, ex=LEASE_SECONDS):
        return True
    held = valkey.get(LEASE)
    return held == mine.encode() and bool(valkey.expire(LEASE, LEASE_SECONDS))


def enqueue_due(valkey: Redis, now: float) -> int:
    """Enqueue each routine's present time slot, once. Returns how many were new."""
    new = 0
    for routine in ROUTINES:
        slot = slot_of(routine, now)
        if not valkey.set(f"{LEASE}:{slot}", 1, nx=True, ex=2 * routine.every_seconds):
            continue
        try:
            queue(valkey).enqueue(
                routine.job, job_id=slot, unique=True, job_timeout=routine.longest, result_ttl=0, failure_ttl=86400
            )
            new += 1
        except DuplicateJobError:
            continue
    return new


def slot_of(routine: Routine, now: float) -> str:
    """The name of a routine's present time slot, `now` in seconds since 1970: it is done once in each."""
    return f"{routine.name}-{int((now - routine.after_seconds) // routine.every_seconds)}"


def keep_house() -> None:
    """Forget what has served: answers to old requests, done deliveries, ended sessions and invitations. Make room for a year of readings ahead."""
    with Session(engine()) as session, session.begin():
        session.execute(text("select gate.keep_house()"))
        session.execute(text("select house.make_reading_months((gate.now() + interval '1 year')::date)"))


def report_backlog() -> None:
    """Say in the log what waits and what keeps failing."""
    with Session(engine()) as session, session.begin():
        for row in session.execute(text("select * from gate.open_deliveries()")):
            log.info("deliveries", subscriber=row.subscriber, waiting=row.waiting, given_up=row.failed)
