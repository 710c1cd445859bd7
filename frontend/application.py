"""The web application: doors, errors, headers, and what every template may use."""

import importlib
import json
import pkgutil
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from apiflask import APIFlask
from flask import Response, current_app, g, redirect, request, send_from_directory
from flask.json.provider import DefaultJSONProvider
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

import frontend
from frontend import api, description, forms, language, navigation, problems, sign_in
from frontend.api import Api
from frontend.pages import Pages, error_page, public, refuse_unwritable, session_token
from marketplace.catalogue.ports import standing
from tenants import approvals, notifications
from tenants.errors import Refused
from tenants.sign_in import workspaces
from tenants.workspace import SignedOut

ROOT = Path(frontend.__file__).parent
BUILT = ROOT / "assets" / "built"
MOST_BYTES = 24 * 1024 * 1024
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class ShallowJson(DefaultJSONProvider):
    """JSON nested deeper than Python reads is as unreadable as JSON that is broken: a refusal, no fault of the house."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError as deep:
            raise ValueError("nested too deeply") from deep


def make(settings: dict[str, Any]) -> APIFlask:
    """The application with its settings, before its doors are registered."""
    app = APIFlask(
        __name__,
        title="Bailee",
        version="1",
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        template_folder=str(ROOT),
        static_folder=str(BUILT),
    )
    app.json = ShallowJson(app)
    app.config.update(
        SECRET_KEY=settings.get("SECRET_KEY") or secrets.token_hex(32),
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        SIGN_IN_LIMIT="30 per minute",
        RATELIMIT_STORAGE_URI=_limit_storage(settings.get("VALKEY_URL")),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="bailee_form",
        VALIDATION_ERROR_STATUS_CODE=422,
        SPEC_PROCESSOR_PASS_OBJECT=False,
    )
    app.config.update(settings)
    app.security_schemes = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token of a member, good for its scopes."}
    }
    app.description = "Finance secured on stock that devices watch. Amounts are decimal strings; times carry their zone; every POST needs an Idempotency-Key."
    return app


def register_doors(app: APIFlask) -> None:
    """Every slice's pages and calls, the front door, and what surrounds them."""
    language.set_up(app)
    protect = CSRFProtect()
    protect.init_app(app)
    sign_in.set_up(app)
    for door in _doors():
        app.register_blueprint(door)
    app.before_request(refuse_unwritable)
    app.before_request(lambda: _guard_forms(protect))
    app.after_request(_seal)
    app.context_processor(_for_templates)
    app.jinja_env.globals.update(asset=asset, reason=problems.reason, **forms.FOR_TEMPLATES)
    _add_plain_routes(app)
    _add_refusals(app)


def _doors() -> list[Pages | Api]:
    """What the rooms register their pages and calls with; every module of every room is loaded, so that nothing is left out."""
    names = [one.name for one in pkgutil.walk_packages(frontend.__path__, "frontend.") if one.name.count(".") > 1]
    loaded = [importlib.import_module(name) for name in names]
    return list(dict.fromkeys(one for room in loaded for one in vars(room).values() if isinstance(one, Pages | Api)))


def asset(name: str) -> str:
    """The address of a built file, its content's hash in its name."""
    return f"/assets/{_manifest().get(name, name)}"


@cache
def _manifest() -> dict[str, str]:
    listing = BUILT / "manifest.json"
    return dict(json.loads(listing.read_text())) if listing.exists() else {}


def _guard_forms(protect: CSRFProtect) -> None:
    if request.method in {"POST", "PUT", "PATCH", "DELETE"} and not request.path.startswith(("/api/", "/hooks/")):
        protect.protect()


def _seal(response: Response) -> Response:
    mine = {"Content-Security-Policy", "Cache-Control"} & set(response.headers.keys())
    if request.path.startswith("/assets/"):
        mine.add("Cache-Control")
    for name, value in seals(secure=request.is_secure, signed_in=bool(session_token())).items():
        if name not in mine:
            response.headers[name] = value
    return api.with_etag(response) if request.path.startswith("/api/") else response


def seals(*, secure: bool, signed_in: bool) -> dict[str, str]:
    """Headers that keep an answer to itself (OWASP ASVS 5.0, 3.4). `signed_in`: the browser brought a session."""
    made = {
        "Content-Security-Policy": CONTENT_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store" if signed_in else "no-cache",
    }
    return made | ({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if secure else {})


def _for_templates() -> dict[str, Any]:
    """What every template may name (see layout/README.md)."""
    ws = g.get("ws")
    known: dict[str, Any] = {
        "locale": language.locale(),
        "theme": _theme(),
        "demo": bool(_setting("DEMO")),
        "now": ws.now if ws else None,
        "clock_address": "/clock.json" if ws else None,
        "principal": None,
    }
    if ws is None or ws.member.is_visitor:
        return known
    organisation = SimpleNamespace(id=ws.tenant_id, name=ws.member.organisation, kinds=sorted(ws.member.kinds))
    return known | {
        "principal": SimpleNamespace(
            name=ws.member.name,
            email=ws.member.email,
            organisation=organisation,
            jobs=sorted(ws.member.jobs),
            workspaces=Lazy(lambda: workspaces(session_token() or "")),
        ),
        "can": ws.can,
        "navigation": navigation.for_member(ws.member, request.path),
        "unread": notifications.unread(ws),
        "approvals_waiting": len(approvals.to_decide(ws)),
    }


class Lazy(list[Any]):
    """A list that is fetched when a template first walks it."""

    def __init__(self, fetch: Callable[[], list[Any]]) -> None:
        super().__init__()
        self._fetch = fetch

    def __iter__(self) -> Any:
        return iter(self._fetch())


def _setting(name: str) -> Any:
    return current_app.config.get(name)


def _theme() -> str | None:
    chosen = request.cookies.get("theme")
    return chosen if chosen in {"light", "dark"} else None


def _limit_storage(valkey_url: str | None) -> str:
    return f"redis+{valkey_url}" if valkey_url and valkey_url.startswith("unix") else (valkey_url or "memory://")


def _add_plain_routes(app: APIFlask) -> None:
    @app.get("/assets/<path:name>")
    @app.doc(hide=True)
    @public
    def assets(name: str) -> Any:
        return send_from_directory(BUILT, name, max_age=31536000)

    @app.get("/healthz")
    @app.doc(hide=True)
    @public
    def healthz() -> dict[str, str]:
        """Alive, and what searches: an outer index that is lost slows searches and stops nothing."""
        return {"status": "alive"} | standing()

    @app.get("/favicon.ico")
    @app.doc(hide=True)
    @public
    def favicon() -> Any:
        return redirect(asset("mark.svg"))


def _add_refusals(app: APIFlask) -> None:
    # First, since it takes every HTTP error for the API's: the handlers below take back what people see.
    app.error_processor(api.validation_problem)
    app.register_error_handler(
        Refused,
        lambda refused: (
            api.told(refused) if _is_call() else error_page(problems.status_of(refused), problems.reason(refused))
        ),
    )
    app.register_error_handler(
        SignedOut, lambda error: api.unknown_token(error) if _is_call() else redirect("/sign-in")
    )
    app.register_error_handler(
        CSRFError, lambda _error: error_page(400, language.translate("This form has grown old. Open the page again."))
    )
    app.register_error_handler(
        HTTPException, lambda error: problems.http_problem(error) if _is_call() else error_page(error.code or 500, None)
    )
    app.spec_processor(description.as_given_out)


def _is_call() -> bool:
    return request.path.startswith("/api/")
