"""The demo's commands: people the world, play the story in it."""

import sys
import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from integrations.demo import cast, prices, weather
from integrations.demo.devices import Watch
from integrations.demo.line import Line, Unexpected, over_http
from integrations.demo.plot import tell
from integrations.demo.reconcile import reconcile
from integrations.demo.story import Story
from integrations.devices.publishers import HttpPublisher, MqttPublisher, Publisher
from integrations.devices.simulator import Memory
from tenants.errors import Refused

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("demo-world")
@with_appcontext
def demo_world_command() -> None:
    """People the demo world; doing it again changes nothing."""
    stage = cast.assemble(cast.home_folder())
    click.echo(f"The demo world has {len(stage)} people in {len(cast.FIRMS) + 1} firms.")


@click.command("demo")
@click.option("--prices", "price_file", type=_FILE, help="Prices by day: CSV or xlsx.")
@click.option(
    "--readings", "reading_file", type=_FILE, help="Temperature and humidity: a table, or SenML (.json, .cbor)."
)
@with_appcontext
def demo_command(price_file: Path | None, reading_file: Path | None) -> None:
    """Play ninety days in the running demo world, through its public API and with devices that sign over MQTT; then reconcile."""
    begun = time.monotonic()
    line = Line(over_http(current_app.config["PUBLIC_URL"]), cast.assemble(cast.home_folder()))
    began = line.now
    try:  # before anything is done to the world
        market = prices.from_file(price_file, began.date()) if price_file else prices.invented(began.date())
        seen = weather.from_file(reading_file, began) if reading_file else weather.mild(11)
    except Refused as refused:
        raise click.ClickException(refused.in_english()) from refused
    memory, firm_id = Memory(), line.stage["inspector"].firm_id
    publisher = _publisher(memory, firm_id)
    watch = Watch(line, memory, publisher, firm_id, climate=seen)
    story = Story(line, watch, market, _Teller(began).say, began)
    _say_where(story)
    try:
        tell(story)
    except (Unexpected, AssertionError, TimeoutError) as stopped:
        raise click.ClickException(f"the story stopped on day {story.day}: {stopped}") from stopped
    finally:
        publisher.close()
        memory.close()
    _print(story, time.monotonic() - begun)


def _publisher(memory: Memory, firm_id: UUID) -> Publisher:
    address = current_app.config.get("MQTT_DEVICES_URL") or current_app.config.get("MQTT_URL")
    if not address:
        return HttpPublisher(current_app.config["PUBLIC_URL"], memory)
    publisher = MqttPublisher(address, memory, {firm_id})
    if not publisher.wait_ready(15):
        raise click.ClickException("the MQTT broker does not answer")
    return publisher


def _say_where(story: Story) -> None:
    """Where to look on while it plays."""
    click.echo(
        f"Ninety days from {story.began:%Y-%m-%d}, in a few minutes. Look on at {current_app.config['PUBLIC_URL']}, for"
    )
    click.echo(f"instance as the bank's officer {cast.part('officer').email}, password: {cast.PASSWORD}\n")


class _Teller:
    """Prints what happened, and on a terminal the days as they pass."""

    def __init__(self, began: datetime) -> None:
        self._began = began
        self._live = sys.stdout.isatty()

    def say(self, now: datetime, words: str | None) -> None:
        """One line for what happened; without words, only the day, to be written over."""
        day = f"  day {(now - self._began).days:>3}  "
        if words:
            click.echo(("\r\x1b[K" if self._live else "") + day + words)
        elif self._live:
            click.echo(f"\r\x1b[K{day}...", nl=False)


def _print(story: Story, seconds: float) -> None:
    findings = reconcile(story)
    click.echo(f"\nReconciliation after {story.line.calls} calls, {story.watch.sent} signed readings, {seconds:.0f} s:")
    for one in findings:
        click.echo(f"  {'ok ' if one.holds else 'NOT'}  {one.question:<36} {one.figures}")
    if not all(one.holds for one in findings):
        raise click.ClickException("the record does not reconcile")
