"""The figures of somebody's day, role by role: four or so, each of one question or of one that is asked anyway."""

import functools
from collections.abc import Callable, Sequence

from frontend import home
from frontend.home import Figure
from frontend.home_rooms import book_of
from frontend.language import day_text, decimal, money, percent, translate, translate_plural, unit
from marketplace.catalogue.events import SearchIndexAhead, SearchIndexMended, SearchIndexUnchecked
from marketplace.catalogue.index_checks import last_check
from marketplace.catalogue.ports import outer_index
from marketplace.disposal import waiting as sales
from marketplace.financing.queries import Exposure
from marketplace.inventory.queries import count_lots, stock_of
from marketplace.inventory.waiting import held_quantity
from marketplace.money import Money
from marketplace.shipments.queries import count_shipments
from marketplace.supervision.queries import count_open, list_devices
from tenants import clock, organisations
from tenants.organisations import Kind
from tenants.workspace import Workspace

Offer = Callable[[Workspace], list[Figure]]
ZONE_TONES = {"SAFE": "ok", "WARN": "watch", "CALL": "danger", "LIQUIDATION": "danger", None: "danger"}
UNDER_WAY = ("BOOKED", "PICKED_UP", "IN_TRANSIT", "ARRIVED")


def for_kinds(*kinds: Kind) -> Callable[[Offer], Offer]:
    """Register figures that only these kinds of firm have."""

    def register(offer: Offer) -> Offer:
        @functools.wraps(offer)
        def asked(ws: Workspace) -> list[Figure]:
            return offer(ws) if ws.member.kinds & set(kinds) else []

        return home.figures(asked)

    return register


@for_kinds(Kind.SME)
def borrowed(ws: Workspace) -> list[Figure]:
    """What is owed, what could still be drawn, what is free to raise money on."""
    book = book_of(ws)
    return [
        Figure(translate("Owed"), _sum([one.position.outstanding for one in book]), note=_loans(book), href="/deals"),
        Figure(translate("Can be drawn"), _sum([one.position.available for one in book]), href="/deals"),
        *_worst(book),
        _free_stock(ws),
    ]


@for_kinds(Kind.BANK)
def lent(ws: Workspace) -> list[Figure]:
    """What is out, what carries it, and how near to the lines the worst of it stands."""
    book = book_of(ws)
    values = [one.position.market_value for one in book if one.position.market_value is not None]
    return [
        Figure(translate("Lent"), _sum([one.position.outstanding for one in book]), note=_loans(book), href="/deals"),
        Figure(translate("Value of the goods"), _sum(values), note=_unvalued(len(book) - len(values)), href="/pledges"),
        *_worst(book),
        Figure(translate("Margin calls"), str(sum(one.call is not None for one in book)), href="/margin-calls"),
    ]


@for_kinds(Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR)
def kept(ws: Workspace) -> list[Figure]:
    """The goods in one's care."""
    lots, held = count_lots(ws), held_quantity(ws)
    amounts = [f"{decimal(amount, 3)} {unit(code)}" for code, amount in list(held.items())[1:3]]
    code = next(iter(held), "TNE")
    there = sum(lots.get(name, 0) for name in ("RECEIVED", "VERIFIED", "RESERVED", "PLEDGED", "FROZEN", "IN_DISPOSAL", "SOLD"))  # fmt: skip
    return [
        Figure(translate("Goods in your care"), decimal(held.get(code, 0), 3), unit(code), ", ".join(amounts), "/lots"),
        Figure(translate("Lots in the house"), str(there), href="/lots"),
        Figure(translate("Pledged lots"), str(lots.get("PLEDGED", 0)), href="/pledges"),
    ]


@for_kinds(Kind.SUPERVISOR)
def watched(ws: Workspace) -> list[Figure]:
    """The devices that speak, and what they raised."""
    standing = [one.standing(ws.now) for one in list_devices(ws)]
    heard = sum(one in ("ONLINE", "LOW_BATTERY") for one in standing)
    total = len(standing) - standing.count("REVOKED")
    quiet = "ok" if heard == total else "watch"
    alarms = sum(count_open(ws).values())
    return [
        Figure(translate("Devices heard"), str(heard), translate("of %(total)s", total=total), href="/devices", tone=quiet),
        Figure(translate("Open alarms"), str(alarms), href="/alarms", tone="danger" if alarms else "ok"),
    ]  # fmt: skip


