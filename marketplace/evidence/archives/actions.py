"""A firm's whole archive: asked for with four eyes, made in the background, taken away by those who may, forgotten after some days."""

from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.ports import signer
from marketplace.documents.actions import note_openings
from marketplace.documents.models import Document
from marketplace.documents.ports import file_store
from marketplace.evidence.archives import queries
from marketplace.evidence.archives.events import ArchiveAsked, ArchiveForgotten, ArchiveMade, ArchiveTaken
from marketplace.evidence.archives.gathering import gather
from marketplace.evidence.archives.models import FirmArchive
from marketplace.evidence.archives.packing import Packing
from marketplace.evidence.archives.rules import KEPT, KIND, require_takeable, signed_text
from marketplace.evidence.rules import MANIFEST, SIGNATURE, as_json
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict
from tenants.events import sentence
from tenants.workspace import Workspace

FORGET = "archives.forget"
README = """{firm}

Everything that {firm} owns or takes part in on this installation, read at {at}.
Check it with a Python of your own (3.10 or newer), without a network and without us:

    python3 check_archive.py {file}

Better take check_archive.py, check_bundle.py, recompute.py and witness.py from another place than this archive: who alters an archive alters its programs too.
tables/ holds one file a table, one row a line (JSON Lines, UTF-8), money in minor units and all exact figures as text, times in UTC.
Tables are read one after the other: what happened in between stands in the later ones alone.
events.jsonl holds every record in which the firm takes part, event by event; events without words are meant for others. log.json has the signed trees for their proofs.
documents/ holds the papers. manifest.json lists each file with its SHA-256 and its rows, and what is not in here; manifest.sig is the house's Ed25519 signature under it.

{firm} 在本平台拥有或参与的全部内容，读取于 {at}。
用您自己的 Python（3.10 或更高版本）即可离线核验，无需信任本平台：

    python3 check_archive.py {file} --zh

最好从别处取得四个核验程序：能改动档案的人也能改动其中的程序。
tables/ 每表一个文件，每行一条数据（JSON Lines，UTF-8），金额为最小货币单位，精确数字均为文本，时间为 UTC。
各表依次读取：其间发生的事只出现在后读的表中。
events.jsonl 为本企业参与的全部记录，逐个事件；无全文的事件是给他人看的。log.json 为其证明所需的已签署的树。
documents/ 为文件。manifest.json 列出每个文件的 SHA-256、行数以及未包含的内容；manifest.sig 是平台的 Ed25519 签名。
"""


def ask_archive(ws: Workspace) -> Approval:
    """Put before a colleague that everything of the firm goes into one file. Refuses a second wish while one waits or is being met."""
    ws.may("take_archive")
    _require_none_in_the_making(ws)
    summary = sentence("Put everything of %(firm)s into one file to take away", firm=ws.member.organisation)
    return approvals.propose(ws, "approve_archive", subject_id=ws.tenant_id, summary=summary)


@upon_approval("approve_archive")
def begin_archive(ws: Workspace, approval: Approval) -> None:
    """A colleague agrees: the file is made in the background."""
    _require_none_in_the_making(ws)
    archive = FirmArchive(
        tenant_id=ws.tenant_id, id=new_id(), status="ASKED", asked_by=approval.maker, agreed_by=ws.member.name, asked_at=ws.now
    )  # fmt: skip
    ws.session.add(archive)
    fact = ArchiveAsked(archive_id=archive.id, firm=ws.member.organisation, asked_by=approval.maker, agreed_by=ws.member.name)  # fmt: skip
    ws.record(fact, on=ws.tenant_id, evidence=[approval.id])


