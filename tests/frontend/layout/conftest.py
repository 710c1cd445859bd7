"""The layout without the trade: a small Flask app with the real templates, words, filters and content policy, and a Socket.IO server beside it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import socketio
from flask import Flask, Response, jsonify, render_template, render_template_string, request, send_from_directory
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from frontend import application, forms, language, problems
from marketplace.money import Money
from tests.frontend.layout import samples

PRINCIPAL = SimpleNamespace(
    name="Lin Wei", email="lin.wei@bank.example", jobs=["operator", "approver"], workspaces=[("1", "Yangtze Commercial Bank"), ("2", "Ningbo Port Supervision")],
    organisation=SimpleNamespace(name="Yangtze Commercial Bank", kinds=["BANK"]),
)  # fmt: skip
NAVIGATION = [
    {
        "label": "",
        "items": [
            {"label": "Home", "href": "/", "icon": "home", "active": True},
            {"label": "Approvals", "href": "/approvals", "icon": "approve", "badge": 3},
        ],
    },
    {
        "label": "Goods",
        "items": [
            {"label": "Lots", "href": "/lots", "icon": "lot"},
            {"label": "Alarms", "href": "/alarms", "icon": "alarm", "badge": 2, "tone": "danger"},
        ],
    },
]
ROOM = """
{% extends 'layout/document.html' %}{% from 'layout/macros/live.html' import live_room, live_lamp, bid_panel with context %}
{% from 'layout/macros/figures.html' import series_chart with context %}
{% block body %}<main id="content"><h1>Room</h1>{{ live_lamp('room') }}
{% call live_room('room', '0198e0aa-0000-7000-8000-000000000001', state.sequence) %}
<p id="price">{{ state.price }}</p><label for="note">Note</label><input id="note" name="note">{{ bid_panel('/bids', state.least, 10000000, closed=state.closed) }}
{{ series_chart('prices', url='/series', label='Prices') }}
{% endcall %}
<form hx-post="/echo" hx-target="#answer"><input type="hidden" name="note" value="by htmx"><button id="send">Send</button></form><div id="answer"></div>
</main><toast-stack></toast-stack>{% endblock %}
"""


ENVELOPE = """
{% extends 'layout/document.html' %}{% from 'disposal/kinds/panels.html' import clock_face, take_panel, seal_panel, kept_panel, open_panel with context %}
{% block body %}<main id="content"><h1>Envelope</h1><p id="clock">{{ clock_face(auction, price) }}</p>{{ take_panel('/bids', price) }}
{% if seal %}{{ kept_panel(auction, seal) }}{{ open_panel(auction, 3, '/bids', seal) }}{% else %}{{ seal_panel(auction, 3, '/bids', price) }}{% endif %}</main>{% endblock %}
"""


@dataclass
class RoomState:
    """What the server knows of the one room of these tests, and what it was sent."""

    sequence: int = 4
    price: str = "16,450,000"
    least: int = 1_655_000_000
    closed: bool = False
    asked: int = 0
    answers: list[Callable[[], Any]] = field(default_factory=list)
    bids: list[dict[str, str]] = field(default_factory=list)


@dataclass
class House:
    """The running server."""

    app: Flask
    address: str
    room: RoomState
    hints: socketio.Server

    def move(self, **changes: Any) -> None:
        """The room moves on by one, and everybody who watches is told."""
        self.move_silently(**changes)
        self.tell()

    def move_silently(self, **changes: Any) -> None:
        self.room.sequence += 1
        for name, value in changes.items():
            setattr(self.room, name, value)

    def tell(self) -> None:
        self.hints.emit("moved", {"stream": "0198e0aa-0000-7000-8000-000000000001", "sequence": self.room.sequence})

    def drop_the_line(self) -> None:
        """Cut every viewer off, as a bad line does."""
        for sid in list(self.hints.manager.get_participants("/", None)):
            self.hints.disconnect(sid[0])


@pytest.fixture(scope="session")
def layout_app(built: Path) -> Flask:
    """Templates, words and filters as the real application gives them; a stub where a signed-in member would be."""
    app = Flask(__name__, template_folder=str(application.ROOT), static_folder=None)
    app.config["SECRET_KEY"] = "layout"
    language.set_up(app)
    app.jinja_env.globals.update(
        asset=application.asset,
        csrf_token=lambda: "token",
        reason=problems.reason,
        **forms.FOR_TEMPLATES | {"idempotency_key": _keys().__next__},
    )
    app.context_processor(_context)
    app.add_url_rule("/assets/<path:name>", "assets", lambda name: send_from_directory(built, name))
    app.add_url_rule("/gallery", "gallery", lambda: render_template("layout/gallery.html", **samples.gallery()))
    app.add_url_rule("/lost", "lost", lambda: (render_template("layout/error.html", status=404, reason=None), 404))
    app.add_url_rule("/entrance", "entrance", lambda: render_template("layout/entrance.html", principal=None))
    app.after_request(_seal)
    return app


def _keys() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"key-{number}"


def _context() -> dict[str, Any]:
    chosen = request.args.get("theme") or request.cookies.get("theme") if request else None
    return {
        "principal": PRINCIPAL,
        "navigation": NAVIGATION,
        "locale": language.locale(),
        "theme": chosen,
        "demo": True,
        "now": samples.NOW,
        "unread": 7,
        "approvals_waiting": 3,
    }


def _seal(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = application.CONTENT_POLICY
    return response


@pytest.fixture(scope="session")
def house(layout_app: Flask) -> Iterator[House]:
    """The layout served on loopback, with one live room."""
    room, hints = RoomState(), socketio.Server(async_mode="threading")
    layout_app.add_url_rule("/room", "room", lambda: _show(room))
    layout_app.add_url_rule("/envelope", "envelope", _envelope)
    layout_app.add_url_rule("/series", "series", lambda: _series(room))
    layout_app.add_url_rule("/echo", "echo", _echo, methods=["POST"])
    layout_app.add_url_rule("/bids", "bids", lambda: _bid(room), methods=["POST"])
    hints.on("watch", lambda _sid, _stream: {"watching": True})
    hints.on("unwatch", lambda _sid, _stream: None)
    server = make_server("127.0.0.1", 0, socketio.WSGIApp(hints, layout_app), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield House(layout_app, f"http://127.0.0.1:{server.server_port}", room, hints)
    server.shutdown()


def _show(room: RoomState) -> str:
    room.asked += 1
    return render_template_string(ROOM, state=room)


def _envelope() -> str:
    """A sealed bid to hand in, or to open where its seal is named; and a falling price, two steps below its start."""
    auction = SimpleNamespace(
        auction_id=samples.AUCTION, currency="CNY", start_minor=100_000_00, drop_minor=5_000_00, drop_seconds=3600, floor_minor=60_000_00,
        runs_from=samples.NOW - timedelta(minutes=150),
    )  # fmt: skip
    return render_template_string(
        ENVELOPE, auction=auction, price=Money(90_000_00, "CNY"), seal=request.args.get("seal")
    )


def _series(room: RoomState) -> Any:
    return jsonify(at=[0, 3600, 7200], series=[{"label": "Price", "values": [1, 2, room.sequence]}])


def _echo() -> Response:
    """Tells what htmx sent, and has the page show a toast."""
    answer = Response(f"<p id='heard'>{request.headers['X-CSRFToken']} {request.form['note']}</p>")
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": "Saved", "tone": "ok"}})
    return answer


def _bid(room: RoomState) -> Any:
    room.bids.append(dict(request.form))
    answer = room.answers.pop(0) if room.answers else lambda: jsonify(receipt="9f2c44d1a0b76e33")
    return answer()


@pytest.fixture
def room(house: House) -> RoomState:
    """The room as it was at first."""
    house.room.__init__()  # type: ignore[misc]
    return house.room


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    """A fresh page; at its end it may have neither thrown nor broken the content policy."""
    context = browser.new_context(base_url=house.address, viewport={"width": 1440, "height": 900}, locale="en-GB")
    shown, faults = context.new_page(), []
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Content Security Policy" in message.text
            else None
        ),
    )
    yield shown
    context.close()
    assert faults == []
