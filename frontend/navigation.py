"""The way round: which rooms each kind of organisation finds in its navigation."""

from typing import Any

from frontend.language import translate
from tenants.organisations import Kind
from tenants.workspace import Member

ANYONE: frozenset[str] = frozenset(Kind)
GOODS = frozenset({Kind.SME, Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR, Kind.BANK})
# (section, label, address, icon, kinds): the order is the order on the screen.
ROOMS: list[tuple[str, str, str, str, frozenset[str]]] = [
    ("", "Home", "/", "home", ANYONE),
    ("", "Approvals", "/approvals", "approve", ANYONE),
    ("Goods", "Lots", "/lots", "lot", GOODS),
    ("Goods", "Warehouse receipts", "/receipts", "receipt", GOODS | {Kind.BUYER, Kind.CORE_ENTERPRISE}),
    (
        "Goods",
        "Warehouse",
        "/sites",
        "warehouse",
        frozenset({Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR, Kind.SME, Kind.BANK}),
    ),
    ("Goods", "Devices", "/devices", "device", frozenset({Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR})),
    ("Goods", "Alarms", "/alarms", "alarm", GOODS),
    ("Goods", "Ask", "/questions", "help", GOODS),
    ("Goods", "Duty desk", "/duty", "people", frozenset({Kind.SUPERVISOR, Kind.BANK})),
    ("Goods", "Patrols", "/patrols", "route", frozenset({Kind.SUPERVISOR, Kind.BANK})),
    ("Goods", "Surprise counts", "/stocktakes", "clipboard", GOODS),
    ("Goods", "Shortages", "/shortages", "scale", frozenset({Kind.SUPERVISOR})),
    (
        "Goods",
        "Shipments",
        "/shipments",
        "truck",
        frozenset({Kind.SME, Kind.LOGISTICS, Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR, Kind.BANK, Kind.BUYER}),
    ),
    ("Finance", "Deals", "/deals", "deal", frozenset({Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE})),
    ("Finance", "Trades", "/trades", "contract", frozenset({Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE})),
    (
        "Finance",
        "Pledges",
        "/pledges",
        "pledge",
        frozenset({Kind.SME, Kind.BANK, Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR}),
    ),
    ("Finance", "Undertakings", "/guarantees", "signature", frozenset({Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE})),
    ("Finance", "Margin calls", "/margin-calls", "margin", frozenset({Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE})),
    ("Finance", "Bank account", "/bank-lines", "money", frozenset({Kind.BANK})),
    ("Finance", "Close of the day", "/end-of-day", "ledger", frozenset({Kind.BANK})),
    ("Finance", "Prices", "/prices", "chart", frozenset({Kind.BANK})),
    ("Finance", "Daily report", "/reports/collateral", "document", frozenset({Kind.BANK})),
    ("Finance", "Statistics", "/reports/market", "bars", frozenset({Kind.REGULATOR})),
    ("Goods", "Shortages", "/reports/shortages", "scale", frozenset({Kind.REGULATOR})),
    ("Market", "Find goods", "/catalogue", "search", ANYONE),
    ("Market", "Stock for finance", "/stock", "lot", frozenset({Kind.SME, Kind.BANK})),
    (
        "Market",
        "Auctions",
        "/auctions",
        "gavel",
        frozenset({Kind.BANK, Kind.BUYER, Kind.AUCTIONEER, Kind.SME, Kind.CORE_ENTERPRISE, Kind.REGULATOR}),
    ),
    ("Market", "My bids", "/bids", "bid", frozenset({Kind.BUYER, Kind.CORE_ENTERPRISE})),
    ("Market", "Disposal figures", "/reports/disposals", "chart", frozenset({Kind.BANK, Kind.AUCTIONEER})),
    ("Record", "Activity", "/activity", "activity", ANYONE),
    ("Record", "Log and witnesses", "/log", "ledger", ANYONE),
    ("Record", "Documents", "/documents", "document", ANYONE),
    ("Record", "Who sees our data", "/reports/access", "eye", ANYONE),
    ("Record", "Archive to leave with", "/archives", "download", ANYONE - {Kind.PLATFORM}),
    ("Organisation", "Members", "/members", "people", ANYONE),
    ("Organisation", "Platform fees", "/fees", "receipt", ANYONE),
    ("Organisation", "Organisations", "/organisations", "building", frozenset({Kind.PLATFORM})),
    ("Market", "Sale guard", "/sale-guard", "gavel", frozenset({Kind.PLATFORM})),
]
# Pages that no item leads to stand under the first of these rooms that the member has.
UNDER: dict[str, tuple[str, ...]] = {
    "/portfolio": ("/deals",),
    "/raisable": ("/deals",),
    "/credit-ladder": ("/deals",),
    "/lending-terms": ("/prices", "/deals"),
    "/disposals": ("/auctions",),
    "/sale-guard": ("/auctions",),
    "/appropriations": ("/auctions", "/deals"),
    "/disputes": ("/auctions", "/lots"),
    "/handovers": ("/auctions", "/shipments"),
    "/release-orders": ("/pledges",),
    "/ranks": ("/pledges",),
    "/shortages": ("/lots", "/receipts"),
    "/shortage-lines": ("/shortages", "/lots", "/receipts"),
    "/products": ("/lots",),
    "/search": ("/lots",),
    "/alarm-rules": ("/alarms",),
    "/incidents": ("/alarms",),
    "/cameras": ("/devices",),
    "/frames": ("/alarms",),
    "/phones": ("/stocktakes",),
    "/patrol-routes": ("/patrols",),
    "/duty-rosters": ("/duty",),
    "/duty-figures": ("/duty",),
    "/duty-drills": ("/duty",),
    "/duty-shifts": ("/duty",),
    "/evidence-grades": ("/deals", "/lots"),
    "/webhooks": ("/members",),
    "/owners": ("/members",),
}
# The four rooms under a thumb, by what the firm is in the trade; of a firm that is several, the first named here counts.
TABS: dict[Kind, tuple[str, ...]] = {
    Kind.BANK: ("/", "/approvals", "/deals", "/margin-calls"),
    Kind.SME: ("/", "/lots", "/deals", "/margin-calls"),
    Kind.SUPERVISOR: ("/", "/alarms", "/lots", "/devices"),
    Kind.WAREHOUSE_OPERATOR: ("/", "/lots", "/sites", "/alarms"),
    Kind.LOGISTICS: ("/", "/shipments", "/documents", "/activity"),
    Kind.CORE_ENTERPRISE: ("/", "/approvals", "/deals", "/guarantees"),
    Kind.BUYER: ("/", "/catalogue", "/auctions", "/bids"),
    Kind.AUCTIONEER: ("/", "/auctions", "/catalogue", "/approvals"),
    Kind.REGULATOR: ("/", "/reports/market", "/auctions", "/activity"),
    Kind.PLATFORM: ("/", "/organisations", "/members", "/activity"),
}


def for_member(member: Member, path: str) -> list[dict[str, Any]]:
    """The sections and items this member finds, the present one marked, and those for the tab bar of phones with their place in it."""
    rooms = [room for room in ROOMS if room[4] & member.kinds or room[4] == ANYONE]
    here = _stands_in(path, [room[2] for room in rooms])
    tabs = next((tabs for kind, tabs in TABS.items() if kind in member.kinds), ())
    sections: dict[str, list[dict[str, Any]]] = {}
    for section, label, href, icon, _ in rooms:
        item = {"label": translate(label), "href": href, "icon": icon, "active": href == here}
        sections.setdefault(section, []).append(item | {"tab": tabs.index(href) + 1 if href in tabs else None})
    return [{"label": translate(name) if name else "", "items": items} for name, items in sections.items()]


def _stands_in(path: str, hrefs: list[str]) -> str | None:
    """The room in which a page stands, of those that the member has."""
    room = next((href for href in hrefs if path == href or (href != "/" and path.startswith(f"{href}/"))), None)
    under = next((rooms for page, rooms in UNDER.items() if path == page or path.startswith(f"{page}/")), ())
    return room or next((href for href in under if href in hrefs), None)