@for_kinds(Kind.BUYER)
def market(ws: Workspace) -> list[Figure]:
    """The market, and one's own part in it."""
    standing, (leading, outbid) = sales.count_auctions(ws), sales.bidding(ws)
    bids = [auction.standing for auction in leading if auction.standing is not None]
    return [
        Figure(translate("Open auctions"), str(standing.get("OPEN", 0)), href="/auctions?show=live"),
        Figure(translate("Announced"), str(standing.get("ANNOUNCED", 0)), href="/auctions?show=coming"),
        Figure(translate("You lead in"), str(len(leading)), translate("of %(total)s", total=len(leading) + len(outbid)), href="/bids"),
        Figure(translate("Your standing bids"), _sum(bids), href="/bids"),
    ]  # fmt: skip


@for_kinds(Kind.AUCTIONEER, Kind.REGULATOR)
def sales_under_way(ws: Workspace) -> list[Figure]:
    """The public market, and who is in it."""
    standing, firms = sales.count_auctions(ws), organisations.all_organisations(ws.session)
    return [
        Figure(translate("Open auctions"), str(standing.get("OPEN", 0)), href="/auctions?show=live"),
        Figure(translate("Announced"), str(standing.get("ANNOUNCED", 0)), href="/auctions?show=coming"),
        Figure(translate("Firms in the register"), str(len(firms)), href="/reports/market" if Kind.REGULATOR in ws.member.kinds else ""),
    ]  # fmt: skip


@for_kinds(Kind.LOGISTICS)
def carried(ws: Workspace) -> list[Figure]:
    """Journeys under way."""
    counts = count_shipments(ws)
    moving, late = sum(counts.get(state, 0) for state in UNDER_WAY), counts["LATE"]
    return [
        Figure(translate("Shipments under way"), str(moving), href="/shipments?status=" + ",".join(UNDER_WAY)),
        Figure(translate("To be booked"), str(counts.get("PLANNED", 0)), href="/shipments?status=PLANNED"),
        Figure(translate("Behind their time"), str(late), href="/shipments?status=LATE", tone="danger" if late else "ok"),
    ]  # fmt: skip


@for_kinds(Kind.PLATFORM)
def governed(ws: Workspace) -> list[Figure]:
    """The register, and whether the house keeps up with what it owes."""
    firms, waiting = organisations.all_organisations(ws.session), clock.backlog(ws)
    index = [_search_index(ws)] if outer_index() is not None else []
    return [
        Figure(translate("Organisations"), str(len(firms)), href="/organisations"),
        Figure(translate("Deliveries due"), str(waiting), note=translate("events on their way to those who react"), tone="watch" if waiting > 100 else "ok"),
        *index,
    ]  # fmt: skip


def _search_index(ws: Workspace) -> Figure:
    """Whether the index beside the database held what the rows say, when the night last looked, and what became of it."""
    checked = last_check(ws)
    if checked is None:
        return Figure(translate("Search index"), "–", note=translate("not checked yet"))
    event, found = checked
    words = {SearchIndexMended: ("Drifted, mended", "watch"), SearchIndexAhead: ("To be built anew", "danger"), SearchIndexUnchecked: ("Not answering", "danger")}  # fmt: skip
    word, tone = words.get(type(found), ("In step", "ok"))
    told = translate(found.says, **event.values)
    return Figure(translate("Search index"), translate(word), note=f"{day_text(event.at)} · {told}", tone=tone)


def _sum(amounts: Sequence[Money]) -> str:
    """The total in the currency that most of it is in; sums of different currencies are never joined."""
    totals: dict[str, Money] = {}
    for amount in amounts:
        totals[amount.currency] = totals.get(amount.currency, Money.zero(amount.currency)) + amount
    shown = max(totals.values(), key=lambda total: total.minor, default=Money.zero("CNY"))
    return money(shown)


def _loans(book: Sequence[Exposure]) -> str:
    return translate_plural("%(num)s loan", "%(num)s loans", len(book))


def _unvalued(count: int) -> str:
    return translate("%(deals)s not valued", deals=count) if count else ""


def _worst(book: Sequence[Exposure]) -> list[Figure]:
    """The highest loan-to-value and the deal that it belongs to; a debt without value comes before every figure."""
    if not book:
        return []
    worst = book[0]
    zone = worst.position.zone
    shown = percent(worst.position.ltv, 1) if worst.position.ltv is not None else translate("not valued")
    tone = ZONE_TONES[zone.value if zone else None]
    label = translate("Highest loan to value")
    return [Figure(label, shown, note=worst.deal.number, href=f"/deals/{worst.deal.deal_id}", tone=tone)]


def _free_stock(ws: Workspace) -> Figure:
    stock = sorted(stock_of(ws).items(), key=lambda row: row[1]["free"], reverse=True)
    if not stock:
        return Figure(translate("Free to pledge"), decimal(0, 3), unit("TNE"), href="/lots")
    (product, code), amounts = stock[0]
    return Figure(translate("Free to pledge"), decimal(amounts["free"], 3), unit(code), product, "/lots")
