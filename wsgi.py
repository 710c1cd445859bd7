"""Where the house is put together: settings in, `app` (WSGI) and `asgi` (with Socket.IO) out. Nobody imports this.

Each process is put together from what it runs and nothing else (BAILEE_ROLE: APP for the web, WORKER, GATEWAY): a relay that never shows a page need not
load the pages, and the whole stack starts in seconds on two cores.
"""

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

from flask import Flask

import marketplace
from integrations.files import FolderFiles
from integrations.mail.letters import FolderMailRoom, SmtpMailRoom
from integrations.postgres_search.index import PostgresIndex
from integrations.texts.gateways import BODY, FolderTexts, HttpTexts
from integrations.webhooks.carrier import HttpsCarrier
from marketplace.billing.collecting.ports import FeeProvider, collect_by
from marketplace.cameras.ports import KEPT_DAYS, keep_frames_in, see_with
from marketplace.catalogue.ports import OuterIndex, search_with
from marketplace.disposal.cards.ports import PaymentProvider, pay_by
from marketplace.disposal.ports import sign_by
from marketplace.disposal.record.receipts import InstallationKey
from marketplace.documents.ports import use_file_store
from marketplace.supervision.devices.accounts import let_in_by
from marketplace.supervision.seals.retention import KEPT_DAYS as READINGS_KEPT_DAYS
from marketplace.supervision.seals.retention import keep_readings_for
from tenants import database
from tenants.log.ports import sign_log_by
from tenants.mail_room import use_mail_room
from tenants.texts.ports import text_by
from tenants.webhooks.addresses import read_networks
from tenants.webhooks.ports import carry_by

SETTINGS = (
    "VALKEY_URL", "MQTT_URL", "MQTT_DEVICES_URL", "BROKER_ADDRESS", "BROKER_CONFIGURATION", "ELASTICSEARCH_URL", "SMTP_URL", "STRIPE_KEY", "STRIPE_WEBHOOK_SECRET", "WEBHOOK_NETWORKS", "SMS_URL", "SMS_AUTHORIZATION", "SMS_BODY", "OIDC_ISSUER", "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET", "SECRET_KEY", "HOME", "FILES", "FRAME_DAYS", "READING_DAYS", "PUBLIC_URL", "DEMO",
)  # fmt: skip
# Which commands each role's process may be started with: (module, command).
COMMANDS = {
    "APP": (("integrations.first_administrator", "first_administrator_command"), ("integrations.demo.commands", "demo_world_command"),
            ("integrations.demo.commands", "demo_command"), ("integrations.elasticsearch.commands", "reindex_command")),
    "WORKER": (("integrations.commands", "relay_command"), ("integrations.commands", "worker_command"), ("integrations.commands", "scheduler_command")),
    "GATEWAY": (("integrations.gateway", "gateway_command"),),
}  # fmt: skip


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """The application for one process: adapters chosen; pages, calls, subscribers and commands registered."""
    chosen = {"ROLE": os.environ.get("BAILEE_ROLE", "APP"), **(settings or {})}
    chosen = {**_from_environment(chosen["ROLE"]), **chosen}
    _load("events", marketplace)
    _load("reactions", marketplace)
    for name in ("facts", "mail", "reactions"):
        _load(name, importlib.import_module("tenants"))
    app = _made(chosen)
    database.connect(app, url=chosen["DATABASE_URL"], door_url=chosen.get("DOOR_DATABASE_URL"))
    if chosen["ROLE"] == "APP":
        _open_doors(app)
    for module, command in COMMANDS[chosen["ROLE"]]:
        app.cli.add_command(getattr(importlib.import_module(module), command))
    _choose_adapters(chosen)
    return app


def make_asgi(app: Flask) -> Any:
    """Pages, Socket.IO and the lane of bids on one port."""
    socketio, bridge = importlib.import_module("socketio"), importlib.import_module("a2wsgi")
    lane = importlib.import_module("frontend.disposal.bid_lane")
    hints = importlib.import_module("frontend.live").make_server(app, app.config.get("VALKEY_URL"))
    importlib.import_module("integrations.heartbeat").start(app)
    return socketio.ASGIApp(hints, lane.BidLane(app, bridge.WSGIMiddleware(app.wsgi_app, workers=16)))


def _made(chosen: dict[str, Any]) -> Flask:
    """The web's application, or the bare one of a process that shows nothing."""
    if chosen["ROLE"] == "APP":
        made: Flask = importlib.import_module("frontend.application").make(chosen)
        return made
    app = Flask("bailee")
    app.config.update(chosen)
    return app


def _open_doors(app: Flask) -> None:
    importlib.import_module("frontend.application").register_doors(app)
    sign_by(InstallationKey(app.config["SECRET_KEY"]))
    app.register_blueprint(importlib.import_module("integrations.device_door").door)
    app.register_blueprint(importlib.import_module("integrations.witness_door").door)
    if app.config.get("STRIPE_WEBHOOK_SECRET"):
        app.register_blueprint(importlib.import_module("integrations.stripe.door").door)


