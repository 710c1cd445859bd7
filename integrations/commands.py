"""The processes beside the web, one command each: `flask --app wsgi relay | worker | scheduler`. The gateway's and the demo's stand in their own folders."""

import click
from flask import current_app
from flask.cli import with_appcontext
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from integrations import relay, scheduler


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
