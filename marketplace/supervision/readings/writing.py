"""Writing many rows, of several tables too, in one statement of one fixed text: a column is an array, and the database unfolds them side by side.

An INSERT with a placeholder for each value of each row costs more to read than to carry out, and COPY is not for tables under row security. This way the
text is the same for one row and for a thousand, row security asks whose they are once, and lists inside a row travel as PostgreSQL's own literals.
The columns themselves travel in binary: as text, every byte of a signed body would be escaped here and read there again. Their types are told, not guessed
from the values, among which small numbers are of another type than large ones and missing ones of none: each guess would be a statement of its own to prepare.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from psycopg import RawCursor, adapters
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import ARRAY, BigInteger, Boolean, Connection, Date, DateTime, LargeBinary, Numeric, Table, Text, Uuid
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import JSONB

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


def _kind_of_column(kind: str) -> type[list[Any]]:
    """A list whose elements are all of this type, told to the driver."""
    known, made = adapters.types[kind], type(f"{kind}_column", (list,), {})
    dumper = type(f"{kind}_dumper", (ListBinaryDumper,), {"oid": known.array_oid, "element_oid": known.oid})
    adapters.register_dumper(made, dumper)
    return made


COLUMNS = {kind: _kind_of_column(kind) for _, kind in NAMES}


def column_of(kind: str, values: Iterable[Any]) -> list[Any]:
    """An array of PostgreSQL's type of this name (one of `NAMES`) that goes to the database in binary."""
    return COLUMNS[kind](values)


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
        statement = _statement(tuple((_table(one), one.otherwise) for one in written))
        _execute(ws.session.connection(), statement, [column for one in written for column in _filled(one)])


def _table(one: Rows) -> Table:
    table = one.model.__table__
    assert isinstance(table, Table)
    return table


def _filled(one: Rows) -> Iterator[list[Any]]:
    for name, kind, literal in _columns(_table(one)):
        values = [row[name] for row in one.rows]
        yield column_of(kind, [None if value is None else literal(value) for value in values] if literal else values)


@cache
def _columns(table: Table) -> list[tuple[str, str, Callable[[Any], str] | None]]:
    """Of each column its name, the type of what carries its values, and what makes a literal of each where they travel as such."""
    return [(column.name, _sent_as(column), _literal_of(column)) for column in table.columns]


def _execute(line: Connection, statement: str, columns: Sequence[list[Any]]) -> None:
    """Say it as it stands: to find a hundred named places in it anew, at each call, would cost more than to fill them."""
    driver: Any = line.connection.driver_connection
    usual, driver.cursor_factory = driver.cursor_factory, RawCursor
    try:
        line.exec_driver_sql(statement, tuple(columns))
    finally:
        driver.cursor_factory = usual


@cache
def _statement(tables: tuple[tuple[Table, str], ...]) -> str:
    places = count(1)
    *beside, last = [_insert(table, otherwise, places) for table, otherwise in tables]
    named = ", ".join(f"beside_{number} as ({insert})" for number, insert in enumerate(beside))
    return f"with {named} {last}" if beside else last


def _insert(table: Table, otherwise: str, places: Iterator[int]) -> str:
    names = ", ".join(column.name for column in table.columns)
    arrays = ", ".join(f"cast(${next(places)} as {_sent_as(column)}[])" for column in table.columns)
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


def _literal_of(column: TableColumn[Any]) -> Callable[[Any], str] | None:
    if isinstance(column.type, ARRAY):
        return _figures
    return json.dumps if isinstance(column.type, JSONB) else None


def _figures(figures: Sequence[int | Decimal]) -> str:
    assert {*map(type, figures)} <= FIGURES, "only figures need no quoting inside a literal"
    return "{" + ",".join(map(str, figures)) + "}"
