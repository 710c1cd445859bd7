"""What more goods would be worth to a deal: valued by the very rules that will value them, before they are put up, and written down nowhere."""

from collections.abc import Sequence

from sqlalchemy.orm.attributes import set_committed_value

from marketplace.valuation.finding import Asked, Holding, Market, Records
from marketplace.valuation.models import DealValuation, LendingPolicy
from marketplace.valuation.queries import policy_of, today
from marketplace.valuation.rules.prices import PriceKind, Quote, UnitPrice, price_to_use
from marketplace.valuation.valuing import add_up, line_of
from tenants.errors import Unavailable
from tenants.workspace import Workspace


class ForeseenMarket(Market):
    """Prices as the owner of the goods may know them. A bank's are its own: goods of a kind that the deal holds already are priced as in its last
    valuation, others at the price that the bank publishes beside its terms.
    """

    def __init__(self, ws: Workspace, last: DealValuation) -> None:
        super().__init__(ws)
        self._bank_id = last.tenant_id
        self._last = {line.price_code: Quote(PriceKind(line.price_kind), UnitPrice(line.price, line.currency, line.price_unit), line.quoted_on) for line in last.lines}  # fmt: skip

    def of_series(self, code: str) -> tuple[LendingPolicy | None, Quote | Unavailable]:
        """The bank's terms and the price, or why there is none."""
        if code not in self._known:
            policy = policy_of(self._ws, self._bank_id, code)
            self._known[code] = policy, self._last.get(code) or self._published(code, policy)
        return self._known[code]

    def _published(self, code: str, policy: LendingPolicy | None) -> Quote | Unavailable:
        if policy is None or policy.reference_price is None or policy.reference_on is None:
            return Unavailable("price_missing", "There is no market price for %(series)s yet.", field="price", series=code or "–")  # fmt: skip
        price = UnitPrice(policy.reference_price, str(policy.currency), str(policy.unit))
        try:
            return price_to_use([Quote(PriceKind.INDEX, price, policy.reference_on)], today(self._ws), policy.price_age_days_max)  # fmt: skip
        except Unavailable as stale:
            return stale


class Foreseen(Records):
    """The records as the owner of the goods sees them, at prices that it may know."""

    def __init__(self, ws: Workspace, asked: Asked, last: DealValuation) -> None:
        super().__init__(ws, [asked])
        self._market: ForeseenMarket = ForeseenMarket(ws, last)


def foresee(ws: Workspace, last: DealValuation, goods: Sequence[Holding]) -> DealValuation:
    """The deal's last valuation with these goods of one's own beside what it holds: a valuation that is never kept. Refuses a kind of goods without a price."""
    asked = Asked(last.deal_id, goods, last.currency)
    records = Foreseen(ws, asked, last)
    found = [records.find(asked, lot_id, quantity) for lot_id, quantity in goods]
    seen = DealValuation(deal_id=last.deal_id, id=last.id, tenant_id=last.tenant_id, at=last.at, currency=last.currency, cause=last.cause, base_terms=last.base_terms)  # fmt: skip
    added = [line_of(seen, number, *one) for number, one in enumerate(found, start=len(last.lines) + 1)]
    set_committed_value(seen, "lines", [*last.lines, *added])
    add_up(seen)
    return seen
