"""The bank's account beside the bank's book, as of the end of any day: what came in and went out by each, and what only one of them knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Select, and_, exists, func, select

from marketplace.business_days import SHANGHAI
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.loans import Reversal
from marketplace.financing.models.money import Drawdown, Repayment
from marketplace.financing.models.payments import BankLine
from marketplace.financing.rules.matching import Meaning
from marketplace.financing.rules.reconciling import Movement, Side, Sums, sums_of
from marketplace.valuation.queries import today
from tenants.errors import Invalid
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A day's reconciliation: sums of all movements up to its end, and the open items, oldest first. `numbers`: the deals they name."""

    day: date
    sums: tuple[Sums, ...]
    items: tuple[Movement, ...]
    numbers: dict[Any, str]


def reconciliation(ws: Workspace, *, on: date | None = None) -> Reconciliation:
    """The bank's account against its book at the end of a day, today where none is named. For the bank alone; refuses a day that has not come."""
    ws.may("confirm_payment")
    day = on or today(ws)
    if day > today(ws):
        raise Invalid("day_ahead", "That day has not come yet.", field="day")
    end = datetime.combine(day, time.max, SHANGHAI)
    movements = [*_on_the_account(ws, day, end), *_repaid(ws, end), *_paid_out(ws, end)]
    items = sorted((one for one in movements if one.is_open), key=lambda one: (one.day, one.reference))
    wanted = {one.deal_id for one in items if one.deal_id}
    named = select(Deal.deal_id, Deal.number).where(Deal.deal_id.in_(wanted))
    numbers = {row.deal_id: row.number for row in ws.session.execute(named)}
    return Reconciliation(day, sums_of(movements), tuple(items), numbers)


def _on_the_account(ws: Workspace, day: date, end: datetime) -> Iterator[Movement]:
    """What the statements told. A payment that came back stays open beside the movement by which it left: the book, which ended the order, knows neither."""
    moved_on = func.coalesce(BankLine.value_on, BankLine.booked_on)
    lines = select(BankLine).where(BankLine.tenant_id == ws.tenant_id, moved_on <= day)
    for line in ws.session.scalars(lines):
        settled = line.matched_id is not None and line.settled_at is not None and line.settled_at <= end
        known = settled and line.matched_kind != Meaning.RETURNED.value
        amount = line.amount if line.direction == "IN" else -line.amount
        on = line.value_on or line.booked_on
        assert on is not None, "lines without a day are not asked for"
        yield Movement(Side.ACCOUNT, on, amount, line.reference, line.counterparty, line.deal_id, not known, line.note)


def _repaid(ws: Workspace, end: datetime) -> Iterator[Movement]:
    """Repayments that were entered and not taken back by then."""
    taken_back = exists().where(
        Reversal.deal_id == Repayment.deal_id, Reversal.repayment_id == Repayment.id, Reversal.reversed_at <= end
    )
    booked = _with_known(ws, Repayment, end).where(Repayment.received_at <= end, ~taken_back)
    for repayment, known in ws.session.execute(booked):
        day = repayment.received_at.astimezone(SHANGHAI).date()
        yield Movement(Side.BOOK, day, repayment.amount, repayment.reference, "", repayment.deal_id, not known)


def _paid_out(ws: Workspace, end: datetime) -> Iterator[Movement]:
    """Payments that were confirmed by then."""
    booked = _with_known(ws, Drawdown, end).where(Drawdown.confirmed_at <= end)
    for drawdown, known in ws.session.execute(booked):
        day = drawdown.confirmed_at.astimezone(SHANGHAI).date()
        yield Movement(Side.BOOK, day, -drawdown.amount, drawdown.bank_reference or "", drawdown.payee, drawdown.deal_id, not known)  # fmt: skip


def _with_known(ws: Workspace, entity: Any, end: datetime) -> Select[Any]:
    """The bank's own rows, and whether a movement on the account was recognised as each by then."""
    known = exists().where(
        BankLine.tenant_id == ws.tenant_id, BankLine.matched_id == entity.id, BankLine.settled_at <= end
    )
    mine = and_(Deal.deal_id == entity.deal_id, Deal.bank_id == ws.tenant_id)
    return select(entity, known).join(Deal, mine)
