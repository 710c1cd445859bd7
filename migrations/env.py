"""Migrations run as the server's administrator, hold their locks briefly, and leave everything owned by roles that cannot log in."""

import os

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from migrations.models import METADATA

LIMITS = "set lock_timeout = '5s'; set statement_timeout = '10min'"


def run() -> None:
    """Upgrade the database named by BAILEE_DATABASE_ADMIN_URL, in one transaction."""
    url = make_url(os.environ["BAILEE_DATABASE_ADMIN_URL"]).set(drivername="postgresql+psycopg")
    with create_engine(url).connect() as connection:
        connection.execute(text(LIMITS))
        connection.commit()
        context.configure(
            connection=connection, target_metadata=METADATA, version_table_schema="public", include_schemas=True
        )
        with context.begin_transaction():
            context.run_migrations()
        if os.environ.get("BAILEE_DEMO"):
            # Only the demo world's clock may ever be driven, and only its administrator can say that this is one.
            connection.execute(text("update gate.clock set driven = true"))
            connection.commit()


run()
