"""Owners for tests: entered by two people of a platform."""

from datetime import date
from decimal import Decimal
from typing import Any

from tenants import approvals
from tenants.ownership.actions import propose_stake
from tenants.ownership.models import Stake
from tenants.ownership.queries import find_stake
from tests.factories import Firm, World


def an_owner(world: World, firm: Firm, owner: Firm | None = None, *, platform: Firm | None = None, **given: Any) -> Stake:  # fmt: skip
    """A firm of the house (or `owner_name` and `owner_code`) entered among the owners of another: all shares unless told."""
    keeper = platform or world.firm("PLATFORM")
    told = {"kind": "SHARES", "percent": Decimal(100), "since": date(2020, 1, 1), "evidence": "Extract of 2026-03-01"} | given  # fmt: skip
    if owner is not None:
        told["owner_id"] = owner.tenant_id
    with keeper.operator.ws() as ws:
        proposal = propose_stake(ws, firm.tenant_id, **told)
    with keeper.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
        stake = find_stake(ws, proposal.subject_id)
    world.work()
    return stake
