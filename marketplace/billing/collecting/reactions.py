"""Fees by card follow by themselves: the card service's notices, and the clock where no notice came. Everything here is the operator's."""

from datetime import timedelta
from uuid import UUID

from marketplace.billing.collecting import automatic, mandates
from marketplace.billing.collecting.events import FeeCardOpened, FeeMandateOpened, FeeMandateWithdrawn
from marketplace.billing.collecting.following import follow_invoice, look_again
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace

# A page stands open for a day. Should its notices be lost, somebody looks all the same.
LOOKS = (timedelta(minutes=30), timedelta(hours=25))


@reacts_to(roles=set())
def follow_fee(ws: Workspace, happened: Happened) -> None:
    """A notice of the card service, or the time to look: at an invoice, or at a card to be saved."""
    if "mandate_id" in happened.facts:
        mandates.follow_mandate(ws, UUID(happened.facts["mandate_id"]))
    else:
        follow_invoice(ws, UUID(happened.facts["invoice_id"]))


@reacts_to(roles=set())
def collect_fee(ws: Workspace, happened: Happened) -> None:
    """The notice of a collection is over, or a declined card is tried again."""
    automatic.collect_fee(ws, UUID(happened.facts["invoice_id"]))


@reacts_to(roles=set())
def charge_fee(ws: Workspace, happened: Happened) -> None:
    """A try of a collection stands on record: the card service is asked for it."""
    automatic.charge_fee(ws, UUID(happened.facts["invoice_id"]), int(happened.facts["attempt"]))


@reacts_to(FeeCardOpened, FeeMandateOpened, roles={"operator"})
def watch_fee_page(ws: Workspace, happened: Happened) -> None:
    """Look at once, since an invoice may have been paid in the same moment, and later, also where nobody says anything."""
    about = {name: happened.facts[name] for name in ("mandate_id", "invoice_id") if name in happened.facts}
    for wait in (timedelta(), *LOOKS):
        look_again(ws, happened.stream_id, ws.now + wait, **about)


@reacts_to(FeeMandateWithdrawn, roles={"operator"})
def forget_fee_card(ws: Workspace, happened: Happened) -> None:
    """A consent has ended: the card service forgets the card."""
    mandates.forget_card(ws, UUID(happened.facts["mandate_id"]))
