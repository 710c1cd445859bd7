"""What a proposal to take goods over does by itself: it lapses."""

from uuid import UUID

from marketplace.disposal.appropriating import taking_over
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def lapse_appropriation(ws: Workspace, happened: Happened) -> None:
    """The time to answer, or to take the goods over, is up."""
    taking_over.lapse_appropriation(ws, UUID(happened.facts["appropriation_id"]))
