"""The environment that every child of the application gets."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from integrations.local import roles
from integrations.local.home import Home
from integrations.local.settings import Settings
from integrations.local.vault import Vault


@dataclass(frozen=True)
class Addresses:
    """Where the servers are, ours or the operator's."""

    database: str  # the administrator's
    valkey: str
    mqtt: str
    mqtt_devices: str | None
    broker: tuple[str, str] | None = None  # our own: where devices connect, and its configuration


def secret_key(vault: Vault) -> str:
    """The installation's signing key: the one that was given, or its own."""
    return os.environ.get("BAILEE_SECRET_KEY") or vault.secret("secret_key")


def passwords(vault: Vault) -> dict[str, str]:
    """The database passwords of the doors, by door."""
    return {door: vault.secret(f"database_{door}") for door in roles.DOORS}


def door_addresses(settings: Settings, vault: Vault, admin_dsn: str) -> dict[str, str]:
    """How each door of the house reaches the database: as the operator says, else with our own password, for
    SQLAlchemy.
    """
    ours = {door: roles.address(admin_dsn, roles.role(door), word) for door, word in passwords(vault).items()}
    return {door: roles.for_sqlalchemy(dsn) for door, dsn in (ours | dict(settings.door_urls)).items()}


def for_children(settings: Settings, home: Home, vault: Vault, addresses: Addresses) -> dict[str, str]:
    """What a child of the application is told. The administrator's address is not among it, nor the one for dumps."""
    doors = door_addresses(settings, vault, addresses.database)
    told = {f"BAILEE_DATABASE_{door.upper()}_URL": url for door, url in doors.items() if door != "backup"}
    told |= {
        "BAILEE_VALKEY_URL": addresses.valkey,
        "BAILEE_MQTT_URL": addresses.mqtt,
        "BAILEE_SECRET_KEY": secret_key(vault),
        "BAILEE_HOME": str(home.root),
        "BAILEE_FILES": str(home.files),
        "BAILEE_PUBLIC_URL": settings.public_url,
        "PYTHONUNBUFFERED": "1",
    }
    if addresses.mqtt_devices:
        told["BAILEE_MQTT_DEVICES_URL"] = addresses.mqtt_devices
    if addresses.broker:
        told["BAILEE_BROKER_ADDRESS"], told["BAILEE_BROKER_CONFIGURATION"] = addresses.broker
    if settings.demo:
        told["BAILEE_DEMO"] = "1"
        told["BAILEE_ARGON2_KIB"] = "1024"  # the demo's passwords are printed on its door: cheap to check is enough
    return _inherited(home) | told


def narrowed(told: Mapping[str, str], role: str, *, door: bool = False) -> dict[str, str]:
    """What one process needs of it: the database address of its own role, and that of sign-in where people enter. A web
    process that is broken into gives away no worker's rights.
    """
    allowed = {f"BAILEE_DATABASE_{role}_URL"} | ({"BAILEE_DATABASE_DOOR_URL"} if door else set())
    kept = {name: value for name, value in told.items() if not name.startswith("BAILEE_DATABASE_") or name in allowed}
    return kept | {"BAILEE_ROLE": role}


def for_migrations(settings: Settings, home: Home, addresses: Addresses) -> dict[str, str]:
    """Migrations alone see the administrator's address; they also decide, once, whether this clock may be driven."""
    told = {"BAILEE_DATABASE_ADMIN_URL": roles.for_sqlalchemy(roles.in_database(addresses.database))}
    return _inherited(home) | told | ({"BAILEE_DEMO": "1"} if settings.demo else {})


def _inherited(home: Home) -> dict[str, str]:
    """Our own environment without the administrator's address, and without PG* variables: they would bend every
    connection.

    Compiled code is kept in the data home, so that the clone stays clean and the libraries are compiled by the first
    child alone: six processes that each compile them take most of a start.
    """
    ours = {"BAILEE_DATABASE_URL", "BAILEE_DATABASE_BACKUP_URL", "BAILEE_DEMO", "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("PG")}
    return {"PYTHONPYCACHEPREFIX": str(home.bytecode)} | kept


def leave_for_commands(path: Path, environment: Mapping[str, str]) -> None:
    """Keep what the children were told, for `bailee app` while the stack runs; as private as the secrets file."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    told = {name: value for name, value in environment.items() if name.startswith("BAILEE_")}
    path.write_text(json.dumps(told), "utf-8")


def for_commands(path: Path, home: Home) -> dict[str, str] | None:
    """The environment for a one-off command beside a running stack; None when none runs."""
    try:
        told: dict[str, str] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return _inherited(home) | told
