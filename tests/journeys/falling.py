"""The price falls: a margin call is cured in time, the next one is not, and two officers declare default."""

from datetime import timedelta

from tests.journeys.lending import Deal, import_prices
from tests.journeys.moving import repay
from tests.journeys.people import Company
from tests.journeys.watch import Scale, days_pass


def call(company: Company, deal: Deal, price: int) -> str:
    """A lower price crosses the line; the borrower is called and sees by when, in its own language. Returns the call's page."""
    sme = company.sme
    sme.goes(deal.page)
    sme.watches_live()
    import_prices(company.officer, price)
    sme.sees("Cure it")
    sme.goes("/")
    sme.sees("Answer the margin call")
    sme.judges()
    sme.goes(deal.page)
    sme.follows("Cure it")
    return sme.path


def cure(company: Company, deal: Deal, call_page: str) -> None:
    """The borrower accepts and tries what would cure it; half of it does not, all of it does."""
    sme = company.sme
    sme.presses("Accept the call")
    sme.sees_state("Accepted")
    sme.fills(cash="1000")
    sme.sees("This would not cure it")
    repay(company, deal, "200000", "HVPS-CURE-1")
    sme.sees("Missing in cash")
    repay(company, deal, "320000", "HVPS-CURE-2")
    sme.goes(call_page)
    sme.sees_state("Cured")
    sme.judges()


def expire(company: Company, scale: Scale, call_page: str) -> None:
    """Nobody answers: after two business days it is the bank's to decide."""
    days_pass(company.house, scale, to=company.house.now + timedelta(days=4))
    for who in (company.officer, company.sme):
        who.goes(call_page)
        who.sees_state("Escalated")
    company.officer.judges()


def default(company: Company, deal: Deal) -> None:
    """One officer proposes, another declares; the pledge is enforced and everybody in the room reads it."""
    officer, sme = company.officer, company.sme
    officer.follows("Propose default")
    officer.fills(event="UNCURED_CALL", because="Margin call expired uncured.")
    officer.presses("Put before a second officer")
    sme.goes(deal.page)
    sme.sees_state("Watch")
    company.approver.approves("Declaration of default")
    for who in (officer, sme):
        who.goes(deal.page)
        who.sees_state("In default")
