"""The sale: announced, registered for with a deposit, bid for by two firms against each other, hammered, paid, shared out, handed over."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from playwright.sync_api import Locator, expect

from frontend.language import ZONE
from tests.journeys.goods import Lot
from tests.journeys.people import Company, Person


@dataclass
class Auction:
    """A sale: its page, and its hours by the house's clock."""

    page: str
    opens: datetime
    closes: datetime


def announce(company: Company, lot: Lot) -> Auction:
    """One officer proposes the terms, another publishes them; from then on anybody may read them, but not whose goods they were."""
    officer, stranger = company.officer, company.stranger
    officer.goes("/disposals")
    officer.main.get_by_role("row").filter(has_text=lot.number).get_by_role("link", name="Propose the sale").click()
    officer.sees("What buyers will see")
    officer.fills(start_price="100", reserve="2720000", step="20000")
    officer.presses("Propose")
    officer.sees("attention")
    officer.fills(start_price="2700000")
    hours = [_moment(officer.main.locator(f"[name={name}]").input_value()) for name in ("starts_at", "ends_at")]
    officer.presses("Propose")
    company.approver.approves("Disposal by auction")
    officer.goes("/auctions")
    officer.follows_row("Copper cathode")
    stranger.goes(officer.path)
    stranger.sees("Copper cathode", "60.000 t")
    stranger.sees_not("Hengda", "2,720,000")
    return Auction(officer.path, *hours)


def register(company: Company, auction: Auction, *bidders: Person) -> None:
    """Buyers find the lot by search, read its evidence and register; who has paid the deposit draws a paddle."""
    for bidder in bidders:
        bidder.goes("/catalogue")
        bidder.fills(q="cathode")
        bidder.presses("Apply")
        bidder.follows(re.compile("Copper cathode"))
        bidder.sees("Lot passport")
        bidder.presses("Register to bid")
        bidder.sees("Your deposit")
    officer = company.officer
    officer.goes(f"{auction.page}/registrations")
    for n, bidder in enumerate(bidders):
        row = officer.main.get_by_role("row").filter(has_text=bidder.firm)
        officer.fills(row, reference=f"DEP-{n}")
        officer.presses("Confirm", within=row)
    bidders[0].goes(auction.page)
    bidders[0].sees("Yours")
    bidders[0].judges()


def bid(company: Company, auction: Auction, first: Person, second: Person) -> None:
    """Two rooms on two screens: each sees the other's bid, and that it is outbid, without asking; so does who only watches."""
    watching = (first, second, company.stranger, company.sme)
    for one in watching:
        one.goes(auction.page)
        one.watches_live()
    _offers(first, "2700000")
    first.sees("You lead")
    for one in watching:
        one.sees("2,700,000")
    second.main.get_by_label("Your bid").fill("2700000")
    expect(_hammer(second)).to_be_disabled()
    _offers(second, "2720000")
    first.sees("You are outbid", "Reserve met")
    second.judges()
    company.house.wait(to=auction.closes - timedelta(minutes=2))
    _offers(first, "2760000")
    for one in watching:
        one.sees("2,760,000")
    second.sees("You are outbid", "moved once")


def fall(company: Company, auction: Auction, winner: Person, loser: Person) -> None:
    """The hammer falls by the house's clock, on every screen at once."""
    company.house.wait(to=auction.closes + timedelta(minutes=20))
    winner.sees("You won")
    loser.sees("Bidding has ended", "Your deposit goes back to you.")
    company.stranger.finds_nothing_at(f"{auction.page}/settlement")


def pay(company: Company, auction: Auction, winner: Person) -> str:
    """The balance comes in, and the buyer has the code for which the goods are given. Returns the code."""
    officer = company.officer
    winner.follows("Payment and collection")
    winner.sees("Transfer the balance")
    officer.goes(auction.page)
    officer.follows("Confirm the payment")
    officer.fills(reference="HVPS-BALANCE")
    officer.presses("The balance is in")
    winner.goes(f"{auction.page}/settlement")
    winner.sees("Collection")
    return winner.main.locator("copy-text").first.inner_text().strip()


def share_out(company: Company, auction: Auction) -> None:
    """Costs, tax, interest, principal: proposed by one officer, decided by another, and to the fen what came in."""
    officer = company.officer
    officer.goes(auction.page)
    officer.follows("Distribute the proceeds")
    officer.fills(storage="60000", enforcement="40000")
    officer.presses("Propose")
    company.approver.approves("Distribution of proceeds")
    officer.goes(f"{auction.page}/distribution")
    officer.sees("55,200.00", "317,522.12")
    rows = officer.main.locator("tbody tr")
    paid = sum(_figure(rows.nth(n).locator("td").nth(3)) for n in range(rows.count()))
    assert paid == _figure(officer.main.locator("tfoot td b")) == Decimal("2760000.00")
    officer.judges()
    company.sme.goes(f"{auction.page}/distribution")
    company.sme.sees("317,522.12")


def hand_over(company: Company, code: str) -> None:
    """The warehouse gives the goods for the buyer's code, and for no other."""
    keeper = company.keeper
    keeper.goes("/handovers")
    keeper.fills(code="0000-0000", collector="Xu Liang, 浙C·11111")
    keeper.presses("Hand over")
    keeper.sees_not("With the buyer")
    keeper.fills(code=code, collector="Xu Liang, 浙C·11111")
    keeper.presses("Hand over")
    keeper.goes("/handovers")
    keeper.sees("With the buyer")


def accept(company: Company, auction: Auction, winner: Person) -> None:
    """The buyer looks at what it has, and takes it; until then the price is held."""
    company.officer.goes(auction.page)
    company.officer.sees("The proceeds are held until the buyer has the goods and has accepted them.")
    winner.goes(f"{auction.page}/acceptance")
    winner.sees("Is it what you bought?")
    winner.judges()
    winner.confirms("Accept the goods")
    winner.sees("The proceeds are free")


def _moment(typed: str) -> datetime:
    return datetime.fromisoformat(typed).replace(tzinfo=ZONE)


def _hammer(bidder: Person) -> Locator:
    return bidder.main.locator("bid-panel button[type=submit]")


def _offers(bidder: Person, amount: str) -> None:
    bidder.main.locator("bid-panel input[name=amount]").fill(amount)
    _hammer(bidder).click()
    bidder.sees("Bid accepted")
    bidder.house.settle()


def _figure(cell: Locator) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", cell.inner_text()))
