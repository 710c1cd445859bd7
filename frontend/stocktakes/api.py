"""Calls about surprise counts, the pictures that answer them, and the phones that sign."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field

from frontend.api import Api, Moment, Nothing, QuantityShape, Shape
from frontend.language import translate
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from marketplace.stocktakes import actions, queries
from marketplace.stocktakes.models import Capture, Challenge, Phone, Stocktake
from marketplace.stocktakes.rules.challenges import Doubt, Fault
from marketplace.stocktakes.rules.statements import MOST_CHARACTERS
from marketplace.stocktakes.words import DOUBTS, FAULTS
from tenants.workspace import Workspace

api = Api("stocktakes")


class StocktakeBody(Shape):
    """Who walks, by when, and what the sample has to prove: at `confidence`, at most `tolerable` of the book missing unseen."""

    walker_id: UUID
    hours: Annotated[int, Field(ge=1, le=72)] = 4
    confidence: Literal["0.90", "0.95", "0.99"] = "0.95"
    tolerable: Literal["0.05", "0.10", "0.20"] = "0.10"


class OpeningBody(Shape):
    """How many lots are taken at once."""

    together: Annotated[int, Field(ge=1, le=5)] = 1


class CaptureBody(Shape):
    """A picture in base64, what the phone says with it and its signature (ECDSA P-256, r and s side by side, in base64)."""

    phone_id: UUID
    photo: Annotated[Base64Bytes, Field(max_length=12_000_000, examples=["/9j/4AAQ"])]
    statement: Annotated[str, Field(max_length=MOST_CHARACTERS)]
    signature: Annotated[str, Field(max_length=100)]


class PhoneBody(Shape):
    """A name, and the public key: an uncompressed point of P-256 in base64."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    public_key: Annotated[str, Field(max_length=100)]


class StatementView(Shape):
    """What a count proves: at `confidence`, `least` of the `book` are there (kilograms). `whole`: everything was looked at."""

    confidence: str
    whole: bool
    lots: int
    looked_at: int
    failed: int
    book: QuantityShape
    least: QuantityShape


class ChallengeView(Shape):
    """One lot of the sample. Cards from left to right and the side are there once it is opened; `drawn`: how often the draw fell on it."""

    id: UUID
    lot_id: UUID
    lot_number: str
    bin_code: str | None
    label: str
    drawn: int
    reasons: list[str]
    book: QuantityShape
    cards: list[int] | None
    view: str | None
    opened_at: Moment | None
    expires_at: Moment | None
    attempts: int
    outcome: str | None
    found: QuantityShape | None


class StocktakeView(Shape):
    """A surprise count. `lots` is how many are to be shown; whoever walks sees each when it is opened."""

    id: UUID
    number: str
    site_id: UUID
    walker_id: UUID
    status: str
    confidence: str
    tolerable: str
    ordered_at: Moment
    due_at: Moment
    ended_at: Moment | None
    left: int
    challenges: list[ChallengeView]
    statement: StatementView | None


class StocktakeRow(Shape):
    """A surprise count in a list."""

    id: UUID
    number: str
    site_id: UUID
    walker_id: UUID
    status: str
    ordered_at: Moment
    due_at: Moment


class StocktakePage(Shape):
    """Surprise counts, newest first."""

    items: list[StocktakeRow]


class ChallengePage(Shape):
    """Challenges that were opened together."""

    items: list[ChallengeView]


class Remark(Shape):
    """A fault or a doubt, by its code and in words."""

    code: str
    said: str


class CaptureView(Shape):
    """One picture of a lot. Accepted ones have a grade; others the faults for which they prove nothing."""

    id: UUID
    lot_id: UUID
    challenge_id: UUID
    document_id: UUID
    accepted: bool
    grade: str | None
    faults: list[Remark]
    doubts: list[Remark]
    counted: QuantityShape
    photo_sha256: str
    statement: str
    fingerprint: str
    taken_at: Moment
    received_at: Moment


class CapturePage(Shape):
    """Pictures of one lot, newest first."""

    items: list[CaptureView]


class PhoneView(Shape):
    """A phone whose key may sign. `head`: the hash of its last statement, to be named as `previous` by the next."""

    id: UUID
    name: str
    person: str
    fingerprint: str
    head: str
    enrolled_at: Moment
    revoked_at: Moment | None


class PhonePage(Shape):
    """The firm's phones."""

    items: list[PhoneView]


@api.look("/stocktakes", gives=StocktakePage)
def list_stocktakes(ws: Workspace) -> StocktakePage:
    """Surprise counts that the caller ordered or walks."""
    return StocktakePage(
        items=[StocktakeRow.model_validate(one, extra="ignore") for one in queries.list_stocktakes(ws)]
    )


@api.act("/sites/<uuid:site_id>/stocktakes", takes=StocktakeBody, gives=StocktakeView, status=201)
def order_stocktake(ws: Workspace, site_id: UUID, body: StocktakeBody) -> StocktakeView:
    """Order a surprise count of the goods at a site."""
    made = actions.order_stocktake(
        ws, site_id, walker_id=body.walker_id, hours=body.hours, confidence=Decimal(body.confidence), tolerable=Decimal(body.tolerable)
    )  # fmt: skip
    return _whole(ws, made)


