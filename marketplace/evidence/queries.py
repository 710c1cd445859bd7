"""Looking at bundles: those that one's own firm asked for."""

from uuid import UUID

from sqlalchemy import select

from marketplace.documents.ports import file_store
from marketplace.documents.rules.flows import require_unchanged
from marketplace.evidence.models import EvidenceBundle
from tenants.errors import NotFound, Unavailable
from tenants.workspace import Workspace

MOST = 50


def bundles_of(ws: Workspace, deal_id: UUID) -> list[EvidenceBundle]:
    """The firm's bundles of a deal, newest first."""
    wanted = select(EvidenceBundle).where(EvidenceBundle.tenant_id == ws.tenant_id, EvidenceBundle.deal_id == deal_id)
    return list(ws.session.scalars(wanted.order_by(EvidenceBundle.id.desc()).limit(MOST)))


def find_bundle(ws: Workspace, bundle_id: UUID, *, lock: bool = False) -> EvidenceBundle:
    """One bundle of the firm's own."""
    found = ws.session.get(EvidenceBundle, (ws.tenant_id, bundle_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("bundle_unknown", "There is no such evidence bundle.")
    return found


def bytes_of(ws: Workspace, bundle: EvidenceBundle) -> bytes:
    """The archive, compared with the hash that stands in the record. Refuses bytes that are not at hand."""
    assert bundle.sha256 is not None, "what is not made has no bytes"
    content = file_store().get(ws.tenant_id, bundle.sha256)
    if content is None:
        raise Unavailable("bundle_missing", "The file of this bundle is not at hand. Ask for it anew.")
    require_unchanged(content, bundle.sha256)
    return content
