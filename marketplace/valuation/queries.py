"""Reading prices, published terms and valuations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import selectinload

from marketplace.business_days import SHANGHAI
from marketplace.valuation.models import (
    DealValuation,
    LendingPolicy,
    PriceImport,
    PriceQuote,
    ValuationBasis,
)
from marketplace.valuation.repricing import at_own_prices
from marketplace.valuation.rules.prices import (
    MEAN_OVER_DAYS,
    PRICE_AGE_DAYS_MAX,
    PriceKind,
    Quote,
    UnitPrice,
    price_that_counts,
)
from tenants.errors import NotFound, Unavailable
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Series:
    """One series of prices: its newest quote, the one before, how many there are, and how old the newest is."""

    code: str
    newest: PriceQuote
    previous: PriceQuote | None
    count: int
    age_days: int
    age_days_max: int
    recent: tuple[PriceQuote, ...]

    @property
    def is_stale(self) -> bool:
        """Whether the newest price is too old to value by."""
        return self.age_days > self.age_days_max


def today(ws: Workspace) -> date:
    """The business date in the house's zone."""
    return ws.now.astimezone(SHANGHAI).date()


def policy_of(ws: Workspace, bank_id: UUID, code: str) -> LendingPolicy | None:
    """A bank's published terms for a kind of goods."""
    return ws.session.get(LendingPolicy, (bank_id, code))


def policies(ws: Workspace, *, codes: Sequence[str] | None = None, bank_id: UUID | None = None) -> list[LendingPolicy]:
    """Published terms, by kind of goods: of every bank, or of one."""
    wanted = select(LendingPolicy).order_by(LendingPolicy.price_code, LendingPolicy.tenant_id)
    if codes is not None:
        wanted = wanted.where(LendingPolicy.price_code.in_(codes))
    if bank_id is not None:
        wanted = wanted.where(LendingPolicy.tenant_id == bank_id)
    return list(ws.session.scalars(wanted))


def age_days_max(ws: Workspace, code: str) -> int:
    """How old a price may be: as the bank's policy says, else the product's default."""
    policy = policy_of(ws, ws.tenant_id, code)
    return policy.price_age_days_max if policy else PRICE_AGE_DAYS_MAX


def quotes(
    ws: Workspace, code: str, *, since: date | None = None, until: date | None = None, limit: int = 5000
) -> list[PriceQuote]:
    """The viewer's current quotes of a series, newest first."""
    wanted = select(PriceQuote).where(
        PriceQuote.tenant_id == ws.tenant_id, PriceQuote.code == code, PriceQuote.superseded_at.is_(None)
    )
    if since is not None:
        wanted = wanted.where(PriceQuote.quoted_on >= since)
    if until is not None:
        wanted = wanted.where(PriceQuote.quoted_on <= until)
    return list(ws.session.scalars(wanted.order_by(PriceQuote.quoted_on.desc()).limit(limit)))


def history(ws: Workspace, code: str, day: date) -> list[PriceQuote]:
    """Every price that was ever imported for a day, the current one first."""
    wanted = select(PriceQuote).where(
        PriceQuote.tenant_id == ws.tenant_id, PriceQuote.code == code, PriceQuote.quoted_on == day
    )
    return list(ws.session.scalars(wanted.order_by(PriceQuote.superseded_at.desc().nulls_first())))


def price_of(ws: Workspace, code: str, on: date) -> Quote:
    """The price that counts on a day: the lower of the newest quote and the mean of the last twenty, where there are twenty.

    Refuses, as unavailable, a series that has no quote by then or whose newest is too old: a missing price blocks and never passes.
    """
    recent = quotes(ws, code, until=on, limit=MEAN_OVER_DAYS)
    if not recent:
        raise Unavailable(
            "price_missing", "There is no market price for %(series)s yet.", field="price", series=code or "–"
        )
    return price_that_counts([as_quote(quote) for quote in recent], on, age_days_max(ws, code))


