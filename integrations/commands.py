"""The processes beside the web: `flask --app wsgi relay | worker | scheduler | gateway`, and set-up commands."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from integrations import gateway, relay, scheduler
from integrations.demo.commands import demo_world_command
from tenants import sign_in
from tenants.errors import Refused


def register(app: Flask) -> None:
    """Add the commands to the application's command line, and the door that devices enter by without a session."""
    for command in (relay_command, worker_command, scheduler_command, first_administrator_command, demo_world_command):
        app.cli.add_command(command)
    app.cli.add_command(gateway.gateway_command)
    app.register_blueprint(gateway.door)


@click.command("relay")
@with_appcontext
def relay_command() -> None:
    """Move what is due from the database to the worker and to open pages."""
    relay.relay_for_ever(current_app.config["VALKEY_URL"])


@click.command("worker")
@with_appcontext
def worker_command() -> None:
    """Carry out deliveries. Reactions are small and ours, so they run in this very process: no fork, no inherited connections."""
    valkey = Redis.from_url(current_app.config["VALKEY_URL"])
    SimpleWorker([relay.QUEUE], connection=valkey, serializer=JSONSerializer).work(logging_level="WARNING")


@click.command("scheduler")
@with_appcontext
def scheduler_command() -> None:
    """Housekeeping at regular times."""
    scheduler.schedule_for_ever(current_app.config["VALKEY_URL"])


@click.command("first-administrator")
@click.option("--name", default="Platform operator")
@click.option("--email", default="administrator@localhost")
@with_appcontext
def first_administrator_command(name: str, email: str) -> None:
    """Print a one-time link for the first administrator of an empty installation; nothing where there is one."""
    try:
        token = sign_in.found_platform(name, email)
    except Refused:
        return
    click.echo(f"{current_app.config.get('PUBLIC_URL', 'http://127.0.0.1:8800')}/invitations/{token}")
