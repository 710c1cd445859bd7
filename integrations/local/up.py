"""`bailee up`: everything, from the database to the banner."""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from integrations.local import environment, lock, roles, stack
from integrations.local.children import Child
from integrations.local.console import Console
from integrations.local.home import Home
from integrations.local.nats import Broker
from integrations.local.postgres import Postgres
from integrations.local.settings import CLONE, Settings
from integrations.local.spawn import run_tool
from integrations.local.supervisor import Stopped, Supervisor
from integrations.local.valkey import Valkey
from integrations.local.vault import Vault
from tenants.errors import Conflict

PLAY = "  Story: .venv/bin/bailee demo, in another terminal, plays ninety days of it here"


@dataclass
class Installation:
    """One data home, its secrets, and the servers that it runs itself."""

    settings: Settings
    console: Console = field(default_factory=Console)
    folder: Path = CLONE  # where wsgi.py and the migrations are

    def __post_init__(self) -> None:
        self.home = Home(self.settings.home.absolute())
        self.vault = Vault(self.home.secrets)
        self.postgres = Postgres(self.home.root, account=self.settings.postgres_account)
        self.valkey = Valkey(self.home.root)
        self.broker = Broker(
            self.home.root,
            port=self.settings.mqtt_port,
            devices_password=self.settings.mqtt_devices_password,
            shares_one=self.settings.demo or self.settings.mqtt_devices_password is not None,
        )

    @property
    def left_for_commands(self) -> Path:
        return self.home.run / "environment.json"

    def up(self) -> int:
        """Run until asked to stop. The exit code: 0 after an orderly stop, 1 when a child could not be kept running."""
        self.home.claim()
        with lock.held(self.home.lock, self.settings.url) as descriptor:
            self._refuse_taken_port()
            supervisor = Supervisor(self.home.logs, self.home.status, descriptor, self.console)
            try:
                with supervisor:
                    self._start(supervisor)
                    code = supervisor.watch()
                    self.console.say("Stopping; the database goes last ...")
            except Stopped:
                code = 0
            finally:
                self.left_for_commands.unlink(missing_ok=True)
        self.console.say("Stopped. Nothing is left running.")
        return code

    def addresses(self) -> environment.Addresses:
        return environment.Addresses(
            database=self.settings.database_url or self.postgres.admin_dsn(),
            valkey=self.settings.valkey_url or self.valkey.url(),
            mqtt=self.settings.mqtt_url or self.broker.url(),
            mqtt_devices=None if self.settings.mqtt_url else self.broker.devices_url(),
            broker=None if self.settings.mqtt_url else (self.broker.address(), str(self.broker.configuration)),
        )

    def ensure_roles(self, admin_dsn: str) -> None:
        """The login roles and the database, unless the operator names every door's address: then they are his to make."""
        missing = {
            door: word
            for door, word in environment.passwords(self.vault).items()
            if door not in self.settings.door_urls
        }
        if missing:
            roles.ensure(admin_dsn, missing, ours=self.settings.database_url is None)

    def migration(self, addresses: environment.Addresses) -> list[Child]:
        """The step that migrates, if there is anything to do."""
        admin_dsn = roles.in_database(addresses.database)
        return stack.migrate(environment.for_migrations(self.settings, self.home, addresses), admin_dsn, self.folder)

    def _people(self, supervisor: Supervisor, told: Mapping[str, str]) -> None:
        """People the demo world, unless this release has done so before: the next start should be quick."""
        mark, release = self.home.root / "demo-world", stack.demo_release(self.folder)
        if not mark.exists() or mark.read_text() != release:
            supervisor.start(stack.demo_world(told, self.folder))
            mark.write_text(release)

    def _servers(self) -> list[Child]:
        """Those that the operator gave no address for."""
        own = [
            (self.settings.database_url, self.postgres.child),
            (self.settings.valkey_url, self.valkey.child),
            (self.settings.mqtt_url, self.broker.child),
        ]
        return [child() for given, child in own if given is None]

    def _start(self, supervisor: Supervisor) -> None:
        begun = time.monotonic()
        self._say_label()
        supervisor.start(self._servers())
        addresses = self.addresses()
        self.ensure_roles(addresses.database)
        told = environment.for_children(self.settings, self.home, self.vault, addresses)
        supervisor.start(self.migration(addresses))
        supervisor.start([stack.web(self.settings, told, self.folder)])
        if self.settings.demo:  # before the rest starts: on two cores they would only be in each other's way
            self._people(supervisor, told)
        supervisor.start(stack.behind(told, self.folder))
        environment.leave_for_commands(self.left_for_commands, told)
        self._say_banner(time.monotonic() - begun, told)

    def _refuse_taken_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.settings.host, self.settings.port))
            except OSError as error:
                raise Conflict(
                    "port_taken",
                    "Bailee cannot listen on %(host)s port %(port)s (%(why)s): set BAILEE_PORT or BAILEE_HOST.",
                    field="BAILEE_PORT",
                    host=self.settings.host,
                    port=self.settings.port,
                    why=os.strerror(error.errno) if error.errno else str(error),
                ) from error

    def _say_label(self) -> None:
        self.console.say("Starting the DEMO WORLD ..." if self.settings.demo else "Starting Bailee ...")
        if os.geteuid() == 0 and not self.settings.demo:
            self.console.say("Note: root is more than Bailee needs. Give it an account of its own before real use.")

    def _say_banner(self, seconds: float, told: dict[str, str]) -> None:
        label = "Bailee DEMO WORLD (invented firms, invented money)" if self.settings.demo else "Bailee"
        link = [PLAY] if self.settings.demo else self._first_administrator(told)
        lines: Sequence[str] = [
            "",
            f"  {label} is ready after {seconds:.1f} s:  {self.settings.url}",
            f"  Data:  {self.home.root}    Logs:  {self.home.logs}",
            "  Stop:  Ctrl-C",
            *link,
            "",
        ]
        self.console.say("\n".join(lines))

    def _first_administrator(self, told: dict[str, str]) -> list[str]:
        """The one-time link is shown here and kept nowhere. Once there is an administrator, that is not asked again."""
        mark = self.home.root / "administered"
        if mark.exists():
            return []
        asked = run_tool(
            stack.first_administrator(), environment=environment.narrowed(told, "APP", door=True), folder=self.folder
        )
        if asked.returncode != 0:
            return [f"  The link for the first administrator could not be made: {asked.stderr.strip()[-500:]}"]
        link = asked.stdout.strip()
        if not link:
            mark.touch()
            return []
        return [f"  First administrator, once:  {link}"]
