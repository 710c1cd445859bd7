"""Pages: each view is given its Workspace, inside one transaction; what is refused is told on the page that asked.

`pages = Pages("inventory", url_prefix="/lots")`, then `@pages.look("/")` and `@pages.act("/", again="new_lot")`. A GET runs read only. A POST needs an
idempotency key (the form macro puts one in) and runs once; where it is refused everything is rolled back, and the view named by `again` shows the form
anew with what was typed and the reason at its field (without `again`, the reason is told on the page one came from).
"""

import functools
import inspect
import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from frontend import problems
from tenants import idempotency
from tenants.errors import Invalid, NotAllowed, NotFound, Refused
from tenants.workspace import SessionKey, SignedOut, VisitorKey, Workspace, enter

log = structlog.get_logger()
View = Callable[..., ResponseReturnValue]
COOKIE = "bailee_session"
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
# How often a transaction runs that lost to another one, by SQLSTATE. The first three gave way (serialisation, deadlock, lock timeout). The others met a
# constraint that the rules had not foreseen, because the row that forbids it was committed a moment ago: looked at again, the rules see it and say why.
TRIES = dict.fromkeys(("40001", "40P01", "55P03"), 4) | dict.fromkeys(("23505", "23P01", "23514"), 2)


class Pages(Blueprint):
    """A slice's pages."""

    def __init__(self, name: str, import_name: str = __name__, **options: Any) -> None:
        super().__init__(name, import_name, **options)

    def look(self, rule: str, *, visitors: bool = False, **options: Any) -> Callable[[View], View]:
        """A page that only looks. `visitors`: one need not be signed in; the workspace is then nobody's and sees what is published."""

        def register(view: View) -> View:
            page = marked(_looking(view, visitors), "visitor page" if visitors else "page")
            self.add_url_rule(rule, view.__name__, page, methods=["GET"], **options)
            return view

        return register

    def act(self, rule: str, *, again: str | None = None, **options: Any) -> Callable[[View], View]:
        """A page that acts. `again` names the view (of this slice) that shows the form anew."""

        def register(view: View) -> View:
            self.add_url_rule(rule, view.__name__, marked(_acting(view, again), "page"), methods=["POST"], **options)
            return view

        return register


def marked(view: View, door: str) -> View:
    """Say by which door a view is entered (page, visitor page, call, public), so that no URL stands without one."""
    view.door = door  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Mark a view that needs no workspace: sign-in, the public catalogue, health. Everything else is a Page."""
    return marked(view, "public")


def public_root() -> str:
    """How people reach this installation, without a slash at the end: as it was told, else as this request came."""
    return str(current_app.config.get("PUBLIC_URL") or request.url_root).rstrip("/")


def render(template: str, **context: Any) -> str:
    """Render a page; forms find what was typed and what was refused."""
    told = {"refused": g.get("refused"), "refused_above": g.get("refused_above"), "entered": g.get("entered", {})}
    return render_template(template, **told, **context)


def session_token() -> str | None:
    """The browser's session token."""
    return request.cookies.get(COOKIE)


