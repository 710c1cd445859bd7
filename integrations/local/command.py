"""The `bailee` command."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg

from integrations.devices.simulate import simulate
from integrations.local import backup as backups
from integrations.local import demo_home, environment, one_off, roles, spawn, status
from integrations.local.console import Console
from integrations.local.home import Home
from integrations.local.settings import CLONE, from_environment
from integrations.local.supervisor import Supervisor
from integrations.local.up import Installation
from tenants.errors import Refused
from tenants.log import witness as witnesses
from tenants.log.ports import sign_log_by
from tenants.log.verifying import first_fault

_EPILOG = """\b
Settings are environment variables. None is needed: what has no address runs embedded.

\b
Where
  BAILEE_HOME                 data home; default ~/.local/share/bailee, /var/lib/bailee for root
  BAILEE_HOST, BAILEE_PORT    where the web listens; default 127.0.0.1 and 8800
  BAILEE_PUBLIC_URL           the address that people open, when a proxy stands before it
\b
Servers of your own
  BAILEE_DATABASE_URL         PostgreSQL 18 or newer, as an administrator:
                              postgresql://user:password@host/postgres?sslmode=verify-full
  BAILEE_DATABASE_APP_URL, _WORKER_URL, _GATEWAY_URL, _DOOR_URL, _BACKUP_URL
                              the login roles, if the administrator makes them by hand
  BAILEE_VALKEY_URL           Valkey or Redis: rediss://:password@host:6379/0
  BAILEE_MQTT_URL             MQTT broker, as the gateway: mqtts://user:password@host:8883 (?version=5 for MQTT 5)
  BAILEE_ELASTICSEARCH_URL    Elasticsearch 9 for searches: https://user:password@host:9200; build its
                              index once with `bailee reindex`. PostgreSQL searches without it, and
                              while it does not answer (/healthz says which)
  BAILEE_SMTP_URL             mail: smtps://user:password@host:465
\b
Services
  BAILEE_STRIPE_KEY, BAILEE_STRIPE_WEBHOOK_SECRET
                              bidders' deposits held on cards. Have Stripe send checkout.session.*,
                              payment_intent.* and charge.refunded to BAILEE_PUBLIC_URL/hooks/stripe;
                              two secrets with a comma between while one replaces the other.
                              Without them deposits come by bank transfer
  BAILEE_SMS_URL, BAILEE_SMS_AUTHORIZATION, BAILEE_SMS_BODY
                              a gateway for text messages: where to post, its Authorization header,
                              and the JSON with the places {to}, {text}, {key}; default
                              {"to": "{to}", "text": "{text}", "id": "{key}"}. None are sent without it
  BAILEE_WEBHOOK_NETWORKS     own networks to which webhooks may go besides public addresses:
                              10.1.0.0/16, with commas between
  BAILEE_OIDC_ISSUER, BAILEE_OIDC_CLIENT_ID, BAILEE_OIDC_CLIENT_SECRET
\b
Finer
  BAILEE_FRAME_DAYS           for how many days cameras' pictures are kept that no alarm holds; default 90
  BAILEE_READING_DAYS         for how many days readings are kept that nothing holds; default 1095, 30 at least
  BAILEE_SECRET_KEY           signing key; default random, kept in the data home
  BAILEE_MQTT_PORT            port of the embedded broker on 127.0.0.1; default 1883 or a free one
  BAILEE_MQTT_DEVICES_PASSWORD  one password for all devices at the embedded
                              broker; without it each has an account of its own
  BAILEE_POSTGRES_ACCOUNT     as root only: the account that PostgreSQL runs as; default the first
                              that exists of bailee, postgres, nobody
\b
A first installation:  bailee up    (shows a one-time link for the first administrator)
To look around:        make run     (a demo world with invented firms, in a folder of its own)
"""

Command = TypeVar("Command", bound=Callable[..., Any])


def _installation(*, demo: bool = False) -> Installation:
    settings = from_environment(os.environ, demo=demo)
    if demo and "BAILEE_HOME" not in os.environ:
        settings = replace(settings, home=demo_home.place(CLONE, settings.postgres_account))
    return Installation(settings)


_FILE = click.Path(exists=True, dir_okay=False, readable=True, resolve_path=True, path_type=Path)
_demo = click.option("--demo", is_flag=True, help="The demo world: invented firms in a data home of its own.")


@click.group(epilog=_EPILOG, context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bailee")
def bailee() -> None:
    """Finance secured on stock that devices watch: one record for firms, banks, warehouses and buyers.

    `bailee up` runs all of it on one machine: database, queues, device broker, web, workers.
    """


@bailee.command()
@_demo
@click.option("--stop-with-parent", is_flag=True, hidden=True, help="End when the program that started us dies.")
def up(*, demo: bool, stop_with_parent: bool) -> int:
    """Start everything; Ctrl-C stops it in order.

    Nothing that was acknowledged is lost by a kill, and nothing is left running by one.
    """
    if stop_with_parent:
        spawn.stop_with_parent()
    return _installation(demo=demo).up()


@bailee.command("status")
@_demo
def status_(*, demo: bool) -> int:
    """Say what runs here. Exit code 0: all ready; 1: something is not; 3: nothing runs."""
    code, lines = status.told(Home(_installation(demo=demo).settings.home))
    click.echo("\n".join(lines))
    return code


@bailee.command()
@_demo
def migrate(*, demo: bool) -> int:
    """Bring the database to this release's shape. `bailee up` does so by itself."""
    installation = _installation(demo=demo)
    with one_off.database(installation) as admin_dsn:
        installation.ensure_roles(admin_dsn)
        with Supervisor(installation.home.logs, installation.home.run / "migrate.json") as supervisor:
            supervisor.start(installation.migration(installation.addresses()))
    click.echo("The database is up to date.")
    return 0


