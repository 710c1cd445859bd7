"""The relay's ear: it hears of what is recorded while it looks elsewhere, and is not kept busy by the same news twice."""

from uuid import UUID

import psycopg
from flask import Flask

from integrations.relay import firms_with_news, listening, wait_for_notice, write_into
from tenants.deliveries import Claimed
from tenants.log.writing import LogWriter
from tests.factories import World
from tests.tenants.log.makers import an_event

LONG_SECONDS, NOTICES = 60, 50


def test_what_is_recorded_during_a_look_is_heard_after_it(worker_app: Flask, admin: psycopg.Connection) -> None:
    with worker_app.app_context(), listening() as line:
        admin.execute("notify deliveries")
        assert wait_for_notice(line, LONG_SECONDS)


def test_many_notices_are_one_look_and_not_many(worker_app: Flask, admin: psycopg.Connection) -> None:
    """The server may still be passing the last of them on, so there may be a few looks; one for each would be fifty."""
    with worker_app.app_context(), listening() as line:
        for _ in range(NOTICES):
            admin.execute("notify deliveries")
        assert wait_for_notice(line, LONG_SECONDS)
        further = sum(1 for _ in range(NOTICES) if wait_for_notice(line, 0.1))
        assert further < NOTICES / 2


def test_a_firm_that_acted_or_was_told_is_hinted_once_for_all_of_it() -> None:
    one, two, three = (UUID(int=number) for number in (1, 2, 3))
    claimed = [
        Claimed(UUID(int=number), tenant_id, subscriber, UUID(int=9), number)
        for number, (tenant_id, subscriber) in enumerate(
            [(one, "live"), (one, "live"), (two, "notifications.notify"), (three, "financing.review_margin")]
        )
    ]
    assert firms_with_news(claimed) == {one, two}


def test_a_log_that_cannot_be_written_holds_nothing_up(world: World) -> None:
    an_event(world.firm())
    world.admin.execute("alter table gate.log_checkpoint add constraint planted check (false) not valid")
    try:
        with world.worker_app.app_context():
            assert write_into(LogWriter()) == 0
    finally:
        world.admin.execute("alter table gate.log_checkpoint drop constraint planted")
    with world.worker_app.app_context():
        assert write_into(LogWriter()) >= 1
