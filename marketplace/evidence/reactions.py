"""Evidence is put together by the worker: it may take a while, and nobody waits at a page."""

from uuid import UUID

from marketplace.evidence.actions import make_bundle
from marketplace.evidence.events import EvidenceAsked
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(EvidenceAsked, roles={"actor"})
def put_together(ws: Workspace, happened: Happened) -> None:
    """In the workspace of the firm that asked: so row security leaves in what it may see."""
    make_bundle(ws, UUID(happened.facts["bundle_id"]))
