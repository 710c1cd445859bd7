"""What a loan does by itself: its days are taken up, its periods fall due, its rate is looked at anew; at a close its delay and class are found too.

Loans go forward in steps, each to the next day at whose end something happens, and many loans in one statement. So a close that catches up with a year
asks as often as something happened in it, and writes what a close of each day would have written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from marketplace.financing.misuses.days import add_misuse
from marketplace.financing.models.deals import Deal
from marketplace.financing.money.plans import renew_plan, set_rate
from marketplace.financing.nights.accruals import keep_days, keep_quiet, standings
from marketplace.financing.nights.classes import keep_found
from marketplace.financing.nights.dues import bill, fall_overdue
from marketplace.financing.queries import agreed_terms, find_deal
from marketplace.financing.rules.days import Step, step_to
from marketplace.money import Money
from marketplace.valuation.queries import today
from tenants.workspace import Workspace

ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Run:
    """How many days of loans were taken up, what they came to in minor units, and how many dues fell due."""

    days: int = 0
    minor: int = 0
    dues: int = 0


def close_days(ws: Workspace, deal_ids: Sequence[UUID], first: date, last: date) -> Run:
    """Close the days from `first` to `last`, both counted, for these loans; what was done already is left. The caller holds the loans."""
    run = _go(ws, dict.fromkeys(deal_ids, first), last, closing=True)
    run.minor += add_misuse(ws, deal_ids, last)
    return run


def accrue(ws: Workspace, deal: Deal) -> Money:
    """Take up every day of one loan that is over, with the dues and rates that it brought; how much interest that came to. The caller holds the deal."""
    yesterday = today(ws) - ONE_DAY
    taken = _go(ws, {deal.deal_id: today(ws)}, yesterday, closing=False).minor
    return Money(taken + add_misuse(ws, [deal.deal_id], yesterday), deal.currency)


def _go(ws: Workspace, firsts: dict[UUID, date], last: date, *, closing: bool) -> Run:
    run, waiting = Run(), firsts
    while waiting:
        loans = standings(ws, sorted(waiting))
        steps = [
            step_to(one, min(waiting[one.deal_id], one.next_day), last, closing=closing)
            for one in loans
            if closing or one.next_day <= last
        ]
        _take(ws, steps, run)
        for step in steps:
            _happen(ws, step)
        keep_quiet(ws, steps)
        waiting = {step.standing.deal_id: step.until + ONE_DAY for step in steps if step.until < last}
    return run


def _take(ws: Workspace, steps: Sequence[Step], run: Run) -> None:
    """The steps' days into the book, then what fell due with them."""
    run.days += keep_days(ws, steps)
    run.minor += sum(day.posted + day.penalty + day.compound for step in steps for day in step.taken)
    ending = [(step.standing.deal_id, step.until + ONE_DAY) for step in steps if step.bills]
    if ending:
        run.dues += bill(ws, ending)


def _happen(ws: Workspace, step: Step) -> None:
    """What the end of a step brings besides: a look at the rate; at a close, delay and class."""
    deal_id = step.standing.deal_id
    if step.resets:
        _reset(ws, find_deal(ws, deal_id), step.until + ONE_DAY)
    if step.falls_overdue and step.standing.unpaid_since:
        fall_overdue(ws, find_deal(ws, deal_id, lock=True), step.standing.unpaid_since)
    if step.quality:
        keep_found(ws, step)


def _reset(ws: Workspace, deal: Deal, on: date) -> None:
    """A new rate from that day on, and the plan with it where it changed."""
    terms = agreed_terms(ws, deal)
    if set_rate(ws, deal, terms, on):
        renew_plan(ws, deal, terms, "rate", on=on)
