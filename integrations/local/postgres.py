"""Our own PostgreSQL: one server in the data home, on a unix socket that only we may open, passwords asked even there.

    postgres = Postgres(folder, durable=False)     # tests: no waiting for the disk
    postgres.start()
    psycopg.connect(postgres.admin_dsn("bailee"))
    postgres.stop()

The server is a foreground child: it ends, with a clean checkpoint, when whoever started it dies, even by kill -9.
"""

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from integrations.local import accounts, postgres_binaries
from integrations.local.children import Child
from integrations.local.guard import working_in
from integrations.local.home import Home
from integrations.local.spawn import plain_environment, run_tool, spawn
from integrations.local.vault import Vault
from tenants.errors import Conflict, Unavailable

SUPERUSER = "postgres"
PORT = 5432  # part of the socket's name only: nothing listens on TCP
_LEAVING_SECONDS_MAX = 15
_SOCKET = f".s.PGSQL.{PORT}.lock"

# For two cores and a few gigabytes, shared with the rest of the stack. Parallel queries are off: short transactions of
# many parties are the load, and workers would need the shared-memory folder that containers keep tiny.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "wal_compression": "pglz",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "idle_in_transaction_session_timeout": "5min",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "log_parameter_max_length_on_error": "0",
    "cluster_name": "bailee",
}
# What a transaction was promised is on disk before the promise. Only throw-away servers of tests may do without.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}


class Postgres:
    """The embedded server of the data home `home`. Every folder above `home` is left as it is."""

    def __init__(self, home: Path, *, durable: bool = True, account: str | None = None) -> None:
        self._home = Home(home.absolute())
        self._durable = durable
        self._wanted_account = account
        self._vault = Vault(self._home.secrets)
        self._child: Child | None = None
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self._home.logs / "postgres.log"

    @property
    def socket_folder(self) -> Path:
        return self._home.socket_folder("postgres", _SOCKET)

    def admin_dsn(self, database: str = "postgres") -> str:
        """How the superuser connects, as a libpq address. Hand it to migrations and to nothing else."""
        password = self._vault.secret("postgres_superuser")
        folder = quote(str(self.socket_folder), safe="")
        return f"postgresql://{SUPERUSER}:{password}@/{database}?host={folder}&port={PORT}"

    def child(self) -> Child:
        """The server as the supervisor runs it; makes the database folder on first use."""
        self._child = self._child or self._prepare()
        return self._child

    def start(self) -> None:
        """Start the server and return when it answers: for tests and one-off commands; the stack goes by `child`."""
        child = self.child()
        self._await_leavers()
        self._running = spawn(
            child.argv,
            log=self.log,
            environment=child.environment,
            account=child.account,
            death_signal=child.death_signal,
        )
        deadline = time.monotonic() + child.ready_within_seconds
        while not self.answers():
            if self._running.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = self.log.read_text("utf-8", "replace")[-2000:]
                raise Unavailable("postgres_failed", "PostgreSQL did not start. Its log says:\n%(said)s", said=said)
            time.sleep(0.02)

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything is checkpointed, the next start needs no recovery."""
        if self._running is None:
            return
        if self._running.poll() is None:
            self._running.send_signal(signal.SIGINT)
        self._running.wait(timeout=60)
        self._running = None

    def answers(self) -> bool:
        """Whether the server accepts connections now."""
        asked = run_tool([self.program("pg_isready"), "-q", "-h", self.socket_folder, "-p", str(PORT), "-t", "2"])
        return asked.returncode == 0

    @staticmethod
    def program(name: str) -> Path:
        """One of PostgreSQL's own programs, for us to run (not for the server's account)."""
        return postgres_binaries.installed() / "bin" / name

    def _prepare(self) -> Child:
        self._home.claim()
        account = accounts.account_for(self._home.postgres, self._wanted_account)
        if account:
            accounts.refuse_out_of_reach(account, self._home.root)
            os.chown(self.socket_folder, account.uid, account.gid)
        self._refuse_foreign_data()
        self._await_leavers()
        binaries = postgres_binaries.for_account(account, self._home.root)
        if not self._home.postgres.exists():
            self._initialise(binaries, account)
        settings = SETTINGS | (DURABLE if self._durable else FLEETING)
        settings |= {"unix_socket_directories": str(self.socket_folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            name="postgres",
            argv=(binaries / "bin" / "postgres", "-D", self._home.postgres, "-p", str(PORT), *options),
            environment=plain_environment(),
            ready=self.answers,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            stop_within_seconds=60,
            account=account,
        )

    def _await_leavers(self) -> None:
        """After a kill of the server its sessions may need a moment to notice; until they left, it cannot start again."""
        deadline = time.monotonic() + _LEAVING_SECONDS_MAX
        while working_in(self._home.postgres) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _refuse_foreign_data(self) -> None:
        """Another major version's files would be refused by the server too, but in words that help nobody."""
        if not self._home.postgres.exists():
            return
        try:
            version = (self._home.postgres / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            version = "none"
        if version != postgres_binaries.MAJOR:
            raise Conflict(
                "postgres_version",
                "%(folder)s was written by PostgreSQL %(found)s, and this Bailee brings %(ours)s: `bailee backup` "
                "with the release that wrote it, then `bailee restore` into a new BAILEE_HOME.",
                folder=self._home.postgres,
                found=version,
                ours=postgres_binaries.MAJOR,
            )
        if not self._vault.knows("postgres_superuser"):
            raise Unavailable(
                "secrets_missing",
                "The database is there but its password is not: put %(file)s back from a copy.",
                file=self._home.secrets,
            )

    def _initialise(self, binaries: Path, account: accounts.Account | None) -> None:
        """initdb beside the final place, then one rename: a start that is killed half way leaves nothing that looks
        finished.
        """
        fresh = self._home.postgres.with_suffix(".new")
        if fresh.exists():
            run_tool(["/bin/rm", "-rf", "--", fresh])
        fresh.mkdir(mode=0o700)
        password = self._home.run / "initdb.password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self._vault.secret("postgres_superuser"))
        if account:
            os.chown(fresh, account.uid, account.gid)
            os.chown(password, account.uid, account.gid)
        made = run_tool(self._initdb(binaries, fresh, password), account=account)
        password.unlink()
        if made.returncode != 0:
            raise Unavailable("initdb_failed", "PostgreSQL could not make its folder:\n%(said)s", said=made.stderr)
        fresh.rename(self._home.postgres)

    def _initdb(self, binaries: Path, folder: Path, password: Path) -> list[str | Path]:
        """Passwords for everybody, local users included; checksums; one collation that no library upgrade of the system
        can change.
        """
        durability = [] if self._durable else ["--no-sync"]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        safety = ["--auth=scram-sha-256", f"--pwfile={password}", "--data-checksums", "--no-instructions"]
        return [binaries / "bin" / "initdb", "-D", folder, "-U", SUPERUSER, *locale, *safety, *durability]
