"""The bench's world: an embedded, durable PostgreSQL of its own, the house put together on it, and goods planted in bulk."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url

import wsgi
from tenants.database import database
from tests import cluster
from tests.factories import Firm, World


class Bench(World):
    """A world with bulk planting."""

    admin_dsn: str

    def firm_with_lots(self, count: int) -> Firm:
        """A firm that owns so many lots, declared by the same action as anybody's."""
        from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site

        sme, warehouse, supervisor = self.firm("SME"), self.firm("WAREHOUSE_OPERATOR"), self.firm("SUPERVISOR")
        product, (site, _) = a_product(self, sme), a_site(self, warehouse)
        for _ in range(count):
            a_declared_lot(self, sme, warehouse, supervisor, product=product, site=site)
        return sme

    def thousand_tenants(self) -> Firm:
        """A firm with 50 lots among a thousand with as many each; the others' are copies of its own, planted by the administrator."""
        firm = self.firm_with_lots(50)
        columns = [
            row[0]
            for row in self.admin.execute(
                "select column_name from information_schema.columns where table_schema = 'house' and table_name = 'lot' and is_generated = 'NEVER' order by ordinal_position"
            )
        ]
        others = ", ".join(name for name in columns if name not in {"tenant_id", "id"})
        self.admin.execute("set session_replication_role = replica")
        self.admin.execute("create temp table crowd as select uuidv7() as tenant_id from generate_series(1, 999)")
        self.admin.execute(
            f"create temp table crowd_lot as select c.tenant_id as new_tenant, uuidv7() as new_id, l.* from crowd c cross join house.lot l where l.tenant_id = '{firm.tenant_id}'"
        )
        self.admin.execute(
            f"insert into house.lot (tenant_id, id, {others}) select new_tenant, new_id, {others} from crowd_lot"
        )
        self.admin.execute(
            "insert into gate.access_grant select new_tenant, new_id, 'owner', 'lot', true, new_tenant, now(), null from crowd_lot"
        )
        self.admin.execute("set session_replication_role = origin")
        self.admin.execute("analyze house.lot")
        self.admin.execute("analyze gate.access_grant")
        return firm


@contextmanager
def standing() -> Iterator[Bench]:
    """The bench's world, taken down afterwards."""
    server = cluster.start()
    name = f"bailee_bench_{secrets.token_hex(3)}"
    url = cluster.clone(make_url(str(server.render_as_string(hide_password=False))), name)

    def house(role: str, *, door: bool = False) -> object:
        return wsgi.create_app(
            {
                "ROLE": role.upper(),
                "DATABASE_URL": cluster.as_role(url, role),
                "DOOR_DATABASE_URL": cluster.as_role(url, "door") if door else None,
            }
        )

    app = house("app", door=True)
    with psycopg.connect(cluster.dsn(url), autocommit=True) as admin, app.app_context():  # type: ignore[attr-defined]
        bench = Bench(app, house("worker"), house("gateway"), admin)  # type: ignore[arg-type]
        bench.admin_dsn = cluster.dsn(url)
        bench.set_clock(cluster.START)
        yield bench
    for made in (app, bench.worker_app, bench.gateway_app):
        with made.app_context():  # type: ignore[attr-defined]
            for engine in database.engines.values():
                engine.dispose()
    cluster.drop(server, name)
    cluster.stop()
