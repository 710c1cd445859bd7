"""Goods leave: under the bank's order and on two signatures, or without an order, and then an alarm rings and stops everything."""

from tests.journeys.goods import Lot
from tests.journeys.lending import Deal
from tests.journeys.people import Company, Person
from tests.journeys.watch import conclude

SEALS = "C-1187, C-1188"


def repay(company: Company, deal: Deal, amount: str, reference: str) -> None:
    """Money comes in at the bank, and the debt is smaller by it."""
    officer = company.officer
    officer.goes(f"{deal.page}/repayments/new")
    officer.fills(amount=amount, reference=reference)
    officer.presses("Enter")
    officer.sees("Repayments", reference)


def let_go(company: Company, deal: Deal, lot: Lot, tonnes: str) -> None:
    """The dealer asks, one officer orders, another approves; only then the warehouse finds an order to weigh out by."""
    sme, officer, keeper = company.sme, company.officer, company.keeper
    sme.goes(deal.pledges)
    sme.fills(lot_id=lot.number, quantity=tonnes, because="Sold to Jiangnan Cable; repaid in cash.")
    sme.presses("Ask the bank")
    officer.goes(deal.pledges)
    officer.fills(lot_id=lot.number, quantity=tonnes, because="Repaid in cash.")
    officer.presses("Propose the release")
    keeper.goes("/")
    keeper.sees_not("Release of lot %(lot)s to weigh out", lot=lot.number)
    company.approver.approves("Release of pledged goods")
    keeper.goes("/")
    keeper.sees("Release of lot %(lot)s to weigh out", lot=lot.number)


def ship(company: Company, lot: Lot, tonnes: str) -> None:
    """Planned by the owner, booked by the carrier, handed out by the warehouse on its order, and signed for by the receiver itself."""
    sme, dispatcher, keeper, treasurer = company.sme, company.dispatcher, company.keeper, company.treasurer
    sme.goes("/shipments/new")
    sme.fills(lot_id=lot.number, quantity=tonnes, carrier_id="Shunhai", to_place="Suzhou")
    sme.fills(consignee="Jiangnan Cable Group", consignee_id="Jiangnan")
    sme.presses("Plan the shipment")
    shipment = sme.path
    dispatcher.goes(shipment)
    dispatcher.fills(vehicle="浙B·7A213", driver="Zheng Hai")
    dispatcher.presses("Book")
    keeper.goes(shipment)
    keeper.fills(weighed=tonnes, seals=SEALS)
    keeper.presses("Hand out")
    dispatcher.goes(shipment)
    dispatcher.presses("Sign and pick up")
    for step, place in (("depart", "Beilun"), ("reach_milestone", "Hangzhou Bay Bridge"), ("arrive", "Suzhou")):
        company.house.wait(hours=2)
        dispatcher.fills(step=step, place=place)
        dispatcher.presses("Report")
    treasurer.goes(shipment)
    treasurer.sees("arrived at %(place)s", place="Suzhou")
    treasurer.fills(received="9.995", receiver="Qian Fang", seals_seen=SEALS)
    treasurer.presses("Sign")
    treasurer.sees_state("Delivered")
    treasurer.judges()
    for outsider in (company.stranger, company.rival):
        outsider.finds_nothing_at(shipment)
    company.officer.goes(lot.page)
    company.officer.sees("30.000 t")


def pass_the_gate(guard: Person, lot: Lot, tonnes: str) -> None:
    """The gate writes down what leaves."""
    guard.goes(f"{lot.page}/readings")
    guard.opens("Record a gate exit")
    guard.fills(guard.dialog, quantity=tonnes, vehicle="浙A·00001")
    guard.presses("Record the exit", within=guard.dialog)


def leave_without_order(company: Company, deal: Deal, lot: Lot) -> str:
    """More leaves than was ordered: a critical alarm rings with everybody at the goods, the lot is frozen, and nothing more of it is let go.

    Returns the alarm's page.
    """
    inspector, officer = company.inspector, company.officer
    pass_the_gate(inspector, lot, "10")
    inspector.goes("/alarms")
    inspector.sees("All quiet")
    pass_the_gate(inspector, lot, "5")
    inspector.goes("/")
    inspector.sees("Critical alarms without a disposition")
    inspector.judges()
    for who in (officer, company.sme, company.keeper):
        who.goes(lot.page)
        who.sees_state("Frozen")
    officer.goes(deal.pledges)
    officer.fills(lot_id=lot.number, quantity="1", because="A second truck waits.")
    officer.presses("Propose the release")
    officer.is_refused(lot.number)
    inspector.goes("/alarms")
    inspector.follows_row(lot.number)
    inspector.sees("The lot is frozen")
    company.stranger.finds_nothing_at(inspector.path)
    return inspector.path


def look_into_it(company: Company, alarm: str) -> None:
    """Acknowledged, spoken about by two firms, and closed with what it turned out to be; without evidence that is refused."""
    inspector, keeper = company.inspector, company.keeper
    inspector.presses("Acknowledge")
    keeper.goes(alarm)
    keeper.fills(text="Weighed twice at the gate: the same truck turned round for its papers.")
    keeper.presses("Comment")
    inspector.sees("turned round for its papers")
    conclude(inspector, "FALSE", "Counted again: 30 t are there.", "count sheet 118")
    inspector.judges()


def lift_the_freeze(company: Company, lot: Lot) -> None:
    """Who may unfreeze is two people of the firm that froze."""
    inspector = company.inspector
    inspector.goes(lot.page)
    inspector.follows("Unfreeze")
    inspector.fills(because="The alarm was false; the goods are complete.")
    inspector.presses("Put before a colleague")
    inspector.sees_state("Frozen")
    company.controller.approves("Lifting of a freeze")
    company.sme.goes(lot.page)
    company.sme.sees_state("Pledged")
