"""What there is to know of goods before they are valued: everything on record of the lots of some deals, each question asked once for all of them.

Asked lot by lot, each of these questions is planned and checked against row security anew, some twenty times what the answer costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.bulks.holdings import keeping_of
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import lots_by_id
from marketplace.money import Money
from marketplace.pledges.models import Pledge
from marketplace.quantity import Quantity
from marketplace.reliance.queries import graded, known_among
from marketplace.reliance.rules.grades import Evidence
from marketplace.supervision.queries import Condition, conditions_of
from marketplace.valuation.base import standing_of
from marketplace.valuation.models import LendingPolicy, ValuationBasis
from marketplace.valuation.models_base import BaseTerms
from marketplace.valuation.queries import age_days_max, as_quote, policy_of, price_of, quotes, today
from marketplace.valuation.rules.base import MISSING, UNVERIFIED, Limits, bar
from marketplace.valuation.rules.condition import EXPIRY_DAYS, fades_from
from marketplace.valuation.rules.doubt import Cut, haircut_with
from marketplace.valuation.rules.prices import Quote, converted, rate_code
from marketplace.valuation.rules.shares import counted_quantity
from marketplace.valuation.rules.wear import Lasting, WearTerms, Worn, worn
from marketplace.valuation.rules.worth import Goods, Worth, worth
from tenants.errors import NotFound, Unavailable
from tenants.workspace import Workspace

DEFAULT_HAIRCUT = Decimal("0.30")  # product default where neither the deal nor a policy says
WRONG_WAY = "The price falls when the borrower does: a larger haircut."
Holding = tuple[UUID, Quantity]


@dataclass(frozen=True, slots=True)
class Asked:
    """A deal whose goods are to be valued: lots with the quantities that are pledged of them, and the currency of the deal."""

    deal_id: UUID
    goods: Sequence[Holding]
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Terms:
    """How one lot is valued: haircut, points for wrong-way risk, whether devices must watch it, what wear takes, grades, ages that count."""

    haircut: Decimal
    devices_required: bool
    wear: WearTerms
    grades: dict[str, str]
    wrong_way: Decimal
    limits: Limits


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about one lot: the quantity that counts, every figure that makes its value, and the value."""

    pledged: Quantity
    counted: Quantity
    quote: Quote
    grade: Decimal
    wear: Worn
    expires_on: date | None
    fades_from: date | None
    cut: Cut
    evidence: Evidence
    measured_qty: Decimal | None
    reasons: list[str]
    barred: str
    worth: Worth
    doubt: Money
    pledged_value: Money


