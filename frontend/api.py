"""The API's door: `/api/v1`, OpenAPI 3.1 from the code, problem+json, bearer tokens, idempotency keys, ETags, cursor paging.

`api = Api("inventory")`, then `@api.look("/lots", gives=LotPage)`, `@api.act("/lots", takes=LotDeclaration, gives=LotView)`. A view is given its Workspace
first and the parsed body or query as `body`; it returns a model or a dict of the `gives` shape.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, g, request
from flask.typing import ResponseReturnValue
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    field_validator,
)

from frontend import problems, wrong_fields
from frontend.language import translate
from frontend.pages import is_writable, marked, retried, session_token
from marketplace.money import EXPONENTS
from marketplace.quantity import UNITS
from tenants import idempotency
from tenants.errors import Invalid, Refused
from tenants.workspace import SessionKey, SignedOut, enter

View = Callable[..., Any]
FIELDS_WRONG = "Some fields are wrong; each is named with its reason."
PROBLEMS = {
    400: "The request is malformed.",
    401: "No valid token.",
    403: "The role or the token's scope does not allow it.",
    404: "No such thing, or not visible here.",
    409: "The state of the thing forbids it now, or the idempotency key was used for another request.",
    422: "A field is wrong; `errors` names it.",
    503: "Something that this needs does not answer for the moment: a price, a card service. Send it again later.",
}


class Shape(BaseModel):
    """A body or an answer: unknown fields are refused, so that a typing slip is never silently ignored, and so is text that cannot be kept."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        texts = (value,) if isinstance(value, str) else value if isinstance(value, list) else ()
        if not all(is_writable(text) for text in texts if isinstance(text, str)):
            raise ValueError("text with a NUL or half a character cannot be kept")
        return value


class Nothing(Shape):
    """An empty body."""


class Problem(BaseModel):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, Any]] = []


def _as_text(amount: Any) -> Any:
    """The house's own figures are decimals; a caller sends text, since a JSON number would be a float."""
    return f"{amount:f}" if isinstance(amount, Decimal) else amount


class MoneyShape(Shape):
    """An amount of money: a decimal string, exact, and its ISO 4217 currency."""

    amount: Annotated[
        str, BeforeValidator(_as_text), Field(pattern=r"^-?\d{1,16}(\.\d{1,4})?$", examples=["1250000.00"])
    ]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", json_schema_extra={"enum": sorted(EXPONENTS)})] = "CNY"


class QuantityShape(Shape):
    """A quantity: a decimal string with at most three places and its UN/ECE unit (TNE, KGM, H87 ...)."""

    amount: Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^\d{1,15}(\.\d{1,3})?$", examples=["498.750"])]
    unit: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$", json_schema_extra={"enum": sorted(UNITS)})]


Ratio = Annotated[Decimal, PlainSerializer(str, return_type=str)]
Moment = AwareDatetime


class PageQuery(Shape):
    """Cursor paging: `cursor` is the `next` of the page before."""

    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(int)] = 50


