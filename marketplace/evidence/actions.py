"""Asking for a deal's evidence, making it, taking it away."""

from hashlib import sha256
from uuid import UUID

from marketplace.disposal.ports import signer
from marketplace.documents.actions import note_opening
from marketplace.documents.ports import file_store
from marketplace.evidence import queries
from marketplace.evidence.events import EvidenceAsked, EvidenceBundled, EvidenceRefused, EvidenceTaken
from marketplace.evidence.gathering import README, gathered, papers_in
from marketplace.evidence.models import EvidenceBundle
from marketplace.evidence.rules import MANIFEST, SIGNATURE, archive_of, manifest_of, signed_text
from marketplace.evidence.scope import Scope, scope_of
from marketplace.financing.queries import find_cover
from tenants.database import new_id
from tenants.errors import Conflict, Refused
from tenants.events import sentence
from tenants.workspace import Workspace


def ask_evidence(ws: Workspace, deal_id: UUID) -> EvidenceBundle:
    """Ask for all that the firm may see of a deal, in one file that others can check; it is made in the background.

    Refuses a deal in whose room the firm is not, and a second wish while one is being met.
    """
    ws.may("export_record")
    cover = find_cover(ws, deal_id)
    if any(one.status == "ASKED" for one in queries.bundles_of(ws, deal_id)):
        raise Conflict("bundle_in_the_making", "The evidence of this deal is being put together already.")
    bundle = EvidenceBundle(
        tenant_id=ws.tenant_id,
        id=new_id(),
        deal_id=deal_id,
        deal_number=cover.number,
        status="ASKED",
        asked_by=ws.member.name,
        asked_at=ws.now,
    )
    ws.session.add(bundle)
    fact = EvidenceAsked(bundle_id=bundle.id, number=cover.number, firm=ws.member.organisation)
    ws.record(fact, on=deal_id)
    return bundle


def make_bundle(ws: Workspace, bundle_id: UUID) -> None:
    """Put the evidence together, sign it, keep it; its hash goes into the deal's record. Once; a refusal is kept with its reason."""
    bundle = queries.find_bundle(ws, bundle_id, lock=True)
    if bundle.status != "ASKED":
        return
    try:
        files = _signed_files(ws, bundle, scope_of(ws, bundle.deal_id))
    except Refused as why:
        _refuse(ws, bundle, why)
        return
    content = archive_of(files, ws.now)
    bundle.status, bundle.made_at, bundle.files = "READY", ws.now, len(files)
    bundle.size, bundle.sha256 = len(content), sha256(content).hexdigest()
    file_store().put(ws.tenant_id, bundle.sha256, content)
    fact = EvidenceBundled(bundle_id=bundle.id, number=bundle.deal_number, files=len(files), sha256=bundle.sha256)
    ws.record(fact, on=bundle.deal_id, evidence=[bundle.sha256])


def take_bundle(ws: Workspace, bundle_id: UUID) -> tuple[EvidenceBundle, bytes]:
    """Take the file away: who and when goes into the deal's record, and into that of each paper in it. Refuses one that is not made."""
    ws.may("export_record")
    bundle = queries.find_bundle(ws, bundle_id, lock=True)
    if bundle.status != "READY" or bundle.sha256 is None:
        raise Conflict("bundle_not_ready", "This bundle is not made yet.")
    content = queries.bytes_of(ws, bundle)
    for document_id in papers_in(ws, scope_of(ws, bundle.deal_id)):
        note_opening(ws, document_id)
    bundle.taken += 1
    fact = EvidenceTaken(
        bundle_id=bundle.id,
        number=bundle.deal_number,
        firm=ws.member.organisation,
        taken_by=ws.member.name,
        sha256=bundle.sha256,
    )
    ws.record(fact, on=bundle.deal_id)
    return bundle, content


def bundle_name(bundle: EvidenceBundle) -> str:
    """What the file is called."""
    return f"{bundle.deal_number}-evidence-{bundle.id.hex[-6:]}.zip"


def _signed_files(ws: Workspace, bundle: EvidenceBundle, scope: Scope) -> dict[str, bytes]:
    contents, firm = gathered(ws, scope), ws.member.organisation
    readme = README.format(number=bundle.deal_number, firm=firm, at=ws.now.isoformat(), file=bundle_name(bundle))
    contents.files["README.txt"] = readme.encode()
    about = {
        "deal": {"id": str(bundle.deal_id), "number": bundle.deal_number},
        "roles": sorted(scope.roles),
        "asked": {"firm": firm, "person": bundle.asked_by, "at": bundle.asked_at.isoformat()},
        "made_at": ws.now.isoformat(),
        "key": signer().public,
    }
    manifest = manifest_of(contents, about)
    return contents.files | {MANIFEST: manifest, SIGNATURE: signer().sign(signed_text(manifest)).encode()}


def _refuse(ws: Workspace, bundle: EvidenceBundle, why: Refused) -> None:
    bundle.status, bundle.because = "REFUSED", sentence(why.because, **why.facts)
    fact = EvidenceRefused(bundle_id=bundle.id, number=bundle.deal_number, because=bundle.because)
    ws.record(fact, on=bundle.deal_id)
