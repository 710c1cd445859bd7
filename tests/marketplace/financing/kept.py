"""All that the house keeps of a loan, as two loans, or two ways to close one loan's nights, may be held beside each other."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.financing.models.deals import Deal
from marketplace.financing.models.loans import AccruedDay, FallenDue, Instalment, LoanPlan, LoanQuality, LoanRate
from marketplace.financing.models.misuse import MisuseDay
from marketplace.ledger.queries import postings
from tenants.database import Base
from tenants.events import Event
from tenants.workspace import Workspace

KEPT: list[type[Base]] = [AccruedDay, FallenDue, Instalment, LoanPlan, LoanQuality, LoanRate, MisuseDay]
# What differs between any two loans, and the moments at which something was written.
OF_ITS_OWN = {"deal_id", "tenant_id", "id", "misuse_id", "set_at", "made_at", "billed_at", "found_at"}
TOLD = {"LoanFellOverdue", "LoanReclassified"}


def all_that_is_kept(ws: Workspace, deal_id: UUID) -> dict[str, Any]:
    """State, rows, book and what was told of a loan, but for names and moments."""
    ws.session.flush()
    found: dict[str, Any] = {"state": ws.session.scalar(select(Deal.status).where(Deal.deal_id == deal_id))}
    for model in KEPT:
        table = model.__table__
        columns = [column for column in table.columns if column.name not in OF_ITS_OWN]
        found[table.name] = sorted(map(tuple, ws.session.execute(select(*columns).where(table.c.deal_id == deal_id))))
    found["book"] = [(_cause(one.posting.key), one.posting.value_date, [(e.account, e.amount) for e in one.entries]) for one in postings(ws, deal_id)]  # fmt: skip
    told = select(Event.kind, Event.facts).where(Event.stream_id == deal_id, Event.kind.in_(TOLD))
    found["told"] = [(kind, _plain(facts)) for kind, facts in ws.session.execute(told.order_by(Event.sequence))]
    return found


def _plain(facts: str) -> dict[str, Any]:
    return {name: fact for name, fact in json.loads(facts).items() if name != "number"}


def _cause(key: str) -> str:
    """Without the id of what caused it, which is each loan's own; days and references stay."""
    cause = key.split(":")[0]
    return key if cause in {"accrual", "repayment"} else cause
