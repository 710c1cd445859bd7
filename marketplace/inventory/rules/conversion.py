"""Splitting, merging and transforming lots: nothing is gained, nothing is lost unsaid, and every new lot knows what it was made of.

A split or merge moves base units from the old lots into the new, each exactly once (invariant 4); what pledges hold moves with its units. A
transformation (slabs into coils) ends with a scale: what went in is what came out and what was lost, and the loss is near the one declared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from marketplace.exact import Exact, exact
from marketplace.quantity import Quantity, base_units
from marketplace.states import Actor, Guard, Machine, step
from tenants.errors import Conflict, Invalid

MOST_PARTS = 20


class ConversionKind(StrEnum):
    """What is done with the goods."""

    SPLIT = "SPLIT"
    MERGE = "MERGE"
    TRANSFORM = "TRANSFORM"


class ConversionState(StrEnum):
    """Where a conversion stands. Until it is DONE it is a plan, and the old lots are what there is."""

    PROPOSED = "PROPOSED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


CONVERSION = Machine[ConversionState](
    "Conversion",
    step(None, "propose", ConversionState.PROPOSED, Actor.SME),
    step(ConversionState.PROPOSED, "carry_out", ConversionState.DONE, Actor.WAREHOUSE_OPERATOR),
    step(ConversionState.PROPOSED, "refuse", ConversionState.REFUSED, Actor.WAREHOUSE_OPERATOR, Actor.BANK),
    step(ConversionState.PROPOSED, "withdraw", ConversionState.WITHDRAWN, Actor.SME),
    step(ConversionState.PROPOSED, "expire", ConversionState.EXPIRED, Actor.SYSTEM),
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two lots must share to become one: nobody could tell their goods apart, and the same hands answer for them."""

    product: str
    grade: str
    unit: str
    owner: str
    warehouse: str
    supervisor: str
    site: str
    tracking: str


@dataclass(frozen=True, slots=True)
class Move:
    """Base units [start, end) of the old lot number `parent` become units from `child_start` on of the new lot number `child`."""

    parent: int
    child: int
    start: int
    end: int
    child_start: int

    @property
    def count(self) -> int:
        """How many base units."""
        return self.end - self.start


def split_moves(spans: Sequence[tuple[int, int]], parts: Sequence[Quantity]) -> list[Move]:
    """Cut the units of one lot, in their order, into `parts`.

    `spans` are the ranges that the lot still has. Refuses fewer than two parts, an empty part, and parts that do not add up exactly.
    """
    if not 2 <= len(parts) <= MOST_PARTS:
        raise Invalid(
            "parts_count", "A lot is split into between 2 and %(most)s parts.", field="parts", most=MOST_PARTS
        )
    counts = [base_units(part) for part in parts]
    if min(counts) <= 0:
        raise Invalid("part_empty", "Every part needs a quantity above zero.", field="parts")
    there = sum(end - start for start, end in spans)
    if sum(counts) != there:
        unit = parts[0].unit
        raise Conflict(
            "parts_not_conserved",
            "The parts make %(parts)s; the lot is %(whole)s.",
            field="parts",
            parts=str(Quantity.from_base_units(sum(counts), unit)),
            whole=str(Quantity.from_base_units(there, unit)),
        )
    return _cut(sorted(spans), counts)


def merge_moves(lots: Sequence[Sequence[tuple[int, int]]]) -> list[Move]:
    """Lay the units of several lots behind each other, in one new lot. Refuses fewer than two."""
    if not 2 <= len(lots) <= MOST_PARTS:
        raise Invalid("lots_count", "Between 2 and %(most)s lots are merged.", field="lots", most=MOST_PARTS)
    moves, reached = [], 0
    for number, spans in enumerate(lots):
        for start, end in sorted(spans):
            moves.append(Move(number, 0, start, end, reached))
            reached += end - start
    return moves


def require_alike(lots: Sequence[Likeness]) -> None:
    """Refuse to merge what differs, naming the first difference."""
    for other in lots[1:]:
        for name, difference in DIFFERENCES.items():
            if getattr(other, name) != getattr(lots[0], name):
                raise Conflict(difference.name, difference.because, field="lots")


DIFFERENCES = {
    "product": Guard("merge_product_differs", "Only lots of the same product are merged."),
    "grade": Guard("merge_grade_differs", "Only lots of the same grade are merged."),
    "unit": Guard("merge_unit_differs", "Only lots in the same unit are merged."),
    "owner": Guard("merge_owner_differs", "Only lots of the same owner are merged."),
    "warehouse": Guard("merge_warehouse_differs", "Only lots in the same warehouse are merged."),
    "supervisor": Guard("merge_supervisor_differs", "Only lots under the same supervisor are merged."),
    "site": Guard("merge_site_differs", "Only lots on the same site are merged."),
    "tracking": Guard("merge_tracking_differs", "Lots are merged with lots of the same kind: items, batches or bulk."),
}


def require_plan_balanced(inputs: Sequence[Quantity], outputs: Sequence[Quantity], loss: Quantity) -> None:
    """Refuse a planned transformation in which output and loss are not exactly what goes in."""
    if not outputs or len(outputs) > MOST_PARTS or any(base_units(one) <= 0 for one in outputs):
        raise Invalid("part_empty", "Every part needs a quantity above zero.", field="outputs")
    if base_units(loss) < 0:
        raise Invalid("loss_negative", "A transformation makes nothing out of nothing.", field="loss")
    before, after = _sum(inputs), _sum([*outputs, loss])
    if base_units(before - after) != 0:
        raise Conflict(
            "yield_not_balanced",
            "%(before)s go in; output and loss make %(after)s.",
            field="loss",
            before=str(before),
            after=str(after),
        )


def weighed_loss(input_: Quantity, weighed: Sequence[Quantity], planned_loss: Quantity, tolerance: Exact) -> Quantity:
    """What was really lost, by the scale: input less all outputs.

    Refuses more output than input, and a loss that differs from the planned one by more than the `tolerance` share of the input.
    """
    loss = input_ - _sum(weighed)
    if base_units(loss) < 0:
        raise Conflict(
            "yield_above_input", "More came out than %(input)s that went in.", field="gross", input=str(input_)
        )
    if abs((loss - planned_loss).exact) > exact(tolerance) * input_.exact:
        raise Conflict(
            "loss_beyond_tolerance",
            "%(loss)s were lost where %(planned)s were declared.",
            field="gross",
            loss=str(loss),
            planned=str(planned_loss),
        )
    return loss


def _sum(quantities: Sequence[Quantity]) -> Quantity:
    return sum(quantities[1:], quantities[0])


def _cut(spans: Sequence[tuple[int, int]], counts: Sequence[int]) -> list[Move]:
    moves: list[Move] = []
    pieces = list(spans)
    for child, wanted in enumerate(counts):
        filled = 0
        while filled < wanted:
            start, end = pieces[0]
            taken = min(end - start, wanted - filled)
            moves.append(Move(0, child, start, start + taken, filled))
            filled += taken
            pieces[0] = (start + taken, end)
            if pieces[0][0] == end:
                pieces.pop(0)
    return moves
