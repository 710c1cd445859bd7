"""The typesetter takes its own faces and nothing else, and unpacks each once for all papers of a process."""

from pathlib import Path

import pytest
from weasyprint.urls import FatalURLFetchingError

from frontend import typesetting
from frontend.typesetting import OwnFaces, set_in_type

PAPER = '<link rel="stylesheet" href="{}"><h1>仓单 Warehouse receipt</h1><p>¥34,872,150.00 <b>pledged</b></p>'


@pytest.fixture
def sheet(built: Path) -> Path:
    return built / "print" / "print.css"


def test_faces_are_unpacked_once_for_all_papers(sheet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = set_in_type(PAPER.format(sheet.as_uri()), sheet.parent)
    monkeypatch.setattr(typesetting.woff2, "decompress", lambda *_: pytest.fail("unpacked again"))
    assert set_in_type(PAPER.format(sheet.as_uri()), sheet.parent) == first


def test_a_face_is_given_as_it_is_set_in(sheet: Path) -> None:
    [packed, *_] = sheet.parent.glob("files/*.woff2")
    assert OwnFaces(sheet.parent).fetch(packed.as_uri()).read(4) == b"\x00\x01\x00\x00", "TrueType"


@pytest.mark.parametrize("name", ["face.woff2", "note.txt"])
def test_nothing_beside_the_sheet_is_read(sheet: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"wOF2")
    for url in ((tmp_path / name).as_uri(), f"https://elsewhere.example/{name}", f"https:{sheet.parent}/files/{name}"):
        with pytest.raises(FatalURLFetchingError, match="paper fetches nothing"):
            OwnFaces(sheet.parent).fetch(url)