def sign_in_again() -> Response:
    """To the sign-in page, and back here afterwards."""
    return redirect(
        url_for("sign_in.sign_in_form", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    )


def retried(run: Callable[[], Any]) -> Any:
    """Run a transaction again that another one got in the way of; what still fails then is a defect."""
    for attempt in itertools.count(1):
        try:
            return run()
        except DBAPIError as conflict:
            if attempt >= TRIES.get(getattr(conflict.orig, "sqlstate", None) or "", 1):
                raise
            log.info("transaction tried again", attempt=attempt, path=request.path)
    raise AssertionError


def _looking(view: View, visitors: bool = False) -> View:
    @functools.wraps(view)
    def page(**arguments: Any) -> ResponseReturnValue:
        token = session_token()
        if token is None and not visitors:
            return sign_in_again()
        try:
            return _show(view, token, arguments)
        except SignedOut:
            return _show(view, None, arguments) if visitors else sign_in_again()
        except NotFound:
            abort(404)
        except Refused as refused:
            return _refusal_page(refused)

    return page


def _show(view: View, token: str | None, arguments: dict[str, Any]) -> ResponseReturnValue:
    with _entered(token, read_only=True) as ws:
        return view(ws, **arguments)


def _acting(view: View, again: str | None) -> View:
    @functools.wraps(view)
    def page(**arguments: Any) -> ResponseReturnValue:
        token = session_token()
        if token is None:
            return sign_in_again()
        try:
            return retried(lambda: _act_once(view, token, arguments))  # type: ignore[no-any-return]
        except SignedOut:
            return sign_in_again()
        except Refused as refused:
            return _told(refused, again, token, arguments)

    return page


def _act_once(view: View, token: str, arguments: dict[str, Any]) -> ResponseReturnValue:
    with _entered(token) as ws:
        key = request.form.get("_key", "")
        if not key:
            raise Invalid("idempotency_key_missing", "This form was sent without its key. Open it again.")
        earlier = idempotency.earlier_answer(ws, key, _fingerprint())
        if earlier:
            return (
                redirect(earlier.location)
                if earlier.location
                else Response(earlier.body, earlier.status, mimetype=earlier.content_type)
            )
        response = current_app.make_response(view(ws, **arguments))
        if response.status_code < 500 and not response.is_streamed:
            idempotency.keep_answer(
                ws,
                key,
                idempotency.Answer(
                    response.status_code, response.location, response.mimetype or "", response.get_data()
                ),
            )
        return response


def _fingerprint() -> bytes:
    fields = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    files = sorted((name, file.filename, len(file.read())) for name, file in request.files.items(multi=True))
    for file in request.files.values():
        file.seek(0)
    return json.dumps([request.path, fields, files]).encode()


def _told(refused: Refused, again: str | None, token: str, arguments: dict[str, Any]) -> ResponseReturnValue:
    if isinstance(refused, NotFound):
        abort(404)
    if isinstance(refused, NotAllowed) and again:
        return _refusal_page(refused)
    if again is None:
        flash(problems.reason(refused), "refused")
        return redirect(_where_from())
    g.refused, g.entered = refused, request.form
    shown: Any = current_app.view_functions[f"{request.blueprint}.{again}"]
    arguments = _asked_for(shown.__wrapped__, arguments)
    with _entered(token, read_only=True) as ws:
        response = current_app.make_response(shown.__wrapped__(ws, **arguments))
        if "error-summary" not in response.get_data(as_text=True):  # a single button asked: it has no form to say it in
            g.refused_above = problems.reason(refused)
            g.pop("fields_shown", None)
            response = current_app.make_response(shown.__wrapped__(ws, **arguments))
    response.status_code = problems.status_of(refused)
    return response


def _asked_for(view: View, arguments: dict[str, Any]) -> dict[str, Any]:
    """Of what the act's address names what the page asks for that shows the form anew: the page of a list does not ask which of its rows was acted on."""
    names = inspect.signature(view).parameters
    return {name: value for name, value in arguments.items() if name in names}


def error_page(status: int, reason: str | None) -> tuple[str, int]:
    """What went wrong, inside the member's own shell where there is a session."""
    g.pop("ws", None)
    token = session_token()
    try:
        if token:
            with _entered(token, read_only=True):
                return render_template("layout/error.html", status=status, reason=reason), status
    except SignedOut:
        pass
    return render_template("layout/error.html", status=status, reason=reason), status


def _refusal_page(refused: Refused) -> ResponseReturnValue:
    return error_page(problems.status_of(refused), problems.reason(refused))


@contextmanager
def _entered(token: str | None, *, read_only: bool = False) -> Iterator[Workspace]:
    """The workspace of this request (a visitor's without a token), which templates see for just as long as its transaction lasts."""
    with enter(SessionKey(token) if token else VisitorKey(), read_only=read_only) as ws:
        g.ws = ws
        try:
            yield ws
        finally:
            g.pop("ws", None)


def _where_from() -> str:
    came_from = request.headers.get("Referer", "")
    return came_from if came_from.startswith(request.host_url) else "/"


def is_writable(text: str) -> bool:
    """Whether a text can be kept: PostgreSQL keeps no NUL, and half of a surrogate pair is no character."""
    return UNWRITABLE.search(text) is None


def refuse_unwritable() -> None:
    """Before any view: an address, a query or a form with text that nobody types and nothing can keep is malformed."""
    sent = [request.path, *request.args.values(), *(v for values in request.form.listvalues() for v in values)]
    if not all(map(is_writable, sent)):
        abort(400)
