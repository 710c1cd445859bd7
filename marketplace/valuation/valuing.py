"""Valuing the goods of a deal: each lot's q · p · g · k and haircut, from what is on record now, kept as evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from marketplace.exact import half_up
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.money import Money, total
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from marketplace.reliance.actions import keep_grade
from marketplace.reliance.queries import evidence_of
from marketplace.reliance.rules.grades import Evidence
from marketplace.supervision.queries import Condition, condition_of
from marketplace.valuation.base import base_of, snapshot, standing_of, terms_of_base
from marketplace.valuation.behind import leave_ahead
from marketplace.valuation.events import DealValued
from marketplace.valuation.models import DealValuation, ValuationBasis, ValuationLine
from marketplace.valuation.queries import basis_of, policy_of, price_of, today
from marketplace.valuation.rules.base import MISSING, UNVERIFIED, Limits, bar
from marketplace.valuation.rules.condition import Excursion, condition_factor
from marketplace.valuation.rules.doubt import Cut, haircut_with
from marketplace.valuation.rules.prices import Quote
from marketplace.valuation.rules.worth import Goods, Worth, worth
from marketplace.valuation.rules_shares import counted_quantity
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, Unavailable, word
from tenants.workspace import Workspace

DEFAULT_HAIRCUT = Decimal("0.30")  # product default where neither the deal nor a policy says
IN_FORCE = frozenset({"ACTIVE", "IMPAIRED", "ENFORCING"})
HARMED = "Heat or damp has cost value."
WRONG_WAY = "The price falls when the borrower does: a larger haircut."
Holding = tuple[UUID, Quantity]


@dataclass(frozen=True, slots=True)
class Terms:
    """How one lot is valued: haircut, points for wrong-way risk, whether devices must watch it, condition loss, grades, ages that count."""

    haircut: Decimal
    devices_required: bool
    loss_per_degree_hour: Decimal
    grades: dict[str, str]
    wrong_way: Decimal
    limits: Limits


def value_deal(ws: Workspace, deal_id: UUID) -> DealValuation:
    """Value the goods that are pledged under a deal, as its bank. Refuses where a price is missing or stale, and where nothing is pledged."""
    ws.may("revalue")
    goods = pledged_goods(ws, deal_id)
    if not goods:
        rooms.require(ws, deal_id)
        raise Conflict("nothing_pledged", "No goods are pledged under this deal.")
    return revalue(ws, deal_id, goods, cause="request")


def set_basis(ws: Workspace, deal_id: UUID, *, haircut: Decimal, devices_required: bool) -> ValuationBasis:
    """How the deal's goods are valued from now on: part of its bank's offer, which asked for the permission."""
    if not 0 <= haircut <= 1:
        raise Invalid(
            "share_out_of_range", "The %(name)s is a share between 0 and 1.", field="haircut", name=word("haircut")
        )
    basis = basis_of(ws, deal_id) or ValuationBasis(deal_id=deal_id, tenant_id=ws.tenant_id)
    basis.haircut, basis.devices_required, basis.set_at = haircut, devices_required, ws.now
    ws.session.add(basis)
    ws.session.flush()
    return basis


def pledged_goods(ws: Workspace, deal_id: UUID) -> list[Holding]:
    """Lots and quantities under a pledge in force, lots in the order of their ids."""
    held: dict[UUID, Quantity] = {}
    for pledge in pledges_of_deal(ws, deal_id):
        if pledge.status in IN_FORCE:
            held[pledge.lot_id] = held.get(pledge.lot_id, Quantity.zero(pledge.unit)) + pledge.amount
    return sorted(held.items())


def revalue(
    ws: Workspace, deal_id: UUID, goods: Sequence[Holding], *, cause: str, currency: str = "CNY"
) -> DealValuation:
    """Value these goods for the deal, in an act that has asked for its own permission. Refuses where a price is missing or stale."""
    valuation = DealValuation(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        at=ws.now,
        currency=currency,
        cause=cause,
        base_terms=snapshot(terms_of_base(ws, deal_id)),
        lines=[],
    )
    common = _Common(ws, deal_id, currency)
    for number, (lot_id, quantity) in enumerate(goods, start=1):
        lot = find_lot(ws, lot_id)
        valuation.lines.append(_line(valuation, number, lot, _find(ws, common, lot, quantity)))
    leave_ahead(ws, valuation)
    _add_up(valuation)
    ws.session.add(valuation)
    ws.record(
        DealValued(
            valuation_id=valuation.id,
            market_value=valuation.market_value,
            collateral_value=valuation.collateral_value,
            cause=cause,
        ),
        on=deal_id,
        evidence=[valuation.id],
    )
    return valuation


def _add_up(valuation: DealValuation) -> None:
    currency = valuation.currency
    valuation.market_value_minor = total((line.market_value for line in valuation.lines), currency).minor
    valuation.collateral_value_minor = total((line.collateral_value for line in valuation.lines), currency).minor
    valuation.base_minor = base_of(valuation).amount.minor


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about one lot: the quantity that counts and every figure that makes its value."""

    pledged: Quantity
    counted: Quantity
    quote: Quote
    grade: Decimal
    condition: Fraction
    cut: Cut
    evidence: Evidence
    measured_qty: Decimal | None
    reasons: list[str]
    barred: str

    @property
    def worth(self) -> Worth:
        """Market and collateral value, each rounded once."""
        return self._worth_of(self.counted, self.cut.whole)

    @property
    def doubt(self) -> Money:
        """What the grade of the evidence takes off the collateral value."""
        return self._worth_of(self.counted, self.cut.plain).collateral_value - self.worth.collateral_value

    @property
    def pledged_value(self) -> Money:
        """What all that is pledged would be worth, were it there."""
        return self._worth_of(self.pledged, self.cut.whole).market_value

    def _worth_of(self, quantity: Quantity, haircut: Decimal) -> Worth:
        return worth(Goods(quantity, self.quote.price, self.grade, self.condition, haircut))


