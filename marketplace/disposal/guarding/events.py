"""What happens to the guard against mass sales."""

from dataclasses import dataclass
from typing import ClassVar

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class SaleGuardSet(Fact):
    """Two people of the operator have set the guard against mass sales anew. On the operator's own stream."""

    says: ClassVar[str] = "The guard against mass sales was set, version %(version)s: %(because)s"
    link: ClassVar[str] = "/sale-guard"
    version: int
    because: str
