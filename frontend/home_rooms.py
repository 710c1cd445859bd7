"""What each room has for somebody's first page: the things that wait for this firm in its roles. A few questions for each role, whatever the size of the firm."""

import functools
from collections.abc import Callable, Sequence

from frontend import home
from frontend.home import Need, Step
from frontend.language import money, quantity, translate
from marketplace.disposal import waiting as sales
from marketplace.disposal.accepting.queries import count_free_proceeds
from marketplace.disposal.models.auctions import Auction
from marketplace.financing import waiting as loans
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.queries import Exposure, count_deals, portfolio
from marketplace.guarantees.queries import list_guarantees
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE, count_lots, list_lots
from marketplace.inventory.rules.lots import LotState
from marketplace.pledges.filing import due_deregistrations
from marketplace.pledges.models import ReleaseOrder
from marketplace.pledges.queries import release_orders
from marketplace.pledges.shortages.queries import count_open
from marketplace.pledges.waiting import agreements_to_sign, deals_awaiting_acceptance, deals_awaiting_control
from marketplace.quantity import Quantity
from marketplace.shipments.models import Shipment
from marketplace.shipments.queries import UNDER_WAY, list_shipments
from marketplace.valuation.queries import all_series
from tenants.organisations import Kind
from tenants.permissions import Job
from tenants.workspace import Workspace

Offer = Callable[[Workspace], list[Need]]
MOST_NAMED = 4
MOST_SHOWN = 6


def for_kinds(*kinds: Kind) -> Callable[[Offer], Offer]:
    """Register lines that only these kinds of firm have."""

    def register(offer: Offer) -> Offer:
        @functools.wraps(offer)
        def asked(ws: Workspace) -> list[Need]:
            return offer(ws) if ws.member.kinds & set(kinds) else []

        return home.needs(asked)

    return register


@for_kinds(Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR, Kind.SME, Kind.BANK)
def shortages(ws: Workspace) -> list[Need]:
    """Goods of which fewer are there than are claimed: none of them leave."""
    return [Need(translate("Shortages of goods"), "/shortages", count_open(ws), "danger", icon="scale")]


@for_kinds(Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE)
def margin_calls(ws: Workspace) -> list[Need]:
    """Margin calls with their clocks; beyond a few, one line for the rest."""
    calls = loans.standing_calls(ws)
    lines = [_call(ws, call, deal) for call, deal in calls[:MOST_NAMED]]
    rest = max(len(calls) - MOST_NAMED, 0)
    return [*lines, Need(translate("Further margin calls"), "/margin-calls", rest, "danger", icon="margin")]


def _call(ws: Workspace, call: MarginCall, deal: str) -> Need:
    href = f"/deals/{call.deal_id}/margin-calls/{call.id}"
    if call.status in ("EXPIRED", "ESCALATED"):
        note = translate("Deal %(deal)s: %(cash)s was called for", deal=deal, cash=money(call.cash))
        return Need(translate("A margin call was not cured"), href, 1, "danger", note, "margin")
    note = translate("Deal %(deal)s: %(cash)s in cash, or goods", deal=deal, cash=money(call.cash))
    unanswered = call.status in ("OPEN", "NOTIFIED") and Kind.SME in ws.member.kinds and call.answer_by > ws.now
    label = translate("Answer the margin call") if unanswered else translate("A margin call has to be cured")
    return Need(label, href, 1, "danger", note, "margin", call.answer_by if unanswered else call.cure_by)


@for_kinds(Kind.SME)
def borrowing(ws: Workspace) -> list[Need]:
    """A firm's stock on its way to being money."""
    lots, deals, unsigned = count_lots(ws), count_deals(ws), agreements_to_sign(ws)
    offers, first = loans.offers_to_answer(ws)
    return [
        Need(translate("Loans in default or being enforced"), "/deals?status=DEFAULT,ENFORCEMENT", deals.get("DEFAULT", 0) + deals.get("ENFORCEMENT", 0), "danger", translate("what is owed, and what the sale of the goods brings"), "warning"),
        Need(translate("Lots that are frozen"), "/lots?status=FROZEN", lots.get("FROZEN", 0), "danger", icon="freeze"),
        Need(translate("Offers to answer"), "/deals?status=OFFERED", offers, "watch", translate("the first runs out"), "percent", first),
        Need(translate("Supervision agreements to sign"), _only(unsigned), len(unsigned), "watch", icon="signature"),
        Need(translate("Loans ready to be drawn"), "/deals?status=CONDITIONS_MET", deals.get("CONDITIONS_MET", 0), "info", icon="money"),
        Need(translate("Requests with the bank"), "/deals?status=REQUESTED", deals.get("REQUESTED", 0), "neutral", icon="deal"),
        Need(translate("Lots to be weighed in by the warehouse"), "/lots?status=DECLARED", lots.get("DECLARED", 0), "neutral", icon="truck"),
        Need(translate("Lots to be inspected by the supervisor"), "/lots?status=RECEIVED", lots.get("RECEIVED", 0), "neutral", icon="inspect"),
    ]  # fmt: skip