class _Common:
    """What many lots of one valuation share, looked up once: terms and price of each series, and which goods are out of control."""

    def __init__(self, ws: Workspace, deal_id: UUID, currency: str) -> None:
        self._ws, self._deal_id, self._currency = ws, deal_id, currency
        self._priced: dict[str, tuple[Terms, Quote]] = {}
        self._impaired = {pledge.lot_id for pledge in pledges_of_deal(ws, deal_id) if pledge.status == "IMPAIRED"}

    def priced(self, code: str) -> tuple[Terms, Quote]:
        """Terms and price of a series. Refuses where the price is missing, stale or in another currency."""
        if code not in self._priced:
            terms, quote = _terms(self._ws, self._deal_id, code), price_of(self._ws, code, today(self._ws))
            _require_currency(quote, self._currency)
            self._priced[code] = terms, quote
        return self._priced[code]

    def controls(self, lot: Lot) -> bool:
        """Whether every pledge of the deal on the lot has its control."""
        return lot.id not in self._impaired


def _find(ws: Workspace, common: _Common, lot: Lot, pledged: Quantity) -> Found:
    terms, quote = common.priced(lot.price_code)
    condition = condition_of(ws, lot.id)
    evidence = evidence_of(ws, lot, condition)
    keep_grade(ws, lot, evidence)
    reasons: list[str] = []
    counted = _counted(lot, pledged, condition, reasons)
    factor = condition_factor([Excursion(condition.degree_hours, 1)], terms.loss_per_degree_hour)
    if factor < 1:
        reasons.append(HARMED)
    cut = haircut_with(
        terms.haircut, terms.wrong_way, evidence, coverage=condition.coverage, required=terms.devices_required
    )
    if terms.wrong_way:
        reasons.append(WRONG_WAY)
    reasons += cut.reasons
    standing = standing_of(ws, lot, condition, cut, controlled=common.controls(lot))
    barred, grade = bar(standing, terms.limits), _grade(lot, terms)
    if (
        not standing.controlled
    ):  # without control there is no pledge (Interpretation on Security 55), so nothing carries the loan
        counted = Quantity.zero(lot.unit)
    return Found(pledged, counted, quote, grade, factor, cut, evidence, condition.measured_qty, reasons, barred)


