"""Owners for tests: entered by two people of a platform."""

import secrets
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.cn import uscc

from tenants import approvals
from tenants.ownership.actions import propose_stake
from tenants.ownership.models import Stake
from tenants.ownership.queries import find_stake
from tests.factories import Firm, World


def a_code() -> str:
    """A credit code that no firm of any test has."""
    body = "91330200" + "".join(secrets.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(9))
    return body + str(uscc.calc_check_digit(body))


def with_code(firm: Firm) -> str:
    """The firm's credit code, entered now."""
    code = a_code()
    firm.world.admin.execute("update house.organisation set uscc = %s where id = %s", (code, firm.tenant_id))
    return code


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
