"""What a bank may claim from the proceeds of goods."""

from dataclasses import dataclass
from uuid import UUID

from marketplace.financing.queries import position
from marketplace.money import Money
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Claims:
    """What a bank may claim from the proceeds of its goods, behind the costs: fees rank with costs, interest (penalty with it) before principal."""

    interest: Money
    principal: Money
    fees: Money

    @property
    def total(self) -> Money:
        """All of it."""
        return self.interest + self.principal + self.fees


def enforcement_claims(ws: Workspace, deal_id: UUID) -> Claims:
    """What the proceeds of a defaulted deal's goods have to pay, by its book."""
    standing = position(ws, deal_id)
    return Claims(standing.interest + standing.penalty, standing.principal, standing.fees)
