"""Archives are made by the worker, since it takes a while, and deleted by a timer."""

from uuid import UUID

from marketplace.evidence.archives.actions import forget_archive, make_archive
from marketplace.evidence.archives.events import ArchiveAsked
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(ArchiveAsked, roles={"actor"})
def pack(ws: Workspace, happened: Happened) -> None:
    """In the workspace of the firm itself: so row security leaves in what it may see."""
    make_archive(ws, UUID(happened.facts["archive_id"]))


@reacts_to(roles=set())
def forget(ws: Workspace, happened: Happened) -> None:
    """Its days are over."""
    forget_archive(ws, UUID(happened.facts["archive_id"]))
