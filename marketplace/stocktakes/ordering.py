"""Ordering a surprise count: who walks, by when, and which lots the draw fell on."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import identity_of
from marketplace.states import Actor
from marketplace.stocktakes.events import StocktakeOrdered, StocktakeWithdrawn
from marketplace.stocktakes.models import Challenge, Stocktake
from marketplace.stocktakes.queries import countable_lots, find_stocktake, stacks_of
from marketplace.stocktakes.rules.sampling import CONFIDENCES, TOLERABLE, Sample, Stack, draw
from marketplace.stocktakes.rules.stocktakes import STOCKTAKE, StocktakeState
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace

MOST_HOURS = 72


def order_stocktake(
    ws: Workspace, site_id: UUID, *, walker_id: UUID, hours: int, confidence: Decimal, tolerable: Decimal
) -> Stocktake:
    """Have goods at a site walked and shown by phone within so many hours.

    The walker is the site's warehouse, an owner of goods there (then of its goods alone) or the supervisor itself. `tolerable`: how large a part of the
    book may be missing unseen at `confidence`. Refuses a site without goods that the orderer supervises or lends on, and a walker who is none of these.
    """
    ws.may("order_stocktake")
    _require_terms(hours, confidence, tolerable)
    lots = _lots_for(ws, countable_lots(ws, site_id), walker_id)
    stacks, seed = stacks_of(ws, lots), secrets.token_bytes(32)
    sample = draw(stacks, confidence=confidence, tolerable=tolerable, seed=seed)
    stocktake = Stocktake(
        tenant_id=ws.tenant_id, id=new_id(), site_id=site_id, site_name=lots[0].site_name, walker_id=walker_id,
        status=STOCKTAKE.next_state(None, "order").value, confidence=confidence, tolerable=tolerable, seed=seed,
        population=[_as_drawn(one) for one in stacks], weight=sample.weight, whole=sample.whole, ordered_by=ws.member.name,
        ordered_at=ws.now, due_at=ws.now + timedelta(hours=hours),
    )  # fmt: skip
    stocktake.number = f"C{ws.now:%y%m%d}-{stocktake.id.hex[-4:].upper()}"
    ws.session.add(stocktake)
    ws.session.flush()
    ws.session.add_all(_challenges(ws, stocktake, lots, {one.lot_id: one for one in stacks}, sample))
    rooms.found(ws, stocktake.id, kind="stocktake", role="orderer")
    rooms.share(ws, stocktake.id, to=walker_id, role="walker")
    ws.set_timer("stocktakes.close_when_due", key=f"stocktake:{stocktake.id}", due=stocktake.due_at, stream_id=stocktake.id)  # fmt: skip
    fact = StocktakeOrdered(stocktake_id=stocktake.id, number=stocktake.number, site=stocktake.site_name, lots=len(sample.draws), due_at=stocktake.due_at)  # fmt: skip
    ws.record(fact, on=stocktake.id, evidence=[hashlib.sha256(seed).hexdigest()])
    return stocktake


def withdraw_stocktake(ws: Workspace, stocktake_id: UUID) -> Stocktake:
    """The orderer does not want it any more."""
    ws.may("order_stocktake")
    stocktake = find_stocktake(
        ws, stocktake_id, lock=True
    )  # its row is the orderer's alone to change, so nobody else finds it here
    actor = Actor.SUPERVISOR if Actor.SUPERVISOR in ws.member.kinds else Actor.BANK
    stocktake.status = STOCKTAKE.advance(StocktakeState(stocktake.status), "withdraw", actor=actor).value
    stocktake.ended_at = ws.now
    ws.record(StocktakeWithdrawn(stocktake_id=stocktake.id, number=stocktake.number), on=stocktake.id)
    return stocktake


def _require_terms(hours: int, confidence: Decimal, tolerable: Decimal) -> None:
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid("hours_out_of_range", "Between 1 and %(most)s hours.", field="hours", most=MOST_HOURS)
    if confidence not in CONFIDENCES:
        raise Invalid("confidence_unlisted", "Choose one of the listed values.", field="confidence")
    if tolerable not in TOLERABLE:
        raise Invalid("tolerable_unlisted", "Choose one of the listed values.", field="tolerable")


def _lots_for(ws: Workspace, lots: Sequence[Lot], walker_id: UUID) -> Sequence[Lot]:
    if not lots:
        raise NotFound("nothing_to_count", "There are no goods at this site that you supervise or lend on.")
    if walker_id == ws.tenant_id or any(lot.warehouse_id == walker_id for lot in lots):
        return lots
    own = [lot for lot in lots if lot.tenant_id == walker_id]
    if not own:
        raise Invalid("walker_elsewhere", "The warehouse, an owner of goods there, or your own firm can walk.", field="walker_id")  # fmt: skip
    return own


def _as_drawn(stack: Stack) -> dict[str, object]:
    """A line of the population, as anybody needs it to draw again."""
    return {
        "lot_id": str(stack.lot_id),
        "grams": stack.grams,
        "reasons": list(stack.reasons),
        "certain": stack.certain,
    }


def _challenges(
    ws: Workspace, stocktake: Stocktake, lots: Sequence[Lot], stacks: dict[UUID, Stack], sample: Sample
) -> list[Challenge]:
    """One for each lot of the sample, in an order that follows from the seed and from nothing that one could guess."""
    drawn = [lot for lot in lots if lot.id in sample.draws]
    drawn.sort(key=lambda lot: hashlib.sha256(stocktake.seed + lot.id.bytes).digest())
    return [_challenge(ws, stocktake, lot, stacks[lot.id], sample.draws[lot.id], place) for place, lot in enumerate(drawn, 1)]  # fmt: skip


def _challenge(ws: Workspace, stocktake: Stocktake, lot: Lot, stack: Stack, draws: int, place: int) -> Challenge:
    return Challenge(
        tenant_id=ws.tenant_id, id=new_id(), stocktake_id=stocktake.id, lot_id=lot.id, lot_number=lot.number,
        product_name=lot.product_name, bin_code=lot.bin_code, path=identity_of(ws, lot.id).path, place=place, draws=draws,
        reasons=list(stack.reasons), grams=stack.grams, book_qty=lot.verified_qty, unit=lot.unit, attempts=0,
    )  # fmt: skip