def make_archive(ws: Workspace, archive_id: UUID) -> None:
    """Put the archive together, sign it, keep it for its days; its hash goes into the firm's record. Once."""
    archive = queries.find_archive(ws, archive_id, lock=True)
    if archive.status != "ASKED":
        return
    with TemporaryDirectory(prefix="archive-") as folder:
        path = Path(folder) / "archive.zip"
        files = _pack(ws, archive, path)
        with path.open("rb") as made:
            digest = file_digest(made, "sha256").hexdigest()
        archive.size = path.stat().st_size
        file_store().put_file(ws.tenant_id, digest, path)
    archive.status, archive.sha256, archive.files = "READY", digest, files
    archive.made_at, archive.keep_until = ws.now, ws.now + KEPT
    ws.record(ArchiveMade(archive_id=archive.id, firm=ws.member.organisation, files=files, sha256=digest), on=ws.tenant_id, evidence=[digest])  # fmt: skip
    ws.set_timer(FORGET, key=str(archive.id), due=archive.keep_until, stream_id=ws.tenant_id, archive_id=str(archive.id))  # fmt: skip


def take_archive(ws: Workspace, archive_id: UUID, *, part: int = 0) -> tuple[FirmArchive, BufferedReader]:
    """Take the file away, or a part of it: who and when goes into the firm's record, and into that of each paper in it.

    The caller closes the file. Refuses an archive that is not made, and one whose days are over.
    """
    ws.may("take_archive")
    archive = queries.find_archive(ws, archive_id, lock=True)
    require_takeable(archive.status, archive.keep_until, ws.now)
    assert archive.sha256 is not None, "what is made has its hash"
    assert archive.made_at is not None, "and its time"
    if part == 0:
        note_openings(ws, [one for one in queries.papers_of(ws) if one.added_at <= archive.made_at])
    archive.taken += 1
    fact = ArchiveTaken(archive_id=archive.id, firm=ws.member.organisation, taken_by=ws.member.name, part=part, sha256=archive.sha256)  # fmt: skip
    ws.record(fact, on=ws.tenant_id)
    return archive, queries.opened(ws, archive, whole=part == 0)


def forget_archive(ws: Workspace, archive_id: UUID) -> None:
    """Its days are over: the file goes, the row and the record of it stay. A paper of the very same bytes is kept."""
    archive = queries.find_archive(ws, archive_id, lock=True)
    if archive.status != "READY" or archive.sha256 is None:
        return
    archive.status = "GONE"
    ws.record(ArchiveForgotten(archive_id=archive.id, firm=ws.member.organisation, sha256=archive.sha256), on=ws.tenant_id)  # fmt: skip
    same = select(Document.id).where(Document.tenant_id == ws.tenant_id, Document.sha256 == archive.sha256)
    if ws.session.scalar(same.limit(1)) is None:
        file_store().drop(ws.tenant_id, archive.sha256)


def archive_name(archive: FirmArchive) -> str:
    """What the file is called."""
    return f"archive-{archive.asked_at:%Y-%m-%d}-{archive.id.hex[-6:]}.zip"


def _pack(ws: Workspace, archive: FirmArchive, path: Path) -> int:
    """Write the zip; how many files are in it."""
    with Packing(path, ws.now) as packing:
        rows = gather(ws, packing)
        readme = README.format(firm=ws.member.organisation, at=ws.now.isoformat(), file=archive_name(archive))
        packing.put("README.txt", readme.encode())
        manifest = as_json(
            {
                "kind": KIND,
                "firm": {"id": str(ws.tenant_id), "name": ws.member.organisation},
                "asked": {"by": archive.asked_by, "agreed_by": archive.agreed_by, "at": archive.asked_at.isoformat()},
                "made_at": ws.now.isoformat(),
                "key": signer().public,
                "files": packing.listed,
                "rows": rows,
                "streams": packing.streams,
                "left_out": packing.left_out,
            }
        )
        packing.put(MANIFEST, manifest)
        packing.put(SIGNATURE, signer().sign(signed_text(manifest)).encode())
        return len(packing.listed)


def _require_none_in_the_making(ws: Workspace) -> None:
    if queries.in_the_making(ws):
        raise Conflict("archive_in_the_making", "An archive of your firm is being put together already.")
