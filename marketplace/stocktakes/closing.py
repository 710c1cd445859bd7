"""Closing a surprise count: what was not shown by the end counts as missing, and the whole is put into one statement."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select

from marketplace.quantity import Quantity
from marketplace.states import Actor
from marketplace.stocktakes.events import LotNotShown, LotShown, StocktakeClosed
from marketplace.stocktakes.models import Capture, Challenge, Stocktake
from marketplace.stocktakes.queries import challenges_of, find_stocktake
from marketplace.stocktakes.rules.stocktakes import STOCKTAKE, Looked, Outcome, Statement, StocktakeState, state_finding
from tenants.workspace import Workspace


def close_stocktake(ws: Workspace, stocktake_id: UUID) -> None:
    """State what the count proves, and tell on each lot what was shown of it. Nothing where it is over already."""
    stocktake = find_stocktake(ws, stocktake_id, lock=True)
    if stocktake.status != StocktakeState.ORDERED:
        return
    challenges = challenges_of(ws, stocktake.id)
    statement = _stated(stocktake, challenges)
    stocktake.status = STOCKTAKE.advance(StocktakeState.ORDERED, "close", actor=Actor.SYSTEM).value
    stocktake.ended_at = ws.now
    stocktake.statement = asdict(statement) | {"confidence": str(statement.confidence)}
    fact = StocktakeClosed(stocktake_id=stocktake.id, number=stocktake.number, looked_at=statement.looked_at, failed=statement.failed)  # fmt: skip
    ws.record(fact, on=stocktake.id, evidence=[stocktake.seed.hex()])
    accepted = select(Capture).where(Capture.stocktake_id == stocktake.id, Capture.accepted)
    grades = {capture.lot_id: capture.grade for capture in ws.session.scalars(accepted)}
    for challenge in challenges:
        _tell_lot(ws, challenge, grades.get(challenge.lot_id) or "")


def _stated(stocktake: Stocktake, challenges: list[Challenge]) -> Statement:
    population = stocktake.population
    return state_finding(
        [_looked(one) for one in challenges],
        lots=len(population),
        book=sum(one["grams"] or 0 for one in population),
        weight=stocktake.weight,
        confidence=stocktake.confidence,
        whole=stocktake.whole,
    )


def _looked(challenge: Challenge) -> Looked:
    found = challenge.found or Quantity.zero(challenge.unit)
    outcome = Outcome(challenge.outcome or Outcome.MISSED)
    return Looked(challenge.lot_id, challenge.draws, challenge.grams, challenge.book, found, outcome)


def _tell_lot(ws: Workspace, challenge: Challenge, grade: str) -> None:
    one = _looked(challenge)
    fact = (
        LotShown(lot=challenge.lot_number, found=one.found, grade=grade)
        if one.outcome is Outcome.SHOWN
        else LotNotShown(lot=challenge.lot_number, found=one.found, book=one.book)
    )
    ws.record(fact, on=challenge.lot_id, evidence=[challenge.id])
