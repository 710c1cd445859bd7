"""What an operator says by environment variables. A value that cannot be right is refused at once, naming its variable.

Values that may hold a password are never repeated in a message.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tenants.errors import Invalid
from tenants.webhooks.addresses import read_networks

CLONE = Path(__file__).resolve().parents[2]
DOOR_VARIABLES = {
    door: f"BAILEE_DATABASE_{door.upper()}_URL" for door in ("app", "worker", "gateway", "door", "backup")
}


@dataclass(frozen=True)
class Settings:
    """One installation's settings. None for a server's address means: run our own."""

    home: Path
    host: str
    port: int
    public_url: str
    demo: bool
    database_url: str | None
    door_urls: Mapping[str, str]
    valkey_url: str | None
    mqtt_url: str | None
    mqtt_port: int | None
    mqtt_devices_password: str | None
    postgres_account: str | None

    @property
    def url(self) -> str:
        """Where a person on this machine opens Bailee."""
        return self.public_url


def from_environment(environment: Mapping[str, str], *, demo: bool = False) -> Settings:
    """Read and check every variable. An empty one counts as absent, as compose files and unit files write it."""
    given = {name: value.strip() for name, value in environment.items() if name.startswith("BAILEE_") and value.strip()}
    for name, check in _CHECKS.items():
        if name in given:
            check(name, given[name])
    _refuse_half(given, ("BAILEE_OIDC_ISSUER", "BAILEE_OIDC_CLIENT_ID", "BAILEE_OIDC_CLIENT_SECRET"))
    _refuse_half(given, ("BAILEE_STRIPE_KEY", "BAILEE_STRIPE_WEBHOOK_SECRET"))
    host, port = given.get("BAILEE_HOST", "127.0.0.1"), int(given.get("BAILEE_PORT", "8800"))
    return Settings(
        home=Path(given["BAILEE_HOME"]) if "BAILEE_HOME" in given else default_home(environment, demo=demo),
        host=host,
        port=port,
        public_url=given.get("BAILEE_PUBLIC_URL", f"http://{_shown(host)}:{port}").rstrip("/"),
        demo=demo,
        database_url=given.get("BAILEE_DATABASE_URL"),
        door_urls={door: given[name] for door, name in DOOR_VARIABLES.items() if name in given},
        valkey_url=given.get("BAILEE_VALKEY_URL"),
        mqtt_url=given.get("BAILEE_MQTT_URL"),
        mqtt_port=int(given["BAILEE_MQTT_PORT"]) if "BAILEE_MQTT_PORT" in given else None,
        mqtt_devices_password=given.get("BAILEE_MQTT_DEVICES_PASSWORD"),
        postgres_account=given.get("BAILEE_POSTGRES_ACCOUNT"),
    )


def default_home(environment: Mapping[str, str], *, demo: bool) -> Path:
    """The demo world lives in the clone; an installation in the system's state folder (root) or the user's data folder
    (XDG).
    """
    if demo:
        return CLONE / "var" / "demo"
    if os.geteuid() == 0:
        return Path("/var/lib/bailee")
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "bailee"


def _shown(host: str) -> str:
    """A host to put into an address: a wildcard is no place to go to, and IPv6 wants brackets."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 -- recognised, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _refuse(name: str, because: str, **facts: object) -> None:
    raise Invalid("bad_setting", f"%(variable)s {because}", field=name, variable=name, **facts)


def _address(*schemes: str) -> Callable[[str, str], None]:
    """A check for an address with one of these schemes."""

    def check(name: str, value: str) -> None:
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            _refuse(name, "is no address.")
        if parts.scheme not in schemes:
            _refuse(name, "must begin with %(schemes)s.", schemes=" or ".join(f"{scheme}://" for scheme in schemes))
        if not (parts.netloc or parts.query or (parts.scheme == "unix" and parts.path)):
            _refuse(name, "names no host.")

    return check


def _port(name: str, value: str) -> None:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 65535:
        _refuse(name, "must be a port number from 1 to 65535, not %(value)s.", value=repr(value))