@api.look("/stocktakes/<uuid:stocktake_id>", gives=StocktakeView)
def show_stocktake(ws: Workspace, stocktake_id: UUID) -> StocktakeView:
    """One surprise count with its challenges and its statement."""
    return _whole(ws, queries.find_stocktake(ws, stocktake_id))


@api.act("/stocktakes/<uuid:stocktake_id>/withdrawal", takes=Nothing, gives=StocktakeView)
def withdraw_stocktake(ws: Workspace, stocktake_id: UUID, body: Nothing) -> StocktakeView:
    """The orderer does not want it any more."""
    return _whole(ws, actions.withdraw_stocktake(ws, stocktake_id))


@api.act("/stocktakes/<uuid:stocktake_id>/opening", takes=OpeningBody, gives=ChallengePage)
def open_challenges(ws: Workspace, stocktake_id: UUID, body: OpeningBody) -> ChallengePage:
    """The walker takes the next lots; cards and sides are chosen now."""
    opened = actions.open_challenges(ws, stocktake_id, together=body.together)
    return ChallengePage(items=[_challenge(one) for one in opened])


@api.act("/challenges/<uuid:challenge_id>/captures", takes=CaptureBody, gives=CaptureView, status=201)
def answer_challenge(ws: Workspace, challenge_id: UUID, body: CaptureBody) -> CaptureView:
    """Send a picture for a lot. It is kept whatever it shows; `accepted` says whether it answers the challenge."""
    made = actions.answer_challenge(
        ws, challenge_id, phone_id=body.phone_id, photo=body.photo, statement=body.statement, signature=body.signature
    )
    return capture_view(made)


@api.look("/lots/<uuid:lot_id>/captures", gives=CapturePage)
def list_captures(ws: Workspace, lot_id: UUID) -> CapturePage:
    """Accepted pictures of a lot."""
    find_lot(ws, lot_id)
    return CapturePage(items=[capture_view(one) for one in queries.captures_of_lot(ws, lot_id)])


@api.look("/phones", gives=PhonePage)
def list_phones(ws: Workspace) -> PhonePage:
    """The firm's phones."""
    return PhonePage(items=[_phone(one) for one in queries.list_phones(ws)])


@api.act("/phones", takes=PhoneBody, gives=PhoneView, status=201)
def enrol_phone(ws: Workspace, body: PhoneBody) -> PhoneView:
    """Take a phone's key into the register, for the caller."""
    return _phone(actions.enrol_phone(ws, name=body.name, public_key=body.public_key))


@api.act("/phones/<uuid:phone_id>/revocation", takes=Nothing, gives=PhoneView)
def revoke_phone(ws: Workspace, phone_id: UUID, body: Nothing) -> PhoneView:
    """Nothing that it signs is taken any more."""
    return _phone(actions.revoke_phone(ws, phone_id))


def capture_view(one: Capture) -> CaptureView:
    """A picture in the API's shape."""
    return CaptureView(
        id=one.id, lot_id=one.lot_id, challenge_id=one.challenge_id, document_id=one.document_id, accepted=one.accepted, grade=one.grade,
        faults=[Remark(code=code, said=translate(FAULTS[Fault(code)])) for code in one.faults],
        doubts=[Remark(code=code, said=translate(DOUBTS[Doubt(code)])) for code in one.doubts],
        counted=_quantity(Quantity(one.counted, one.unit)), photo_sha256=one.photo_sha256, statement=one.statement, fingerprint=one.fingerprint,
        taken_at=one.taken_at, received_at=one.received_at,
    )  # fmt: skip


def _whole(ws: Workspace, one: Stocktake) -> StocktakeView:
    plain = ("id", "number", "site_id", "walker_id", "status", "ordered_at", "due_at", "ended_at")
    return StocktakeView(
        confidence=str(one.confidence),
        tolerable=str(one.tolerable),
        left=queries.left_in(ws, one.id),
        challenges=[_challenge(each) for each in queries.challenges_of(ws, one.id)],
        statement=_statement(one.statement) if one.statement else None,
        **{name: getattr(one, name) for name in plain},
    )


def _challenge(one: Challenge) -> ChallengeView:
    plain = ("id", "lot_id", "lot_number", "bin_code", "reasons", "cards", "view", "opened_at", "expires_at", "attempts", "outcome")  # fmt: skip
    return ChallengeView(
        label=one.path,
        drawn=one.draws,
        book=_quantity(one.book),
        found=_quantity(one.found) if one.found else None,
        **{name: getattr(one, name) for name in plain},
    )


def _statement(told: dict[str, Any]) -> StatementView:
    masses = {name: _quantity(Quantity.rounded(Decimal(told[name]) / 1000, "KGM")) for name in ("book", "least")}
    return StatementView(**(told | masses))


def _phone(one: Phone) -> PhoneView:
    plain = ("id", "name", "fingerprint", "head", "enrolled_at", "revoked_at")
    return PhoneView(person=one.person_name, **{name: getattr(one, name) for name in plain})


def _quantity(one: Quantity) -> QuantityShape:
    return QuantityShape(amount=f"{one.amount:f}", unit=one.unit)
