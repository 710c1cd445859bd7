"""The web's sign of life: as long as it comes, bids can be taken; when it comes again after a silence, the database rules on the sales that ran in it."""

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tenants.database import engine

log = structlog.get_logger()
EVERY_SECONDS = 5


def beat() -> int:
    """One sign, on a connection of its own. Returns on how many sales it ruled because it ended a silence."""
    with Session(engine()) as session, session.begin():
        return int(session.scalar(text("select gate.beat()")) or 0)


def beat_for_ever(
    app: Flask, keep_going: Callable[[], bool] = lambda: True, pause: Callable[[float], None] = time.sleep
) -> None:
    """A sign every few seconds; while the database is away there is none, and that is what it tells."""
    with app.app_context():
        while keep_going():
            try:
                if ruled := beat():
                    log.warning("back after a silence", sales_stood_still=ruled)
            except DBAPIError as trouble:
                log.warning("no sign of life", trouble=repr(trouble))
            pause(EVERY_SECONDS)


def start(app: Flask) -> None:
    """In a thread of the web's own process, which ends with it."""
    threading.Thread(target=beat_for_ever, args=(app,), name="heartbeat", daemon=True).start()
