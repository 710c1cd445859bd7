"""How doubt about the evidence enters the haircut, by the published table of grades.

Where a bank lends on nothing but goods that devices watch, the grade's points come on top of its haircut and a grade that is not eligible carries no loan.
Where it does not ask for devices its own haircut has counted with that, and the grade is told and costs nothing.
"""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.exact import Exact, exact
from marketplace.reliance.rules.grades import TOO_FEW, Evidence
from tenants.errors import Invalid, word

HEARD_LEAST = Decimal(
    "0.80"
)  # of a day's readings: below it fixed devices do not watch, whatever else is known (domain model, section 5)


@dataclass(frozen=True, slots=True)
class Cut:
    """The haircut in its parts, as shares of one: `plain` is the bank's own, `points` come for doubt; what speaks against the goods, as msgids."""

    plain: Decimal
    points: Decimal = Decimal(0)
    watched: bool = True
    proven: bool = True
    reasons: tuple[str, ...] = ()

    @property
    def whole(self) -> Decimal:
        """All of it: the whole value where the evidence does not carry a loan."""
        return Decimal(1) if not (self.watched and self.proven) else min(Decimal(1), self.plain + self.points)


def haircut_with(haircut: Decimal, wrong_way: Decimal, evidence: Evidence, *, coverage: Exact, required: bool) -> Cut:
    """The haircut of a lot by what is known of it. `coverage`: share of the last day's readings. Refuses one outside [0, 1]."""
    if not 0 <= exact(coverage) <= 1:
        raise Invalid(
            "share_out_of_range", "The %(name)s is a share between 0 and 1.", field="coverage", name=word("coverage")
        )
    plain = min(Decimal(1), haircut + wrong_way)
    if not required:
        return Cut(plain)
    watched = exact(coverage) >= exact(HEARD_LEAST)
    told = dict.fromkeys(one.says for one in evidence.against)
    if not watched:
        told = dict.fromkeys((TOO_FEW, *told))
    return Cut(plain, evidence.points or Decimal(0), watched, evidence.points is not None, tuple(told))
