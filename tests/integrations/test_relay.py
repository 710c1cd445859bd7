"""The relay's ear: it hears of what is recorded while it looks elsewhere, and is not kept busy by the same news twice."""

import psycopg
from flask import Flask

from integrations.relay import listening, wait_for_notice

LONG_SECONDS = 60


def test_what_is_recorded_during_a_look_is_heard_after_it(worker_app: Flask, admin: psycopg.Connection) -> None:
    with worker_app.app_context(), listening() as line:
        admin.execute("notify deliveries")
        assert wait_for_notice(line, LONG_SECONDS)


def test_many_notices_are_one(worker_app: Flask, admin: psycopg.Connection) -> None:
    with worker_app.app_context(), listening() as line:
        for _ in range(50):
            admin.execute("notify deliveries")
        assert wait_for_notice(line, LONG_SECONDS)
        assert not wait_for_notice(line, 0.01)