class Api(APIBlueprint):
    """A slice's calls."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}_api", __name__, url_prefix="/api/v1", tag=name)

    def look(
        self, rule: str, *, gives: type[BaseModel], takes: type[BaseModel] | None = None, summary: str = ""
    ) -> Callable[[View], View]:
        """A call that only looks; `takes` describes its query."""
        return self._register(
            rule, "GET", _looking, takes=takes, location="query", gives=gives, status=200, summary=summary
        )

    def act(
        self,
        rule: str,
        *,
        gives: type[BaseModel],
        takes: type[BaseModel] = Nothing,
        status: int = 200,
        summary: str = "",
        door: Callable[[View, int], View] | None = None,
    ) -> Callable[[View], View]:
        """A call that acts once for its Idempotency-Key. `door`: another way in than a workspace of one's own (bids travel together)."""
        return self._register(
            rule, "POST", door or _acting, takes=takes, location="json", gives=gives, status=status, summary=summary
        )

    def _register(
        self, rule: str, method: str, wrap: Callable[[View, int], View], *, takes: type[BaseModel] | None, location: str, gives: type[BaseModel], status: int, summary: str
    ) -> Callable[[View], View]:  # fmt: skip
        def register(view: View) -> View:
            described: Any = {
                code: {
                    "description": text,
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for code, text in PROBLEMS.items()
            }
            door: Any = self.output(gives, status_code=status)(wrap(view, status))
            if takes is Nothing:
                door = _without_body(door)
            elif takes is not None:
                door = self.input(takes, location=location, arg_name="body")(door)
            door = marked(_with_token(door), "call")
            door = self.doc(
                summary=summary or (view.__doc__ or view.__name__).strip().split("\n")[0].rstrip("."),
                security="token",
                responses=described,
                operation_id=f"{self.name.removesuffix('_api')}_{view.__name__}",
            )(door)
            self.add_url_rule(rule, view.__name__, door, methods=[method])
            return view

        return register


def bearer() -> str:
    """The token of the request: a bearer token, or the browser's own session on a same-origin call."""
    token = token_of(request.headers.get("Authorization", ""), session_token(), request.headers.get("X-Requested-With"))
    if token is None:
        raise SignedOut
    return token


def token_of(authorization: str, session: str | None, requested_with: str | None) -> str | None:
    """The token that a call brings: its bearer's, or that of the browser's session where our own script asks."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return session if session and requested_with == "bailee" else None


def _without_body(door: View) -> View:
    """A call that takes no body; an empty object is none."""

    @functools.wraps(door)
    def call(**arguments: Any) -> ResponseReturnValue:
        if request.get_data() and request.get_json(silent=True) != {}:
            raise Invalid("body_unexpected", "This call takes no body.")
        return door(body=Nothing(), **arguments)  # type: ignore[no-any-return]

    return call


def _with_token(door: View) -> View:
    """Who brings no token learns nothing, not even which field would be wrong."""

    @functools.wraps(door)
    def call(**arguments: Any) -> ResponseReturnValue:
        bearer()
        return door(**arguments)  # type: ignore[no-any-return]

    return call


def _looking(view: View, _status: int) -> View:
    @functools.wraps(view)
    def call(**arguments: Any) -> ResponseReturnValue:
        with enter(SessionKey(bearer()), read_only=True) as ws:
            g.ws = ws
            return view(ws, **arguments)  # type: ignore[no-any-return]

    return call


def _acting(view: View, status: int) -> View:
    @functools.wraps(view)
    def call(**arguments: Any) -> ResponseReturnValue:
        return retried(lambda: _act_once(view, status, arguments))  # type: ignore[no-any-return]

    return call


def _act_once(view: View, status: int, arguments: dict[str, Any]) -> Any:
    key = request.headers.get("Idempotency-Key")
    with enter(SessionKey(bearer())) as ws:
        g.ws = ws
        if not key:
            raise Invalid(
                "idempotency_key_missing", "Send an Idempotency-Key header with every POST.", field="Idempotency-Key"
            )
        earlier = idempotency.earlier_answer(ws, key, request.path.encode() + b"\n" + request.get_data())
        if earlier:
            return Response(
                earlier.body, earlier.status, content_type=earlier.content_type, headers={"Idempotent-Replayed": "true"}
            )
        answer = view(ws, **arguments)
        kept = answer.model_dump_json() if isinstance(answer, BaseModel) else json.dumps(answer, default=str)
        idempotency.keep_answer(ws, key, idempotency.Answer(status, None, "application/json", kept.encode()))
        return answer


def with_etag(response: Response) -> Response:
    """A weak validator of what is said, so that an unchanged answer costs no second reading."""
    if request.method == "GET" and response.status_code == 200 and not response.is_streamed:
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.make_conditional(request)
    return response


def told(refused: Refused) -> Response:
    """The error handler of refusals under /api."""
    return problems.problem(refused)


def unknown_token(_error: SignedOut) -> Response:
    """401 with the scheme that would help."""
    response = problems.as_problem(401, "signed_out", "Send a valid bearer token.")
    response.headers["WWW-Authenticate"] = 'Bearer realm="bailee"'
    return response


def validation_problem(error: Any) -> tuple[Any, int, dict[str, str]]:
    """pydantic's findings as problem+json, one line for each field."""
    found = error.__cause__
    errors = wrong_fields.reasons(found) if isinstance(found, ValidationError) else []
    code, detail = ("fields_wrong", translate(FIELDS_WRONG)) if errors else ("malformed", error.message)
    response = problems.as_problem(error.status_code, code, detail, errors=errors)
    return response.get_data(), response.status_code, {"Content-Type": "application/problem+json"}
