"""Answers about goods: what was lost, where it lay, how much there was, what moved, what may not, and what it is worth."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from marketplace.exact import half_up
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, BinStay, Site
from marketplace.inventory.queries import lots_by_id
from marketplace.twin.past import covers, goods_at
from marketplace.twin.questions.grammar import Question, Topic
from marketplace.twin.questions.losses import KINDS, Loss, Told, loss_in
from marketplace.twin.questions.rows import MOST_ROWS, Row, Rows, events_seen, lots_numbered
from marketplace.valuation.models import DealValuation, ValuationLine
from tenants.events import sentence
from tenants.workspace import Workspace

MOST_EVENTS = 2000
MOVED = {Topic.CAME: ("LotReceived", "%(net)s came in and was put into bin %(bin)s."), Topic.LEFT: ("LotDeparted", "%(departed)s left; %(left)s stay.")}  # fmt: skip


def lost(ws: Workspace, asked: Question) -> Rows:
    """Lots of which a count or the scales found less in that time: by more than a share of it, where one is named. The greatest share first."""
    events, is_partial = events_seen(ws, KINDS, asked.span.start, asked.span.end, MOST_EVENTS)
    told: dict[UUID, list[Told]] = defaultdict(list)
    for event in reversed(events):
        told[event.stream_id].append(Told(event.kind, event.values, event.at))
    losses = {
        lot_id: found for lot_id, one in told.items() if (found := loss_in(one)) and found.share > (asked.figure or 0)
    }
    lots = sorted(lots_by_id(ws, set(losses)), key=lambda lot: (-losses[lot.id].share, lot.id))
    return Rows.of([_lost(lot, losses[lot.id]) for lot in lots], is_partial)


def _lost(lot: Lot, loss: Loss) -> Row:
    word = (
        "%(lost)s of %(before)s missing (%(share)s), by the scales."
        if loss.by_scale
        else "%(lost)s of %(before)s gone (%(share)s), as counted."
    )
    return Row(
        "lot",
        lot.id,
        lot.number,
        sentence(word, lost=loss.lost, before=loss.before, share=f"{half_up(loss.share * 100, 1)}%"),
        loss.at,
    )


def moved(ws: Workspace, asked: Question) -> Rows:
    """What came in, or what left, in that time; the newest first."""
    kind, word = MOVED[asked.topic]
    events, is_partial = events_seen(ws, (kind,), asked.span.start, asked.span.end, MOST_ROWS)
    rows = []
    for event in events:
        facts = event.values
        said = {name: facts[name] for name in ("net", "bin", "departed", "left") if name in facts}
        rows.append(Row("lot", event.stream_id, facts["number"], {"word": word, "facts": said}, event.at))
    return Rows.of(rows, is_partial)


def frozen(ws: Workspace, asked: Question) -> Rows:
    """Lots of which nothing might move at that moment, with the reason that was given; those frozen last come first."""
    events, is_partial = events_seen(ws, ("LotFrozen", "LotUnfrozen"), None, asked.span.end, MOST_EVENTS)
    last = {event.stream_id: event for event in reversed(events)}
    standing = sorted((one for one in last.values() if one.kind == "LotFrozen"), key=lambda one: one.at, reverse=True)
    rows = [Row("lot", one.stream_id, one.values["number"], one.values["reason"], one.at) for one in standing]
    return Rows.of(rows, is_partial)


def where(ws: Workspace, asked: Question) -> Rows:
    """Where the lots of that number lay at that moment: site and bin, or that they were not in store."""
    at, lots = asked.span.end, lots_numbered(ws, asked.number)
    stays = (
        select(BinStay.lot_id, Bin.code, Site.name, BinStay.during)
        .join(Bin, Bin.id == BinStay.bin_id)
        .join(Site, Site.id == Bin.site_id)
    )
    lying = {
        row.lot_id: row
        for row in ws.session.execute(
            stays.where(BinStay.lot_id.in_([lot.id for lot in lots]), covers(BinStay.during, at))
        )
    }
    rows = []
    for lot in lots:
        stay = lying.get(lot.id)
        if stay:
            says = sentence("In bin %(bin)s of %(site)s.", bin=stay.code, site=stay.name)
            rows.append(Row("lot", lot.id, lot.number, says, stay.during.lower))
        else:
            rows.append(Row("lot", lot.id, lot.number, _nowhere(lot, at), lot.departed_at))
    return Rows.of(rows)


def _nowhere(lot: Lot, at: datetime) -> dict[str, object]:
    if lot.received_at is None or lot.received_at > at:
        return sentence("Not received yet at that moment.")
    return sentence("In no bin at that moment; it was kept at %(site)s.", site=lot.site_name)


def how_much(ws: Workspace, asked: Question) -> Rows:
    """How much of the lots of that number there was at that moment: verified, or else weighed, or else by the papers."""
    rows = []
    for one in goods_at(ws, {lot.id for lot in lots_numbered(ws, asked.number)}, asked.span.end):
        word = "%(quantity)s verified." if one.verified_qty is not None else "%(quantity)s weighed, not verified." if one.weighed_qty is not None else "%(quantity)s by the papers, not weighed."  # fmt: skip
        rows.append(Row("lot", one.lot_id, one.number, sentence(word, quantity=one.amount)))
    return Rows.of(rows)


def worth(ws: Workspace, asked: Question) -> Rows:
    """What the lots of that number were worth in the last valuation by then of each deal that they secure, for its bank and its borrower."""
    lots = {lot.id: lot for lot in lots_numbered(ws, asked.number)}
    wanted = (
        select(ValuationLine, DealValuation.at)
        .join(
            DealValuation,
            (DealValuation.deal_id == ValuationLine.deal_id) & (DealValuation.id == ValuationLine.valuation_id),
        )
        .where(ValuationLine.lot_id.in_(lots), DealValuation.at <= asked.span.end)
        .ext(distinct_on(ValuationLine.lot_id, ValuationLine.deal_id))
        .order_by(ValuationLine.lot_id, ValuationLine.deal_id, DealValuation.at.desc(), DealValuation.id.desc())
    )
    word = "%(value)s, of which %(carries)s may carry a loan; %(quantity)s at %(price)s."
    rows = [
        Row("deal", line.deal_id, lots[line.lot_id].number, sentence(word, value=line.market_value, carries=line.collateral_value, quantity=line.counted, price=str(line.price.normalize())), at)
        for line, at in ws.session.execute(wanted)
    ]  # fmt: skip
    return Rows.of(rows)
