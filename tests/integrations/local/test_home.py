"""The data home is ours or is left alone, and so is every folder above it."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from integrations.local.home import SOCKET_PATH_BYTES_MAX, Home
from tenants.errors import Conflict

OURS = 0o711 if os.geteuid() == 0 else 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_private(home: Path) -> None:
    Home(home).claim()
    assert mode(home) == OURS
    for folder in ("files", "logs", "valkey", "mqtt"):
        assert mode(home / folder) == 0o700


@pytest.mark.parametrize("parent_mode", [0o755, 0o711, 0o700, 0o750])
def test_folders_above_keep_their_permissions(place: Path, parent_mode: int) -> None:
    parent = place / "private"
    parent.mkdir()
    parent.chmod(parent_mode)
    Home(parent / "a" / "home").claim()
    assert mode(parent) == parent_mode


def test_an_empty_folder_becomes_ours_and_a_home_stays_ours(place: Path) -> None:
    Home(place).claim()
    (place / "files" / "deed.pdf").touch()
    Home(place).claim()
    assert (place / "files" / "deed.pdf").exists()


def test_a_folder_with_other_files_is_refused_untouched(place: Path) -> None:
    (place / "thesis.tex").touch()
    place.chmod(0o755)
    with pytest.raises(Conflict, match="holds other files"):
        Home(place).claim()
    assert mode(place) == 0o755
    assert [path.name for path in place.iterdir()] == ["thesis.tex"]


def test_a_file_in_its_place_is_refused(home: Path) -> None:
    home.touch()
    with pytest.raises(Conflict):
        Home(home).claim()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_anothers_home_is_refused(home: Path) -> None:
    Home(home).claim()
    os.chown(home, 65534, 65534)
    with pytest.raises(Conflict, match="belongs to another user"):
        Home(home).claim()


def test_sockets_live_in_the_home_where_the_path_is_short_enough(home: Path) -> None:
    Home(home).claim()
    assert Home(home).socket_folder("postgres", "s") == home / "run" / "postgres"


def test_a_deep_home_gets_a_short_private_folder_for_sockets(place: Path) -> None:
    deep = Home(place / ("d" * 60) / ("e" * 60))
    deep.claim()
    folder = deep.socket_folder("postgres", ".s.PGSQL.5432.lock")
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_BYTES_MAX
    assert folder == deep.socket_folder("postgres", ".s.PGSQL.5432.lock")
    assert (mode(folder), mode(folder.parent)) == (0o700, OURS)
    folder.rmdir()
    folder.parent.rmdir()


def test_a_short_folder_that_is_a_link_is_never_trusted(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    deep = Home(place / ("d" * 60) / ("e" * 60))
    deep.claim()
    taken = deep.socket_folder("valkey", "valkey.sock").parent
    (taken / "valkey").rmdir()
    taken.rmdir()
    (place / "trap").mkdir()
    taken.symlink_to(place / "trap")
    with pytest.raises(Conflict, match="made by another user"):
        deep.socket_folder("valkey", "valkey.sock")
