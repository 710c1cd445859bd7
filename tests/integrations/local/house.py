"""A stand-in for the house itself, to be copied as wsgi.py: it shows what it was told and works with the servers it got."""

import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import click
import psycopg
import redis
from flask import Flask

app = Flask(__name__)


def _dsn(role: str) -> str:
    return os.environ[f"BAILEE_DATABASE_{role}_URL"].replace("+psycopg", "")


async def asgi(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """/healthz says 200; /environment lists the names of what the web was told."""
    if scope["type"] != "http":
        return
    names = " ".join(sorted(name for name in os.environ if name.startswith(("BAILEE_", "PG"))))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": names.encode()})


def _stay(name: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    with open(os.environ["BAILEE_FILES"] + f"/{name}.told", "w") as file:
        file.write(" ".join(sorted(name for name in os.environ if name.startswith("BAILEE_DATABASE"))))
    with (
        psycopg.connect(_dsn(os.environ["BAILEE_ROLE"])),
        redis.Redis.from_url(os.environ["BAILEE_VALKEY_URL"]) as valkey,
    ):
        valkey.rpush("alive", name)
    while True:
        time.sleep(60)


for _name in ("relay", "worker", "scheduler", "gateway"):
    app.cli.add_command(click.Command(_name, callback=lambda name=_name: _stay(name)))


@app.cli.command("first-administrator")
def first_administrator() -> None:
    click.echo("http://127.0.0.1/first/one-time-word")


@app.cli.command("demo-world")
def demo_world() -> None:
    with redis.Redis.from_url(os.environ["BAILEE_VALKEY_URL"]) as valkey:
        valkey.rpush("demo", os.environ["BAILEE_DEMO"])


@app.cli.command("echo")
@click.argument("words", nargs=-1)
def echo(words: tuple[str, ...]) -> None:
    click.echo(" ".join([os.environ.get("BAILEE_ROLE", "no role"), *words]))
