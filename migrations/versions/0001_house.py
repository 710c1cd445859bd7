"""The house: roles, the gate, every table under forced row security."""

from pathlib import Path

from alembic import op

import tenants
from migrations.models import METADATA
from tenants import policies

revision = "0001"
down_revision = None

SQL = Path(tenants.__file__).parent / "sql"


def upgrade() -> None:
    _run("roles.sql")
    op.execute("set role bailee_context")
    _run("gate.sql")
    op.execute("set role bailee_owner")
    house = policies.tables()
    METADATA.create_all(op.get_bind(), tables=house)
    for table in house:
        for statement in policies.statements(table):
            op.execute(statement)
    for statement in policies.ADDITIONS:
        op.execute(statement)
    op.execute("reset role")
    op.execute("set role bailee_context")
    _run("doors.sql")
    _run("log.sql")
    op.execute("reset role")


def downgrade() -> None:
    op.execute("drop schema if exists house cascade; drop schema if exists gate cascade; drop extension if exists btree_gist")


def _run(name: str) -> None:
    # Straight to the driver: these files hold colons and percent signs that are nobody's parameters.
    op.get_bind().connection.driver_connection.execute((SQL / name).read_text())
