"""Once a night the outer search index is held against the rows and mended while it serves, and the operator hears what had drifted."""

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from integrations.elasticsearch.commands import shelf, versions
from marketplace.catalogue.index_checks import facts_of
from marketplace.catalogue.ports import OuterIndex, Unanswered, outer_index
from tenants.database import engine

REPORT = text("select gate.owe_index_report(cast(:found as jsonb))")


def check_index() -> None:
    """The night's check. Nothing where PostgreSQL searches alone."""
    outer = outer_index()
    if outer is not None:
        found = _checked(outer)
        with Session(engine()) as session, session.begin():
            session.execute(REPORT, {"found": json.dumps(found)})


def _checked(outer: OuterIndex) -> dict[str, Any]:
    """What the check found and mended; a server that does not answer is told as what it is."""
    try:
        return facts_of(outer.check(shelf(), versions))
    except Unanswered as trouble:
        return {"trouble": str(trouble)}
