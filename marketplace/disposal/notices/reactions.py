"""What notices bring by themselves."""

from marketplace.disposal.notices import serving
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def check_notices(ws: Workspace, happened: Happened) -> None:
    """Until now each notice had to have reached its addressee."""
    serving.check_notices(ws, happened.stream_id)
