"""Where the house is put together: settings in, `app` (WSGI) and `asgi` (with Socket.IO) out. Nobody imports this."""

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

import socketio
from a2wsgi import WSGIMiddleware
from apiflask import APIFlask

import frontend
import marketplace
from frontend import application, live
from integrations import commands
from integrations.auction_hints import HintAnnouncer
from integrations.files import FolderFiles
from integrations.mail.letters import FolderMailRoom, SmtpMailRoom
from integrations.postgres_search.index import PostgresIndex
from marketplace.catalogue.ports import search_with
from marketplace.disposal.ports import announce_by
from marketplace.documents.ports import use_file_store
from tenants import database
from tenants.mail import use_mail_room


def create_app(settings: dict[str, Any] | None = None) -> APIFlask:
    """The application for one process: adapters chosen, pages, calls, subscribers and commands registered."""
    chosen = {**_from_environment(), **(settings or {})}
    _load("reactions", marketplace)
    app = application.make(chosen)
    database.connect(app, url=chosen["DATABASE_URL"], door_url=chosen.get("DOOR_DATABASE_URL"))
    _load("views", frontend)
    _load("api", frontend)
    application.register_doors(app)
    commands.register(app)
    _choose_adapters(chosen)
    return app


def _choose_adapters(chosen: dict[str, Any]) -> None:
    public_url = chosen.get("PUBLIC_URL", "http://127.0.0.1:8800")
    if chosen.get("SMTP_URL"):
        use_mail_room(SmtpMailRoom(chosen["SMTP_URL"], public_url=public_url))
    elif chosen.get("HOME"):
        use_mail_room(FolderMailRoom(Path(chosen["HOME"]) / "letters", public_url=public_url))
    if chosen.get("FILES") or chosen.get("HOME"):
        use_file_store(FolderFiles(Path(chosen.get("FILES") or Path(chosen["HOME"]) / "files")))
    search_with(PostgresIndex())
    if chosen.get("VALKEY_URL"):
        announce_by(HintAnnouncer(chosen["VALKEY_URL"]))


def make_asgi(app: APIFlask) -> socketio.ASGIApp:
    """Pages and Socket.IO on one port."""
    return socketio.ASGIApp(
        live.make_server(app, app.config.get("VALKEY_URL")), WSGIMiddleware(app.wsgi_app, workers=16)
    )


def _from_environment() -> dict[str, Any]:
    role = os.environ.get("BAILEE_ROLE", "APP")
    names = (
        "VALKEY_URL",
        "MQTT_URL",
        "ELASTICSEARCH_URL",
        "SMTP_URL",
        "STRIPE_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "OIDC_ISSUER",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
        "SECRET_KEY",
        "HOME",
        "FILES",
        "PUBLIC_URL",
        "DEMO",
    )
    found = {name: os.environ[f"BAILEE_{name}"] for name in names if os.environ.get(f"BAILEE_{name}")}
    found["DATABASE_URL"] = os.environ.get(f"BAILEE_DATABASE_{role}_URL", "")
    found["DOOR_DATABASE_URL"] = os.environ.get("BAILEE_DATABASE_DOOR_URL")
    return found


def _load(name: str, package: Any) -> None:
    """Import every module of this name, so that what it registers is known."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2] == name:
            importlib.import_module(module.name)


def __getattr__(name: str) -> Any:
    """`app` and `asgi` are made when a server asks for them, not when a tool only reads this file."""
    if name == "app":
        globals()["app"] = create_app()
    elif name == "asgi":
        globals()["asgi"] = make_asgi(__getattr__("app") if "app" not in globals() else globals()["app"])
    else:
        raise AttributeError(name)
    return globals()[name]
