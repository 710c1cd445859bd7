"""A proposal to take goods over as pages and calls tell it: the lines as proposed, or as they were booked."""

from collections.abc import Sequence
from dataclasses import dataclass

from frontend.disposal.shown import CLAIMANTS
from frontend.language import translate
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.taking_over import deficiency_of, surplus_of
from marketplace.disposal.queries import distribution_of
from marketplace.money import Money
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Share:
    """One line: who is paid how much of what it claims. `label`: the claimant as it is kept."""

    position: int
    rank: str
    label: str
    claimed: Money
    paid: Money

    @property
    def claimant(self) -> str:
        """To whom it goes, in words."""
        return translate(CLAIMANTS[self.label]) if self.label in CLAIMANTS else self.label


@dataclass(frozen=True, slots=True)
class Told:
    """A proposal, and what becomes of its value."""

    row: Appropriation
    shares: Sequence[Share]
    surplus: Money
    deficiency: Money


def told_of(ws: Workspace, row: Appropriation) -> Told:
    """What is shown of a proposal."""
    return Told(row, _shares(ws, row), surplus_of(ws, row), deficiency_of(ws, row))


def _shares(ws: Workspace, row: Appropriation) -> list[Share]:
    booked = distribution_of(ws, row.id)
    if booked:
        return [Share(one.position, one.rank, one.label, one.claimed, one.paid) for one in booked[1]]
    kept = [*row.lines, ["SURPLUS", "pledgor", row.surplus_minor, row.surplus_minor]]
    return [
        Share(position, rank, label, Money(claimed, row.currency), Money(paid, row.currency))
        for position, (rank, label, claimed, paid) in enumerate(kept, start=1)
    ]
