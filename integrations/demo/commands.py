"""The demo's commands: people the world, play the story in it."""

import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from integrations.demo import cast, prices
from integrations.demo.devices import Watch, mild, recorded
from integrations.demo.line import Line, over_http
from integrations.demo.reconcile import reconcile
from integrations.demo.story import CHAPTERS, Story
from integrations.devices.publishers import HttpPublisher, MqttPublisher, Publisher
from integrations.devices.recordings import from_senml, mote
from integrations.devices.simulator import Memory
from marketplace.supervision.ports import Sample


@click.command("demo-world")
@with_appcontext
def demo_world_command() -> None:
    """People the demo world; doing it again changes nothing."""
    stage = cast.assemble(cast.home_folder())
    click.echo(f"The demo world has {len(stage)} people in {len(cast.FIRMS) + 1} firms.")


@click.command("demo")
@click.option(
    "--prices",
    "price_file",
    type=click.Path(exists=True, path_type=Path),
    help="CSV of dates and prices; the ninety days with the deepest fall are played.",
)
@click.option(
    "--readings",
    "reading_file",
    type=click.Path(exists=True, path_type=Path),
    help="Temperature and humidity: SenML (.json) or a mote's recording (.csv, .txt).",
)
@with_appcontext
def demo_command(price_file: Path | None, reading_file: Path | None) -> None:
    """Play ninety days in the running demo world, through its public API and with devices that sign over MQTT; then reconcile."""
    begun = time.monotonic()
    stage = cast.assemble(cast.home_folder())
    line = Line(over_http(current_app.config["PUBLIC_URL"]), stage)
    memory = Memory()
    firm_id, began = stage["inspector"].firm_id, line.now
    publisher = _publisher(memory, firm_id)
    weather = recorded(_samples(reading_file, began)) if reading_file else mild(11)
    watch = Watch(line, memory, publisher, firm_id, climate=weather)
    series = prices.from_file(price_file, began.date()) if price_file else prices.invented(began.date())
    story = Story(line, watch, series, lambda said: click.echo(f"  day {(line.now - began).days:>3}  {said}"), began)
    for chapter in CHAPTERS:
        chapter(story)
    publisher.close()
    _print(story, time.monotonic() - begun)


def _publisher(memory: Memory, firm_id: UUID) -> Publisher:
    address = current_app.config.get("MQTT_DEVICES_URL") or current_app.config.get("MQTT_URL")
    if not address:
        return HttpPublisher(current_app.config["PUBLIC_URL"], memory)
    publisher = MqttPublisher(address, memory, {firm_id})
    if not publisher.wait_ready(15):
        raise click.ClickException("the MQTT broker does not answer")
    return publisher


def _samples(path: Path, began: datetime) -> list[Sample]:
    if path.suffix == ".json":
        return from_senml(path, began)
    return list(mote(path, began))


def _print(story: Story, seconds: float) -> None:
    findings = reconcile(story)
    click.echo(f"\nReconciliation after {story.line.calls} calls, {story.watch.sent} signed readings, {seconds:.0f} s:")
    for one in findings:
        click.echo(f"  {'ok ' if one.holds else 'NOT'}  {one.question:<36} {one.figures}")
    if not all(one.holds for one in findings):
        raise click.ClickException("the record does not reconcile")
