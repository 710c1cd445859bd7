"""The folder of files: whole or not at all, and only under a hash."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from integrations.files import FolderFiles
from marketplace.documents.rules.flows import content_hash


def test_what_was_put_is_there_and_putting_it_again_changes_nothing(tmp_path: Path) -> None:
    store, firm, sha256 = FolderFiles(tmp_path), uuid4(), content_hash(b"paper")
    store.put(firm, sha256, b"paper")
    store.put(firm, sha256, b"another paper under the same name")
    assert store.get(firm, sha256) == b"paper"
    assert store.get(uuid4(), sha256) is None
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept.stat().st_mode & 0o077 == 0


def test_a_large_file_is_kept_read_and_dropped(tmp_path: Path) -> None:
    store, firm, content = FolderFiles(tmp_path / "store"), uuid4(), os.urandom(3 * 2**20)
    sha256, beside = content_hash(content), tmp_path / "made.zip"
    beside.write_bytes(content)
    store.put_file(firm, sha256, beside)
    assert beside.exists()
    opened = store.open(firm, sha256)
    assert opened is not None
    with opened:
        opened.seek(2**20)
        assert opened.read() == content[2**20 :]
    assert store.get(firm, sha256) == content
    store.drop(firm, sha256)
    store.drop(firm, sha256)
    assert store.open(firm, sha256) is None


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, sha256 = FolderFiles(tmp_path), content_hash(b"paper")

    def full(_descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        store.put(uuid4(), sha256, b"paper")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("place", ["../../etc/passwd", "A" * 64, "", "0" * 63])
def test_a_place_is_made_of_a_hash_alone(tmp_path: Path, place: str) -> None:
    with pytest.raises(AssertionError):
        FolderFiles(tmp_path).get(uuid4(), place)
