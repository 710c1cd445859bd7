"""What pages of finance show, made ready for templates: names, steps, goods with their evidence, charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.language import translate
from frontend.supervision import showing
from frontend.supervision.showing import metric_words
from marketplace.exact import exact
from marketplace.financing.agreeing.conditions import Check
from marketplace.financing.models.deals import Deal, DealGoods
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import Position, call_price
from marketplace.inventory.items.pieces import items_of
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from marketplace.supervision.conditions import Condition
from marketplace.supervision.models.readings import LatestReading
from marketplace.supervision.queries import condition_of, latest_among
from marketplace.valuation.models import DealValuation, ValuationLine
from tenants.errors import NotFound
from tenants.workspace import Workspace

_D = DealState
# The way of a deal as its two parties walk it: the states in which each step is the present one.
WAY: tuple[tuple[str, tuple[DealState, ...]], ...] = (
    ("Request", (_D.REQUESTED,)),
    ("Offer", (_D.OFFERED,)),
    ("Approval", (_D.TERM_SHEET, _D.UNDER_REVIEW, _D.APPROVED)),
    ("Conditions", (_D.SIGNED,)),
    ("Drawdown", (_D.CONDITIONS_MET,)),
    ("Loan", (_D.ACTIVE, _D.WATCH, _D.EXTENDED, _D.OVERDUE)),
)
TROUBLE = ("Enforcement", (_D.DEFAULT, _D.ENFORCEMENT))
ENDS = {
    _D.SETTLED: "Paid in full",
    _D.RECOVERED: "Recovered",
    _D.WRITTEN_OFF: "Written off",
    _D.REJECTED: "Declined",
    _D.WITHDRAWN: "Withdrawn",
    _D.EXPIRED: "Ran out",
}
BADLY = frozenset({_D.WRITTEN_OFF, _D.REJECTED, _D.WITHDRAWN, _D.EXPIRED})


@dataclass(frozen=True, slots=True)
class ShownGoods:
    """One lot of a deal: how much is pledged, what it is worth where the viewer may know, and what its devices say."""

    goods: DealGoods
    lot: Lot | None
    pledges: tuple[Pledge, ...]
    line: ValuationLine | None
    condition: Condition | None
    readings: tuple[LatestReading, ...]
    serials: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The state of the pledge that stands, of the last one that ended, or of the offer."""
        return (
            next((one.status for one in self.pledges if one.ended_at is None), self.pledges[-1].status)
            if self.pledges
            else "REQUESTED"
        )

    @property
    def is_open(self) -> bool:
        """Whether the viewer may see what becomes of it: a core enterprise knows how much there is, and no more."""
        return self.lot is not None or bool(self.pledges)

    @property
    def pledged(self) -> Quantity:
        """Under pledge, asked for, or once pledged."""
        standing = [one for one in self.pledges if one.ended_at is None] or self.pledges
        held = sum((pledge.quantity for pledge in standing), Decimal(0))
        return Quantity(held, self.goods.unit) if self.pledges else self.goods.pledged

    @property
    def said(self) -> list[tuple[str, str, str]]:
        """What the devices said last, as people say it: what was measured, its icon, the figure with its sign or the state's word."""
        told = [(metric_words(one.metric), showing.figure(one.metric, one.value)) for one in self.readings]
        return [(translate(words.label), words.icon, f"{text} {words.sign}".strip()) for words, text in told]

    @property
    def heard_at(self) -> datetime | None:
        """When a device was last heard."""
        return max((reading.at for reading in self.readings), default=None)


def steps_of(deal: Deal) -> list[dict[str, str]]:
    """The stepper: what is behind, what is now, what comes."""
    state = DealState(deal.status)
    way = [*WAY, TROUBLE] if state in {*TROUBLE[1], _D.RECOVERED, _D.WRITTEN_OFF} else list(WAY)
    if state in ENDS:
        reached = 0 if state in BADLY - {_D.WRITTEN_OFF} and deal.offer_id is None else len(way)
        if state in {_D.REJECTED, _D.WITHDRAWN, _D.EXPIRED}:
            reached = 2 if deal.offer_id else 1
        behind = [{"label": translate(label), "status": "done"} for label, _ in way[:reached]]
        return [*behind, {"label": translate(ENDS[state]), "status": "failed" if state in BADLY else "done"}]
    now = next(place for place, (_, states) in enumerate(way) if state in states)
    failed = state in {*TROUBLE[1], _D.OVERDUE}
    return [
        {
            "label": translate(label),
            "status": "done" if place < now else (("failed" if failed else "now") if place == now else "next"),
        }
        for place, (label, _) in enumerate(way)
    ]


