"""Secrets are random, stay, and are read by their owner alone."""

import stat
from pathlib import Path

import pytest

from integrations.local.vault import Vault
from tenants.errors import Unavailable


def test_a_secret_is_random_and_stays(place: Path) -> None:
    vault = Vault(place / "secrets.json")
    first = vault.secret("one")
    assert len(first) == 64
    assert vault.secret("two") != first
    assert Vault(place / "secrets.json").secret("one") == first
    assert not vault.knows("three")


def test_the_file_is_its_owners_alone(place: Path) -> None:
    Vault(place / "secrets.json").secret("one")
    assert stat.S_IMODE((place / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in place.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_an_exposed_file_is_refused(place: Path, mode: int) -> None:
    vault = Vault(place / "secrets.json")
    word = vault.secret("one")
    vault.path.chmod(mode)
    with pytest.raises(Unavailable, match="can be read by other users") as refused:
        vault.secret("one")
    assert word not in str(refused.value)


@pytest.mark.parametrize("content", ["", "{", "[1]", "7"])
def test_a_damaged_file_is_refused_rather_than_begun_anew(place: Path, content: str) -> None:
    path = place / "secrets.json"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(Unavailable, match="damaged"):
        Vault(path).secret("one")
    assert path.read_text() == content
