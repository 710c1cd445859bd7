"""The tests leave nothing in the temporary folder: not after a run, and after a killed one only until the next."""

import os
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests import scratch

ROOT = Path(__file__).parents[2]
DIES = "import os, signal; from tests import scratch; print(scratch.new_folder(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"


def _fail_within(use: AbstractContextManager[Path]) -> None:
    with use as made:
        (made / "file").write_text("left")
        raise ZeroDivisionError


def test_a_folder_goes_with_its_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        _fail_within(scratch.folder())
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_goes_when_the_next_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    died = subprocess.run([sys.executable, "-c", DIES], cwd=ROOT, env=environment, capture_output=True, text=True)
    left, ours, foreign = Path(died.stdout.strip()), scratch.new_folder(), tmp_path / "bailee-test-notes"
    foreign.mkdir()
    assert left.is_dir()
    scratch.sweep()
    assert not left.exists()
    assert ours.is_dir()
    assert foreign.is_dir()


def test_what_somebody_elses_run_left_is_not_ours_to_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f"{scratch.PREFIX}{2**30}-theirs"
    left.mkdir()
    with monkeypatch.context() as another:
        another.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
        scratch.sweep()
        assert left.is_dir()
    scratch.sweep()
    assert not left.exists()


def test_what_another_run_was_faster_to_take_away_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / f"{scratch.PREFIX}{2**30}-gone"
    monkeypatch.setattr(Path, "glob", lambda *_: iter([gone]))
    scratch.sweep()
    assert not gone.exists()
