"""The relay: moves deliveries from PostgreSQL to RQ, and live hints to Socket.IO. It keeps nothing and decides nothing. It also is the log's one writer.

It claims with a lease what is due; whatever dies on the way (this process, Valkey, a worker) comes back when the lease ends. RQ carries only the
delivery's id, as JSON. A cursor over ids is never used: a reader can see id 2 while id 1 is uncommitted, and lose it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
import socketio
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.exc import DBAPIError

from tenants.database import engine
from tenants.deliveries import Claimed, carry_out, claim, finish_live
from tenants.log.writing import LogWriter

log = structlog.get_logger()
QUEUE = "deliveries"
IDLE_SECONDS = 0.5
NEWS = frozenset({"live", "notifications.notify"})


def queue(valkey: Redis) -> Queue:
    """The one queue; JSON, so that writing to Valkey is not running code."""
    return Queue(QUEUE, connection=valkey, serializer=JSONSerializer)


def run_delivery(delivery_id: str) -> None:
    """The RQ job: carry the delivery out if it is still owed."""
    carry_out(UUID(delivery_id))


def relay_once(valkey: Redis, hints: socketio.RedisManager, most: int = 200) -> int:
    """Claim what is due and pass it on. Returns how many there were."""
    claimed = claim(most)
    live = [one for one in claimed if one.subscriber == "live"]
    for one in {(each.stream_id, each.sequence): each for each in live}.values():
        _hint(hints, one)
    for tenant_id in firms_with_news(claimed):
        _hint_firm(hints, tenant_id)
    if live:
        finish_live([one.id for one in live])
    owed = [one for one in claimed if one.subscriber != "live"]
    if owed:
        jobs = [
            Queue.prepare_data(
                "integrations.relay.run_delivery", args=(str(one.id),), timeout=120, result_ttl=0, failure_ttl=86400
            )
            for one in owed
        ]
        queue(valkey).enqueue_many(jobs)
    return len(claimed)


def relay_for_ever(valkey_url: str, keep_going: Callable[[], bool] = lambda: True) -> None:
    """Relay until told to stop; wakes on the database's notice, and looks every half second all the same. Between two looks it writes the log."""
    valkey, hints = Redis.from_url(valkey_url), socketio.RedisManager(valkey_url, write_only=True)
    log_writer = LogWriter()
    while keep_going():
        try:
            with listening() as line:
                while keep_going():
                    passed_on = relay_once(valkey, hints)
                    if not write_into(log_writer) and not passed_on:
                        wait_for_notice(line)
        except (RedisError, DBAPIError, psycopg.Error) as trouble:
            log.warning("relay interrupted", trouble=repr(trouble))
            time.sleep(1)


def write_into(log_writer: LogWriter) -> int:
    """Let the log grow, if it is time. A log that cannot be written is told and tried again; deliveries do not wait for it."""
    try:
        return log_writer.turn(time.monotonic())
    except DBAPIError as trouble:
        log.error("the log is not written", trouble=repr(trouble))
        return 0


@contextmanager
def listening() -> Iterator[psycopg.Connection]:
    """A line of its own that hears of everything that is recorded from now on, also while the relay is looking elsewhere."""
    raw = engine().raw_connection()
    try:
        line = raw.driver_connection
        assert isinstance(line, psycopg.Connection)
        line.rollback()
        line.autocommit = True
        line.execute("listen deliveries")
        yield line
    finally:
        raw.invalidate()


def wait_for_notice(line: psycopg.Connection, seconds: float = IDLE_SECONDS) -> bool:
    """Sleep until something is recorded, or was since the last look, or `seconds` have passed. Returns whether there was a notice."""
    # The driver hands over all that has arrived at once: one look answers them all.
    return next(line.notifies(timeout=seconds, stop_after=1), None) is not None


def firms_with_news(claimed: Sequence[Claimed]) -> set[UUID]:
    """The firms that did something or were told something: each once for all of it, so that a list which follows no single stream looks again."""
    return {one.tenant_id for one in claimed if one.subscriber in NEWS}


def _hint_firm(hints: socketio.RedisManager, tenant_id: UUID) -> None:
    """A firm's news have no numbers of their own: the time in milliseconds serves, for it grows."""
    stream = f"firm:{tenant_id}"
    hint = {"stream": stream, "sequence": time.time_ns() // 1_000_000}
    hints.emit("moved", hint, namespace="/", room=f"stream:{stream}")


def _hint(hints: socketio.RedisManager, one: Claimed) -> None:
    hints.emit(
        "moved", {"stream": str(one.stream_id), "sequence": one.sequence}, namespace="/", room=f"stream:{one.stream_id}"
    )
