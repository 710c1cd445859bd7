"""The database's own part in bidding: `sql/bidding.sql` says who may bid, decides, stores and chains; triggers keep terms and deposits honest."""

from pathlib import Path

from tenants.policies import ADDITIONS

ADDITIONS.append((Path(__file__).parent.parent / "sql" / "bidding.sql").read_text())