def _host(name: str, value: str) -> None:
    if not re.fullmatch(r"[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", value):
        _refuse(
            name, "must be an address or a name to listen on, without scheme or port, not %(value)s.", value=repr(value)
        )


def _folder(name: str, value: str) -> None:
    if not value.startswith("/"):
        _refuse(name, "must be an absolute path, not %(value)s.", value=repr(value))


def _origin(name: str, value: str) -> None:
    """The public address is an origin: cookies and links are made for the whole of it."""
    _address("http", "https")(name, value)
    parts = urlsplit(value)
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        _refuse(name, "must be scheme, host and port alone, such as https://bailee.example.")


def _issuer(name: str, value: str) -> None:
    """OpenID Connect Core 1.0, section 2: an issuer is an https address without query or fragment. Loopback may do
    without TLS.
    """
    _address("https", "http")(name, value)
    parts = urlsplit(value)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        _refuse(name, "must begin with https://, for sign-in trusts what it says.")
    if parts.query or parts.fragment:
        _refuse(name, "must have no query and no fragment.")


def _networks(name: str, value: str) -> None:
    try:
        read_networks(value)
    except ValueError:
        _refuse(name, "must be networks such as 10.1.0.0/16, with commas between.")


def _text_body(name: str, value: str) -> None:
    try:
        json.loads(value)
    except ValueError:
        _refuse(name, "is no JSON.")
    if "{to}" not in value or "{text}" not in value:
        _refuse(name, "must have the places {to} and {text}.")


def _shape(pattern: str, because: str) -> Callable[[str, str], None]:
    def check(name: str, value: str) -> None:
        if not re.fullmatch(pattern, value):
            _refuse(name, because)

    return check


def _refuse_half(given: Mapping[str, str], names: tuple[str, ...]) -> None:
    """Settings that make sense only together."""
    missing = [name for name in names if name not in given]
    if missing and len(missing) < len(names):
        present = next(name for name in names if name in given)
        _refuse(missing[0], "is missing: it goes with %(other)s.", other=present)


_POSTGRES = _address("postgresql", "postgres", "postgresql+psycopg")
_CHECKS: Mapping[str, Callable[[str, str], None]] = {
    "BAILEE_HOME": _folder,
    "BAILEE_HOST": _host,
    "BAILEE_PORT": _port,
    "BAILEE_PUBLIC_URL": _origin,
    "BAILEE_DATABASE_URL": _POSTGRES,
    **dict.fromkeys(DOOR_VARIABLES.values(), _POSTGRES),
    "BAILEE_VALKEY_URL": _address("redis", "rediss", "unix"),
    "BAILEE_MQTT_URL": _address("mqtt", "mqtts"),
    "BAILEE_MQTT_PORT": _port,
    "BAILEE_MQTT_DEVICES_PASSWORD": _shape(r".{12,}", "must have at least 12 characters."),
    "BAILEE_ELASTICSEARCH_URL": _address("http", "https"),
    "BAILEE_SMTP_URL": _address("smtp", "smtps"),
    "BAILEE_STRIPE_KEY": _shape(r"(sk|rk)_(test|live)_\w+", "must be a secret key of Stripe: sk_... or rk_..."),
    "BAILEE_STRIPE_WEBHOOK_SECRET": _shape(
        r"whsec_[^\s,]+(,whsec_[^\s,]+)?", "must be a webhook's signing secret: whsec_..., or two with a comma between."
    ),
    "BAILEE_WEBHOOK_NETWORKS": _networks,
    "BAILEE_FRAME_DAYS": _shape(r"[1-9]\d{0,3}", "must be a number of days, from 1 to 9999."),
    "BAILEE_READING_DAYS": _shape(r"[3-9]\d|[1-9]\d{2,3}", "must be a number of days, from 30 to 9999."),
    "BAILEE_SMS_URL": _address("http", "https"),
    "BAILEE_SMS_BODY": _text_body,
    "BAILEE_OIDC_ISSUER": _issuer,
    "BAILEE_SECRET_KEY": _shape(r".{32,}", "must have at least 32 characters."),
}