@for_kinds(Kind.BANK)
def lending(ws: Workspace) -> list[Need]:
    """A bank's file of deals, from the request to what is in trouble."""
    deals, drawn = count_deals(ws), loans.count_drawdowns(ws)
    pledges, filings = len(deals_awaiting_acceptance(ws)), due_deregistrations(ws)
    return [
        Need(translate("Deals in default"), "/deals?status=DEFAULT", deals.get("DEFAULT", 0), "danger", icon="danger"),
        Need(translate("Deals being enforced"), "/deals?status=ENFORCEMENT", deals.get("ENFORCEMENT", 0), "watch", icon="gavel"),
        Need(translate("Loans overdue"), "/deals?status=OVERDUE", deals.get("OVERDUE", 0), "danger", icon="warning"),
        Need(translate("Deals on watch"), "/deals?status=WATCH", deals.get("WATCH", 0), "watch", icon="gauge"),
        Need(translate("Requests to answer"), "/deals?status=REQUESTED", deals.get("REQUESTED", 0), "watch", icon="deal"),
        Need(translate("Accepted offers to put forward for approval"), "/deals?status=TERM_SHEET", deals.get("TERM_SHEET", 0), "watch", icon="signature"),
        Need(translate("Pledges to accept under confirmed control"), "/pledges", pledges, "watch", icon="pledge"),
        Need(translate("Drawdowns to put forward"), "/deals?status=CONDITIONS_MET,ACTIVE,WATCH", drawn.get("REQUESTED", 0), "watch", icon="money"),
        Need(translate("Filings to end in the registry"), f"/pledges/{filings[0].deal_id}" if len(filings) == 1 else "/pledges", len(filings), "watch", translate("the first is due"), "document", filings[0].due_at if filings else None),
        Need(translate("Payments to confirm"), "/deals?status=CONDITIONS_MET,ACTIVE,WATCH", drawn.get("INSTRUCTED", 0), "watch", icon="bank"),
    ]  # fmt: skip


@for_kinds(Kind.BANK)
def stale_prices(ws: Workspace) -> list[Need]:
    """Series by which nothing can be valued any more."""
    stale = [series.code for series in all_series(ws) if series.is_stale]
    note = ", ".join(stale[:4])
    return [Need(translate("Prices too old to value by"), "/prices", len(stale), "danger", note, "chart")]


@for_kinds(Kind.BANK, Kind.AUCTIONEER)
def selling(ws: Workspace) -> list[Need]:
    """A seller's sales, from deposits to distribution."""
    due = sales.balances_due(ws, as_buyer=False)
    return [
        Need(translate("Deposits to confirm"), "/disposals", sales.deposits_to_confirm(ws), "info", icon="wallet"),
        Need(translate("Buyers to pay their balance"), "/disposals", len(due), "info", icon="clock", until=due[0].pay_by if due else None),
        Need(translate("Proceeds to distribute"), "/disposals", count_free_proceeds(ws), "watch", icon="waterfall"),
    ]  # fmt: skip


@for_kinds(Kind.WAREHOUSE_OPERATOR)
def keeping(ws: Workspace) -> list[Need]:
    """A warehouse's gate: what comes in, what may go out; release orders one by one, since each is a paper of its own."""
    lots, orders = count_lots(ws), release_orders(ws, open_only=True, limit=200)
    rest = max(len(orders) - MOST_NAMED, 0)
    return [
        Need(translate("Lots to weigh in"), "/lots?status=DECLARED", lots.get("DECLARED", 0), "watch", icon="scale"),
        *(_release(order) for order in orders[:MOST_NAMED]),
        Need(translate("Further releases to weigh out"), "/pledges", rest, "watch", icon="release"),
    ]


