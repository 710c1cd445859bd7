"""Keeps the embedded broker's list of devices as the house has it: enrolled with an account, rotated, revoked.

The gateway looks every two seconds; where anything changed it writes the broker's configuration anew and has the broker read it. NATS then closes the
connections of those who lost their account and leaves all others alone (seen with 5,000 accounts: a quarter of a second).
"""

import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from integrations.local.nats import write_devices
from marketplace.supervision.devices.accounts import grown_password
from tenants.database import engine

log = structlog.get_logger()
LOOK_SECONDS = 2.0


@dataclass(frozen=True, order=True)
class Entitled:
    """A device that is let in: whose it is, and the version of its password."""

    tenant_id: UUID
    device_id: UUID
    version: int


class AccountKeeper:
    """One for each embedded broker, in the gateway's process. `configuration`: the broker's file; its process id stands beside it."""

    def __init__(self, app: Flask, configuration: Path) -> None:
        self.app, self.configuration = app, configuration
        self._known: list[Entitled] | None = None

    def keep(self, stopping: threading.Event) -> None:
        """Look until told to stop. What fails is tried again at the next look: the list that the broker has stays in force."""
        with self.app.app_context():
            while not stopping.wait(LOOK_SECONDS):
                try:
                    self.look()
                except (DBAPIError, OSError, ValueError) as trouble:
                    log.warning("broker accounts interrupted", trouble=repr(trouble))

    def look(self) -> bool:
        """Tell the broker what changed since the last look. False where nothing did."""
        entitled = _entitled()
        if entitled == self._known:
            return False
        secret = self.app.config["SECRET_KEY"]
        write_devices(
            self.configuration,
            [(one.tenant_id, one.device_id, grown_password(secret, one.device_id, one.version)) for one in entitled],
        )
        _reread(self.configuration)
        self._known = entitled
        return True


def _entitled() -> list[Entitled]:
    with Session(engine()) as session, session.begin():
        return sorted(Entitled(*row) for row in session.execute(text("select * from gate.device_accounts()")))


def _reread(configuration: Path) -> None:
    os.kill(int(configuration.with_suffix(".pid").read_text()), signal.SIGHUP)
