"""What row security costs on the main list page at a thousand tenants, against the same page filtered by hand without it."""

import psycopg

from marketplace.inventory.queries import list_lots
from tests.bench.rounds import Comparison, interleave
from tests.bench.world import Bench

BY_HAND = """
select l.* from house.lot l join gate.access_grant g on g.object_id = l.id
where g.tenant_id = %(tenant)s and g.kind = 'lot' and g.ended_at is null order by l.id desc limit 50
"""


def compare(bench: Bench) -> Comparison:
    """List pages a second of one firm among a thousand, 50 lots each; the limit reads as administrator with the filter written out."""
    firm = bench.thousand_tenants()
    admin = psycopg.connect(bench.admin_dsn, prepare_threshold=None)
    entered = firm.owner.ws(read_only=True)
    ws = entered.__enter__()
    rows = len(list_lots(ws, limit=50))
    assert rows == 50, rows
    assert len(admin.execute(BY_HAND, {"tenant": firm.tenant_id}).fetchall()) == 50
    mine = ws.session.connection().connection.driver_connection
    assert mine is not None

    def under_security() -> int:
        mine.execute(BY_HAND, {"tenant": firm.tenant_id}).fetchall()
        return 1

    def by_hand() -> int:
        admin.execute(BY_HAND, {"tenant": firm.tenant_id}).fetchall()
        return 1

    made = interleave(
        "Row security on the lots page at 1,000 tenants (50,000 lots)",
        ("the page's statement as bailee_app", under_security), ("the same, no row security", by_hand), goal=">= 0.67 (at most 1.5x)",
    )  # fmt: skip
    entered.__exit__(None, None, None)
    admin.close()
    return made
