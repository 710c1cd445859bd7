"""Calls about the papers of a pledge: agreement, registry, lost control, exchange of goods."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, QuantityShape, Shape
from frontend.pledges.api import Proposed, Sentence, proposed, quantity, shape
from frontend.pledges.blueprint import api
from marketplace.financing import actions as financing
from marketplace.money import Money
from marketplace.pledges import actions
from marketplace.pledges.agreeing import agreement_of, signatures_of
from marketplace.pledges.filing import Particulars, filings_of, particulars_of
from marketplace.pledges.models_papers import Agreement, ControlLoss, Filing, Substitution
from marketplace.pledges.substitutions import substitutions_of
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

Line = Annotated[str, Field(max_length=200)]
NO_CAP = MoneyShape(amount="0.00", currency="CNY")


class AgreementBody(Shape):
    """A supervision agreement: STATIC, or FLOATING with a control floor and a description that identifies its goods."""

    mode: str
    keys_with: Line
    report_days: Annotated[int, Field(ge=1, le=31)]
    liability_cap: MoneyShape = NO_CAP
    clauses: Annotated[list[str], Field(max_length=20)]
    floor: QuantityShape | None = None
    description: Annotated[str, Field(max_length=1000)] = ""


class SignatureView(Shape):
    """Who signed, for which firm."""

    tenant_id: UUID
    signed_by: str
    signed_at: Moment


class AgreementView(Shape):
    """The newest agreement on a deal's goods; the bank's signature is its own, the others' follow."""

    id: UUID
    deal_id: UUID
    mode: str
    floor: QuantityShape | None
    description: str
    keys_with: str
    report_days: int
    liability_cap: MoneyShape
    clauses: list[str]
    drawn_up_by: str
    signed_by: str
    signed_at: Moment
    signatures: list[SignatureView]


class FilingBody(Shape):
    """An entry in the registry: INITIAL, AMENDMENT, EXTENSION or DEREGISTRATION. `months`: the term of an initial entry or an extension."""

    kind: str = "INITIAL"
    certificate: Annotated[str, Field(min_length=1, max_length=100)]
    search_certificate: Annotated[str, Field(max_length=100)] = ""
    months: Annotated[int, Field(ge=1, le=360)] | None = 60
    secured: MoneyShape | None = None
    note: Annotated[str, Field(max_length=500)] = ""


class FilingView(Shape):
    """One entry in the registry."""

    id: UUID
    kind: str
    certificate: str
    search_certificate: str
    secured: MoneyShape
    filed_on: date
    expires_on: date | None
    note: str
    filed_by: str


class RegistrationView(Shape):
    """What the notice-filing system asks for, as of now, and every entry so far."""

    contract: UUID
    pledgor: str
    pledgor_uscc: str
    pledgee: str
    pledgee_uscc: str
    secured: MoneyShape
    registered_on: date | None
    expires_on: date | None
    certificate: str
    goods: list[str]
    entries: list[FilingView]


class LossBody(Shape):
    """Why the goods are not under control."""

    because: Sentence


class LossView(Shape):
    """A report of lost control."""

    id: UUID
    deal_id: UUID
    because: str
    reported_by: str
    lost_at: Moment


class SubstitutionBody(Shape):
    """So much of one lot in place of so much of another."""

    leaving_lot_id: UUID
    leaving: QuantityShape
    coming_lot_id: UUID
    coming: QuantityShape
    because: Sentence


class SubstitutionView(Shape):
    """An exchange of goods that was asked for."""

    id: UUID
    deal_id: UUID
    status: str
    leaving_lot_id: UUID
    leaving_number: str
    leaving: QuantityShape
    coming_lot_id: UUID
    coming_number: str
    coming: QuantityShape
    because: str
    answer: str
    asked_at: Moment


class SubstitutionPage(Shape):
    """A deal's exchanges, newest first."""

    items: list[SubstitutionView]


class RefusalBody(Shape):
    """Why not."""

    because: Sentence


@api.act("/deals/<uuid:deal_id>/agreements", takes=AgreementBody, gives=Proposed)
def propose_agreement(ws: Workspace, deal_id: UUID, body: AgreementBody) -> Proposed:
    """The bank proposes a supervision agreement; a colleague's approval is its signature."""
    given = body.model_dump(exclude={"liability_cap", "floor"})
    floor, cap = quantity(body.floor) if body.floor else None, money_of(body.liability_cap)
    return proposed(actions.propose_agreement(ws, deal_id, **given, floor=floor, liability_cap=cap))


@api.look("/deals/<uuid:deal_id>/agreement", gives=AgreementView)
def show_agreement(ws: Workspace, deal_id: UUID) -> AgreementView:
    """The agreement on a deal's goods."""
    rooms.require(ws, deal_id)
    agreement = agreement_of(ws, deal_id)
    if agreement is None:
        raise NotFound("agreement_unknown", "There is no agreement to sign.")
    return _agreement_view(ws, agreement)


