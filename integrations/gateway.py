"""The device gateway: `flask --app wsgi gateway` takes signed batches from an MQTT broker.

It has no session: the signature under the enrolled key is the credential. A message is acknowledged after what it says is committed, never before.
"""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any, cast

import click
import structlog
from flask import Flask, current_app
from flask.cli import with_appcontext

from integrations.devices.accounts import AccountKeeper
from integrations.devices.mqtt import Gateway
from integrations.reading_hints import ReadingHints
from integrations.taking import Taker

log = structlog.get_logger()
REPORT_SECONDS = 60.0


def taker_of(app: Flask) -> Taker:
    """The application's one taker; open pages are told where there is a line to tell them by."""
    made = app.extensions.get("device_taker")
    if made is None:
        valkey = app.config.get("VALKEY_URL")
        made = app.extensions["device_taker"] = Taker(app, ReadingHints(valkey) if valkey else None)
    return cast("Taker", made)


@click.command("gateway")
@with_appcontext
def gateway_command() -> None:
    """Take devices' messages from the MQTT broker until told to stop."""
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    stopping = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, _stopper(stopping))
    gateway = Gateway(app.config["MQTT_URL"], taker_of(app))
    gateway.start()
    _keep_accounts(app, stopping)
    log.info("gateway started")
    before: dict[str, int] = {}
    while not stopping.wait(REPORT_SECONDS):
        before = _report(gateway, before)
    gateway.stop()
    _report(gateway, before)


def _keep_accounts(app: Flask, stopping: threading.Event) -> None:
    """Beside an embedded broker: keep its list of devices."""
    if app.config.get("BROKER_CONFIGURATION"):
        keeper = AccountKeeper(app, Path(app.config["BROKER_CONFIGURATION"]))
        threading.Thread(target=keeper.keep, args=(stopping,), name="broker-accounts", daemon=True).start()


def _stopper(stopping: threading.Event) -> Any:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    return stop


def _report(gateway: Gateway, before: dict[str, int]) -> dict[str, int]:
    """Say what came in since the last report, where anything did."""
    now = gateway.counters()
    moved = {name: count - before.get(name, 0) for name, count in now.items() if count != before.get(name, 0)}
    if moved:
        log.info("gateway", **moved)
    return now
