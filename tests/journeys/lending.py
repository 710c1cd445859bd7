"""Lending: prices come by file, the dealer asks, the bank offers, two officers approve, control is confirmed, money is drawn."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from tests.journeys.goods import Lot
from tests.journeys.people import Company, Person

LINES = {"haircut": "20", "ltv_initial": "65", "ltv_warn": "69", "ltv_call": "72", "ltv_liquidation": "85"}


@dataclass(frozen=True)
class Deal:
    """A deal as people speak of it: its number, its room, and the list of what is pledged under it."""

    number: str
    page: str
    pledges: str


def import_prices(officer: Person, price: int, *, since: date | None = None) -> None:
    """The bank takes in a series by file, one price for each day of trade up to today: it sees what was read before anything counts."""
    today = officer.house.now.date()
    days = [today - timedelta(days=n) for n in range((today - (since or today)).days + 1)]
    rows = [f"{day},{price}" for day in sorted(days) if day.weekday() < 5]
    officer.goes("/prices/new")
    officer.fills(code="CU", file=("prices.csv", "\n".join(["日期,结算价", *rows, "tomorrow,none"]).encode()))
    officer.presses("Read the file")
    officer.sees("Rows that could not be read", "tomorrow")
    officer.presses("Import %(num)s price" if len(rows) == 1 else "Import %(num)s prices", num=len(rows))
    officer.sees(f"{price:,}.00")
    officer.sees_state("Fresh")


def ask(sme: Person, lots: dict[Lot, str]) -> Deal:
    """The dealer asks a bank for money on its lots; more than lies there is refused at its lot."""
    sme.goes(f"/deals/new?{urlencode({'lot': next(iter(lots)).page.rpartition('/')[2]})}")
    sme.fills(bank_id="Yongjiang", amount="5000000", tenor_days="180", purpose="Copper for the cable works")
    for lot, tonnes in lots.items():
        sme.fills(**{f"lot-{lot.id}": tonnes})
    sme.presses("Ask for offers")
    sme.sees_state("Requested")
    return Deal(sme.title, sme.path, sme.path.replace("/deals/", "/pledges/"))


def offer(company: Company, deal: Deal) -> None:
    """The bank sees goods, devices and value in its deal room, and offers; a rival and a stranger see nothing of it."""
    officer = company.officer
    officer.goes("/")
    officer.sees("Requests to answer")
    officer.goes(deal.page)
    officer.sees("59,980 kg", "Copper for the cable works")
    for outsider in (company.rival, company.stranger, company.buyer):
        outsider.finds_nothing_at(deal.page)
    company.sme.watches_live()
    officer.follows("Make an offer")
    officer.fills(limit="5000000", annual_rate="4.35", devices_required=False, **LINES)
    officer.presses("Send the offer")
    company.sme.sees("The bank’s offer")
    company.sme.judges()


def agree(company: Company, deal: Deal) -> None:
    """The dealer accepts; who put the deal forward may not approve it; a second officer does."""
    company.sme.confirms("Accept the offer")
    company.sme.sees_state("Term sheet")
    officer = company.officer
    officer.goes(deal.page)
    officer.presses("Put before a second officer")
    officer.goes("/approvals")
    officer.sees("Approval of a deal")
    officer.sees_no_button("Approve")
    company.approver.approves("Approval of a deal")
    officer.goes(deal.page)
    officer.judges()


def take_control(company: Company, deal: Deal) -> None:
    """The supervisor holds the goods for the bank; two officers accept it; only then the pledge stands, and everybody at the goods reads so."""
    inspector, officer = company.inspector, company.officer
    inspector.goes(deal.pledges)
    inspector.fills(statement="Keys with us, bays A-01 and A-02 marked, exits by release order only.")
    inspector.presses("Confirm control")
    officer.goes(deal.pledges)
    officer.presses("Propose to accept control")
    company.approver.approves("Acceptance of control over pledged goods")
    for who in (officer, company.keeper, company.sme):
        who.goes(deal.pledges)
        who.sees("Active", "60.000")
    company.dispatcher.finds_nothing_at(deal.pledges)


def meet_conditions(officer: Person, deal: Deal) -> None:
    """Insurance and account are entered with what a later reader needs to find them."""
    for kind, number, until in (("INSURANCE", "PICC-2026-778201", "2027-03-01"), ("ACCOUNT", "3310 2266 0091", "")):
        officer.goes(f"{deal.page}/conditions/new")
        officer.fills(condition=kind, reference=number, valid_until=until)
        officer.presses("Enter")
    officer.goes(deal.page)
    officer.sees_state("Conditions met")


def draw(company: Company, deal: Deal) -> None:
    """The dealer asks for the money, two officers instruct it, the bank confirms that it was paid."""
    sme, officer = company.sme, company.officer
    sme.goes(deal.page)
    sme.follows("Draw money")
    sme.fills(amount="5000000", payee="Jiangxi Smelting", payee_account="6222 0200 1188")
    sme.presses("Ask for the payment")
    officer.goes(deal.page)
    officer.follows_row("Jiangxi Smelting")
    drawdown = officer.path
    officer.presses("Put before a second officer")
    company.approver.approves("Drawdown")
    officer.goes(drawdown)
    officer.sees_state("Instructed")
    officer.fills(bank_reference="HVPS-0091")
    officer.presses("Confirm that it was paid")
    officer.sees_state("Active")
    sme.goes(deal.page)
    sme.sees_state("Active")
    sme.sees("5,000,000.00")