@api.act("/deals/<uuid:deal_id>/agreement-signature", takes=Nothing, gives=AgreementView)
def sign_agreement(ws: Workspace, deal_id: UUID, body: Nothing) -> AgreementView:
    """Borrower or supervisor signs the agreement."""
    return _agreement_view(ws, actions.sign_agreement(ws, deal_id))


@api.look("/deals/<uuid:deal_id>/registration", gives=RegistrationView)
def show_registration(ws: Workspace, deal_id: UUID) -> RegistrationView:
    """The particulars for the notice-filing system, and the entries made there."""
    return _registration_view(particulars_of(ws, deal_id), filings_of(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/registration", takes=FilingBody, gives=RegistrationView)
def file_registration(ws: Workspace, deal_id: UUID, body: FilingBody) -> RegistrationView:
    """The bank enters what it filed."""
    secured = money_of(body.secured) if body.secured else None
    actions.file_registration(ws, deal_id, **body.model_dump(exclude={"secured"}), secured=secured)
    return _registration_view(particulars_of(ws, deal_id), filings_of(ws, deal_id))


@api.act("/deals/<uuid:deal_id>/control-losses", takes=LossBody, gives=LossView, status=201)
def report_control_lost(ws: Workspace, deal_id: UUID, body: LossBody) -> LossView:
    """Supervisor or bank reports that the goods are not under control."""
    return _loss_view(actions.report_control_lost(ws, deal_id, because=body.because))


@api.look("/deals/<uuid:deal_id>/substitutions", gives=SubstitutionPage)
def list_substitutions(ws: Workspace, deal_id: UUID) -> SubstitutionPage:
    """Exchanges of goods that were asked for."""
    rooms.require(ws, deal_id)
    return SubstitutionPage(items=[_substitution_view(one) for one in substitutions_of(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/substitutions", takes=SubstitutionBody, gives=SubstitutionView, status=201)
def ask_substitution(ws: Workspace, deal_id: UUID, body: SubstitutionBody) -> SubstitutionView:
    """The borrower offers goods in place of pledged ones."""
    given = body.model_dump() | {"leaving": quantity(body.leaving), "coming": quantity(body.coming)}
    return _substitution_view(financing.ask_substitution(ws, deal_id, **given))


@api.act("/deals/<uuid:deal_id>/substitutions/<uuid:substitution_id>/order", takes=Nothing, gives=Proposed)
def order_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID, body: Nothing) -> Proposed:
    """The bank proposes to let the old goods go, once the new ones are in force."""
    return proposed(actions.order_substitution(ws, deal_id, substitution_id))


@api.act(
    "/deals/<uuid:deal_id>/substitutions/<uuid:substitution_id>/refusal", takes=RefusalBody, gives=SubstitutionView
)
def refuse_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID, body: RefusalBody) -> SubstitutionView:
    """The bank declines the exchange."""
    return _substitution_view(actions.refuse_substitution(ws, deal_id, substitution_id, because=body.because))


def _agreement_view(ws: Workspace, row: Agreement) -> AgreementView:
    names = ("id", "deal_id", "mode", "description", "keys_with", "report_days", "clauses", "drawn_up_by", "signed_by", "signed_at")  # fmt: skip
    return AgreementView(
        **{name: getattr(row, name) for name in names},
        floor=shape(row.control_floor) if row.control_floor else None,
        liability_cap=money_shape(row.liability_cap),
        signatures=[
            SignatureView(tenant_id=one.tenant_id, signed_by=one.signed_by, signed_at=one.signed_at)
            for one in signatures_of(ws, row)
        ],
    )


def _registration_view(asked: Particulars, entries: list[Filing]) -> RegistrationView:
    names = ("contract", "pledgor", "pledgor_uscc", "pledgee", "pledgee_uscc", "registered_on", "expires_on", "certificate", "goods")  # fmt: skip
    return RegistrationView(
        **{name: getattr(asked, name) for name in names},
        secured=money_shape(asked.secured),
        entries=[_filing_view(one) for one in entries],
    )


def _filing_view(row: Filing) -> FilingView:
    names = ("id", "kind", "certificate", "search_certificate", "filed_on", "expires_on", "note", "filed_by")
    return FilingView(**{name: getattr(row, name) for name in names}, secured=money_shape(row.secured))


def _loss_view(row: ControlLoss) -> LossView:
    return LossView(id=row.id, deal_id=row.deal_id, because=row.because, reported_by=row.reported_by, lost_at=row.lost_at)  # fmt: skip


def _substitution_view(row: Substitution) -> SubstitutionView:
    names = ("id", "deal_id", "status", "leaving_lot_id", "leaving_number", "coming_lot_id", "coming_number", "because", "answer", "asked_at")  # fmt: skip
    plain = {name: getattr(row, name) for name in names}
    return SubstitutionView(**plain, leaving=shape(row.leaves), coming=shape(row.comes))


def money_of(given: MoneyShape) -> Money:
    """An amount from its shape."""
    return Money.of(given.amount, given.currency)


def money_shape(amount: Money) -> MoneyShape:
    """An amount in the API's shape."""
    return MoneyShape(amount=str(amount.amount), currency=amount.currency)