def _line(valuation: DealValuation, number: int, lot: Lot, found: Found) -> ValuationLine:
    value = found.worth
    return ValuationLine(
        deal_id=valuation.deal_id,
        valuation_id=valuation.id,
        line=number,
        tenant_id=valuation.tenant_id,
        lot_id=lot.id,
        lot_number=lot.number,
        site_id=lot.site_id,
        product_name=lot.product_name,
        price_code=lot.price_code,
        unit=lot.unit,
        pledged_qty=found.pledged.amount,
        documented_qty=lot.documented_qty,
        verified_qty=lot.verified_qty or Decimal(0),
        measured_qty=found.measured_qty,
        quantity=found.counted.amount,
        price=found.quote.price.recorded,
        price_unit=found.quote.price.unit,
        price_kind=found.quote.kind.value,
        quoted_on=found.quote.quoted_on,
        grade=found.grade,
        condition=half_up(found.condition, 18),
        haircut=found.cut.whole,
        evidence_grade=found.evidence.grade.value,
        evidence_points=found.cut.points,
        doubt_minor=found.doubt.minor,
        pledged_value_minor=found.pledged_value.minor,
        ahead_minor=0,
        barred=found.barred,
        market_value_minor=value.market_value.minor,
        collateral_value_minor=value.collateral_value.minor,
        currency=valuation.currency,
        reasons=found.reasons,
    )


def _terms(ws: Workspace, deal_id: UUID, code: str) -> Terms:
    """The deal's own haircut before the bank's published one, the product's default last."""
    policy, basis, base = policy_of(ws, ws.tenant_id, code), basis_of(ws, deal_id), terms_of_base(ws, deal_id)
    return Terms(
        haircut=basis.haircut if basis else (policy.haircut if policy else DEFAULT_HAIRCUT),
        devices_required=basis.devices_required if basis else False,
        loss_per_degree_hour=policy.loss_per_degree_hour if policy else Decimal(0),
        grades=policy.grades if policy else {},
        wrong_way=base.wrong_way if base else Decimal(0),
        limits=base.limits if base else Limits(),
    )


def _counted(lot: Lot, pledged: Quantity, condition: Condition, reasons: list[str]) -> Quantity:
    if lot.verified is None:
        reasons.append(UNVERIFIED)
        return Quantity.zero(lot.unit)
    measured = None if condition.measured_qty is None else Quantity(condition.measured_qty, lot.unit)
    documented, gone = lot.documented, lot.departed_qty
    # The papers told of the whole lot; what has left since is no longer behind them.
    left = Quantity(max(Decimal(0), documented.amount - gone), lot.unit)
    counted = counted_quantity(pledged, Quantity(lot.held_qty, lot.unit), left, lot.verified, measured)
    if counted < pledged:
        reasons.append(MISSING)
    return counted


def _grade(lot: Lot, terms: Terms) -> Decimal:
    """The factor of the lot's grade; one where the bank keeps no table. Refuses a grade that its table does not know."""
    if not terms.grades:
        return Decimal(1)
    if lot.grade not in terms.grades:
        raise Unavailable(
            "grade_unknown", "The bank's terms name no factor for grade %(grade)s.", grade=lot.grade or "–"
        )
    return Decimal(terms.grades[lot.grade])


def _require_currency(quote: Quote, currency: str) -> None:
    if quote.price.currency != currency:
        raise Unavailable(
            "price_currency",
            "The price is in %(one)s and the deal in %(other)s.",
            one=quote.price.currency,
            other=currency,
        )
