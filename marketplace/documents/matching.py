"""Matching trades: what is kept of them goes through the pure rules, and the outcome is written beside each trade."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from marketplace.business_days import SHANGHAI
from marketplace.documents.models import Trade, TradeEntry
from marketplace.documents.queries import (
    entries_laid,
    entries_near,
    entries_of,
    flagged_trades,
    joined_trades,
    own_trades,
)
from marketplace.documents.rules.checks import whole_agreed
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Entry, Lane, Party
from marketplace.documents.rules.match import TradeMatch, match
from marketplace.documents.rules.rings import Ring, financed_twice, rings
from marketplace.exact import half_up
from tenants.workspace import Workspace

SCORE_PLACES = 4
RING, TWICE_FINANCED = "ring", "financed_twice"
PATTERNS = (RING, TWICE_FINANCED)
Askings = Callable[[Workspace, Collection[UUID]], Mapping[UUID, UUID]]
ASKINGS: list[Askings] = []


def knows_askings(askings: Askings) -> Askings:
    """Register what a higher slice knows of deals that are one asking of several banks, of which one will lend: what is behind all of them is financed once."""
    ASKINGS.append(askings)
    return askings


def rematch(ws: Workspace, trade_ids: Collection[UUID]) -> None:
    """Match trades of one's own anew, with those that share an invoice with them, and keep the outcome; the rings that they close and the goods that stand
    behind two deals among it, which concern other trades too.
    """
    ws.session.flush()
    ids = joined_trades(ws, trade_ids) | flagged_trades(ws, PATTERNS)
    patterns = _patterns(ws, entries_near(ws, entries_of(ws, ids)))
    trades = own_trades(ws, ids | set(patterns))
    outcomes = matches(entries_of(ws, [one.trade_id for one in trades]), day_of(ws))
    for trade in trades:
        _keep(ws, trade, outcomes.get(trade.trade_id), patterns.get(trade.trade_id, set()))
    ws.session.flush()


def matched(ws: Workspace, trade: Trade) -> tuple[TradeMatch | None, list[Ring]]:
    """A trade as its viewer sees it: its lines matched, and the rings that its sales are part of, among all trades that the viewer sees."""
    rows = entries_of(ws, joined_trades(ws, [trade.trade_id]))
    mine = {row.id for row in rows if row.trade_id == trade.trade_id}
    near = rings(as_entry(row) for row in entries_near(ws, rows, own=False))
    closed = [ring for ring in near if any(one.id in mine for one in ring.entries)]
    return matches(rows, day_of(ws)).get(trade.trade_id), closed


def matches(rows: Iterable[TradeEntry], day: date) -> dict[UUID, TradeMatch]:
    """The match of each trade that has any record. Each trade is an order of its own: two firms' orders may bear one number."""
    found = match([as_entry(row) for row in rows], today=day)
    return {UUID(one.order): one for one in found}


def as_entry(row: TradeEntry, room: UUID | None = None) -> Entry:
    """A row as the rules read it."""
    return Entry(
        lane=Lane(row.lane),
        number=row.number,
        order=str(row.trade_id),
        line=row.line,
        dated=row.dated,
        seller=Party(row.seller, row.seller_code),
        buyer=Party(row.buyer, row.buyer_code),
        goods_code=row.goods_code,
        quantity=row.quantity,
        unit=row.unit,
        price=row.price,
        amount=row.amount_minor,
        tax=row.tax_minor,
        payable=row.payable_minor,
        currency=row.currency,
        refers=row.refers,
        account=row.account,
        due_on=row.due_on,
        delivered_on=row.delivered_on,
        paper=Paper(row.paper),
        room=room,
        id=row.id,
    )


def day_of(ws: Workspace) -> date:
    """The house's day."""
    return ws.now.astimezone(SHANGHAI).date()


def _one_asking(ws: Workspace, deals: Collection[UUID]) -> dict[UUID, UUID]:
    return {deal: asking for askings in ASKINGS for deal, asking in askings(ws, deals).items()}


def _patterns(ws: Workspace, near: Collection[TradeEntry]) -> dict[UUID, set[str]]:
    """Flags that only show across trades, by trade."""
    laid = entries_laid(ws)
    trade_of = {row.id: row.trade_id for row in [*near, *(row for row, _ in laid)]}
    found: dict[UUID, set[str]] = defaultdict(set)
    round_ = [one for ring in rings(as_entry(row) for row in near) for one in ring.entries]
    one_asking = _one_asking(ws, {room for _, room in laid})
    behind = (as_entry(row, one_asking.get(room, room)) for row, room in laid)
    twice = [one for pair in financed_twice(behind) for one in pair.entries]
    for flag, entries in ((RING, round_), (TWICE_FINANCED, twice)):
        for one in entries:
            assert one.id is not None
            found[trade_of[one.id]].add(flag)
    return found


def _keep(ws: Workspace, trade: Trade, outcome: TradeMatch | None, patterns: set[str]) -> None:
    trade.matched_at, trade.flags = ws.now, sorted(patterns)
    if outcome is None:
        return
    findings = outcome.findings
    trade.score = half_up(outcome.score, SCORE_PLACES)
    trade.breaks = sum(not one.is_flag for one in findings)
    trade.flags = sorted(patterns | {one.code for one in findings if one.is_flag})
    trade.state = "BROKEN" if patterns else outcome.state.value
    trade.lines = len(outcome.lines)
    trade.amount_minor = sum(whole_agreed(line.order) for line in outcome.lines)
