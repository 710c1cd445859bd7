"""The table of a shortage: each line's share, drawn from claims and count, and its digest."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import text

from marketplace.pledges.rules.shortages import draw_table, require_pledges_within, require_shortage
from marketplace.pledges.shortages.events import SharesDrawn
from marketplace.pledges.shortages.models import Shortage, ShortageLine
from marketplace.pledges.shortages.queries import as_lines, lines_of
from tenants.workspace import Workspace

DRAW = text("select gate.draw_shares(:id, cast(:lines as uuid[]), cast(:shares as bigint[]))")


def draw_shares(ws: Workspace, shortage: Shortage) -> None:
    """Draw every share anew, in the workspace of the supervisor that decides, who alone sees all claims. The gate holds them to what was found."""
    lines = as_lines(lines_of(ws, shortage.id))
    require_shortage(shortage.found_units, lines)
    require_pledges_within(lines)
    shares = draw_table(shortage.found_units, lines)
    ws.session.execute(DRAW, {"id": shortage.id, "lines": list(shares), "shares": list(shares.values())})
    fact = SharesDrawn(shortage_id=shortage.id, number=shortage.number, found=shortage.found, claimed=shortage.claimed)
    ws.record(fact, on=shortage.id)


def digest_of(lines: Sequence[ShortageLine]) -> str:
    """What fixes the table: the digests of its lines, in order. A line's id is half random, so its digest tells nobody what it says."""
    written = sorted(line_digest(one) for one in lines)
    return hashlib.sha256("\n".join(written).encode()).hexdigest()


def line_digest(one: ShortageLine) -> str:
    """One line, as its claimant can write it down again."""
    said = [str(one.id), one.kind, str(one.lot_id), one.rank, one.claimed_units, one.taken_units, one.share_units]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()
