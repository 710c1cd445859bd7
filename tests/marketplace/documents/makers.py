"""Papers for tests: the smallest honest file of each kind."""

import io
import zipfile
from uuid import UUID

from PIL import Image

from marketplace.documents import actions
from marketplace.documents.models import Document
from tests.factories import Person

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def a_picture(media_type: str = "image/jpeg", *, exif: bool = False, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture; with `exif`, one that says where and by which camera it was taken."""
    picture, out = Image.new("RGB", size, (180, 90, 40)), io.BytesIO()
    described = picture.getexif()
    if exif:
        described[0x010F], described[0x0110] = "SecretMaker", "SecretCamera"
        described.get_ifd(0x8825)[1] = "N"
    kind = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}[media_type]
    picture.save(out, kind, exif=described)
    return out.getvalue()


def an_office_file(*parts: str, swollen: int = 0) -> bytes:
    """A zip with these parts, the first of `swollen` bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, part in enumerate(parts):
            archive.writestr(part, b"0" * (swollen if place == 0 else 1))
    return out.getvalue()


def a_document(
    person: Person, object_id: UUID, *, kind: str = "quality_certificate", name: str = "certificate.pdf", content: bytes = PDF, replaces: UUID | None = None
) -> Document:  # fmt: skip
    """A paper added by a person."""
    with person.ws() as ws:
        return actions.add_document(
            ws, object_id=object_id, kind=kind, name=name, content=content, media_type="", replaces=replaces
        )
