"""Notice of a sale is given with its publication: into the workspaces of those who take part here, and a list of those who are served by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.notices.events import ClaimantNoticed, GuarantorNoticed
from marketplace.disposal.notices.models import SaleNotice
from marketplace.disposal.rules.notices import Capacity, Outsider, reach_by
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from marketplace.pledges.ranks.queries import behind
from tenants import rooms
from tenants.database import new_id
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

Place = tuple[UUID, int]  # a record and the event in it


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is to hear of a sale; `consent_id`: of a bank in second rank."""

    name: str
    capacity: Capacity
    consent_id: UUID | None = None


def who_hears(ws: Workspace, deal_id: UUID, lot_id: UUID, borrower_id: UUID) -> list[Addressee]:
    """Those who take part here and are given notice of a sale of this lot, the debtor first; holders of rights are named with the terms."""
    name = find_organisation(ws.session, borrower_id).name
    guarantors = [one.organisation for one in rooms.participants(ws, deal_id) if one.role == "core"]
    ranked = [(find_organisation(ws.session, one.second_bank_id).name, one.id) for one in behind(ws, deal_id, lot_id=lot_id)]  # fmt: skip
    return [
        Addressee(name, Capacity.DEBTOR),
        *(Addressee(one, Capacity.GUARANTOR) for one in guarantors),
        *(Addressee(one, Capacity.CLAIMANT, consent_id) for one, consent_id in ranked),
    ]


def give_notices(
    ws: Workspace,
    auction: Auction,
    deal_id: UUID,
    hearers: Iterable[Addressee],
    *,
    debtor: Place,
    holders: Iterable[tuple[str, Place]],
    outsiders: Iterable[Outsider],
) -> None:
    """Give notice and keep the proof. `debtor` and `holders`: where the record tells of theirs. Who is served by hand has until `reach_by`; then the sale is called off."""
    until, guarantors = reach_by(REGIMES[RegimeName(auction.regime)], auction.opens_at), None
    for one in hearers:
        if one.capacity is Capacity.DEBTOR:
            place = debtor
        elif one.consent_id is not None:
            told = ClaimantNoticed(auction_id=auction.auction_id, title=auction.title, opens_at=auction.opens_at)
            place = one.consent_id, ws.record(told, on=one.consent_id)
        else:
            guarantors = guarantors or _tell_guarantors(ws, auction, deal_id)
            place = guarantors
        _add(ws, auction, deal_id, one.name, one.capacity, until, place)
    for name, place in holders:
        _add(ws, auction, deal_id, name, Capacity.HOLDER, until, place)
    served = [_add(ws, auction, deal_id, one.name, one.capacity, until, None) for one in outsiders]
    if served:
        ws.set_timer("notices.check_notices", key=str(auction.auction_id), due=until, stream_id=auction.auction_id)


def _tell_guarantors(ws: Workspace, auction: Auction, deal_id: UUID) -> Place:
    fact = GuarantorNoticed(auction_id=auction.auction_id, title=auction.title, opens_at=auction.opens_at)
    return deal_id, ws.record(fact, on=deal_id)


def _add(
    ws: Workspace, auction: Auction, deal_id: UUID, name: str, capacity: Capacity, until: datetime, place: Place | None
) -> SaleNotice:
    notice = SaleNotice(
        auction_id=auction.auction_id,
        notice_id=new_id(),
        tenant_id=ws.tenant_id,
        deal_id=deal_id,
        capacity=capacity.value,
        organisation=name,
        given_at=ws.now,
        reach_by=until,
        stream_id=place[0] if place else None,
        sequence=place[1] if place else None,
        reached_at=ws.now if place else None,
        proof=None,
    )
    ws.session.add(notice)
    return notice
