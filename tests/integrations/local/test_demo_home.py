"""The demo world lives in the clone, unless the database's account cannot get there: then nothing is opened for it."""

import os
import stat
from pathlib import Path

import pytest

from integrations.local import demo_home


def test_in_the_clone_where_the_account_can_get_there(place: Path) -> None:
    clone = place / "clone"
    clone.mkdir(mode=0o755)
    assert demo_home.place(clone) == clone / "var" / "demo"
    assert list(clone.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's database runs as himself and gets anywhere he gets")
def test_elsewhere_where_only_root_gets(place: Path) -> None:
    private = place / "root"
    private.mkdir(mode=0o700)
    clone = private / "clone"
    clone.mkdir(mode=0o755)
    home = demo_home.place(clone)
    assert home.parent == Path("/var/lib")
    assert (clone / "var" / "demo").readlink() == home
    assert demo_home.place(clone) == home
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    other = private / "other"
    other.mkdir()
    assert demo_home.place(other) != home
