"""Calls about undertakings of the core enterprise."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Api, Moment, MoneyShape, Nothing, Shape
from frontend.financing.shapes import money
from frontend.pledges.api import Proposed, proposed
from frontend.valuation.api import money_shape
from marketplace.financing.queries import find_deal
from marketplace.guarantees import actions, queries
from marketplace.guarantees.extending import consents_of
from marketplace.guarantees.models import ExtensionConsent, Guarantee, GuaranteeEntry
from marketplace.guarantees.rules import Tally
from tenants.workspace import Workspace

api = Api("guarantees")


class GuaranteeBody(Shape):
    """What the core enterprise is asked to undertake."""

    kind: Annotated[str, Field(pattern="^(BUY_BACK|DIFFERENTIAL_REFUND|CONFIRMED_WAREHOUSE|RECEIVABLE_CONFIRMATION)$")]
    amount: MoneyShape
    until: date
    pay_days: Annotated[int, Field(ge=1, le=60)]
    subject: Annotated[str, Field(min_length=1, max_length=300)]


class EntryBody(Shape):
    """An amount under a reference: of a payment, a delivery notice or a delivery note."""

    amount: MoneyShape
    reference: Annotated[str, Field(min_length=1, max_length=40)]


class WhyBody(Shape):
    """Why."""

    because: Annotated[str, Field(min_length=1, max_length=300)]


class GuaranteeView(Shape):
    """An undertaking as bank, core enterprise and borrower see it, with its figures."""

    id: UUID
    deal_id: UUID
    number: str
    kind: str
    status: str
    core_id: UUID
    borrower_id: UUID
    amount: MoneyShape
    until: date
    pay_days: int
    subject: str
    asked_at: Moment
    claimed: MoneyShape | None
    pay_by: date | None
    deposited: MoneyShape
    notified: MoneyShape
    delivered: MoneyShape
    paid: MoneyShape
    refund: MoneyShape


class ConsentBody(Shape):
    """Until which day a loan is to run, and why."""

    until: date
    because: Annotated[str, Field(min_length=1, max_length=300)]


class ExtensionConsentView(Shape):
    """What was asked about a longer loan, and answered: `until` is the undertaking's last day if it is agreed to."""

    id: UUID
    guarantee_id: UUID
    number: str
    loan_until: date
    until: date
    because: str
    status: str
    asked_at: Moment
    answered_at: Moment | None
    answer_note: str | None


class ExtensionConsents(Shape):
    """What was asked and answered about a deal's extensions, newest first."""

    items: list[ExtensionConsentView]


class GuaranteePage(Shape):
    """Undertakings, newest first."""

    items: list[GuaranteeView]


class EntryView(Shape):
    """One line under an undertaking."""

    id: UUID
    kind: str
    amount: MoneyShape
    reference: str
    entered_at: Moment


@api.look("/guarantees", gives=GuaranteePage)
def list_guarantees(ws: Workspace) -> GuaranteePage:
    """Undertakings of the caller's deals."""
    found = queries.list_guarantees(ws)
    tallies = queries.tallies(ws, found)
    return GuaranteePage(items=[_view(one, tallies[one.id]) for one in found])


@api.act("/deals/<uuid:deal_id>/guarantees", takes=GuaranteeBody, gives=GuaranteeView, status=201)
def ask_guarantee(ws: Workspace, deal_id: UUID, body: GuaranteeBody) -> GuaranteeView:
    """The bank asks the core enterprise of a deal to stand behind it."""
    terms = body.model_dump(exclude={"amount"})
    return _shown(ws, actions.ask_guarantee(ws, deal_id, amount=money(body.amount), **terms))


@api.look("/guarantees/<uuid:guarantee_id>", gives=GuaranteeView)
def show_guarantee(ws: Workspace, guarantee_id: UUID) -> GuaranteeView:
    """One undertaking."""
    return _shown(ws, queries.find_guarantee(ws, guarantee_id))


@api.act("/guarantees/<uuid:guarantee_id>/giving", takes=Nothing, gives=Proposed)
def propose_giving(ws: Workspace, guarantee_id: UUID, body: Nothing) -> Proposed:
    """The core enterprise puts it before a colleague; approved, it binds."""
    return proposed(actions.propose_giving(ws, guarantee_id))


@api.act("/guarantees/<uuid:guarantee_id>/declining", takes=WhyBody, gives=GuaranteeView)
def decline_guarantee(ws: Workspace, guarantee_id: UUID, body: WhyBody) -> GuaranteeView:
    """The core enterprise says no."""
    return _shown(ws, actions.decline(ws, guarantee_id, because=body.because))


@api.act("/guarantees/<uuid:guarantee_id>/withdrawal", takes=Nothing, gives=GuaranteeView)
def withdraw_guarantee(ws: Workspace, guarantee_id: UUID, body: Nothing) -> GuaranteeView:
    """The bank asks no more."""
    return _shown(ws, actions.withdraw(ws, guarantee_id))


