"""What the nightly check of the outer index found, told to the operator: a check that mends in silence would hide what keeps breaking it."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.events import SearchIndexAhead, SearchIndexInStep, SearchIndexMended, SearchIndexUnchecked
from marketplace.catalogue.ports import Drift
from tenants.events import KINDS, Event, Fact
from tenants.workspace import Workspace

TOLD: tuple[type[Fact], ...] = (SearchIndexInStep, SearchIndexMended, SearchIndexAhead, SearchIndexUnchecked)


def fact_of(drift: Drift) -> Fact:
    """A check as it is told: what a build alone mends before what is mended."""
    if drift.ahead:
        return SearchIndexAhead(held=drift.held, ahead=drift.ahead)
    if drift.behind or drift.gone:
        return SearchIndexMended(held=drift.held, behind=drift.behind, gone=drift.gone)
    return SearchIndexInStep(held=drift.held)


def tell_of_check(ws: Workspace, found: dict[str, Any]) -> None:
    """Put on the operator's record what a check found: the counts of a `Drift`, or `trouble` where the index did not answer."""
    told = SearchIndexUnchecked(trouble=found["trouble"]) if "trouble" in found else fact_of(Drift(**found))
    ws.record(told, on=ws.tenant_id)


def last_check(ws: Workspace) -> tuple[Event, Fact] | None:
    """The latest check on the operator's record, and what it found. None before the first night."""
    mine = (Event.stream_id == ws.tenant_id, Event.kind.in_([one.__name__ for one in TOLD]))
    event = ws.session.scalars(select(Event).where(*mine).order_by(Event.sequence.desc()).limit(1)).one_or_none()
    return None if event is None else (event, KINDS[event.kind](**event.values))


def facts_of(drift: Drift) -> dict[str, Any]:
    """A drift as a delivery carries it."""
    return asdict(drift)
