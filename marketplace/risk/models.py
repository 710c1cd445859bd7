"""Reports keep no tables of their own: the database's own part in them is three functions of the gate (`sql/reports.sql`)."""

from pathlib import Path

from marketplace.risk.rules.market import FIRMS_MIN, SHARE_MAX
from tenants.policies import ADDITIONS

_SQL = (Path(__file__).parent / "sql" / "reports.sql").read_text()
ADDITIONS.append(_SQL.replace(":firms_min", str(FIRMS_MIN)).replace(":share_max", str(SHARE_MAX)))
