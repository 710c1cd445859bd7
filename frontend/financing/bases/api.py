"""Calls of the borrowing base: the statement as of any day, its terms, certificates and what supervisors say to them."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, QuantityShape, Ratio, Shape
from frontend.financing.bases.views import in_words
from frontend.financing.blueprint import api
from frontend.financing.shapes import money
from frontend.language import translate
from frontend.pledges.api import Proposed, proposed, shape
from frontend.valuation.api import money_shape
from marketplace.financing import actions, queries
from marketplace.financing.bases.certificates import certificates_of, figures_of, standing_of_certificate, words_on
from marketplace.financing.bases.models import BaseCertificate
from marketplace.financing.bases.showing import BaseStatement, base_statement
from marketplace.money import Money
from marketplace.valuation.actions import propose_base_terms
from marketplace.valuation.rules.sub_limits import LimitedBy, SubLimit
from tenants.workspace import Workspace

Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=9, decimal_places=8)]
DaysMax = Annotated[int, Field(ge=1, le=3650)]


class AsOf(Shape):
    """The day whose end is meant; now where none is named."""

    as_of: date | None = None


class LineView(Shape):
    """One line of the statement; `is_sum`: what the lines above come to."""

    says: str
    amount: MoneyShape
    is_sum: bool


class LotView(Shape):
    """One lot of the base: what counts of it, its advance rate, what it carries, and why it does not, if so. `doubt`: what the grade of its evidence takes off."""

    lot_id: UUID
    lot_number: str
    counted: QuantityShape
    market_value: MoneyShape
    advance_rate: Ratio
    carries: MoneyShape
    evidence_grade: str
    doubt: MoneyShape
    barred: str
    reasons: list[str]


class BaseView(Shape):
    """What a deal's goods carry and what may be drawn, line by line."""

    deal_id: UUID
    as_of: date
    valued_at: Moment | None
    borrowing_base: MoneyShape
    available: MoneyShape
    lines: list[LineView]
    lots: list[LotView]


class ReserveBody(Shape):
    """What is held back, and for what."""

    why: Annotated[str, Field(min_length=1, max_length=200)]
    amount: MoneyShape


class SubLimitBody(Shape):
    """The most that goods of one kind (`of`: their series of prices) or on one site (its id) carry; `name` is what people call it."""

    by: Annotated[str, Field(pattern="^(KIND|SITE)$")]
    of: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    most: MoneyShape


class BaseTermsBody(Shape):
    """Terms of the borrowing base: shares of one, ages in days (none: they do not matter)."""

    cap: Share = Decimal(1)
    wrong_way: Share = Decimal(0)
    evidence_days_max: DaysMax | None = None
    stock_days_max: DaysMax | None = None
    reserves: Annotated[tuple[ReserveBody, ...], Field(max_length=20)] = ()
    sub_limits: Annotated[tuple[SubLimitBody, ...], Field(max_length=20)] = ()


class WordView(Shape):
    """What a supervisor said to a certificate."""

    supervisor_id: UUID
    agrees: bool
    because: str
    said_by: str
    said_at: Moment


class CertificateView(Shape):
    """A borrowing base certificate; `lines` are empty for those who may not see amounts. `digest`: SHA-256 over goods and figures as signed."""

    id: UUID
    deal_id: UUID
    number: int
    as_of: date
    status: str
    goods: list[dict[str, Any]]
    lines: list[LineView]
    digest: str
    signed_by: str
    signed_at: Moment
    words: list[WordView]


class CertificatePage(Shape):
    """A deal's certificates, newest first."""

    items: list[CertificateView]


class WordBody(Shape):
    """Whether the supervisor stands by the goods; an objection needs its reason."""

    agrees: bool = True
    because: Annotated[str, Field(max_length=500)] = ""


@api.look("/deals/<uuid:deal_id>/borrowing-base", takes=AsOf, gives=BaseView)
def show_base(ws: Workspace, deal_id: UUID, body: AsOf) -> BaseView:
    """The borrowing base of a deal and the availability that follows from it."""
    return _base_view(base_statement(ws, deal_id, as_of=body.as_of))


