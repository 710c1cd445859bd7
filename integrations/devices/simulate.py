"""`bailee simulate`: devices that are not there, speaking as if they were."""

import base64
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import click

from integrations.devices.play import Part, Play, Rhythm
from integrations.devices.publishers import HttpPublisher, MqttPublisher, Publisher
from integrations.devices.scenario_file import Ids, Scenario, read_scenario, shipped
from integrations.devices.simulator import Memory
from marketplace.supervision.devices.claims import label_of
from tenants.errors import Refused


@click.command()
@click.argument("scenario", required=False)
@click.option("--to", "url", envvar="BAILEE_MQTT_URL", help="mqtt://host:port, mqtts://..., http://... or https://...")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), default=Path("devices"), show_default=True)
@click.option(
    "--speed", type=click.FloatRange(min=0), default=0, show_default=True, help="0: as fast as it goes; 1: live"
)
@click.option("--span", type=click.FloatRange(min=1), help="Seconds of events in a batch  [default: the scenario's]")
@click.option(
    "--start", type=click.DateTime(), help="When it plays, UTC, where the file names no start  [default: now]"
)
@click.option(
    "--id", "named", multiple=True, metavar="NAME=FIRM/DEVICE", help="Which enrolled device a name stands for"
)
@click.option("--timeout", type=float, default=60, show_default=True, help="Seconds to wait for the last receipts")
@click.option("--keys", "only_keys", is_flag=True, help="Print each device's public key, for enrolment, and end")
@click.option(
    "--labels", "only_labels", is_flag=True, help="Print the code of each device's label, for enrolment, and end"
)
@click.option("--list", "only_list", is_flag=True, help="Print the scenarios that come with the product, and end")
def simulate(
    scenario: str | None,
    url: str | None,
    state: Path,
    speed: float,
    span: float | None,
    start: datetime | None,
    named: tuple[str, ...],
    timeout: float,
    only_keys: bool,
    only_labels: bool,
    only_list: bool,
) -> None:
    """Play the devices of a SCENARIO (a file, or the name of one that comes with the product), signing real messages.

    They remember what was not confirmed. Stopped and started again with the same --state they go on with their chains: no number is signed twice.
    """
    if only_list:
        _print_list()
        return
    path, ids = _file_of(scenario), None if only_keys or only_labels else _ids(named)
    try:
        read = read_scenario(path, state / "keys", start=start or datetime.now(UTC), ids=ids)
    except Refused as refused:
        raise click.ClickException(refused.in_english()) from refused
    if only_keys or only_labels:
        _print_devices(read, as_labels=only_labels)
    elif url is None:
        raise click.UsageError("say where to send: --to, or BAILEE_MQTT_URL")
    else:
        rhythm = Rhythm(timedelta(seconds=span) if span else read.span)
        sys.exit(_play(list(read.parts.values()), url, state, speed, rhythm, timeout))


def _file_of(scenario: str | None) -> Path:
    """The file that is meant: a path, or a name of those that are shipped."""
    if scenario is None:
        raise click.UsageError("name a scenario: a file, or one of --list")
    path = shipped().get(scenario, Path(scenario))
    if not path.is_file():
        raise click.UsageError(f"there is no scenario {scenario}: see --list")
    return path


def _ids(named: tuple[str, ...]) -> Ids:
    """NAME=FIRM/DEVICE, as the house's page of the device shows them."""
    found = {}
    for one in named:
        name, _, ids = one.partition("=")
        firm, _, device = ids.partition("/")
        try:
            found[name] = (UUID(firm), UUID(device))
        except ValueError as wrong:
            raise click.UsageError(f"not NAME=FIRM/DEVICE: {one}") from wrong
    return found


def _print_list() -> None:
    for name, path in shipped().items():
        told = tomllib.loads(path.read_text("utf-8"))
        click.echo(f"{name:<28} {told['label']['sort']:<14} {told['title']}")


def _print_devices(read: Scenario, *, as_labels: bool) -> None:
    for name, part in read.parts.items():
        if as_labels:
            click.echo(f"{name} {label_of(part.device.key, kind=read.kinds[name], serial=name)}")
        else:
            click.echo(f"{name} {base64.b64encode(part.device.public_key).decode()}")


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
