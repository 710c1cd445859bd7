"""The notice-filing system: entries by their certificates, the particulars that it asks for, and the end of a filing with the debt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from marketplace.business_days import SHANGHAI
from marketplace.money import Money
from marketplace.pledges.controlling import register_pledges
from marketplace.pledges.holding import held_pledges
from marketplace.pledges.models import Pledge
from marketplace.pledges.models_papers import Filing
from marketplace.pledges.paper_events import RegistryFiled
from marketplace.pledges.queries import IN_FORCE, LIVE, OFFERED, pledges_of_deal
from marketplace.pledges.rules.lifecycle import DEREGISTER_WITHIN
from marketplace.pledges.rules.papers import RENEW_WITHIN, FilingKind, expiry_of, require_filable
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Invalid, NotFound
from tenants.organisations import find_organisation
from tenants.workspace import Workspace


def file_registration(
    ws: Workspace,
    deal_id: UUID,
    *,
    kind: str,
    certificate: str,
    search_certificate: str = "",
    months: int | None = None,
    secured: Money | None = None,
    note: str = "",
) -> Filing:
    """Enter what the bank filed in the registry, by its certificate: the initial filing, an amendment, an extension, or its end.

    `months`: the term, for the initial filing and an extension (it runs from today). Refuses entries out of their order, one without certificate or
    term, an amount below nothing, and the end of a filing while goods are held (a filing ends within ten days after the debt).
    """
    ws.may("propose_approval")
    if "bank" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    entry, earlier, number = _kind(kind), filings_of(ws, deal_id), _certificate(certificate)
    require_filable(entry, [FilingKind(one.kind) for one in earlier], goods_held=bool(pledges_of_deal(ws, deal_id)))
    last = earlier[-1] if earlier else None
    filing = _entered(ws, deal_id, entry, number, _secured(secured, earlier), _term(ws, entry, months, last))
    filing.search_certificate, filing.note = search_certificate.strip()[:100], note.strip()[:500]
    ws.session.add(filing)
    if entry in {FilingKind.INITIAL, FilingKind.AMENDMENT}:
        _enter_certificate(ws, deal_id, filing.certificate)
    _remind(ws, filing)
    fact = RegistryFiled(deal_id=deal_id, filing_id=filing.id, kind=filing.kind, certificate=filing.certificate)
    ws.record(fact, on=deal_id)
    return filing


def _entered(ws: Workspace, deal_id: UUID, entry: FilingKind, certificate: str, secured: Money, term: tuple[date, date | None]) -> Filing:  # fmt: skip
    """The entry as the registry has it: its certificate, what it secures, and from when until when."""
    filed_on, expires_on = term
    return Filing(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        kind=entry.value,
        certificate=certificate,
        secured_minor=secured.minor,
        currency=secured.currency,
        filed_on=filed_on,
        expires_on=expires_on,
        filed_by=ws.member.name,
    )


def _term(ws: Workspace, entry: FilingKind, months: int | None, last: Filing | None) -> tuple[date, date | None]:
    today = ws.now.astimezone(SHANGHAI).date()
    return today, _expiry(entry, today, months, last)


def _certificate(written: str) -> str:
    if not written.strip():
        raise Invalid("missing", "This must be filled in.", field="certificate")
    return written.strip()[:100]


def _secured(secured: Money | None, earlier: Sequence[Filing]) -> Money:
    """The amount that is filed: what the entry before says, where this one says nothing."""
    amount = secured or (earlier[-1].secured if earlier else Money.zero("CNY"))
    if amount.minor < 0:
        raise Invalid("amount_negative", "An amount is not negative.", field="secured")
    return amount


def filings_of(ws: Workspace, deal_id: UUID) -> list[Filing]:
    """The entries of a deal in the registry, in order."""
    return list(ws.session.scalars(select(Filing).where(Filing.deal_id == deal_id).order_by(Filing.id)))


def standing_filing(ws: Workspace, deal_id: UUID) -> Filing | None:
    """The last entry, while the filing stands."""
    entries = filings_of(ws, deal_id)
    return entries[-1] if entries and entries[-1].kind != FilingKind.DEREGISTRATION else None


@dataclass(frozen=True, slots=True)
class DueDeregistration:
    """A filing that outlives its pledge, and by when it has to be ended."""

    deal_id: UUID
    certificate: str
    due_at: datetime


def due_deregistrations(ws: Workspace) -> list[DueDeregistration]:
    """The viewing bank's filings whose goods are all released, the most pressing first."""
    ended, live = aliased(Filing), exists().where(Pledge.deal_id == Filing.deal_id, Pledge.status.in_(LIVE))
    over = exists().where(ended.deal_id == Filing.deal_id, ended.kind == FilingKind.DEREGISTRATION)
    released = select(func.max(Pledge.ended_at)).where(Pledge.deal_id == Filing.deal_id).scalar_subquery()
    mine = (Filing.tenant_id == ws.tenant_id, Filing.kind == FilingKind.INITIAL)
    rows = ws.session.execute(
        select(Filing.deal_id, Filing.certificate, released).where(*mine, ~live, ~over, released.is_not(None))
    )
    due = [DueDeregistration(deal_id, certificate, at + DEREGISTER_WITHIN) for deal_id, certificate, at in rows if at]
    return sorted(due, key=lambda one: one.due_at)


