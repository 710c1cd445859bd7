"""The clock that demos and tests drive. On a real installation it is the server's own, and driving it is refused."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from tenants.errors import Conflict
from tenants.workspace import Workspace


def advance(ws: Workspace, to: datetime) -> datetime:
    """Drive the clock forward to a moment; what falls due until then is delivered. The platform's operator alone, in a demo alone."""
    ws.may("drive_clock")
    try:
        with ws.session.begin_nested():
            moved = ws.session.scalar(select(func.gate.advance_clock(to)))
    except DBAPIError as refused:
        raise Conflict(
            "clock_not_driven", "This clock may not be driven here, and never backwards.", field="to"
        ) from refused
    assert isinstance(moved, datetime)
    return moved


def backlog(ws: Workspace) -> int:
    """How many deliveries are due and not done, over the whole house: a count, nothing else."""
    return int(ws.session.scalar(select(func.gate.backlog())) or 0)