class Market:
    """The bank's published terms for kinds of goods and their prices today, each asked once."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._known: dict[str, tuple[LendingPolicy | None, Quote | Unavailable]] = {}

    def price(self, code: str, currency: str) -> Quote:
        """The price of a series in a currency. Refuses one that is missing or stale, or whose exchange rate is."""
        quote = self.of_series(code)[1]
        if isinstance(quote, Unavailable):
            raise quote
        return quote if quote.price.currency == currency else self._converted(quote, currency)

    def _converted(self, quote: Quote, currency: str) -> Quote:
        """The price at the newest exchange rate that its reader has. Refuses where there is none, or none of late."""
        day, of = today(self._ws), quote.price.currency
        code = rate_code(of, currency)
        newest = quotes(self._ws, code, until=day, limit=1)
        if not newest:
            told = "The price is in %(one)s and the deal in %(other)s."
            raise Unavailable("price_currency", told, one=of, other=currency)
        return converted(quote, as_quote(newest[0]), currency, day, age_days_max(self._ws, code))

    def of_series(self, code: str) -> tuple[LendingPolicy | None, Quote | Unavailable]:
        """The terms and the price, or why there is none."""
        if code not in self._known:
            quote: Quote | Unavailable
            try:
                quote = price_of(self._ws, code, today(self._ws))
            except Unavailable as refused:
                quote = refused
            self._known[code] = policy_of(self._ws, self._ws.tenant_id, code), quote
        return self._known[code]


class Records:
    """All that is on record of the lots of some deals and of the deals' terms, now."""

    def __init__(self, ws: Workspace, asked: Sequence[Asked]) -> None:
        self._ws, deal_ids = ws, [one.deal_id for one in asked]
        found = lots_by_id(ws, {lot_id for one in asked for lot_id, _ in one.goods})
        self._lots = {lot.id: lot for lot in found}
        self._keeping = keeping_of(ws, found)
        self._conditions = conditions_of(ws, found)
        self._known = known_among(ws, found, self._conditions)
        self.evidence = graded(ws, self._known)
        bases = ws.session.scalars(select(ValuationBasis).where(ValuationBasis.deal_id.in_(deal_ids)))
        terms = ws.session.scalars(select(BaseTerms).where(BaseTerms.deal_id.in_(deal_ids)))
        self._bases, self.base_terms = {one.deal_id: one for one in bases}, {one.deal_id: one for one in terms}
        impaired = select(Pledge.deal_id, Pledge.lot_id).where(Pledge.deal_id.in_(deal_ids), Pledge.status == "IMPAIRED")  # fmt: skip
        self._impaired = {tuple(row) for row in ws.session.execute(impaired)}
        self._market = Market(ws)
        self._terms: dict[tuple[UUID, str], Terms] = {}

    def find(self, asked: Asked, lot_id: UUID, pledged: Quantity) -> tuple[Lot, Found]:
        """A lot with what values it for a deal. Refuses a lot that the viewer may not see, a price that is missing, stale or in another currency, and a
        grade that the bank's terms do not know.
        """
        lot = self._lots.get(lot_id)
        if lot is None:
            raise NotFound("lot_unknown", "There is no such lot.")
        quote = self._market.price(lot.price_code, asked.currency)
        terms = self._terms_for(asked.deal_id, lot.price_code)
        condition, evidence, reasons = self._conditions[lot_id], self.evidence[lot_id], list[str]()
        keeping = self._keeping[lot_id]
        counted = _counted(lot, pledged, condition, reasons)
        lasting = Lasting(condition.degree_hours, keeping.expires_on, lot.by_dry_weight, keeping.moisture)
        wear = worn(lasting, terms.wear, today(self._ws))
        cut = haircut_with(terms.haircut, terms.wrong_way, evidence, coverage=condition.coverage, required=terms.devices_required)  # fmt: skip
        reasons += [*wear.reasons, *[WRONG_WAY] * bool(terms.wrong_way), *cut.reasons]
        controlled, inspected_days = (asked.deal_id, lot_id) not in self._impaired, self._known[lot_id].inspected_days
        standing = standing_of(self._ws, lot, condition, cut, wear, controlled=controlled, inspected_days=inspected_days)  # fmt: skip
        barred, grade = bar(standing, terms.limits), _grade(lot, terms)
        # Without control there is no pledge (Interpretation on Security 55); of goods that nobody knows how wet they are, or how much of them is whole, nothing is certain.
        if not controlled or wear.moisture is None or standing.lost or standing.damaged:
            counted = Quantity.zero(lot.unit)

        def worth_of(quantity: Quantity, haircut: Decimal) -> Worth:
            return worth(Goods(quantity, quote.price, grade, wear.condition, haircut, wear.moisture or 0))

        value = worth_of(counted, cut.whole)
        # Most goods are all there and none of them is doubted: then both of these are the same.
        plain = value if cut.plain == cut.whole else worth_of(counted, cut.plain)
        whole = value if counted == pledged else worth_of(pledged, cut.whole)
        return lot, Found(
            pledged, counted, quote, grade, wear, keeping.expires_on, fades_from(keeping.expires_on, terms.wear.expiry_days), cut, evidence, condition.measured_qty, reasons, barred,
            worth=value, doubt=plain.collateral_value - value.collateral_value, pledged_value=whole.market_value,
        )  # fmt: skip

    def _terms_for(self, deal_id: UUID, code: str) -> Terms:
        """The deal's own haircut before the bank's published one, the product's default last."""
        if (deal_id, code) not in self._terms:
            policy = self._market.of_series(code)[0]
            basis, base = self._bases.get(deal_id), self.base_terms.get(deal_id)
            self._terms[deal_id, code] = Terms(
                haircut=basis.haircut if basis else (policy.haircut if policy else DEFAULT_HAIRCUT),
                devices_required=basis.devices_required if basis else False,
                wear=_wear_terms(policy),
                grades=policy.grades if policy else {},
                wrong_way=base.wrong_way if base else Decimal(0),
                limits=base.limits if base else Limits(),
            )
        return self._terms[deal_id, code]


def _wear_terms(policy: LendingPolicy | None) -> WearTerms:
    if policy is None:
        return WearTerms(Decimal(0), EXPIRY_DAYS, None)
    return WearTerms(policy.loss_per_degree_hour, policy.expiry_days, policy.moisture_worst)


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
