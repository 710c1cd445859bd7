"""The migrations make what the models say, and can be taken back."""

import os
from collections.abc import Mapping

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from migrations.models import METADATA
from tenants import policies
from tests import cluster

OWN_STATEMENTS = "\n".join(policies.ADDITIONS)


def test_a_migrated_database_is_what_the_models_say(database_url: URL) -> None:
    engine = create_engine(database_url.set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": _house_only,
                "include_object": _said_by_metadata,
                "compare_type": True,
            },
        )
        differences = compare_metadata(context, METADATA)
    engine.dispose()
    assert differences == [], "\n".join(map(repr, differences))


def test_up_down_and_up_again() -> None:
    server, name = cluster.start(), f"bailee_test_updown_{os.getpid()}"
    with psycopg.connect(cluster.dsn(server), autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    url = server.set(database=name)
    try:
        for revision in ("head", "base", "head"):
            cluster.migrate(url, revision)
        with psycopg.connect(cluster.dsn(url)) as admin:
            tables = admin.execute("select count(*) from pg_tables where schemaname = 'house'").fetchone()
        assert tables
        assert tables[0] >= len(METADATA.tables) - 1
    finally:
        cluster.drop(server, name)


def _house_only(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """Partitions and the gate's own tables are made by statements of their own; the lint looks at each of them."""
    if kind == "schema":
        return name in {"house", "gate"}
    if kind == "table":
        return f"{parents['schema_name']}.{name}" in METADATA.tables
    return True


def _said_by_metadata(_object: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """What metadata cannot say (temporal keys, the gate's own indexes) is said in the house's own statements, by name."""
    only_there = reflected and compare_to is None and kind in {"index", "foreign_key_constraint", "unique_constraint"}
    return not (only_there and name and (name in OWN_STATEMENTS or name.startswith("access_grant_")))
