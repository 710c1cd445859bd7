"""Nights in which a loan only earns its interest: most loans in most nights. The gate takes up the day of all of them and books it, in one statement.

The rule for any day of a loan is `rules.days`. Where it finds that nothing but the same interest is to come for a while, it says until when, and until then
the nights come by here; what the rule rests on takes that word back (`models.quiet`). A test lets each such thing happen by itself and holds the nights that
come by here beside the same nights by the rule, row by row and line by line.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from tenants.workspace import Workspace

PASS = text("select gate.pass_quiet_night(cast(:deals as uuid[]), :night, :now)")


def pass_quietly(ws: Workspace, deals: str, night: date) -> list[UUID] | None:
    """Close that day for those of these loans in whose night nothing else happens; the others, in the order of their ids. None where it failed as a whole.

    `deals`: an array as the database writes it, since most of its loans are handed on and never looked at. The caller holds them and the books.
    """
    ws.session.flush()
    try:
        with ws.session.begin_nested():
            return list(ws.session.scalars(PASS, {"deals": deals, "night": night, "now": ws.now}).one())
    except (DataError, IntegrityError):
        return None