def goods_shown(ws: Workspace, deal_id: UUID, goods: Sequence[DealGoods], value: DealValuation | None) -> list[ShownGoods]:  # fmt: skip
    """Each lot with its pledge, its line of the last valuation and its evidence, as far as the viewer may see them."""
    pledges = pledges_of_deal(ws, deal_id, live=False)
    lines = {line.lot_id: line for line in value.lines} if value else {}
    readings = latest_among(ws, [row.lot_id for row in goods])
    return [
        ShownGoods(
            row,
            lot := _lot(ws, row.lot_id),
            tuple(pledge for pledge in pledges if pledge.lot_id == row.lot_id),
            lines.get(row.lot_id),
            condition_of(ws, row.lot_id) if lot else None,
            tuple(reading for reading in readings.get(row.lot_id, ()) if reading.ended_at is None),
            _serials(ws, row),
        )
        for row in goods
    ]


def _serials(ws: Workspace, goods: DealGoods) -> tuple[str, ...]:
    """What the items that were chosen are called."""
    if goods.chosen is None:
        return ()
    return tuple(one.serial for one in items_of(ws, goods.lot_id) if one.id in goods.chosen)


def _lot(ws: Workspace, lot_id: UUID) -> Lot | None:
    """The lot, while the viewer may see it: a bank loses sight of what it holds no more."""
    try:
        return find_lot(ws, lot_id)
    except NotFound:
        return None


def checks_shown(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Conditions as the checklist macro takes them."""
    return [
        {"label": translate(check.label), "met": check.met, "note": translate(check.evidence) if check.evidence else "", "at": check.at}
        for check in checks
    ]  # fmt: skip


def value_chart(valuations: Sequence[DealValuation], position: Position) -> dict[str, Any]:
    """Value of the goods over time with the lines at which this debt would be called: figures for the eye, as floats, in millions."""
    owed = float(position.outstanding.exact) / 1e6
    marks = []
    if position.lines and owed:
        for label, line, tone in (("Call", position.lines.call, "danger"), ("Warn", position.lines.warn, "watch")):
            marks.append({"label": translate(label), "value": owed / float(exact(line)), "tone": tone})
    return {
        "at": [int(one.at.timestamp()) for one in valuations],
        "series": [
            {"label": translate("Value"), "values": [one.market_value_minor / 1e8 for one in valuations], "fill": True},
            {"label": translate("Collateral value"), "values": [one.collateral_value_minor / 1e8 for one in valuations], "tone": "neutral"},
        ],
        "thresholds": marks,
        "bands": [],
        "marks": [],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trigger:
    """At which price of its goods a deal meets a line: for deals on goods of one series."""

    code: str
    price_now: Decimal
    warn: Money | None
    call: Money | None
    liquidation: Money | None


def triggers_of(position: Position, value: DealValuation | None) -> Trigger | None:
    """The prices at which the lines are met, where one price moves all the goods."""
    if (
        value is None
        or position.lines is None
        or len({(line.price_code, line.price_unit) for line in value.lines}) != 1
    ):
        return None
    # q in the unit of the price times what is no water, g and k, summed: what one yuan of the price is worth over all lots.
    weights = [Quantity(line.quantity, line.unit).exact_in(line.price_unit) * line.factor for line in value.lines]  # fmt: skip
    counted, lines = sum(weights), position.lines
    first = value.lines[0]
    return Trigger(
        first.price_code,
        first.price,
        call_price(position, lines.warn, counted),
        call_price(position, lines.call, counted),
        call_price(position, lines.liquidation, counted),
    )


def cushion_of(position: Position) -> Money | None:
    """What the goods may still lose in value before the bank calls; below nothing it is what is missing already."""
    if position.lines is None or position.market_value is None or not position.outstanding:
        return None
    return position.market_value - position.outstanding.times(1 / exact(position.lines.call))


def default_validity(now: datetime) -> datetime:
    """Two weeks: what an offer's form begins with."""
    return now + timedelta(days=14)
