"""What cameras' room does by itself when its time comes."""

from marketplace.cameras.retention import let_go
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def let_pictures_go(ws: Workspace, happened: Happened) -> None:
    """The retention of a day's pictures has ended."""
    let_go(ws)
