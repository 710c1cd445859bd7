"""The front door: password and second factor, invitations, single sign-on, language and theme. Everything here is public, and runs as the door's role."""

from typing import Any
from uuid import UUID

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, flash, g, redirect, render_template, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin
from werkzeug.wrappers import Response

from frontend import demo_people
from frontend.language import LOCALES, locale
from frontend.pages import COOKIE, public, session_token
from frontend.problems import reason, status_of
from tenants import sign_in
from tenants.errors import Refused

front_door = Blueprint("sign_in", __name__)
login_manager = LoginManager()
limiter = Limiter(get_remote_address, default_limits=[])
oauth = OAuth()


class Visitor(UserMixin):  # type: ignore[misc]
    """Whoever holds a session cookie. Whether it is still good, the database says when a workspace is entered."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_id(self) -> str:
        return self.token


@login_manager.request_loader  # type: ignore[untyped-decorator]
def visitor(_request: Any) -> Visitor | None:
    token = session_token()
    return Visitor(token) if token else None


def set_up(app: Flask) -> None:
    """Sign-in for this app; single sign-on where an issuer is configured."""
    login_manager.init_app(app)
    login_manager.login_view = "sign_in.sign_in_form"
    limiter.init_app(app)
    app.register_blueprint(front_door)
    oauth.init_app(app)
    if app.config.get("OIDC_ISSUER"):
        oauth.register(
            "sso",
            server_metadata_url=f"{app.config['OIDC_ISSUER'].rstrip('/')}/.well-known/openid-configuration",
            client_id=app.config["OIDC_CLIENT_ID"],
            client_secret=app.config["OIDC_CLIENT_SECRET"],
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
            overwrite=True,
        )


@front_door.get("/sign-in")
@public
def sign_in_form() -> str:
    return render_template("tenants/sign_in.html", next=_inside(request.args.get("next")), **_ways_in())


@front_door.post("/sign-in")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
def sign_in_now() -> Any:
    try:
        token, outcome = sign_in.sign_in(
            request.form.get("email", "").strip(),
            request.form.get("password", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
    except Refused as refused:
        return _again("tenants/sign_in.html", refused, next=_inside(request.form.get("next")), **_ways_in())
    target = _inside(request.form.get("next")) or "/"
    return with_session(
        redirect(target if outcome == "in" else url_for("sign_in.second_factor_form", next=target)), token
    )


@front_door.get("/sign-in/code")
@public
def second_factor_form() -> str:
    return render_template("tenants/second_factor.html", next=_inside(request.args.get("next")))


@front_door.post("/sign-in/code")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
def second_factor_now() -> Any:
    try:
        sign_in.give_second_factor(session_token() or "", request.form.get("code", ""))
    except Refused as refused:
        return _again("tenants/second_factor.html", refused, next=_inside(request.form.get("next")))
    return redirect(_inside(request.form.get("next")) or "/")


@front_door.post("/sign-out")
@public
def sign_out_now() -> Response:
    if session_token():
        sign_in.sign_out(str(session_token()))
    response = redirect(url_for("sign_in.sign_in_form"))
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@front_door.get("/invitations/<token>")
@public
def invitation_form(token: str) -> Any:
    try:
        return render_template("tenants/invitation.html", invitation=sign_in.read_invitation(token), token=token)
    except Refused as refused:
        return render_template("layout/error.html", status=404, reason=reason(refused)), 404


@front_door.post("/invitations/<token>")
@public
@limiter.limit(lambda: current_app.config["SIGN_IN_LIMIT"])
def accept_invitation_now(token: str) -> Any:
    try:
        invitation = sign_in.read_invitation(token)
    except Refused as refused:
        return render_template("layout/error.html", status=404, reason=reason(refused)), 404
    try:
        sign_in.accept_invitation(
            token, name=request.form.get("name", ""), password=request.form.get("password", ""), locale=locale()
        )
    except Refused as refused:
        return _again("tenants/invitation.html", refused, invitation=invitation, token=token)
    session, _ = sign_in.sign_in(
        invitation.email,
        request.form.get("password", ""),
        address=request.remote_addr or "",
        agent=request.user_agent.string,
    )
    return with_session(redirect("/"), session)


@front_door.post("/workspace")
@public
def switch_workspace_now() -> Response:
    try:
        sign_in.switch_workspace(session_token() or "", UUID(request.form.get("workspace", "")))
    except (Refused, ValueError):
        flash("There is no such workspace.", "refused")
    return redirect("/")


@front_door.post("/language")
@public
def set_language() -> Response:
    chosen = request.form.get("locale", "en")
    response = redirect(_inside(request.form.get("next")) or _back())
    if chosen in LOCALES:
        response.set_cookie("locale", chosen, max_age=31536000, samesite="Lax", httponly=True)
        if session_token():
            sign_in.set_locale(str(session_token()), chosen)
    return response


@front_door.get("/sign-in/sso")
@public
def single_sign_on() -> Any:
    return oauth.sso.authorize_redirect(url_for("sign_in.single_sign_on_return", _external=True))


@front_door.get("/sign-in/sso/return")
@public
def single_sign_on_return() -> Any:
    try:
        claims = oauth.sso.authorize_access_token()["userinfo"]
        token = sign_in.sign_in_by_issuer(
            claims["iss"], claims["sub"], address=request.remote_addr or "", agent=request.user_agent.string
        )
    except (OAuthError, KeyError):
        flash("Single sign-on did not succeed. Try again.", "refused")
        return redirect(url_for("sign_in.sign_in_form"))
    except Refused as refused:
        flash(reason(refused), "refused")
        return redirect(url_for("sign_in.sign_in_form"))
    return with_session(redirect("/"), token)


def with_session(response: Response, token: str) -> Response:
    """Hand the browser its session: unreadable by scripts, sent to this site alone, never over plain HTTP outside of loopback."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax", secure=request.is_secure, max_age=14 * 86400)
    return response


def _again(template: str, refused: Refused, **context: Any) -> tuple[str, int]:
    g.refused, g.entered = refused, request.form
    return render_template(template, refused=refused, entered=request.form, **context), status_of(refused)


def _ways_in() -> dict[str, Any]:
    """What the sign-in page offers beside the password: single sign-on where there is an issuer, the cast where the world is a demo."""
    return {"sso": bool(current_app.config.get("OIDC_ISSUER")), "demo_people": demo_people.cast(current_app.config)}


def _inside(target: str | None) -> str | None:
    """Only a path of this very site: never another host by way of `//` or a backslash."""
    return target if target and target.startswith("/") and not target.startswith(("//", "/\\")) else None


def _back() -> str:
    came_from = request.headers.get("Referer", "")
    return came_from if came_from.startswith(request.host_url) else "/"
