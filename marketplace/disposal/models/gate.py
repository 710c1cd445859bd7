"""The database's own part in bidding: `sql/kinds.sql` decides in sales that are not ascending, `sql/bidding.sql` says who may bid, decides in those that
are, stores and chains; triggers keep terms and deposits honest.
"""

from pathlib import Path

from tenants.policies import ADDITIONS

SQL = Path(__file__).parent.parent / "sql"
ADDITIONS.extend((SQL / name).read_text() for name in ("kinds.sql", "bidding.sql", "sold_goods.sql"))
