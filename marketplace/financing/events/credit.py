"""What happens inside a bank's credit approval: facts on the bank's own stream, for its people alone."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class CreditLadderSet(Fact):
    """The bank set its approval ladder anew."""

    says: ClassVar[str] = "The approval ladder was set: %(stages)s stages."
    link: ClassVar[str] = "/credit-ladder"
    stages: int


@dataclass(frozen=True, kw_only=True)
class CreditStageDecided(Fact):
    """One stage of the ladder approved or refused a deal."""

    says: ClassVar[str] = "Deal %(number)s, stage %(stage)s (%(name)s): %(decision)s."
    link: ClassVar[str] = "/deals/{deal_id}"
    deal_id: str
    number: str
    stage: int
    name: str
    decision: dict[str, Any]
