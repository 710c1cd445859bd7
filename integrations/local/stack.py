"""The stack as data: which children there are, in which order."""

import hashlib
import http.client
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from integrations.local import revisions
from integrations.local.children import Child
from integrations.local.environment import narrowed
from integrations.local.settings import CLONE, Settings

_BEHIND: Final = (("relay", "WORKER"), ("worker", "WORKER"), ("scheduler", "WORKER"), ("gateway", "GATEWAY"))
MIGRATIONS: Final = Path("migrations") / "alembic.ini"


def _python(*words: str) -> tuple[str | Path, ...]:
    return (sys.executable, "-m", *words)


def _application(name: str, role: str, told: Mapping[str, str], folder: Path) -> Child:
    """One of the application's own commands, run for as long as the stack runs, in one role of the database."""
    return Child(name, _python("flask", "--app", "wsgi", name), narrowed(told, role), folder=folder)


def migrate(environment: Mapping[str, str], admin_dsn: str, folder: Path = CLONE) -> list[Child]:
    """The step that brings the database to this release's shape; none when it has it, for that start should be quick."""
    if not (folder / MIGRATIONS).exists() or revisions.at_head(admin_dsn, folder / MIGRATIONS.parent / "versions"):
        return []
    argv = _python("alembic", "-c", str(folder / MIGRATIONS), "upgrade", "head")
    return [Child("migrate", argv, environment, once=True, folder=folder)]


def demo_world(told: Mapping[str, str], folder: Path = CLONE) -> list[Child]:
    """The step that peoples the demo world; it finds its own people there on the next start."""
    everything = {**told, "BAILEE_ROLE": "APP"}
    return [Child("demo-world", _python("flask", "--app", "wsgi", "demo-world"), everything, once=True, folder=folder)]


def demo_release(folder: Path = CLONE) -> str:
    """Changes when the demo world's own code does."""
    digest = hashlib.sha256()
    for file in sorted((folder / "integrations" / "demo").glob("**/*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def behind(told: Mapping[str, str], folder: Path = CLONE) -> list[Child]:
    """What works behind the web."""
    return [_application(name, role, told, folder) for name, role in _BEHIND]


def web(settings: Settings, told: Mapping[str, str], folder: Path = CLONE) -> Child:
    """The pages, the calls and the live parts. Keep-alive is long because a live connection that begins on a reused one would be cut; a stop waits five seconds
    for what is under way. Frames are not compressed: hints are a hundred bytes, and each would be compressed for each of those who watch.
    """
    place = ("--host", settings.host, "--port", str(settings.port))
    patience = ("--timeout-keep-alive", "600", "--timeout-graceful-shutdown", "5", "--no-access-log")
    frames = ("--ws-per-message-deflate", "false")
    return Child(
        "web",
        _python("uvicorn", "wsgi:asgi", *place, *patience, *frames),
        narrowed(told, "APP", door=True),
        ready=healthy(settings.host, settings.port),
        folder=folder,
    )


def healthy(host: str, port: int) -> Callable[[], bool]:
    """Whether GET /healthz is answered with 200."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- a wildcard is asked on loopback

    def ask() -> bool:
        connection = http.client.HTTPConnection(target, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def first_administrator() -> tuple[str | Path, ...]:
    """The application's command that prints the one-time link for the first administrator, or nothing."""
    return _python("flask", "--app", "wsgi", "first-administrator")
