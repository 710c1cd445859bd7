"""The tables' common ground: engine, metadata, declarative Base. The only place that knows Flask-SQLAlchemy.

Each process connects as one of four login roles that own nothing and cannot bypass row security:
`bailee_app` (web), `bailee_worker` (relay, worker, scheduler), `bailee_gateway` (devices) and `bailee_door` (sign-in only).
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Engine,
    ExceptionContext,
    MetaData,
    Text,
    Uuid,
    any_,
    bindparam,
    event,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, ORMExecuteState, Session

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SCHEMA = "house"


class Base(DeclarativeBase):
    """Every table of the house; each declares who may see and change its rows in `__access__` (see `policies.Access`)."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        int: BigInteger(),
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
    }


# DISCARD ALL without its plans. Those hold neither rows nor a tenant (`gate.tenant()` is asked at each execution, and PostgreSQL plans anew for another role);
# forgetting them made every transaction plan the gate's functions, their triggers and policies again, a tenth of the server's work on a loan's way to its first drawing.
FORGET = (
    "close all; set session authorization default; reset all; unlisten *; "
    "select pg_advisory_unlock_all(); discard temp; discard sequences"
)
DEVICES = "devices"  # the engine on which statements stay prepared
PREPARED_FROM = 5  # said so many times on one connection
OUTDATED = "0A000"

database = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True)


@event.listens_for(Session, "do_orm_execute")
def _read_anew_what_is_locked(asked: ORMExecuteState) -> None:
    """Who waited for a row decides by what the other left in it: what is locked is read again, although the session knows it already."""
    if asked.is_select and getattr(asked.statement, "_for_update_arg", None) is not None:
        asked.update_execution_options(populate_existing=True)


def connect(app: Flask, *, url: str, door_url: str | None = None) -> None:
    """Give `app` its engines: the process's own role, and the sign-in role beside it where the process has a front door.

    What devices say is taken by the process's own role too, on connections of their own: it is the same few statements all day, which stay prepared there.
    """
    options = {
        # Forgetting the tenant must be loud, so nothing may survive on a pooled connection: not a cursor, not a setting.
        "pool_reset_on_return": None,
        "pool_size": int(os.environ.get("BAILEE_POOL_SIZE", "8")),
        # The connection that came back last is given next: its backend has its plans and tables at hand.
        "pool_use_lifo": True,
        # Where statements are forgotten too, that takes them behind psycopg's back, so it may not prepare any.
        "connect_args": {"prepare_threshold": None},
    }
    own = {**options, "url": _with_driver(url)}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = own
    app.config["SQLALCHEMY_BINDS"] = {DEVICES: {**own, "connect_args": {"prepare_threshold": PREPARED_FROM}}}
    if door_url:
        app.config["SQLALCHEMY_BINDS"]["door"] = {**options, "url": _with_driver(door_url)}
    database.init_app(app)
    with app.app_context():
        for name, made in database.engines.items():
            event.listen(made, "reset", _forgetting(FORGET if name == DEVICES else f"deallocate all; {FORGET}"))
        event.listen(engine(DEVICES), "handle_error", _drop_outdated)


def engine(bind: str | None = None) -> Engine:
    """The engine of the running process; `door` is the sign-in role, `devices` the process's own for what devices say."""
    return database.engines[bind]


def among(column: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None], named: str) -> ColumnElement[bool]:
    """Whether the column is one of the ids given under this name: as one array, so that the statement is the same for one and for a thousand, and can stay prepared."""
    return column == any_(bindparam(named, type_=ARRAY(Uuid())))


def new_id() -> UUID:
    """A uuidv7: sorts by the time it was made, shows no count, and never crosses tenants (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (
        (milliseconds << 80) | (0x7 << 76) | ((random >> 64 & 0xFFF) << 64) | (0b10 << 62) | (random & (1 << 62) - 1)
    )
    return UUID(int=value)


def _forgetting(what: str) -> Callable[[Any, Any, Any], None]:
    def forget(connection: Any, _record: Any, _state: Any) -> None:
        connection.rollback()
        connection.autocommit = True
        connection.execute(what, prepare=False)
        connection.autocommit = False

    return forget


def _drop_outdated(context: ExceptionContext) -> None:
    """A statement that was prepared before a migration and would tell other columns now is refused for ever on its connection: all of them are made anew."""
    if getattr(context.original_exception, "sqlstate", None) == OUTDATED:
        context.is_disconnect = True


def _with_driver(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+psycopg")
