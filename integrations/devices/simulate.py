"""`bailee simulate`: devices that are not there, speaking as if they were."""

import base64
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click

from integrations.devices.play import Part, Play, Rhythm
from integrations.devices.publishers import HttpPublisher, MqttPublisher, Publisher
from integrations.devices.scenario_file import read_scenario
from integrations.devices.simulator import Memory
from tenants.errors import Refused


@click.command()
@click.argument("scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "url", envvar="BAILEE_MQTT_URL", help="mqtt://host:port, mqtts://..., http://... or https://...")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), default=Path("devices"), show_default=True)
@click.option(
    "--speed", type=click.FloatRange(min=0), default=0, show_default=True, help="0: as fast as it goes; 1: live"
)
@click.option(
    "--span", type=click.FloatRange(min=1), default=300, show_default=True, help="Seconds of events in a batch"
)
@click.option("--timeout", type=float, default=60, show_default=True, help="Seconds to wait for the last receipts")
@click.option("--keys", "only_keys", is_flag=True, help="Print each device's public key, for enrolment, and end")
def simulate(
    scenario: Path, url: str | None, state: Path, speed: float, span: float, timeout: float, only_keys: bool
) -> None:
    """Play the devices of a SCENARIO file, signing real messages.

    They remember what was not confirmed. Stopped and started again with the same --state they go on with their chains: no number is signed twice.
    """
    try:
        parts = read_scenario(scenario, state / "keys")
    except Refused as refused:
        raise click.ClickException(refused.in_english()) from refused
    if only_keys:
        _print_keys(parts)
    elif url is None:
        raise click.UsageError("say where to send: --to, or BAILEE_MQTT_URL")
    else:
        sys.exit(_play(parts, url, state, speed, Rhythm(timedelta(seconds=span)), timeout))


def _print_keys(parts: list[Part]) -> None:
    for part in parts:
        click.echo(f"{part.device.device_id} {base64.b64encode(part.device.public_key).decode()}")


def _play(parts: list[Part], url: str, state: Path, speed: float, rhythm: Rhythm, timeout: float) -> int:
    """Play and wait for the receipts: 0 where all was confirmed, 1 where something is still open or was refused."""
    memory = Memory(state / "memory.db")
    publisher = _publisher(parts, url, memory)
    try:
        sent = Play(parts, publisher, memory, rhythm=rhythm, clock=pacer(speed)).run()
        confirmed = publisher.drain(timeout)
        counts = publisher.counters()
    finally:
        publisher.close()
        memory.close()
    click.echo(f"{sent} batches signed; " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 0 if confirmed and not any(what.startswith("refused") for what in counts) else 1


def _publisher(parts: list[Part], url: str, memory: Memory) -> Publisher:
    if urlsplit(url).scheme in ("http", "https"):
        return HttpPublisher(url, memory)
    publisher = MqttPublisher(url, memory, {part.device.tenant_id for part in parts})
    if not publisher.wait_ready(30):
        publisher.close()
        raise click.ClickException("the broker does not answer")
    return publisher


def pacer(speed: float) -> Callable[[datetime], None]:
    """A clock that lets `speed` seconds of event time pass in each second; at 0 it does not wait."""
    began: list[tuple[datetime, float]] = []

    def wait_until(at: datetime) -> None:
        if not speed:
            return
        if not began:
            began.append((at, time.monotonic()))
        start, now = began[0]
        threading.Event().wait(max(0.0, now + (at - start).total_seconds() / speed - time.monotonic()))

    return wait_until
