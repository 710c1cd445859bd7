"""The morning after something was paid by card: has the card service paid out? A timer of the operator alone."""

from marketplace.billing.payouts import reading
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def read_payouts(ws: Workspace, happened: Happened) -> None:
    """Time to look."""
    reading.read_payouts(ws)
