"""The bench's world: a durable PostgreSQL of its own, the house put together on it, and goods planted in bulk."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy.engine import URL, make_url

import wsgi
from tenants.database import database
from tests import cluster
from tests.bench.rounds import Comparison, Pace, Side, alone, interleave
from tests.bench.slow_disk import DELAY_MS, BenchPostgres
from tests.factories import Firm, World

NO_COMPILER = "1 ms more for each flush: not measured, since no C compiler was found to slow the disk with"


class Bench(World):
    """A world with bulk planting, a meter and a disk that can be slow."""

    admin_dsn: str
    server: BenchPostgres
    pace = Pace()
    million = False

    def told(self) -> str:
        """What one has to know of the machine to read the figures."""
        load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
        return f"{os.cpu_count()} processors, load {load} at the start, {self.pace.rounds} rounds of {self.pace.seconds} s a side; PostgreSQL durable (fsync on)"

    def compare(self, title: str, product: Side, limit: Side, *, goal: str, web: int | None = None) -> Comparison:
        """Product and limit in turns."""
        return interleave(title, product, limit, goal=goal, pace=self.pace, server=self.server.pid, web=web)

    def note_slow_disk(self, compared: Comparison, product: Side, limit: Side) -> None:
        """Add how both do where each flush takes a millisecond more."""
        if not self.server.can_slow:
            compared.notes.append(NO_COMPILER)
            return
        with self.server.slow():
            slow = self.compare("", product, limit, goal="")
        rates = f"{slow.product.rate:,.0f}/s (p50 {slow.product.wait(0.5):.2f}, p99 {slow.product.wait(0.99):.2f} ms) against {slow.limit.rate:,.0f}/s"
        compared.notes.append(f"{DELAY_MS} ms more for each flush: {rates}, ratio {slow.ratio:.3f}")

    def note_alone(self, compared: Comparison, side: Side, *servers: int) -> None:
        """Add another side of the same thing, as its line of the table."""
        compared.notes.append(alone(side, self.pace.seconds, self.server.pid, *servers).told())

    def note_growth(self, compared: Comparison, side: Side, grow: Callable[[int], str], sizes: tuple[int, ...]) -> None:
        """Add what an operation costs the processors at each size; `grow` goes there and names it."""
        told = [f"{grow(size)} {alone(side, self.pace.seconds, self.server.pid).processor_us:,.1f}" for size in sizes]
        compared.notes.append(f"growth, CPU us/op at: {'; '.join(told)}")

    def plant(self, statement: str, **values: object) -> None:
        """Run a statement as administrator, its triggers asleep."""
        with self.admin.transaction():
            self.admin.execute("set local session_replication_role = replica")
            self.admin.execute(statement, values)

    def columns(self, table: str, *but: str) -> str:
        """The columns of a table of the house that are written, without those named."""
        rows = self.admin.execute(
            "select column_name from information_schema.columns where table_schema = 'house' and table_name = %s and is_generated = 'NEVER' order by ordinal_position",
            (table,),
        )
        return ", ".join(name for (name,) in rows if name not in but)

    def firm_with_lots(self, count: int) -> Firm:
        """A firm that owns so many lots, declared by the same action as anybody's."""
        from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site

        sme, warehouse, supervisor = self.firm("SME"), self.firm("WAREHOUSE_OPERATOR"), self.firm("SUPERVISOR")
        product, (site, _) = a_product(self, sme), a_site(self, warehouse)
        for _ in range(count):
            a_declared_lot(self, sme, warehouse, supervisor, product=product, site=site)
        return sme


@contextmanager
def standing() -> Iterator[Bench]:
    """The bench's world, taken down afterwards."""
    home = Path(tempfile.mkdtemp(prefix="bailee-bench-"))
    server = BenchPostgres(home)
    server.start()
    try:
        url = cluster.clone(make_url(server.admin_dsn("postgres")), f"bailee_bench_{secrets.token_hex(3)}")
        app, worker, gateway = (_house(url, role, home / "files") for role in ("app", "worker", "gateway"))
        with psycopg.connect(cluster.dsn(url), autocommit=True) as admin, app.app_context():
            bench = Bench(app, worker, gateway, admin)
            bench.admin_dsn, bench.server = cluster.dsn(url), server
            bench.set_clock(cluster.START)
            yield bench
        for made in (app, worker, gateway):
            with made.app_context():
                for engine in database.engines.values():
                    engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _house(url: URL, role: str, files: Path) -> Flask:
    """A process of the house, as that role."""
    door = cluster.as_role(url, "door") if role == "app" else None
    return wsgi.create_app(
        {
            "ROLE": role.upper(),
            "DATABASE_URL": cluster.as_role(url, role),
            "DOOR_DATABASE_URL": door,
            "FILES": str(files),
        }
    )
