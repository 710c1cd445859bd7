"""The borrowing base of a deal as of any day, with the availability that follows from it, told line by line."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from marketplace.business_days import SHANGHAI
from marketplace.financing.models.deals import Deal
from marketplace.financing.queries import find_deal, position, terms_of
from marketplace.financing.rules.availability import Drawn, Line, availability_of, explain
from marketplace.ledger.queries import balances
from marketplace.ledger.rules.accounts import DEBT, Account
from marketplace.money import Money, total
from marketplace.valuation.base import base_of
from marketplace.valuation.models import DealValuation
from marketplace.valuation.queries import latest_valuation, today
from marketplace.valuation.rules.base import Base, borrowing_base
from tenants.errors import Invalid
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BaseStatement:
    """What a deal's goods carried on a day and what could be drawn: `value` is the valuation that it rests on, if there was one."""

    deal: Deal
    as_of: date
    value: DealValuation | None
    base: Base
    lines: list[Line]

    @property
    def available(self) -> Money:
        """What may be drawn."""
        return availability_of(self.lines)


def base_statement(ws: Workspace, deal_id: UUID, *, as_of: date | None = None) -> BaseStatement:
    """The borrowing base at the end of a day, or now. It rests on the last valuation of that time and on the book by value date.

    For borrower and bank. Refuses a day that has not come.
    """
    deal, day = find_deal(ws, deal_id), as_of or today(ws)
    if day > today(ws):
        raise Invalid("day_ahead", "That day has not come yet.", field="as_of")
    value = latest_valuation(ws, deal_id, until=_end_of(day) if day < today(ws) else ws.now)
    base = base_of(value) if value else borrowing_base([], deal.currency)
    market = value.market_value if value else Money.zero(deal.currency)
    return BaseStatement(deal, day, value, base, explain(base, market, drawn_on(ws, deal, day)))


def drawn_on(ws: Workspace, deal: Deal, day: date) -> Drawn:
    """The loan's side on that day: today's from the position, that draws are tested against; an earlier day's from the book."""
    terms, standing = terms_of(ws, deal), position(ws, deal.deal_id)
    if terms is None or terms.closed_at is None or terms.closed_at > _end_of(day):
        return Drawn(None, None, Money.zero(deal.currency), Money.zero(deal.currency))
    if day == today(ws):
        return Drawn(
            terms.limit, terms.ltv_initial, standing.outstanding, standing.committed, may_draw=standing.may_draw
        )
    book = balances(ws, deal.deal_id, currency=deal.currency, until=day)
    owed = total((book[account] for account in DEBT), deal.currency)
    return Drawn(terms.limit, terms.ltv_initial, owed, book[Account.DISBURSEMENT_INSTRUCTED])


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, SHANGHAI)