@bailee.command()
@_demo
@click.argument("file", type=click.Path(path_type=Path))
def backup(*, demo: bool, file: Path) -> int:
    """Write database and documents to FILE, also while it all runs.

    FILE holds the signing key: keep it as safe as the data home. An existing file is never overwritten.
    """
    installation = _installation(demo=demo)
    with one_off.database(installation) as admin_dsn:
        installation.ensure_roles(admin_dsn)
        doors = environment.door_addresses(installation.settings, installation.vault, admin_dsn)
        dump_dsn = doors["backup"].replace("postgresql+psycopg:", "postgresql:", 1)
        made = backups.backup(admin_dsn, dump_dsn, installation.home, file.absolute())
    click.echo(f"{file}: the database and {made.files} documents, {made.size_bytes:,} bytes, SHA-256 {made.sha256}")
    return 0


@bailee.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(*, file: Path) -> int:
    """Fill an empty installation from FILE.

    Every hash is checked first. An installation that holds anything is refused: name a new BAILEE_HOME.
    """
    installation = _installation()
    backups.verified(file)
    with one_off.database(installation, alone=True) as admin_dsn:
        words = environment.passwords(installation.vault)
        ours = installation.settings.database_url is None
        made = backups.restore(admin_dsn, installation.home, file.absolute(), words, ours=ours)
    click.echo(f"Restored the database and {made.files} documents into {installation.home.root}. Now: bailee up")
    return 0


@bailee.command("verify-record")
@_demo
def verify_record(*, demo: bool) -> int:
    """Hold every event of the house beside the log that was signed over all of them.

    Exit code 1: they part, and the first event at which they do is named. It changes nothing, and may run beside the stack. What an administrator of
    the database altered throughout, log and all, only witnesses can tell.
    """
    installation = _installation(demo=demo)
    with one_off.database(installation) as admin_dsn:
        sign_log_by(environment.secret_key(installation.vault), installation.settings.public_url)
        with psycopg.connect(roles.in_database(admin_dsn)) as line:
            whole, fault = first_fault(line)
    click.echo(
        f"! {fault}" if fault else f"All {whole:,} events of the log are as they were signed, and none is missing."
    )
    return 1 if fault else 0


@bailee.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def witness(*, words: tuple[str, ...]) -> int:
    """Watch another house's log from this machine, and sign what was seen.

    The same program as its page of the log offers for download; `bailee witness --help` tells its arguments.
    """
    return witnesses.main(list(words))


@bailee.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@_demo
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def app(*, demo: bool, words: tuple[str, ...]) -> int:
    """Run one of the application's commands beside the running stack.

    `bailee app routes`, for instance; `bailee app` alone lists them.
    """
    installation = _installation(demo=demo)
    told = environment.for_commands(installation.left_for_commands, installation.home)
    if told is None:
        raise Refused("not_running", "Bailee is not running in %(folder)s.", folder=installation.home.root)
    argv = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    return subprocess.run(argv, env=told, cwd=installation.folder, check=False).returncode  # noqa: S603 -- our own


@bailee.command()
@click.option("--prices", type=_FILE, help="Prices by day, CSV or xlsx, in place of our own copper.")
@click.option("--readings", type=_FILE, help="Temperature and humidity: a table, or SenML (.json, .cbor).")
@click.pass_context
def demo(context: click.Context, *, prices: Path | None, readings: Path | None) -> Any:
    """Play ninety days on the running demo world, and reconcile.

    It takes a few minutes beside `make run`. Devices sign real messages over MQTT, people act through the public API, and the clock is driven. Of --prices,
    those days are played that bring a loan to a margin call twice.
    """
    words = [
        word for name, file in (("prices", prices), ("readings", readings)) if file for word in (f"--{name}", file)
    ]
    return context.invoke(app, demo=True, words=("demo", *map(str, words)))


@bailee.command()
@click.option("--check", is_flag=True, help="Hold it against the database instead, and mend what differs.")
@_demo
@click.pass_context
def reindex(context: click.Context, *, demo: bool, check: bool) -> Any:
    """Build the search index in Elasticsearch anew, beside the running stack.

    Searches go on meanwhile. Needed once when BAILEE_ELASTICSEARCH_URL is first given, and after its index was lost.
    """
    return context.invoke(app, demo=demo, words=("reindex", *(["--check"] if check else [])))


bailee.add_command(simulate)


def main() -> None:
    """Refusals become one clear line and exit code 2, never a traceback."""
    os.umask(0o077)
    try:
        sys.exit(bailee.main(standalone_mode=False))
    except Refused as refused:
        _fail(refused.in_english(), 2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("Stopped.", 130)
    except psycopg.OperationalError as error:
        _fail(f"The database does not answer: {str(error).strip()}", 2)


def _fail(words: str, code: int) -> None:
    Console(sys.stderr).say(f"bailee: {words}")
    sys.exit(code)
