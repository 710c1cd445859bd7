"""Reference rates, such as the loan prime rate: imported by the bank as they are published, never changed afterwards."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.financing.events.loans import ReferenceRatesImported
from marketplace.financing.models.books import Books, ReferenceRate
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,31}", re.ASCII)
ROWS_MAX = 5000
BYTES_MAX = 1_000_000
HEADINGS = ("effective_on", "annual_rate_percent")


def import_reference_rates(ws: Workspace, code: str, rates: Sequence[tuple[date, Decimal]]) -> int:
    """Enter rates of one series by the day from which they count (shares of one); how many were new.

    A day that is known with the same rate is left; with another it is refused: what loans were charged by is not rewritten. A rate that becomes known
    after its day counts for loans from the first day that is not closed. The books are held, so that no close at work half knows them.
    """
    ws.may("import_prices")
    if not CODE.fullmatch(code):
        raise Invalid("code_wrong", "A code has up to 32 capital letters, digits, dots or dashes.", field="code")
    if not rates or len(rates) > ROWS_MAX:
        raise Invalid("rows_wrong", "Between 1 and %(most)s rates are imported at once.", field="rates", most=ROWS_MAX)
    ws.session.get(Books, ws.tenant_id, with_for_update=True)
    known = {one.effective_on: one.annual_rate for one in series(ws, code)}
    fresh = dict[date, Decimal]()
    for on, annual in rates:
        if not 0 <= annual <= 1 or annual != round(annual, 8):
            raise Invalid("rate_wrong", "A yearly rate is a share between 0 and 1.", field="annual_rate")
        if (known | fresh).get(on, annual) != annual:
            raise Conflict("rate_known", "Another rate is known for %(day)s.", field="rates", day=on)
        if on not in known:
            fresh[on] = annual
    if fresh:
        rows = [{"tenant_id": ws.tenant_id, "code": code, "effective_on": on, "annual_rate": annual, "imported_at": ws.now} for on, annual in fresh.items()]  # fmt: skip
        ws.session.execute(insert(ReferenceRate).values(rows))
        ws.record(ReferenceRatesImported(code=code, count=len(fresh), newest=max(fresh)), on=ws.tenant_id)
    return len(fresh)


def read_rates(content: bytes) -> list[tuple[date, Decimal]]:
    """Rates from a CSV file with a heading: the day, and the rate in per cent a year. Refuses what cannot be read, naming the row."""
    if len(content) > BYTES_MAX:
        raise Invalid("file_too_large", "The file is too large.", field="file")
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise Invalid("file_unreadable", "The file cannot be read as CSV in UTF-8.", field="file") from wrong
    found = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            percent = Decimal(row[1].strip().rstrip("%"))
            if not percent.is_finite():
                raise InvalidOperation
            found.append((date.fromisoformat(row[0].strip()), percent / 100))
        except (ValueError, IndexError, InvalidOperation) as wrong:
            raise Invalid("row_unreadable", "Row %(row)s is not a day and a rate in per cent.", field="file", row=number) from wrong  # fmt: skip
    return found


def series(ws: Workspace, code: str | None = None) -> list[ReferenceRate]:
    """The bank's reference rates, newest first: of one code or of all."""
    wanted = select(ReferenceRate).where(ReferenceRate.tenant_id == ws.tenant_id)
    if code is not None:
        wanted = wanted.where(ReferenceRate.code == code)
    return list(ws.session.scalars(wanted.order_by(ReferenceRate.code, ReferenceRate.effective_on.desc())))
