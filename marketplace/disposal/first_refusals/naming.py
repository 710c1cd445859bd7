"""Rights of first refusal are named with the proposal of a sale and published with its terms: two officers, and nothing afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.disposal.first_refusals.events import FirstRefusalPublished
from marketplace.disposal.first_refusals.models import PriorityPurchaser
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.rules.first_refusals import FirstRefusal
from tenants import rooms
from tenants.errors import Invalid, NotAllowed
from tenants.organisations import Organisation
from tenants.workspace import Workspace


def holders_of(
    ws: Workspace, rights: Sequence[FirstRefusal], *, parties: Iterable[UUID]
) -> list[tuple[FirstRefusal, Organisation]]:
    """The firms that hold these rights. Refuses a code that no firm here bears, a firm named by both its codes, and a party to the sale, which may not bid."""
    found = [(right, _bearer(ws, right.code)) for right in rights]
    if len({firm.id for _, firm in found}) < len(found):
        raise Invalid("right_named_twice", "Each holder of a right of first refusal is named once.", field="first_refusals")  # fmt: skip
    if {firm.id for _, firm in found} & set(parties):
        raise NotAllowed("party_barred", "A party to this sale may not bid in it.", field="first_refusals")
    return found


def publish_rights(
    ws: Workspace, auction: Auction, holders: Iterable[tuple[FirstRefusal, Organisation]]
) -> list[tuple[str, tuple[UUID, int]]]:
    """Publish the rights beside the terms; each holder has the room in its workspace from now on. Returns whom the record tells, and where."""
    told = []
    for right, firm in holders:
        ws.session.add(
            PriorityPurchaser(
                auction_id=auction.auction_id,
                holder_id=firm.id,
                tenant_id=ws.tenant_id,
                organisation=firm.name,
                rank=right.order,
                ground=right.ground,
                evidence=right.evidence,
            )
        )
        rooms.share(ws, auction.auction_id, to=firm.id, role="buyer")
        sequence = ws.record(
            FirstRefusalPublished(
                auction_id=auction.auction_id,
                organisation=firm.name,
                title=auction.title,
                opens_at=auction.opens_at,
                order=right.order,
            ),
            on=auction.auction_id,
        )
        told.append((firm.name, (auction.auction_id, sequence)))
    return told


def kept_rights(rights: Iterable[FirstRefusal]) -> list[dict[str, Any]]:
    """Rights as a proposal keeps them; `rights_of_proposal` reads them again."""
    return [{"code": one.code, "order": one.order, "ground": one.ground, "evidence": one.evidence} for one in rights]


def rights_of_proposal(told: Iterable[dict[str, Any]]) -> tuple[FirstRefusal, ...]:
    """The rights in a proposal."""
    return tuple(FirstRefusal(**one) for one in told)


def _bearer(ws: Workspace, code: str) -> Organisation:
    wanted = select(Organisation).where(
        or_(Organisation.uscc == code, Organisation.lei == code), Organisation.suspended_at.is_(None)
    )
    firm = ws.session.scalars(wanted).one_or_none()
    if firm is None:
        raise Invalid("right_holder_unknown", "No firm that takes part here bears the code %(named)s.", field="first_refusals", named=code)  # fmt: skip
    return firm