def watch_deregistration(ws: Workspace, deal_id: UUID) -> None:
    """In the bank's workspace, once the last goods are free: come back in ten days and see whether the filing was ended."""
    if standing_filing(ws, deal_id) is not None and not pledges_of_deal(ws, deal_id):
        ws.set_timer("pledges.check_deregistration", key=str(deal_id), due=ws.now + DEREGISTER_WITHIN, stream_id=deal_id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the form of the notice-filing system asks for (登记要素), as of now; texts in the language of the registry's parties."""

    contract: UUID
    pledgor: str
    pledgor_uscc: str
    pledgee: str
    pledgee_uscc: str
    secured: Money
    registered_on: date | None
    expires_on: date | None
    certificate: str
    goods: list[str]


def particulars_of(ws: Workspace, deal_id: UUID) -> Particulars:
    """The particulars of a deal's pledge for the registry. For bank and borrower; refuses a deal without goods."""
    pledges = pledges_of_deal(ws, deal_id) or pledges_of_deal(ws, deal_id, live=False)
    if not pledges or not rooms.my_roles(ws, deal_id) & {"bank", "borrower"}:
        raise NotFound("deal_unknown", "There is no such deal.")
    pledgor, pledgee = (find_organisation(ws.session, firm) for firm in (pledges[0].tenant_id, pledges[0].bank_id))
    entries = filings_of(ws, deal_id)
    return Particulars(
        contract=deal_id,
        pledgor=pledgor.name,
        pledgor_uscc=pledgor.uscc or "",
        pledgee=pledgee.name,
        pledgee_uscc=pledgee.uscc or "",
        secured=entries[-1].secured if entries else Money.zero("CNY"),
        registered_on=entries[0].filed_on if entries else None,
        expires_on=entries[-1].expires_on if entries else None,
        certificate=entries[0].certificate if entries else "",
        goods=[f"{one.lot_number} {one.product_name} {one.grade} {one.amount} {one.site_name}" for one in pledges],
    )


def _enter_certificate(ws: Workspace, deal_id: UUID, certificate: str) -> None:
    """Offered goods are registered by it; goods in force that had none carry it from now on."""
    pledges = pledges_of_deal(ws, deal_id)
    if any(one.status in OFFERED for one in pledges):
        register_pledges(ws, deal_id, certificate=certificate)
    for pledge in held_pledges(ws, deal_id, IN_FORCE, needed=False):
        pledge.certificate = pledge.certificate or certificate


def _kind(kind: str) -> FilingKind:
    if kind not in {known.value for known in FilingKind}:
        raise Invalid("kind_unknown", "There is no such entry in the registry.", field="kind")
    return FilingKind(kind)


def _expiry(kind: FilingKind, today: date, months: int | None, last: Filing | None) -> date | None:
    if kind in {FilingKind.INITIAL, FilingKind.EXTENSION}:
        if months is None:
            raise Invalid("missing", "This must be filled in.", field="months")
        return expiry_of(today, months)
    return last.expires_on if last else None


def _remind(ws: Workspace, filing: Filing) -> None:
    """A month before it runs out, see whether it was extended."""
    if filing.kind in {FilingKind.INITIAL, FilingKind.EXTENSION} and filing.expires_on:
        due = datetime.combine(filing.expires_on, time(9), SHANGHAI) - RENEW_WITHIN
        ws.set_timer("pledges.check_filing", key=str(filing.deal_id), due=max(due, ws.now), stream_id=filing.deal_id)
