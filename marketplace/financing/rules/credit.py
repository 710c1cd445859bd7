"""A bank's approval ladder (审批权限): who may approve how much, stage by stage, and how many stages an amount needs.

A limit of a stage is the most that it may approve alone; what is above goes on to the next, and each stage takes another person, none of them the one
who proposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.money import Money
from tenants.errors import Conflict, Invalid

STAGES_MAX = 6
NAME_MAX = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its number (from 1), what it is called, the most it may approve (None: any amount), and the people who may decide in it."""

    number: int
    name: str
    limit: Money | None
    people: frozenset[UUID]


def require_ladder(stages: Sequence[Stage], currency: str) -> None:
    """Refuse a ladder without a stage, stages without names or people, limits that do not rise, and too few people to decide each stage by another."""
    if not 1 <= len(stages) <= STAGES_MAX:
        raise Invalid("stages_wrong", "A ladder has 1 to %(most)s stages.", field="stages", most=STAGES_MAX)
    for stage in stages:
        if not 0 < len(stage.name.strip()) <= NAME_MAX:
            raise Invalid("stage_unnamed", "Each stage needs a name of at most %(most)s characters.", field=f"name-{stage.number}", most=NAME_MAX)  # fmt: skip
        if not stage.people:
            raise Invalid("stage_unmanned", "Stage %(stage)s needs somebody who decides.", field=f"people-{stage.number}", stage=stage.number)  # fmt: skip
    _require_rising(stages, currency)
    if not can_be_manned(stages):
        raise Invalid("stages_share_people", "There are too few people: each stage is decided by somebody else.", field="stages")  # fmt: skip


def stages_needed(stages: Sequence[Stage], amount: Money) -> int:
    """How many stages an amount goes through: up to the first whose limit reaches it. Refuses more than the last stage may approve."""
    for stage in stages:
        if stage.limit is None or amount <= stage.limit:
            return stage.number
    raise Conflict(
        "above_ladder", "Nobody at the bank may approve %(amount)s: its ladder ends at %(most)s.", field="limit", amount=amount, most=stages[-1].limit
    )  # fmt: skip


def can_be_manned(stages: Sequence[Stage], taken: frozenset[UUID] = frozenset()) -> bool:
    """Whether each stage can be decided by a person of its own, none of them in `taken`."""
    if not stages:
        return True
    first, rest = stages[0], stages[1:]
    return any(can_be_manned(rest, taken | {person}) for person in first.people - taken)


def _require_rising(stages: Sequence[Stage], currency: str) -> None:
    reached = Money.zero(currency)
    for place, stage in enumerate(stages, start=1):
        field = f"limit-{stage.number}"
        if stage.limit is None:
            if place < len(stages):
                raise Invalid("stage_without_limit", "Only the last stage may be without a limit.", field=field)
            return
        if stage.limit.currency != currency:
            raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field=field, currency=currency)
        if stage.limit <= reached:
            raise Invalid("limits_do_not_rise", "The limits rise from stage to stage.", field=field)
        reached = stage.limit