def _release(order: ReleaseOrder) -> Need:
    left = quantity(Quantity(order.ordered - order.executed, order.unit))
    label = translate("Release of lot %(lot)s to weigh out", lot=order.lot_number)
    return Need(label, f"/release-orders/{order.id}", 1, "watch", left, "release")


@for_kinds(Kind.SUPERVISOR)
def supervising(ws: Workspace) -> list[Need]:
    """A supervisor's round: goods to see, control to confirm, goods that were frozen."""
    lots, deals = count_lots(ws), deals_awaiting_control(ws)
    unsigned, certificates = agreements_to_sign(ws), loans.certificates_to_confirm(ws)
    return [
        Need(translate("Lots to inspect"), "/lots?status=RECEIVED", lots.get("RECEIVED", 0), "watch", icon="inspect"),
        Need(translate("Control to confirm over pledged goods"), _only(deals), len(deals), "watch", icon="shield"),
        Need(translate("Supervision agreements to sign"), _only(unsigned), len(unsigned), "watch", icon="signature"),
        *(
            Need(
                translate("A borrowing base certificate to confirm"),
                f"/deals/{one}/borrowing-base",
                1,
                "watch",
                icon="layers",
            )
            for one in certificates[:MOST_NAMED]
        ),
        Need(translate("Lots that are frozen"), "/lots?status=FROZEN", lots.get("FROZEN", 0), "watch", icon="freeze"),
    ]


def _only(deals: Sequence[object]) -> str:
    return f"/pledges/{deals[0]}" if len(deals) == 1 else "/pledges"


@for_kinds(Kind.BANK, Kind.CORE_ENTERPRISE)
def undertakings(ws: Workspace) -> list[Need]:
    """What a core enterprise is asked to stand behind, and what was claimed from it; at the bank, what it still waits for."""
    found = list_guarantees(ws, status="ASKED,CLAIMED")
    claimed = [one for one in found if one.pay_by]
    first = claimed[0] if len(claimed) == 1 else None
    href = f"/guarantees/{first.id}" if first else "/guarantees?status=CLAIMED"
    lines = [Need(translate("Claims under undertakings to be paid"), href, len(claimed), "danger", money(first.claimed) if first and first.claimed else "", "signature")]  # fmt: skip
    if Kind.CORE_ENTERPRISE in ws.member.kinds:
        lines.append(Need(translate("Undertakings to answer"), "/guarantees?status=ASKED", len(found) - len(claimed), "watch", icon="signature"))  # fmt: skip
    return lines


@for_kinds(Kind.BUYER, Kind.CORE_ENTERPRISE)
def buying(ws: Workspace) -> list[Need]:
    """A buyer's clocks: bids that were topped, deposits that let one bid, balances that keep what was won."""
    leading, outbid = sales.bidding(ws)
    deposits, balances = sales.deposits_due(ws), sales.balances_due(ws, as_buyer=True)
    lines = [
        Need(translate("You were outbid on %(title)s", title=one.title), f"/auctions/{one.auction_id}", 1, "danger", money(one.standing), "gavel", one.ends_at)
        for one in outbid
    ]  # fmt: skip
    lines += [
        Need(translate("You lead on %(title)s", title=one.title), f"/auctions/{one.auction_id}", 1, "ok", money(one.standing), "gavel", one.ends_at)
        for one in leading
    ]  # fmt: skip
    lines += [
        Need(translate("Balance to pay"), f"/auctions/{one.auction_id}/settlement", 1, "danger", money(one.balance), "money", one.pay_by)
        for one in balances
    ]  # fmt: skip
    lines += [
        Need(translate("Deposit to pay for %(title)s", title=one.title), f"/auctions/{one.auction_id}", 1, "watch", money(one.deposit), "wallet", one.opens_at)
        for one in deposits
    ]  # fmt: skip
    return lines


