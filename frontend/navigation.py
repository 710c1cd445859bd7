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
    (
        "Goods",
        "Warehouse",
        "/sites",
        "warehouse",
        frozenset({Kind.WAREHOUSE_OPERATOR, Kind.SUPERVISOR, Kind.SME, Kind.BANK}),
    ),
    ("Goods", "Devices", "/devices", "device", frozenset({Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR})),
    ("Goods", "Alarms", "/alarms", "alarm", GOODS),
    (
        "Goods",
        "Shipments",
        "/shipments",
        "truck",
        frozenset({Kind.SME, Kind.LOGISTICS, Kind.WAREHOUSE_OPERATOR, Kind.BANK, Kind.BUYER}),
    ),
    ("Finance", "Deals", "/deals", "deal", frozenset({Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE})),
    (
        "Finance",
        "Pledges",
        "/pledges",
        "pledge",
        frozenset({Kind.SME, Kind.BANK, Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR}),
    ),
    ("Finance", "Margin calls", "/margin-calls", "margin", frozenset({Kind.SME, Kind.BANK})),
    ("Finance", "Prices", "/prices", "chart", frozenset({Kind.BANK})),
    ("Market", "Find goods", "/catalogue", "search", ANYONE),
    (
        "Market",
        "Auctions",
        "/auctions",
        "gavel",
        frozenset({Kind.BANK, Kind.BUYER, Kind.AUCTIONEER, Kind.SME, Kind.CORE_ENTERPRISE}),
    ),
    ("Market", "My bids", "/bids", "bid", frozenset({Kind.BUYER, Kind.CORE_ENTERPRISE})),
    ("Record", "Activity", "/activity", "activity", ANYONE),
    ("Record", "Documents", "/documents", "document", ANYONE),
    ("Organisation", "Members", "/members", "people", ANYONE),
    ("Organisation", "Organisations", "/organisations", "building", frozenset({Kind.PLATFORM})),
]


def for_member(member: Member, path: str) -> list[dict[str, Any]]:
    """The sections and items this member finds, the present one marked."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for section, label, href, icon, kinds in ROOMS:
        if kinds & member.kinds or kinds == ANYONE:
            here = path == href or (href != "/" and path.startswith(f"{href}/"))
            sections.setdefault(section, []).append(
                {"label": translate(label), "href": href, "icon": icon, "active": here}
            )
    return [{"label": translate(name) if name else "", "items": items} for name, items in sections.items()]
