"""Deals and drawdowns take the steps of their tables, and default is the bank's to declare."""

from typing import Any

from marketplace.financing.rules.deals import DEAL, DRAWDOWN, DealState, DrawdownState, next_state

DEAL_TABLE = """
– request REQUESTED
REQUESTED offer OFFERED
REQUESTED withdraw WITHDRAWN
REQUESTED reject REJECTED
OFFERED offer OFFERED
OFFERED accept_offer TERM_SHEET
OFFERED withdraw WITHDRAWN
OFFERED reject REJECTED
OFFERED expire EXPIRED
TERM_SHEET review UNDER_REVIEW
TERM_SHEET withdraw WITHDRAWN
TERM_SHEET reject REJECTED
TERM_SHEET expire EXPIRED
UNDER_REVIEW approve APPROVED 4E
UNDER_REVIEW withdraw WITHDRAWN
UNDER_REVIEW reject REJECTED
UNDER_REVIEW expire EXPIRED
APPROVED sign SIGNED
APPROVED withdraw WITHDRAWN
APPROVED reject REJECTED
APPROVED expire EXPIRED
SIGNED meet_conditions CONDITIONS_MET
SIGNED settle SETTLED
CONDITIONS_MET activate ACTIVE
CONDITIONS_MET settle SETTLED
ACTIVE watch WATCH
ACTIVE fall_overdue OVERDUE
ACTIVE declare_default DEFAULT 4E
ACTIVE settle SETTLED
ACTIVE extend EXTENDED 4E
WATCH end_watch ACTIVE
WATCH fall_overdue OVERDUE
WATCH declare_default DEFAULT 4E
WATCH settle SETTLED
WATCH extend EXTENDED 4E
EXTENDED watch WATCH
EXTENDED fall_overdue OVERDUE
EXTENDED declare_default DEFAULT 4E
EXTENDED settle SETTLED
OVERDUE catch_up ACTIVE
OVERDUE declare_default DEFAULT 4E
OVERDUE settle SETTLED
OVERDUE extend EXTENDED 4E
DEFAULT enforce ENFORCEMENT 4E
DEFAULT recover RECOVERED
DEFAULT withdraw_default WATCH 4E
ENFORCEMENT recover RECOVERED
ENFORCEMENT write_off WRITTEN_OFF 4E
"""


DRAWDOWN_TABLE = """
– request REQUESTED
REQUESTED approve APPROVED 4E
REQUESTED refuse REFUSED
APPROVED instruct INSTRUCTED
APPROVED refuse REFUSED
INSTRUCTED confirm CONFIRMED
INSTRUCTED fail FAILED
"""


def test_a_deal_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(DEAL, DealState, DEAL_TABLE)
    assert next_state(None, "request") is DealState.REQUESTED


def test_a_drawdown_takes_the_steps_of_the_table(try_machine: Any) -> None:
    try_machine(DRAWDOWN, DrawdownState, DRAWDOWN_TABLE)


def test_invariant_43_only_the_bank_by_two_people_declares_default() -> None:
    ways = [row for row in DEAL.transitions if row.to is DealState.DEFAULT]
    assert ways
    assert all(row.by == {"BANK"} and row.four_eyes for row in ways)


def test_money_is_drawn_by_two_people() -> None:
    assert DRAWDOWN.find(DrawdownState.REQUESTED, "approve").four_eyes