@api.act("/guarantees/<uuid:guarantee_id>/deposits", takes=EntryBody, gives=EntryView, status=201)
def take_deposit(ws: Workspace, guarantee_id: UUID, body: EntryBody) -> EntryView:
    """The bank enters a deposit under a confirmed warehouse; it pays the loan down."""
    return _entry(actions.take_deposit(ws, guarantee_id, amount=money(body.amount), reference=body.reference))


@api.act("/guarantees/<uuid:guarantee_id>/notices", takes=EntryBody, gives=EntryView, status=201)
def notify_delivery(ws: Workspace, guarantee_id: UUID, body: EntryBody) -> EntryView:
    """The bank lets goods of this value leave the core enterprise."""
    return _entry(actions.notify_delivery(ws, guarantee_id, amount=money(body.amount), reference=body.reference))


@api.act("/guarantees/<uuid:guarantee_id>/deliveries", takes=EntryBody, gives=EntryView, status=201)
def confirm_guaranteed_delivery(ws: Workspace, guarantee_id: UUID, body: EntryBody) -> EntryView:
    """The core enterprise enters what it handed over."""
    return _entry(actions.confirm_delivery(ws, guarantee_id, amount=money(body.amount), reference=body.reference))


@api.act("/guarantees/<uuid:guarantee_id>/claim", takes=Nothing, gives=Proposed)
def propose_claim(ws: Workspace, guarantee_id: UUID, body: Nothing) -> Proposed:
    """Put the claim of what is due before a second officer."""
    return proposed(actions.propose_claim(ws, guarantee_id))


@api.act("/guarantees/<uuid:guarantee_id>/payments", takes=EntryBody, gives=GuaranteeView)
def record_guarantee_payment(ws: Workspace, guarantee_id: UUID, body: EntryBody) -> GuaranteeView:
    """The bank enters what the core enterprise paid."""
    paid = actions.record_payment(ws, guarantee_id, amount=money(body.amount), reference=body.reference)
    return _shown(ws, paid)


@api.act("/guarantees/<uuid:guarantee_id>/discharge", takes=WhyBody, gives=GuaranteeView)
def discharge_guarantee(ws: Workspace, guarantee_id: UUID, body: WhyBody) -> GuaranteeView:
    """The bank lets the core enterprise out of it."""
    return _shown(ws, actions.discharge(ws, guarantee_id, because=body.because))


@api.look("/deals/<uuid:deal_id>/extension-consents", gives=ExtensionConsents)
def list_extension_consents(ws: Workspace, deal_id: UUID) -> ExtensionConsents:
    """Whether those who stand behind a loan agreed that it runs longer."""
    return _consents(consents_of(ws, find_deal(ws, deal_id).deal_id))


@api.act("/deals/<uuid:deal_id>/extension-consents", takes=ConsentBody, gives=ExtensionConsents, status=201)
def ask_extension(ws: Workspace, deal_id: UUID, body: ConsentBody) -> ExtensionConsents:
    """The bank asks all who stand behind a loan whether it may run longer."""
    return _consents(actions.ask_extension(ws, deal_id, until=body.until, because=body.because))


@api.act("/guarantees/<uuid:guarantee_id>/extension/giving", takes=Nothing, gives=Proposed)
def propose_extension_consent(ws: Workspace, guarantee_id: UUID, body: Nothing) -> Proposed:
    """The core enterprise puts its consent before a colleague; approved, the undertaking covers the longer time."""
    return proposed(actions.propose_consent(ws, guarantee_id))


@api.act("/guarantees/<uuid:guarantee_id>/extension/refusal", takes=WhyBody, gives=ExtensionConsentView)
def refuse_extension(ws: Workspace, guarantee_id: UUID, body: WhyBody) -> ExtensionConsentView:
    """The core enterprise does not stand behind the longer time."""
    return ExtensionConsentView.model_validate(actions.refuse_extension(ws, guarantee_id, because=body.because))


def _consents(found: list[ExtensionConsent]) -> ExtensionConsents:
    return ExtensionConsents(items=[ExtensionConsentView.model_validate(one) for one in found])


def _shown(ws: Workspace, guarantee: Guarantee) -> GuaranteeView:
    return _view(guarantee, queries.tally_of(ws, guarantee))


def _view(one: Guarantee, tally: Tally) -> GuaranteeView:
    plain = ("id", "deal_id", "number", "kind", "status", "core_id", "borrower_id", "until", "pay_days", "subject", "asked_at", "pay_by")  # fmt: skip
    figures: dict[str, Any] = {
        name: money_shape(getattr(tally, name)) for name in ("deposited", "notified", "delivered", "paid", "refund")
    }
    return GuaranteeView(
        amount=money_shape(one.amount),
        claimed=money_shape(one.claimed) if one.claimed else None,
        **{name: getattr(one, name) for name in plain},
        **figures,
    )


def _entry(row: GuaranteeEntry) -> EntryView:
    return EntryView(id=row.id, kind=row.kind, amount=money_shape(row.amount), reference=row.reference, entered_at=row.entered_at)  # fmt: skip
