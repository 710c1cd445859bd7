"""What a firm's stock could raise, lot by lot and bank by bank, learned in a minute and before any bank is asked."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.financing.rules.raising import Published, Raised, Stock, raised_on, standing_against
from marketplace.inventory.bulks.holdings import keeping_of
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE
from marketplace.inventory.rules.bulk import Keeping
from marketplace.inventory.rules.lots import LotState
from marketplace.money import Money, total
from marketplace.quantity import Quantity
from marketplace.reliance.queries import evidence_of
from marketplace.supervision.conditions import condition_of
from marketplace.valuation.models import LendingPolicy
from marketplace.valuation.queries import policies, today
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.rules.shares import counted_quantity
from tenants.workspace import Workspace

LOTS_MAX = 100  # as many as one request may put up
NO_GOODS = (*GONE, LotState.DAMAGED, LotState.IN_DISPOSAL, LotState.SOLD)


@dataclass(frozen=True, slots=True)
class BankView:
    """What one bank's published terms make of the firm's stock: each lot with its advance or the reason for none."""

    bank_id: UUID
    lots: tuple[tuple[Lot, Raised], ...]
    currency: str

    @property
    def total(self) -> Money:
        """All advances together."""
        return total((one.advance for _, one in self.lots if one.advance), self.currency)


@dataclass(frozen=True, slots=True)
class Raising:
    """The firm's stock as banks would look at it: `barred` could be put up with nobody, and says why; banks that lend most come first."""

    lots: tuple[Lot, ...]
    barred: tuple[tuple[Lot, str], ...]
    banks: tuple[BankView, ...]


def raising(ws: Workspace, *, currency: str = "CNY") -> Raising:
    """What the firm's own stock could raise with each bank that published terms, at the bank's last price: an idea, not an offer.

    The oldest hundred lots, which is as many as one request may put up. Only terms that everybody may read go into it.
    """
    own = _own_lots(ws)
    keeping = keeping_of(ws, own)
    stock = [(lot, _stock(ws, lot, keeping[lot.id])) for lot in own]
    known = policies(ws, codes=sorted({lot.price_code for lot, _ in stock}))
    barred = tuple((lot, why) for lot, one in stock if (why := standing_against(one)))
    banks = [_view(ws, bank_id, stock, known, currency) for bank_id in sorted({one.tenant_id for one in known})]
    return Raising(tuple(lot for lot, _ in stock), barred, tuple(sorted(banks, key=lambda one: -one.total.minor)))


def _own_lots(ws: Workspace) -> list[Lot]:
    wanted = select(Lot).where(Lot.tenant_id == ws.tenant_id, Lot.status.not_in(NO_GOODS))
    return list(ws.session.scalars(wanted.order_by(Lot.id).limit(LOTS_MAX)))


def _view(
    ws: Workspace, bank_id: UUID, stock: list[tuple[Lot, Stock]], known: list[LendingPolicy], currency: str
) -> BankView:
    terms = {one.price_code: _published(one) for one in known if one.tenant_id == bank_id and one.currency in (None, currency)}  # fmt: skip
    lots = tuple((lot, raised_on(one, terms.get(lot.price_code), today(ws))) for lot, one in stock)
    return BankView(bank_id, lots, currency)


def _stock(ws: Workspace, lot: Lot, keeping: Keeping) -> Stock:
    """One lot as far as a lender asks. What no bank could take is not asked of its devices."""
    free = Quantity(lot.free_qty, lot.unit)
    bare = Stock(free, lot.grade, lot.received_at is not None, lot.verified is not None, lot.is_frozen)
    if standing_against(bare):
        return bare
    condition = condition_of(ws, lot.id)
    assert lot.verified is not None, "asked before"
    measured = None if condition.measured_qty is None else Quantity(condition.measured_qty, lot.unit)
    left = Quantity(max(free.amount, lot.documented_qty - lot.departed_qty), lot.unit)
    return Stock(
        free=counted_quantity(free, Quantity(lot.held_qty, lot.unit), left, lot.verified, measured),
        grade=lot.grade,
        alarmed=condition.has_open_critical,
        coverage=condition.coverage,
        evidence=evidence_of(ws, lot, condition),
        degree_hours=condition.degree_hours,
        expires_on=keeping.expires_on,
        by_dry_weight=lot.by_dry_weight,
        moisture=keeping.moisture,
    )


def _published(policy: LendingPolicy) -> Published:
    priced = policy.reference_price is not None and policy.currency and policy.unit
    return Published(
        haircut=policy.haircut,
        initial=policy.ltv_initial,
        grades=policy.grades,
        devices_required=policy.devices_required,
        price=UnitPrice(policy.reference_price or 1, str(policy.currency), str(policy.unit)) if priced else None,
        quoted_on=policy.reference_on,
        price_age_days_max=policy.price_age_days_max,
        loss_per_degree_hour=policy.loss_per_degree_hour,
        expiry_days=policy.expiry_days,
        moisture_worst=policy.moisture_worst,
    )