def all_series(ws: Workspace) -> list[Series]:
    """The viewer's series with their newest quotes, by code."""
    counts = (
        select(PriceQuote.code, func.count())
        .where(PriceQuote.tenant_id == ws.tenant_id, PriceQuote.superseded_at.is_(None))
        .group_by(PriceQuote.code)
        .order_by(PriceQuote.code)
    )
    return [_series(ws, code, count) for code, count in ws.session.execute(counts)]


def _series(ws: Workspace, code: str, count: int) -> Series:
    recent = tuple(quotes(ws, code, limit=60))
    age = (today(ws) - recent[0].quoted_on).days
    return Series(code, recent[0], recent[1] if count > 1 else None, count, age, age_days_max(ws, code), recent)


def find_series(ws: Workspace, code: str) -> Series:
    """One series. Refuses, as not found, one without a quote."""
    count = ws.session.scalar(
        select(func.count())
        .select_from(PriceQuote)
        .where(PriceQuote.tenant_id == ws.tenant_id, PriceQuote.code == code, PriceQuote.superseded_at.is_(None))
    )
    if not count:
        raise NotFound("series_unknown", "There is no such series of prices.")
    return _series(ws, code, count)


def find_import(ws: Workspace, import_id: UUID, *, lock: bool = False) -> PriceImport:
    """One delivery of prices."""
    found = ws.session.get(
        PriceImport, (ws.tenant_id, import_id), with_for_update={"key_share": True} if lock else None
    )
    if found is None:
        raise NotFound("import_unknown", "There is no such import of prices.")
    return found


def imports(ws: Workspace, code: str | None = None, *, limit: int = 30) -> list[PriceImport]:
    """Deliveries of prices that were taken in, newest first."""
    wanted = select(PriceImport).where(PriceImport.tenant_id == ws.tenant_id, PriceImport.status == "IMPORTED")
    if code is not None:
        wanted = wanted.where(PriceImport.code == code)
    return list(ws.session.scalars(wanted.order_by(PriceImport.imported_at.desc(), PriceImport.id.desc()).limit(limit)))


def latest_valuation(ws: Workspace, deal_id: UUID, *, until: datetime | None = None) -> DealValuation | None:
    """What the deal's goods were last worth, or were at a moment, with its lines."""
    newest = (
        select(DealValuation)
        .where(DealValuation.deal_id == deal_id, DealValuation.at <= until if until else true())
        .options(selectinload(DealValuation.lines))
        .order_by(DealValuation.at.desc(), DealValuation.id.desc())
        .limit(1)
    )
    value = ws.session.scalars(newest).one_or_none()
    return at_own_prices(value) if value else None


def latest_valuations(ws: Workspace, deal_ids: Sequence[UUID]) -> dict[UUID, DealValuation]:
    """The last valuation of each of many deals, without lines."""
    newest = (
        select(DealValuation)
        .where(DealValuation.deal_id.in_(deal_ids))
        .ext(distinct_on(DealValuation.deal_id))
        .order_by(DealValuation.deal_id, DealValuation.at.desc(), DealValuation.id.desc())
    )
    return {valuation.deal_id: valuation for valuation in ws.session.scalars(newest)}


def valuations(ws: Workspace, deal_id: UUID, *, since: datetime | None = None, limit: int = 500) -> list[DealValuation]:
    """A deal's valuations, oldest first, without lines: what a chart of value is drawn from."""
    wanted = select(DealValuation).where(DealValuation.deal_id == deal_id)
    if since is not None:
        wanted = wanted.where(DealValuation.at >= since)
    newest = ws.session.scalars(wanted.order_by(DealValuation.at.desc(), DealValuation.id.desc()).limit(limit))
    return list(newest)[::-1]


def basis_of(ws: Workspace, deal_id: UUID) -> ValuationBasis | None:
    """How the deal's goods are valued, once its bank has offered."""
    return ws.session.get(ValuationBasis, deal_id)


def as_quote(quote: PriceQuote) -> Quote:
    """A row of a series as rules take it."""
    return Quote(PriceKind.INDEX, UnitPrice(quote.price, quote.currency, quote.unit), quote.quoted_on)