def _choose_adapters(chosen: dict[str, Any]) -> None:
    public_url = chosen.get("PUBLIC_URL", "http://127.0.0.1:8800")
    if chosen.get("SMTP_URL"):
        use_mail_room(SmtpMailRoom(chosen["SMTP_URL"], public_url=public_url))
    elif chosen.get("HOME"):
        use_mail_room(FolderMailRoom(Path(chosen["HOME"]) / "letters", public_url=public_url))
    if chosen.get("FILES") or chosen.get("HOME"):
        files = Path(chosen.get("FILES") or Path(chosen["HOME"]) / "files")
        use_file_store(FolderFiles(files))
        keep_frames_in(FolderFiles(files / "frames"), int(chosen.get("FRAME_DAYS") or KEPT_DAYS))
    keep_readings_for(int(chosen.get("READING_DAYS") or READINGS_KEPT_DAYS))
    see_with(lambda: importlib.import_module("integrations.vision.scenes").SceneEyes())  # type: ignore[no-any-return]
    if chosen["ROLE"] == "APP":  # pictures come by the web alone, and OpenCV is large
        eyes = importlib.import_module("integrations.vision.cards").OpenCvEyes()
        importlib.import_module("marketplace.stocktakes.ports").look_with(eyes)
    carry_by(
        HttpsCarrier(own := read_networks(chosen.get("WEBHOOK_NETWORKS", ""))),
        installation=chosen.get("SECRET_KEY", ""),
        own=own,
        public_url=public_url,
    )
    sign_log_by(chosen.get("SECRET_KEY", ""), public_url)
    _choose_texts(chosen, public_url)
    let_in_by(chosen.get("SECRET_KEY", ""), chosen.get("BROKER_ADDRESS", ""))
    if chosen["ROLE"] == "WORKER":  # which signs evidence bundles
        sign_by(InstallationKey(chosen.get("SECRET_KEY", "")))
    search_with(PostgresIndex(), outer=_outer_index(chosen))
    pay_by(_card_provider(chosen, public_url))
    collect_by(_fee_provider(chosen, public_url))
    if chosen["ROLE"] in {"APP", "WORKER"} and chosen.get(
        "VALKEY_URL"
    ):  # bids come by the web, openings and hammers by the worker
        announcer = importlib.import_module("integrations.auction_hints").HintAnnouncer(chosen["VALKEY_URL"])
        importlib.import_module("marketplace.disposal.ports").announce_by(announcer)


def _choose_texts(chosen: dict[str, Any], public_url: str) -> None:
    """Text messages by the operator's gateway; in a demo into a folder, read on the screen; else none, and the screen says so."""
    if chosen.get("SMS_URL"):
        gateway = HttpTexts(chosen["SMS_URL"], authorization=chosen.get("SMS_AUTHORIZATION", ""), body=chosen.get("SMS_BODY") or BODY)  # fmt: skip
        text_by(gateway, public_url=public_url)
    elif chosen.get("DEMO") and chosen.get("HOME"):
        text_by(FolderTexts(Path(chosen["HOME"]) / "texts"), public_url=public_url, shows_codes=True)


def _outer_index(chosen: dict[str, Any]) -> OuterIndex | None:
    """Elasticsearch where its address is given; its client is loaded only then. The demo world keeps to names of its own."""
    if not chosen.get("ELASTICSEARCH_URL"):
        return None
    elastic = importlib.import_module("integrations.elasticsearch.index")
    client = elastic.connected(chosen["ELASTICSEARCH_URL"])
    made: OuterIndex = elastic.ElasticIndex(client, called="bailee-demo" if chosen.get("DEMO") else "bailee-listings")
    return made


def _card_provider(chosen: dict[str, Any], public_url: str) -> PaymentProvider | None:
    """Stripe where its key is given; its client is loaded only then. Without it deposits come by bank transfer."""
    if not chosen.get("STRIPE_KEY"):
        return None
    made: PaymentProvider = importlib.import_module("integrations.stripe.cards").StripeCards(
        chosen["STRIPE_KEY"], public_url=public_url
    )
    return made


def _fee_provider(chosen: dict[str, Any], public_url: str) -> FeeProvider | None:
    """The same for the platform's fees."""
    if not chosen.get("STRIPE_KEY"):
        return None
    made: FeeProvider = importlib.import_module("integrations.stripe.fees").StripeFees(
        chosen["STRIPE_KEY"], public_url=public_url
    )
    return made


def _from_environment(role: str) -> dict[str, Any]:
    found = {name: os.environ[f"BAILEE_{name}"] for name in SETTINGS if os.environ.get(f"BAILEE_{name}")}
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
