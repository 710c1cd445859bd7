"""What would follow if something were so: the value, the base, the line, the call and the value at risk of a deal, by the very rules that value and call it.

The deal's position under a supposition is the production `Position` over a production valuation that is thrown away. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from marketplace.financing.models.deals import Deal
from marketplace.financing.queries import find_deal, open_call, position
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.margin import CallState, Zone, call_step
from marketplace.financing.rules.terms import LENT, Position
from marketplace.money import Money, total
from marketplace.twin.supposing.records import SupposedRecords
from marketplace.twin.supposing.rules import Supposition
from marketplace.valuation.base import base_of
from marketplace.valuation.finding import Asked
from marketplace.valuation.models import DealValuation
from marketplace.valuation.queries import latest_valuation, quotes
from marketplace.valuation.rules.base import Base
from marketplace.valuation.rules.haircuts import HaircutPolicy, daily_volatility, price_risk
from marketplace.valuation.valuing import pledged_goods, values_of
from tenants import rooms
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tenants.workspace import Workspace

MOST = 5
VOLATILITY_DAYS = 250
# Nineteen in twenty, ten business days, nothing for costs or for doubt about the model: what the market alone may take.
AT_RISK = HaircutPolicy(Decimal("1.6448536"), 10, 1, 10, Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A deal if something were so. Where its goods could not be valued `refused` says why, and nothing follows: unknown is neither good nor bad news.

    follows: what the next review would do: open or liquidate a call, cure the one that stands, or none. at_risk: what the market may take of the value in ten
    business days with a chance of one in twenty, all kinds falling together; None without the viewer's own prices of all kinds.
    """

    supposed: Supposition
    position: Position
    value: DealValuation | None
    base: Base | None
    follows: str
    at_risk: Money | None
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A deal as it is and as it would be, side by side."""

    deal: Deal
    now: Outcome
    supposed: tuple[Outcome, ...]


class Desk:
    """One deal's records, read once, to suppose as much of them as one likes. For its bank and its borrower; refuses others, and a deal without pledged goods."""

    def __init__(self, ws: Workspace, deal_id: UUID) -> None:
        self._ws, self.deal = ws, find_deal(ws, deal_id)
        if not rooms.my_roles(ws, deal_id) & {"bank", "borrower"}:
            raise NotFound("deal_unknown", "There is no such deal.")
        goods = pledged_goods(ws, deal_id)
        if not goods:
            raise Conflict("nothing_pledged", "No goods are pledged under this deal.")
        self._asked, self.last = Asked(deal_id, goods, self.deal.currency), latest_valuation(ws, deal_id)
        self._records = SupposedRecords(ws, self._asked, self.deal.bank_id, self.last)
        self._standing, self._call = position(ws, deal_id), open_call(ws, deal_id)
        self._volatility: dict[str, Decimal | None] = {}

    @property
    def lots(self) -> frozenset[UUID]:
        """The lots that are pledged under it."""
        return frozenset(lot_id for lot_id, _ in self._asked.goods)

    def suppose(self, supposed: Supposition) -> Outcome:
        """The deal if this were so."""
        deal, records = self.deal, self._records.under(supposed)
        value = values_of(self._ws, [self._asked], records, cause="supposed")[deal.deal_id]
        if isinstance(value, Refused):
            standing = replace(self._standing, market_value=None, carries=None, valued_at=None)
            return Outcome(supposed, standing, None, None, "none", None, value)
        standing = replace(self._standing, market_value=value.market_value, carries=value.carries, valued_at=value.at)
        return Outcome(supposed, standing, value, base_of(value), self._follows(standing), self._at_risk(value))

    def _follows(self, standing: Position) -> str:
        if DealState(self.deal.status) not in LENT:
            return "none"
        state = CallState(self._call.status) if self._call else None
        return call_step(standing.zone or Zone.SAFE, standing.is_cured, state) or "none"

    def _at_risk(self, value: DealValuation) -> Money | None:
        kinds = {line.price_code: self._price_risk(line.price_code) for line in value.lines}
        if not kinds or None in kinds.values():
            return None
        return total((line.market_value.times(kinds[line.price_code] or 0) for line in value.lines), value.currency)

    def _price_risk(self, code: str) -> Decimal | None:
        """What the market may take of a kind's value, as a share of one at most."""
        if code not in self._volatility:
            series = [quote.price for quote in quotes(self._ws, code, limit=VOLATILITY_DAYS)][::-1]
            try:
                self._volatility[code] = min(Decimal(1), price_risk(daily_volatility(series), AT_RISK))
            except Refused:
                self._volatility[code] = None
        return self._volatility[code]


def what_if(ws: Workspace, deal_id: UUID, suppositions: Sequence[Supposition]) -> Comparison:
    """A deal as it is and as it would be under each of up to five suppositions. Refuses more, one about a lot that is not pledged under it, and whom `Desk` refuses."""
    if len(suppositions) > MOST:
        raise Invalid("too_many_suppositions", "At most %(most)s can be compared.", field="beside", most=MOST)
    desk = Desk(ws, deal_id)
    lots = desk.lots
    if any(one.lot_id is not None and one.lot_id not in lots for one in suppositions):
        raise Invalid("lot_not_pledged", "This lot is not pledged under the deal.", field="lot_id")
    return Comparison(desk.deal, desk.suppose(Supposition()), tuple(desk.suppose(one) for one in suppositions))
