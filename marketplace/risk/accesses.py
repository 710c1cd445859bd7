"""Who outside a firm could see what of its own, by which grant; and what of it was looked at, as far as looks are recorded.

Papers that were opened and unmasked pictures are recorded, each with the person; other pages leave no trace of their readers, so a grant says what could be seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text

from marketplace.cameras.events import OriginalOpened
from marketplace.disposal.models.auctions import Auction
from marketplace.documents.models import Document, DocumentOpening
from marketplace.evidence.events import EvidenceTaken
from marketplace.financing.models.deals import DealCover
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Site
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.shipments.models import Shipment
from marketplace.supervision.models.devices import Device
from tenants.errors import Invalid
from tenants.events import Event, Fact
from tenants.organisations import Organisation
from tenants.rooms import Grant
from tenants.workspace import Workspace

SIGHT = text("select object_id, kind, firm_id, firm, role, let_in_by, begins, ended from gate.sight_of_mine(:since, :until)")  # fmt: skip
# By what an object of a kind is called among people.
NAMED: dict[str, tuple[Any, Any]] = {
    "lot": (Lot.id, Lot.number),
    "deal": (DealCover.deal_id, DealCover.number),
    "auction": (Auction.auction_id, Auction.number),
    "receipt": (WarehouseReceipt.id, WarehouseReceipt.number),
    "shipment": (Shipment.shipment_id, Shipment.number),
    "device": (Device.id, Device.name),
    "site": (Site.id, Site.name),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """One firm's sight of one object in one role: let in by whom, from when, and until when where it ended."""

    object_id: UUID
    kind: str
    firm_id: UUID
    firm: str
    role: str
    let_in_by: str
    begins: datetime
    ended: datetime | None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Circle:
    """One firm in one role on objects of one kind, let in by the same: of how many, since when, and of how many it still has sight."""

    firm: str
    kind: str
    role: str
    let_in_by: str
    objects: int
    standing: int
    begins: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody of another firm looked at something: a paper, or a picture with people in it."""

    at: datetime
    firm: str
    person: str
    what: str  # "document", "picture" or "evidence"
    name: str


@dataclass(frozen=True, slots=True)
class AccessReport:
    """What others could see of the viewer's own within [start, end), and what they looked at."""

    start: datetime
    end: datetime
    sights: tuple[Sight, ...]
    looks: tuple[Look, ...]

    @property
    def circles(self) -> tuple[Circle, ...]:
        """Sights by firm, kind and role."""
        return circles_of(self.sights)

    @property
    def firms(self) -> int:
        """How many firms had sight of anything."""
        return len({one.firm_id for one in self.sights})


def access_report(ws: Workspace, start: datetime, end: datetime) -> AccessReport:
    """The report for the viewer's own firm. Refuses a period that ends before it begins."""
    ws.may("read")
    if end <= start:
        raise Invalid("period_reversed", "A period ends after it begins.", field="until")
    rows = [Sight(*row) for row in ws.session.execute(SIGHT, {"since": start, "until": end})]
    called = _names(ws, rows)
    sights = tuple(replace(one, called=called.get(one.object_id, f"…{str(one.object_id)[-6:]}")) for one in rows)
    told = (*_papers(ws, start, end), *_pictures(ws, start, end), *_bundles(ws, start, end))
    looks = sorted(told, key=lambda one: one.at, reverse=True)
    return AccessReport(start, end, sights, tuple(looks))


def circles_of(sights: Iterable[Sight]) -> tuple[Circle, ...]:
    """Sights by firm, kind, role and who gave them."""

    def key(one: Sight) -> tuple[str, ...]:
        return one.firm, str(one.firm_id), one.kind, one.role, one.let_in_by

    return tuple(_circle(list(group)) for _, group in groupby(sorted(sights, key=key), key))


def _circle(group: list[Sight]) -> Circle:
    first = group[0]
    begun = [one.begins for one in group]
    return Circle(first.firm, first.kind, first.role, first.let_in_by, len(group), sum(one.ended is None for one in group), min(begun), max(begun))  # fmt: skip


def _names(ws: Workspace, sights: Iterable[Sight]) -> dict[UUID, str]:
    """What the objects are called, one question for each kind."""
    by_kind: dict[str, set[UUID]] = {}
    for one in sights:
        by_kind.setdefault(one.kind, set()).add(one.object_id)
    found: dict[UUID, str] = {}
    for kind, ids in by_kind.items():
        if kind in NAMED:
            key, name = NAMED[kind]
            found |= {row[0]: row[1] for row in ws.session.execute(select(key, name).where(key.in_(ids)))}
    return found


def _founded(ws: Workspace) -> Any:
    """The ids of what the viewer's firm founded."""
    return select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.granted_by == ws.tenant_id, Grant.may_share)  # fmt: skip


def _papers(ws: Workspace, start: datetime, end: datetime) -> list[Look]:
    """Papers that people of other firms opened: the viewer's own papers, or any on what it founded."""
    own = select(Document.id).where(Document.tenant_id == ws.tenant_id)
    wanted = select(DocumentOpening, Document.name).outerjoin(Document, Document.id == DocumentOpening.document_id)
    wanted = wanted.where(
        DocumentOpening.tenant_id != ws.tenant_id,
        DocumentOpening.opened_at >= start,
        DocumentOpening.opened_at < end,
        or_(DocumentOpening.object_id.in_(_founded(ws)), DocumentOpening.document_id.in_(own)),
    )
    rows = ws.session.execute(wanted)
    return [Look(one.opened_at, one.organisation, one.opened_by, "document", name or f"…{str(one.document_id)[-6:]}") for one, name in rows]  # fmt: skip


def _pictures(ws: Workspace, start: datetime, end: datetime) -> list[Look]:
    """Unmasked pictures of what the viewer founded that people of other firms looked at."""
    rows = _told_of(ws, OriginalOpened, start, end)
    return [Look(one.at, firm, one.values["opened_by"], "picture", one.values["name"]) for one, firm in rows]


def _bundles(ws: Workspace, start: datetime, end: datetime) -> list[Look]:
    """Evidence of deals that the viewer founded that people of other firms took away in one file."""
    rows = _told_of(ws, EvidenceTaken, start, end)
    return [Look(one.at, firm, one.values["taken_by"], "evidence", one.values["number"]) for one, firm in rows]


def _told_of(ws: Workspace, kind: type[Fact], start: datetime, end: datetime) -> list[tuple[Event, str]]:
    """What people of other firms did to what the viewer founded, with the firm."""
    wanted = select(Event, Organisation.name).join(Organisation, Organisation.id == Event.tenant_id)
    wanted = wanted.where(
        Event.kind == kind.__name__,
        Event.tenant_id != ws.tenant_id,
        Event.at >= start,
        Event.at < end,
        Event.stream_id.in_(_founded(ws)),
    )
    return [(event, firm) for event, firm in ws.session.execute(wanted)]