FIRST_STEPS: list[tuple[Kind, str, Step]] = [
    (Kind.SME, "declare_lot", Step("Declare a lot", "/lots/new", "Goods in a warehouse that somebody watches can carry a loan.", "lot")),
    (Kind.SME, "request_financing", Step("Ask for finance", "/deals/new", "Choose verified lots, a bank and an amount.", "deal")),
    (Kind.WAREHOUSE_OPERATOR, "manage_sites", Step("Open a site", "/sites/new", "Draw its bins in metres; lots and devices are placed in them.", "warehouse")),
    (Kind.SUPERVISOR, "enrol_device", Step("Enrol a device", "/devices/new", "Each device signs what it says with a key of its own.", "device")),
    (Kind.BANK, "import_prices", Step("Import prices", "/prices", "Goods are valued by your series; a stale price blocks and never passes.", "chart")),
    (Kind.BANK, "read", Step("See your deals", "/deals", "Requests of firms arrive there, with goods and papers.", "deal")),
    (Kind.BUYER, "read", Step("Find goods", "/catalogue", "Sales by secured creditors, each with its record of readings.", "search")),
    (Kind.CORE_ENTERPRISE, "read", Step("See your undertakings", "/guarantees", "What banks ask you to stand behind, and what of it is in force.", "signature")),
    (Kind.CORE_ENTERPRISE, "read", Step("Find goods", "/catalogue", "Sales by secured creditors, each with its record of readings.", "search")),
    (Kind.LOGISTICS, "read", Step("See your shipments", "/shipments", "Orders to carry arrive there; goods move on two signatures.", "truck")),
    (Kind.AUCTIONEER, "read", Step("See the auctions", "/auctions", "What is announced, open and closed.", "gavel")),
    (Kind.AUCTIONEER, "read", Step("See how sales ended", "/reports/disposals", "Prices against valuations, days to the money, rounds without a buyer.", "chart")),
    (Kind.REGULATOR, "read", Step("Read the market statistics", "/reports/market", "Sums over many firms; none tells the affairs of one.", "bars")),
    (Kind.REGULATOR, "read", Step("Check a public sale", "/auctions", "Every sale that has ended can be recomputed from its public record.", "gavel")),
    (Kind.PLATFORM, "admit_organisation", Step("Admit an organisation", "/organisations", "Its code is checked; its first member gets a link.", "building")),
    (Kind.PLATFORM, "set_fee_plan", Step("Set the fees", "/fees", "Nothing is charged before two of your officers have published a plan.", "receipt")),
]  # fmt: skip

AUDIT_STEPS = (
    Step("Read the record", "/activity", "Everything that concerns your firm, in the order in which it was recorded.", "activity"),
    Step("See who decided", "/approvals", "What one person proposed and another approved or refused.", "approve"),
    Step("See papers and their hashes", "/documents", "Each version, by whom it was added and who has seen it.", "document"),
)  # fmt: skip


def first_steps(ws: Workspace) -> list[Step]:
    """Where a member of this firm could begin; for a home page on which nothing waits."""
    if ws.member.jobs == {Job.AUDITOR}:
        return [Step(translate(step.label), step.href, translate(step.note), step.icon) for step in AUDIT_STEPS]
    found = {
        step.href: Step(translate(step.label), step.href, translate(step.note), step.icon)
        for kind, capability, step in FIRST_STEPS
        if kind in ws.member.kinds and ws.can(capability)
    }
    members = Step(translate("Invite colleagues"), "/members", translate("Makers and checkers have to be different people."), "people")  # fmt: skip
    return [*found.values(), members] if ws.can("administer_members") else list(found.values())


def book_of(ws: Workspace) -> list[Exposure]:
    """The loans of a bank or a borrower, worst first. Asked once for each page."""
    if not ws.member.kinds & {Kind.SME, Kind.BANK}:
        return []
    if "home.book" not in ws.session.info:
        ws.session.info["home.book"] = portfolio(ws)
    book: list[Exposure] = ws.session.info["home.book"]
    return book


def goods_at_hand(ws: Workspace) -> list[Lot]:
    """The lots of a firm that owns, keeps or supervises goods: what is there, or on its way in."""
    if not ws.member.kinds & {Kind.SME, Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR}:
        return []
    there = ",".join(state for state in LotState if state not in GONE)
    return list_lots(ws, status=there, limit=MOST_SHOWN)


def sales_at_hand(ws: Workspace) -> list[Auction]:
    """What the market sells now and next, for those who come for it."""
    market = {Kind.BUYER, Kind.CORE_ENTERPRISE, Kind.AUCTIONEER, Kind.REGULATOR}
    return sales.sales_to_come(ws, limit=MOST_SHOWN) if ws.member.kinds & market else []


def journeys_of(ws: Workspace) -> list[Shipment]:
    """The shipments under way in which the firm takes part, what is due first at the top."""
    return list_shipments(ws, status=",".join(UNDER_WAY), sort="deliver_by", limit=MOST_SHOWN)
