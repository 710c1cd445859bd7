"""Taking in prices: a file is previewed, then imported; a newer price of a day supersedes the older, which stays as history.

Prices of days that are over were lent and called upon: to replace one takes a second officer (`domain.md` section 8, "price override"). Today's is told anew as the market moves.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.money import exponent_of
from marketplace.quantity import unit_of
from marketplace.valuation.events import PricesImported
from marketplace.valuation.models import LendingPolicy, PriceImport, PriceQuote
from marketplace.valuation.queries import find_import, quotes, today
from marketplace.valuation.rules.price_files import PRICE_MAX, ROWS_MAX, PriceRow, read_price_file
from marketplace.valuation.rules.prices import currency_of_rate
from tenants import approvals
from tenants.approvals import Approval, upon_approval, upon_rejection
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

SHOWN = 60  # of the replaced prices, the newest, beside the proposal
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,31}")


def import_quotes(
    ws: Workspace,
    *,
    code: str,
    rows: Sequence[PriceRow],
    currency: str = "CNY",
    unit: str = "TNE",
    name: str = "API",
) -> PriceImport:
    """Take in the prices of one unit of a kind of goods by day; or, where prices of earlier days would be replaced, put them all before a colleague.

    Refuses no rows, a day twice or ahead of today, and a price that is not above zero.
    """
    ws.may("import_prices")
    _require_rows(rows, today(ws))
    made = _new_import(ws, code, currency, unit, name, _digest(rows), rows)
    return _take_in_or_propose(ws, made)


def preview_prices(
    ws: Workspace, *, code: str, content: bytes, name: str, currency: str = "CNY", unit: str = "TNE"
) -> PriceImport:
    """Read a file and keep what was read, to be looked at before it is imported. Refuses a file in which no row can be read."""
    ws.may("import_prices")
    read = read_price_file(content, today(ws))
    if not read.rows and not read.faults:
        raise Invalid("price_file_empty", "The file holds no rows of prices.", field="file")
    digest = hashlib.sha256(content).hexdigest()
    made = _new_import(ws, code, currency, unit, name[:120], digest, read.rows)
    made.faults = [asdict(fault) for fault in read.faults]
    return made


def confirm_import(ws: Workspace, import_id: UUID) -> PriceImport:
    """Take in a previewed file, without the rows that could not be read; or put it before a colleague, as above. Refuses one that was before, or has no row."""
    ws.may("import_prices")
    made = find_import(ws, import_id, lock=True)
    if made.status != "PREVIEWED":
        raise Conflict("import_done", "These prices were imported or proposed before.")
    if not made.rows:
        raise Conflict("import_empty", "No row of this file can be imported.")
    return _take_in_or_propose(ws, made)


@upon_approval("approve_prices")
def take_in_corrections(ws: Workspace, approval: Approval) -> None:
    """Take in what a colleague agreed to. Refuses where a price that is to be replaced is another one by now."""
    made = find_import(ws, approval.subject_id, lock=True)
    known = _known(ws, made)
    if approval.payload["replaced"] != _digest(_replaced(ws, made, known)):
        raise Conflict("prices_moved", "The series has changed since then: these prices have to be proposed anew.")
    _take_in(ws, made, known, approval.id)


@upon_rejection("approve_prices")
def refuse_corrections(ws: Workspace, approval: Approval) -> None:
    """Nothing of the import is taken in."""
    find_import(ws, approval.subject_id, lock=True).status = "REFUSED"


def _new_import(
    ws: Workspace, code: str, currency: str, unit: str, name: str, digest: str, rows: Sequence[PriceRow]
) -> PriceImport:
    if not _CODE.fullmatch(code):
        raise Invalid(
            "price_code_wrong", "A price code has 1 to 32 capital letters, digits, dots or dashes.", field="code"
        )
    exponent_of(currency)
    unit_of(unit)
    if currency_of_rate(code) not in (None, currency) or (currency_of_rate(code) and unit != "C62"):
        raise Invalid("rate_measure_wrong", "A rate such as FX-USD-CNY is kept in its last currency, for one (C62).", field="code")  # fmt: skip
    made = PriceImport(
        tenant_id=ws.tenant_id,
        id=new_id(),
        code=code,
        currency=currency,
        unit=unit,
        name=name,
        digest=digest,
        rows=[[day.isoformat(), str(price)] for day, price in rows],
        faults=[],
        status="PREVIEWED",
        uploaded_at=ws.now,
        uploader=ws.member.name,
    )
    ws.session.add(made)
    ws.session.flush()
    return made


def _take_in_or_propose(ws: Workspace, made: PriceImport) -> PriceImport:
    known = _known(ws, made)
    _require_one_measure(ws, made)
    replaced = _replaced(ws, made, known)
    if not replaced:
        _take_in(ws, made, known)
        return made
    made.status = "PROPOSED"
    rows = dict(_rows(made))
    shown = [[day.isoformat(), f"{was.normalize():f}", f"{rows[day].normalize():f}"] for day, was in replaced[-SHOWN:]]
    told = sentence("%(code)s: prices of earlier days are replaced (%(count)s, from %(first)s on)", code=made.code, count=len(replaced), first=replaced[0][0])  # fmt: skip
    approvals.propose(
        ws, "approve_prices", subject_id=made.id, summary=told, code=made.code, currency=made.currency, unit=made.unit,
        count=len(replaced), newest=shown, replaced=_digest(replaced),
    )  # fmt: skip
    return made


def _rows(made: PriceImport) -> list[PriceRow]:
    return [(date.fromisoformat(day), Decimal(price)) for day, price in made.rows]


def _known(ws: Workspace, made: PriceImport) -> dict[date, Decimal]:
    """What the series says of the days of an import. One import of a series at a time: two at once could both find a day free."""
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{ws.tenant_id}:{made.code}", 0))))
    days = [day for day, _ in _rows(made)]
    found = quotes(ws, made.code, since=min(days), until=max(days), limit=ROWS_MAX)
    return {quote.quoted_on: quote.price for quote in found}


def _replaced(ws: Workspace, made: PriceImport, known: Mapping[date, Decimal]) -> list[PriceRow]:
    """The prices of earlier days that would give way, oldest first, as they stand."""
    over = today(ws)
    return sorted((day, known[day]) for day, price in _rows(made) if day < over and known.get(day, price) != price)


def _take_in(ws: Workspace, made: PriceImport, known: Mapping[date, Decimal], *evidence: UUID) -> None:
    rows = dict(_rows(made))
    changed = {day: price for day, price in rows.items() if known.get(day) != price}
    replaced = [day for day in changed if day in known]
    if replaced:
        ws.session.execute(
            update(PriceQuote)
            .where(
                PriceQuote.tenant_id == ws.tenant_id,
                PriceQuote.code == made.code,
                PriceQuote.quoted_on.in_(replaced),
                PriceQuote.superseded_at.is_(None),
            )
            .values(superseded_at=ws.now)
            .execution_options(synchronize_session=False)
        )
    ws.session.add_all(_quote(made, day, price) for day, price in changed.items())
    made.status, made.imported_at = "IMPORTED", ws.now
    made.added, made.superseded, made.unchanged = len(changed) - len(replaced), len(replaced), len(rows) - len(changed)
    ws.session.flush()
    _tell(ws, made, *evidence)


def _tell(ws: Workspace, made: PriceImport, *evidence: UUID) -> None:
    """Put the newest price beside the published terms, and let it be known."""
    newest = quotes(ws, made.code, limit=1)[0]
    policy = ws.session.get(LendingPolicy, (ws.tenant_id, made.code))
    if policy is not None:
        policy.reference_price, policy.reference_on = newest.price, newest.quoted_on
        policy.currency, policy.unit = newest.currency, newest.unit
    ws.record(
        PricesImported(
            code=made.code,
            import_id=made.id,
            name=made.name,
            added=made.added,
            superseded=made.superseded,
            unchanged=made.unchanged,
            latest=newest.price,
            latest_on=newest.quoted_on,
        ),
        on=ws.tenant_id,
        evidence=[made.id, made.digest, *evidence],
    )


def _require_rows(rows: Sequence[PriceRow], until: date) -> None:
    if not 1 <= len(rows) <= ROWS_MAX:
        raise Invalid("prices_empty", "Send at least one price and at most %(rows)s.", field="rows", rows=ROWS_MAX)
    if len({day for day, _ in rows}) < len(rows):
        raise Invalid("price_day_twice", "A day has two prices.", field="rows")
    ahead = [day for day, _ in rows if day > until]
    if ahead:
        raise Invalid("price_day_ahead", "The date %(day)s lies ahead.", field="rows", day=str(min(ahead)))
    if any(not 0 < price < PRICE_MAX for _, price in rows):
        raise Invalid("price_not_positive", "A price must be above zero.", field="rows")


def _require_one_measure(ws: Workspace, made: PriceImport) -> None:
    """A series keeps its currency and unit: a switch from yuan to dollars would read as a crash."""
    known = quotes(ws, made.code, limit=1)
    if known and (known[0].currency, known[0].unit) != (made.currency, made.unit):
        raise Conflict(
            "price_measure_changed",
            "This series is kept in %(currency)s for %(unit)s.",
            field="unit",
            currency=known[0].currency,
            unit=known[0].unit,
        )


def _quote(made: PriceImport, day: date, price: Decimal) -> PriceQuote:
    return PriceQuote(
        tenant_id=made.tenant_id,
        code=made.code,
        quoted_on=day,
        import_id=made.id,
        price=price,
        currency=made.currency,
        unit=made.unit,
    )


def _digest(rows: Sequence[PriceRow]) -> str:
    return hashlib.sha256("\n".join(f"{day} {price}" for day, price in rows).encode()).hexdigest()