@api.act("/deals/<uuid:deal_id>/base-terms", takes=BaseTermsBody, gives=Proposed)
def set_base_terms(ws: Workspace, deal_id: UUID, body: BaseTermsBody) -> Proposed:
    """The bank proposes the terms of the base; a colleague's approval sets them."""
    currency = queries.find_deal(ws, deal_id).currency
    reserves = [(one.why, money(one.amount)) for one in body.reserves]
    limits = [SubLimit(LimitedBy(one.by), one.of, one.name, money(one.most)) for one in body.sub_limits]
    given = body.model_dump(exclude={"reserves", "sub_limits"})
    return proposed(propose_base_terms(ws, deal_id, **given, reserves=reserves, sub_limits=limits, currency=currency))


@api.look("/deals/<uuid:deal_id>/base-certificates", gives=CertificatePage)
def list_certificates(ws: Workspace, deal_id: UUID) -> CertificatePage:
    """A deal's borrowing base certificates."""
    return CertificatePage(items=[_certificate_view(ws, one) for one in certificates_of(ws, deal_id)])


@api.act("/deals/<uuid:deal_id>/base-certificates", takes=Nothing, gives=CertificateView, status=201)
def sign_base(ws: Workspace, deal_id: UUID, body: Nothing) -> CertificateView:
    """The borrower signs its borrowing base as it stands now."""
    return _certificate_view(ws, actions.sign_base(ws, deal_id))


@api.act(
    "/deals/<uuid:deal_id>/base-certificates/<uuid:certificate_id>/confirmation",
    takes=WordBody,
    gives=CertificateView,
)
def confirm_base(ws: Workspace, deal_id: UUID, certificate_id: UUID, body: WordBody) -> CertificateView:
    """A supervisor stands by the goods of the newest certificate, or objects."""
    actions.confirm_base(ws, deal_id, certificate_id, agrees=body.agrees, because=body.because)
    (found,) = [one for one in certificates_of(ws, deal_id) if one.id == certificate_id]
    return _certificate_view(ws, found)


def _base_view(statement: BaseStatement) -> BaseView:
    value = statement.value
    return BaseView(
        deal_id=statement.deal.deal_id,
        as_of=statement.as_of,
        valued_at=value.at if value else None,
        borrowing_base=money_shape(statement.base.amount),
        available=money_shape(statement.available),
        lines=[
            LineView(says=in_words(one), amount=money_shape(one.amount), is_sum=one.is_sum) for one in statement.lines
        ],
        lots=[
            LotView(
                lot_id=line.lot_id,
                lot_number=line.lot_number,
                counted=shape(line.counted),
                market_value=money_shape(line.market_value),
                advance_rate=1 - line.haircut,
                carries=money_shape(Money.zero(line.currency) if line.barred else line.collateral_value),
                evidence_grade=line.evidence_grade,
                doubt=money_shape(line.doubt),
                barred=translate(line.barred) if line.barred else "",
                reasons=[translate(why) for why in line.reasons],
            )
            for line in (value.lines if value else [])
        ],
    )


def _certificate_view(ws: Workspace, row: BaseCertificate) -> CertificateView:
    figures = figures_of(ws, row)
    plain = {
        name: getattr(row, name)
        for name in ("id", "deal_id", "number", "as_of", "goods", "digest", "signed_by", "signed_at")
    }
    return CertificateView(
        **plain,
        status=standing_of_certificate(ws, row),
        lines=[
            LineView(
                says=translate(one["says"], **one["facts"]),
                amount=money_shape(Money(one["minor"], figures.currency)),
                is_sum=one["is_sum"],
            )
            for one in figures.lines
        ]
        if figures
        else [],
        words=[
            WordView(
                supervisor_id=one.tenant_id,
                agrees=one.agrees,
                because=one.because,
                said_by=one.said_by,
                said_at=one.said_at,
            )
            for one in words_on(ws, row.deal_id, row.id)
        ],
    )
