"""Writing many rows, of several tables too, in one statement of one fixed text: a column is an array, and the database unfolds them side by side.

An INSERT with a placeholder for each value of each row costs more to read than to carry out, and COPY is not for tables under row security. This way the
text is the same for one row and for a thousand, row security asks whose they are once, and lists inside a row travel as PostgreSQL's own literals.
The columns themselves travel in binary: as text, every byte of a signed body would be escaped here and read there again.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from psycopg import adapters
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, LargeBinary, Numeric, Table, Text, Uuid, text
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import TextClause

from tenants.database import Base
from tenants.workspace import Workspace

NAMES: tuple[tuple[type[Any], str], ...] = (
    (Uuid, "uuid"),
    (Text, "text"),
    (BigInteger, "bigint"),
    (Numeric, "numeric"),
    (Boolean, "boolean"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (LargeBinary, "bytea"),
)
FIGURES = {int, Decimal}


class Column(list[Any]):
    """An array that goes to the database in binary."""


adapters.register_dumper(Column, ListBinaryDumper)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to be inserted into one table, each with a value for every column. `otherwise`: an `on conflict` clause."""

    model: type[Base]
    rows: Sequence[dict[str, Any]]
    otherwise: str = ""


def write_rows(ws: Workspace, model: type[Base], rows: Sequence[dict[str, Any]], *, otherwise: str = "") -> None:
    """Insert these rows."""
    write_all(ws, [Rows(model, rows, otherwise)])


def write_all(ws: Workspace, tables: Iterable[Rows]) -> None:
    """Insert the rows of all these tables at once; a table may be named once. None of them may refer to another's new rows: they are written in no order."""
    written = [one for one in tables if one.rows]
    if written:
        columns = {f"{_table(one).name}_{name}": told for one in written for name, told in _columns(one)}
        ws.session.execute(_statement(tuple((_table(one), one.otherwise) for one in written)), columns)


def _table(one: Rows) -> Table:
    table = one.model.__table__
    assert isinstance(table, Table)
    return table


def _columns(one: Rows) -> Iterator[tuple[str, Column]]:
    for column in _table(one).columns:
        yield column.name, _told(column, [row[column.name] for row in one.rows])


@cache
def _statement(tables: tuple[tuple[Table, str], ...]) -> TextClause:
    *beside, last = [_insert(table, otherwise) for table, otherwise in tables]
    named = ", ".join(f"beside_{number} as ({insert})" for number, insert in enumerate(beside))
    return text(f"with {named} {last}" if beside else last)


def _insert(table: Table, otherwise: str) -> str:
    names = ", ".join(column.name for column in table.columns)
    arrays = ", ".join(f"cast(:{table.name}_{column.name} as {_sent_as(column)}[])" for column in table.columns)
    values = ", ".join(f"r.{column.name}{_made_into(column)}" for column in table.columns)
    return (
        f"insert into {table.schema}.{table.name} ({names}) select {values}"  # noqa: S608 (names of our own columns)
        f" from unnest({arrays}) as r({names}) {otherwise}"
    )


def _sent_as(column: TableColumn[Any]) -> str:
    """The element type of the array that carries the column."""
    return "text" if isinstance(column.type, ARRAY | JSONB) else _name_of(column.type)


def _made_into(column: TableColumn[Any]) -> str:
    """What turns a carried literal into the column's own type."""
    if isinstance(column.type, JSONB):
        return "::jsonb"
    return f"::{_name_of(column.type.item_type)}[]" if isinstance(column.type, ARRAY) else ""


def _name_of(kind: Any) -> str:
    return next(name for known, name in NAMES if isinstance(kind, known))


def _told(column: TableColumn[Any], values: list[Any]) -> Column:
    """A column's values as they travel."""
    if isinstance(column.type, ARRAY):
        return Column(None if value is None else _literal(value) for value in values)
    if isinstance(column.type, JSONB):
        return Column(None if value is None else json.dumps(value) for value in values)
    return Column(values)


def _literal(figures: Sequence[int | Decimal]) -> str:
    assert {*map(type, figures)} <= FIGURES, "only figures need no quoting inside a literal"
    return "{" + ",".join(map(str, figures)) + "}"
