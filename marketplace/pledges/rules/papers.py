"""What the papers of a pledge must say: the tri-party agreement, the filing in the registry, the control floor, an exchange of goods.

Filing: term of one month to thirty years, deregistration within ten days after discharge (Measures for Unified Registration, PBoC Order 7/2021). A
general description of floating goods is valid where kind and quantity identify them (Interpretation on Security 53, 55).
"""

import calendar
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from marketplace.pledges.rules.lifecycle import SUBSTITUTE_ACTIVE
from marketplace.quantity import Quantity, unit_of
from marketplace.states import Actor, Machine, step
from tenants.errors import Conflict, Invalid

TERM_MONTHS_MAX = 360
RENEW_WITHIN = timedelta(days=30)


class PledgeMode(StrEnum):
    """Whether the pledge is on these items (STATIC, 静态质押), or on stock that moves above a floor (FLOATING, 动态质押)."""

    STATIC = "STATIC"
    FLOATING = "FLOATING"


class Clause(StrEnum):
    """What an agreement must provide for before a supervisor can be said to control goods for the bank and nobody else."""

    BANK_IS_PRINCIPAL = "BANK_IS_PRINCIPAL"
    SEGREGATION = "SEGREGATION"
    RELEASE_BY_BANK_ONLY = "RELEASE_BY_BANK_ONLY"
    INSPECTION_RIGHT = "INSPECTION_RIGHT"
    INSURANCE_LOSS_PAYEE = "INSURANCE_LOSS_PAYEE"
    LIEN_WAIVER = "LIEN_WAIVER"
    DEVICE_DATA_AS_EVIDENCE = "DEVICE_DATA_AS_EVIDENCE"


class FilingKind(StrEnum):
    """Entries of the notice-filing system."""

    INITIAL = "INITIAL"
    AMENDMENT = "AMENDMENT"
    EXTENSION = "EXTENSION"
    DEREGISTRATION = "DEREGISTRATION"


class SubstitutionState(StrEnum):
    """Where an exchange of goods stands."""

    ASKED = "ASKED"
    ORDERED = "ORDERED"
    REFUSED = "REFUSED"


SUBSTITUTION = Machine[SubstitutionState](
    "Substitution",
    step(None, "ask", SubstitutionState.ASKED, Actor.SME),
    step(SubstitutionState.ASKED, "order", SubstitutionState.ORDERED, Actor.BANK, guards=(SUBSTITUTE_ACTIVE,), four_eyes=True),
    step(SubstitutionState.ASKED, "refuse", SubstitutionState.REFUSED, Actor.BANK),
)  # fmt: skip


def require_complete(mode: PledgeMode, floor: Quantity | None, description: str, clauses: Collection[str]) -> None:
    """Refuse an agreement without one of its clauses, and a floating pledge without floor or without a description that identifies its goods."""
    missing = [clause.value for clause in Clause if clause.value not in clauses]
    if missing:
        raise Invalid("clauses_missing", "The agreement lacks a clause that control needs.", field="clauses")
    if mode is PledgeMode.STATIC:
        if floor is not None:
            raise Invalid("floor_of_static", "Only a floating pledge has a control floor.", field="floor")
        return
    if floor is None or floor.exact <= 0:
        raise Invalid("floor_missing", "A floating pledge needs a control floor above zero.", field="floor")
    if not description.strip():
        raise Invalid("description_missing", "Say which goods float: their kind and quantity.", field="description")


def require_above_floor(held: Sequence[Quantity], ordered: Quantity, floor: Quantity | None) -> None:
    """Refuse to let goods go below the control floor. `held`: what stays pledged beside open orders; goods of another measure than the floor's do not
    count towards it (invariant 21).
    """
    if floor is None:
        return
    measure = unit_of(floor.unit).dimension
    signed = [*((one, 1) for one in held), (ordered, -1)]
    counted = [one.exact_in(floor.unit) * sign for one, sign in signed if unit_of(one.unit).dimension == measure]
    if sum(counted, start=Fraction(0)) < floor.exact:
        raise Conflict(
            "below_control_floor", "Less than the control floor of %(floor)s would stay.", field="quantity", floor=str(floor)
        )  # fmt: skip


def expiry_of(filed_on: date, months: int) -> date:
    """When a filing runs out: the same day so many months later, or the last of that month. Refuses a term beyond thirty years or below a month."""
    if not 1 <= months <= TERM_MONTHS_MAX:
        raise Invalid("term_wrong", "A filing runs for 1 to %(most)s months.", field="months", most=TERM_MONTHS_MAX)
    year, month = divmod(filed_on.month - 1 + months, 12)
    year, month = filed_on.year + year, month + 1
    return date(year, month, min(filed_on.day, calendar.monthrange(year, month)[1]))


def require_filable(kind: FilingKind, earlier: Sequence[FilingKind], *, goods_held: bool) -> None:
    """Refuse an entry out of its order: first the initial one, nothing after the last, and that only once no goods are held."""
    is_filed = FilingKind.INITIAL in earlier
    if kind is FilingKind.INITIAL and is_filed:
        raise Conflict("filed_already", "The pledge is filed already: amend or extend the filing.", field="kind")
    if kind is not FilingKind.INITIAL and not is_filed:
        raise Conflict("not_filed", "The pledge has not been filed.", field="kind")
    if FilingKind.DEREGISTRATION in earlier:
        raise Conflict("filing_ended", "The filing was ended.", field="kind")
    if kind is FilingKind.DEREGISTRATION and goods_held:
        raise Conflict("goods_still_held", "Goods are still held: release them first.", field="kind")
