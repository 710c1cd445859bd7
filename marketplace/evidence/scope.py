"""What a deal's evidence is about: the deal, its goods, their receipts, sales and trades, as far as the asker sees them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.models.settlements import Handover
from marketplace.documents.models import Trade, TradeInRoom
from marketplace.financing.models.deals import DealGoods
from marketplace.financing.queries import find_cover
from marketplace.inventory.models import Lot
from marketplace.inventory.receipts.models import WarehouseReceipt
from marketplace.pledges.models import Pledge
from marketplace.pledges.ranks.models import RankConsent
from tenants import rooms
from tenants.workspace import Workspace

Named = dict[UUID, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """Ids with what people call them. `roles`: the asker's own in the deal's room."""

    deal_id: UUID
    number: str
    roles: frozenset[str]
    lots: Named
    receipts: Named
    auctions: Named
    consents: Named
    trades: Named

    @property
    def streams(self) -> list[tuple[str, UUID, str]]:
        """Each record: what it is about, its id, its name."""
        others = (("lot", self.lots), ("receipt", self.receipts), ("auction", self.auctions), ("consent", self.consents), ("trade", self.trades))  # fmt: skip
        return [("deal", self.deal_id, self.number), *((kind, one, name) for kind, named in others for one, name in named.items())]  # fmt: skip

    @property
    def ids(self) -> dict[str, set[UUID]]:
        """By the names that `parts` uses."""
        found = {"deal": {self.deal_id}, "lots": set(self.lots), "receipts": set(self.receipts), "auctions": set(self.auctions), "consents": set(self.consents), "trades": set(self.trades)}  # fmt: skip
        return found | {"objects": {one for ids in found.values() for one in ids}}


def scope_of(ws: Workspace, deal_id: UUID) -> Scope:
    """Refuses, as not found, a deal in whose room the asker is not."""
    cover = find_cover(ws, deal_id)
    goods = set(ws.session.scalars(select(DealGoods.lot_id).where(DealGoods.deal_id == deal_id)))
    goods |= set(ws.session.scalars(select(Pledge.lot_id).where(Pledge.deal_id == deal_id)))
    sales = set(ws.session.scalars(select(Disposal.auction_id).where(Disposal.deal_id == deal_id)))
    sales |= set(ws.session.scalars(select(Handover.auction_id).where(Handover.deal_id == deal_id)))
    receipts = select(WarehouseReceipt.id, WarehouseReceipt.number).where(WarehouseReceipt.lot_id.in_(goods))
    consents = select(RankConsent.id).where((RankConsent.first_deal_id == deal_id) | (RankConsent.second_deal_id == deal_id))  # fmt: skip
    laid = select(TradeInRoom.trade_id).where(TradeInRoom.room_id == deal_id)
    return Scope(
        deal_id=deal_id,
        number=cover.number,
        roles=rooms.my_roles(ws, deal_id),
        lots=_named(ws, select(Lot.id, Lot.number).where(Lot.id.in_(goods))),
        receipts=_named(ws, receipts),
        auctions=_named(ws, select(Auction.auction_id, Auction.number).where(Auction.auction_id.in_(sales))),
        consents={one: f"{cover.number}-{str(one)[-6:]}" for one in ws.session.scalars(consents)},
        trades=_named(ws, select(Trade.trade_id, Trade.number).where(Trade.trade_id.in_(laid))),
    )


def _named(ws: Workspace, wanted: object) -> Named:
    return {row[0]: row[1] for row in ws.session.execute(wanted).all()}  # type: ignore[call-overload]
