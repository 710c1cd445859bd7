"""A start migrates exactly when there is something to migrate."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from integrations.local import revisions
from integrations.local.postgres import Postgres
from integrations.local.settings import CLONE

FIRST = 'revision = "0001"\ndown_revision = None\n'
SECOND = "revision: str = '0002'\ndown_revision: str | None = '0001'\n"
BRANCH = 'revision = "0003"\ndown_revision = "0001"\n'
MERGE = 'revision = "0004"\ndown_revision = ("0002", "0003")\n'


def written(folder: Path, *texts: str) -> Path:
    for number, text in enumerate(texts):
        (folder / f"{number}.py").write_text(f'"""A revision = here is none."""\n{text}')
    return folder


@pytest.mark.parametrize(
    ("texts", "heads"),
    [
        ((), set()),
        ((FIRST,), {"0001"}),
        ((FIRST, SECOND), {"0002"}),
        ((FIRST, SECOND, BRANCH), {"0002", "0003"}),
        ((FIRST, SECOND, BRANCH, MERGE), {"0004"}),
    ],
)
def test_heads_are_those_that_none_follows(place: Path, texts: tuple[str, ...], heads: set[str]) -> None:
    assert revisions.heads(written(place, *texts)) == heads


def test_alembic_sees_the_same_heads_in_our_own_migrations() -> None:
    script = ScriptDirectory.from_config(Config(str(CLONE / "migrations" / "alembic.ini")))
    assert revisions.heads(CLONE / "migrations" / "versions") == set(script.get_heads())


@pytest.fixture
def dsn(home: Path) -> Iterator[str]:
    postgres = Postgres(home, durable=False)
    postgres.start()
    yield postgres.admin_dsn()
    postgres.stop()


@pytest.mark.stack
def test_only_a_database_at_the_head_needs_nothing(dsn: str, place: Path) -> None:
    versions = place / "versions"
    versions.mkdir()
    written(versions, FIRST, SECOND)
    assert not revisions.at_head(dsn, versions)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        for held, needs_nothing in ((None, False), ("0001", False), ("0002", True), ("0009", False)):
            connection.execute("TRUNCATE alembic_version")
            if held:
                connection.execute("INSERT INTO alembic_version VALUES (%s)", [held])
            assert revisions.at_head(dsn, versions) is needs_nothing
