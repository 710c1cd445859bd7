"""A firm's consent that later invoices be collected from a saved card: given with a limit by somebody who may bind the firm, withdrawn at any time."""

from uuid import UUID

from sqlalchemy import select

from marketplace.billing.collecting.events import FeeMandateGiven, FeeMandateOpened, FeeMandateWithdrawn
from marketplace.billing.collecting.following import required
from marketplace.billing.collecting.models import FeeMandate
from marketplace.billing.collecting.ports import SavedCard, SaveWish, Saving
from marketplace.billing.models import FeeAccount
from marketplace.billing.rules.cards import MANDATE, NOTICE, MandateState, require_limit
from marketplace.money import Money
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

LIVE = (MandateState.OPENED, MandateState.ACTIVE)


def open_mandate(ws: Workspace, *, limit: Money, agreed: bool) -> FeeMandate:
    """Agree that invoices of at most `limit` issued from now on be collected, and open the card service's page at which a card is saved.

    Refuses without the explicit yes, without a limit, before the firm has been billed at all, and where no cards are taken. The consent holds once the card is saved.
    """
    ws.may("agree_fee_collection")
    require_limit(limit)
    if not agreed:
        raise Invalid("consent_missing", "Say that you agree.", field="agreed")
    provider = required()
    account = _account_of(ws)
    mandate_id = new_id()
    wish = SaveWish(key=f"mandate:{mandate_id}:open", account_id=account.account_id, mandate_id=mandate_id, locale=ws.member.locale)  # fmt: skip
    page = provider.open_saving(wish)
    consent = sentence("Each invoice of the platform’s fees of at most %(limit)s issued from now on may be collected from the saved card, %(days)s days after it is issued, until this is withdrawn.", limit=limit, days=NOTICE.days)  # fmt: skip
    mandate = FeeMandate(
        tenant_id=ws.tenant_id,
        id=mandate_id,
        account_id=account.account_id,
        status=MANDATE.next_state(None, "open"),
        currency=limit.currency,
        limit_minor=limit.minor,
        consent=consent,
        given_by=ws.member.name,
        given_at=ws.now,
        checkout_id=page.checkout_id,
        url=page.url,
        moved_at=ws.now,
    )
    ws.session.add(mandate)
    ws.record(FeeMandateOpened(mandate_id=mandate_id, limit=limit), on=account.account_id)
    return mandate


def withdraw_mandate(ws: Workspace, mandate_id: UUID) -> FeeMandate:
    """Nothing is collected from now on. Asks nobody else, so that it takes effect at once; the card service is told afterwards."""
    ws.may("agree_fee_collection")
    mandate = find_mandate(ws, mandate_id)
    if mandate.tenant_id != ws.tenant_id:
        raise NotFound("mandate_unknown", "There is no such consent.")
    mandate.status = MANDATE.next_state(MandateState(mandate.status), "withdraw")
    mandate.moved_at, mandate.withdrawn_by = ws.now, ws.member.name
    ws.record(FeeMandateWithdrawn(mandate_id=mandate.id), on=mandate.account_id)
    return mandate


def follow_mandate(ws: Workspace, mandate_id: UUID) -> None:
    """Has the card been saved? Then the consent holds, in place of an older one. The operator's side."""
    mandate = find_mandate(ws, mandate_id)
    if mandate.status != MandateState.OPENED:
        return
    saved = required().find_saving(mandate.checkout_id)
    if saved.saving is Saving.AWAITED or saved.mandate_id not in (None, mandate.id):
        return
    if saved.saving is Saving.GONE:
        mandate.status, mandate.moved_at = MANDATE.next_state(MandateState.OPENED, "expire"), ws.now
        return
    _replace(ws, mandate)
    _save(ws, mandate, saved)


def forget_card(ws: Workspace, mandate_id: UUID) -> None:
    """Have the card service forget the card of a consent that ended. The operator's side."""
    mandate = find_mandate(ws, mandate_id)
    if mandate.method_id:
        required().forget(mandate.method_id, key=f"mandate:{mandate.id}:forget")


def find_mandate(ws: Workspace, mandate_id: UUID) -> FeeMandate:
    """One consent: the firm's own, or one given to this operator. Refuses, as not found, any other."""
    row = ws.session.scalars(select(FeeMandate).where(FeeMandate.id == mandate_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("mandate_unknown", "There is no such consent.")
    return row


def active_mandate(ws: Workspace, account_id: UUID) -> FeeMandate | None:
    """The consent that holds for an account."""
    held = select(FeeMandate).where(FeeMandate.account_id == account_id, FeeMandate.status == MandateState.ACTIVE)
    return ws.session.scalars(held).one_or_none()


def mandates(ws: Workspace) -> list[FeeMandate]:
    """This firm's consents, the newest first."""
    mine = select(FeeMandate).where(FeeMandate.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(mine.order_by(FeeMandate.given_at.desc(), FeeMandate.id.desc()).limit(50)))


def _account_of(ws: Workspace) -> FeeAccount:
    mine = select(FeeAccount).where(FeeAccount.firm_id == ws.tenant_id).order_by(FeeAccount.opened_at.desc()).limit(1)
    account = ws.session.scalars(mine).one_or_none()
    if account is None:
        raise Conflict("never_billed", "There is nothing to collect before the first invoice.")
    return account


def _replace(ws: Workspace, mandate: FeeMandate) -> None:
    older = active_mandate(ws, mandate.account_id)
    if older is not None:
        older.status, older.moved_at = MANDATE.next_state(MandateState(older.status), "replace"), ws.now
        ws.session.flush()
        ws.set_timer("collecting.forget_fee_card", key=str(older.id), due=ws.now, stream_id=older.account_id, mandate_id=str(older.id))  # fmt: skip


def _save(ws: Workspace, mandate: FeeMandate, saved: SavedCard) -> None:
    mandate.status, mandate.moved_at = MANDATE.next_state(MandateState(mandate.status), "save"), ws.now
    mandate.customer_id, mandate.method_id = saved.customer_id, saved.method_id
    mandate.brand, mandate.last4, mandate.expires = saved.brand, saved.last4, saved.expires
    ws.record(FeeMandateGiven(mandate_id=mandate.id, limit=mandate.limit, last4=saved.last4), on=mandate.account_id)
