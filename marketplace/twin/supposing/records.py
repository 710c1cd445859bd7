"""What is on record of a deal's goods, read once, and what would be on record if something were so. Nothing is ever written."""

import copy
from datetime import date, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from sqlalchemy import inspect

from marketplace.inventory.models import Lot
from marketplace.inventory.rules.lots import LotState
from marketplace.reliance.queries import graded
from marketplace.twin.supposing.rules import (
    Supposition,
    supposed_condition,
    supposed_knowledge,
    supposed_price,
    supposed_quantity,
)
from marketplace.valuation.finding import Asked, Market, Records
from marketplace.valuation.models import DealValuation, LendingPolicy
from marketplace.valuation.queries import as_quote, policy_of, quotes, today
from marketplace.valuation.rules.prices import (
    MEAN_OVER_DAYS,
    PRICE_AGE_DAYS_MAX,
    PriceKind,
    Quote,
    UnitPrice,
    price_that_counts,
)
from tenants.errors import Unavailable
from tenants.workspace import Workspace

COLUMNS = tuple(one.key for one in inspect(Lot).column_attrs)


class SupposedMarket(Market):
    """The bank's prices under a supposition; its borrower, who may not read them, goes by those of the last valuation."""

    def __init__(self, ws: Workspace, bank_id: UUID, last: DealValuation | None) -> None:
        super().__init__(ws)
        self._bank_id, self._last = bank_id, last
        self._read: dict[str, list[Quote]] = {}
        self._supposed = Supposition()

    def under(self, supposed: Supposition) -> Self:
        """The same market as if this were so; what was read is not read again."""
        then = copy.copy(self)
        then._supposed, then._known = supposed, {}
        return then

    def of_series(self, code: str) -> tuple[LendingPolicy | None, Quote | Unavailable]:
        """The terms and the price, or why there is none."""
        if code not in self._known:
            policy = policy_of(self._ws, self._bank_id, code)
            days = policy.price_age_days_max if policy else PRICE_AGE_DAYS_MAX
            quote: Quote | Unavailable
            try:
                quote = price_that_counts(supposed_price(self._series(code), self._supposed), today(self._ws), days)
            except Unavailable as refused:
                quote = refused
            self._known[code] = policy, quote
        return self._known[code]

    def _series(self, code: str) -> list[Quote]:
        if code not in self._read:
            self._read[code] = (
                self._own_quotes(code) if self._ws.tenant_id == self._bank_id else self._last_quotes(code)
            )
        return self._read[code]

    def _own_quotes(self, code: str) -> list[Quote]:
        return [as_quote(one) for one in quotes(self._ws, code, until=today(self._ws), limit=MEAN_OVER_DAYS)]

    def _last_quotes(self, code: str) -> list[Quote]:
        """The price by which the bank valued last, as the only one there is."""
        lines = [line for line in self._last.lines if line.price_code == code] if self._last else []
        return [_as_valued(line.price, line.currency, line.price_unit, line.quoted_on) for line in lines[:1]]


class SupposedRecords(Records):
    """The records of one deal under a supposition."""

    def __init__(self, ws: Workspace, asked: Asked, bank_id: UUID, last: DealValuation | None) -> None:
        super().__init__(ws, [asked])
        self._market: SupposedMarket = SupposedMarket(ws, bank_id, last)

    def under(self, supposed: Supposition) -> Self:
        """The same records as if this were so; what was read is not read again."""
        then = copy.copy(self)
        then._market, then._terms = self._market.under(supposed), {}
        about = {lot_id: lot for lot_id, lot in self._lots.items() if supposed.is_about(lot_id)}
        lots = {lot_id: _supposed_lot(lot, supposed) for lot_id, lot in about.items()}
        known = {lot_id: supposed_knowledge(self._known[lot_id], supposed) for lot_id in about}
        then._lots, then._known = self._lots | lots, self._known | known
        then._conditions = self._conditions | {
            one: supposed_condition(self._conditions[one], known[one], lots[one].verified_qty, supposed)
            for one in about
        }
        then.evidence = self.evidence | graded(self._ws, known)
        return then


def _as_valued(price: Decimal, currency: str, unit: str, on: date) -> Quote:
    return Quote(PriceKind.INDEX, UnitPrice(price, currency, unit), on)


def _supposed_lot(lot: Lot, supposed: Supposition) -> Lot:
    """A copy that no session knows of, so that nothing can be written by mistake."""
    then = Lot(**{name: getattr(lot, name) for name in COLUMNS})
    then.verified_qty = supposed_quantity(lot.verified_qty, supposed)
    if lot.received_at is not None:
        then.received_at = lot.received_at - timedelta(days=supposed.days)
    if lot.expires_on is not None:
        then.expires_on = lot.expires_on - timedelta(days=supposed.days)
    if supposed.frozen and not lot.is_frozen:
        then.kept_status, then.status = lot.status, LotState.FROZEN
    return then
