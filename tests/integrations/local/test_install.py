"""What is missing on a bare machine is said plainly, and what is there is used."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INSTALL = ROOT / "integrations" / "local" / "install.sh"


def install(tools: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a step with nothing to be found but what is in `tools`."""
    environment = {"PATH": str(tools), "HOME": str(tools)}
    return subprocess.run(
        ["/bin/sh", INSTALL, *words], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_without_python_it_says_how_to_get_it(place: Path) -> None:
    done = install(place, "python", "python3", place / "venv")
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing. Debian: apt-get install python3" in done.stderr


def test_an_old_python_is_named(place: Path) -> None:
    tool(place, "python3", '[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    done = install(place, "python", "python3", place / "venv")
    assert done.returncode == 1
    assert "Python 3.9.2 is too old: Bailee needs 3.11 or newer" in done.stderr


def test_without_node_it_says_how_to_get_it(place: Path) -> None:
    done = install(place, "node", "frontend/assets")
    assert done.returncode == 1
    assert "Node.js 20 or newer is missing" in done.stderr


def test_an_old_node_is_named(place: Path) -> None:
    tool(place, "node", 'if [ "$1" = -p ]; then echo 18; else echo v18.19.0; fi')
    tool(place, "npm", "exit 0")
    done = install(place, "node", "frontend/assets")
    assert done.returncode == 1
    assert "Node.js v18.19.0 is too old, 20 or newer is needed" in done.stderr


def test_pip_steps_in_where_uv_finds_no_index_and_uv_is_told_of_pips_mirror(place: Path) -> None:
    """A mirror is mostly configured for pip alone."""
    (place / "bin").mkdir()
    mirror = (
        'case "$*" in *":env:.index-url"*) echo https://mirror.example/simple; exit 0 ;; "config get "*) exit 1 ;; esac'
    )
    tool(place / "bin", "pip", f'{mirror}\n[ "$2" = --quiet ] && echo "pip $*" >> {place}/journal')
    tool(place / "bin", "uv", f'echo "uv $UV_DEFAULT_INDEX $*" >> {place}/journal; exit 2')
    done = install(Path("/usr/bin:/bin"), "requirements", place, "requirements/run.txt")
    assert done.returncode == 0, done.stderr
    uv, pip = (place / "journal").read_text().splitlines()
    assert uv.startswith("uv https://mirror.example/simple pip install")
    assert "--require-hashes" in uv
    assert pip == "pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt"


def test_a_browser_of_the_system_is_used(place: Path) -> None:
    tool(place, "chromium", "exit 0")
    assert install(place, "chromium", place / "venv").returncode == 0


def test_without_any_browser_playwrights_own_is_fetched(place: Path) -> None:
    tool(place, "id", "echo 1000")
    (place / "bin").mkdir()
    tool(place / "bin", "playwright", f'echo "$*" > {place}/journal')
    done = install(place, "chromium", place)
    assert done.returncode == 0, done.stderr
    assert (place / "journal").read_text() == "install chromium\n"


def test_root_takes_debians_browser_and_fonts(place: Path) -> None:
    tool(place, "id", "echo 0")
    tool(place, "apt-get", f'echo "$*" >> {place}/journal')
    assert install(place, "chromium", place).returncode == 0
    assert (place / "journal").read_text() == "install -y -qq chromium fonts-noto-cjk\n"


@pytest.mark.parametrize("name", ["bootstrap", "run", "test"])
def test_requirements_are_pinned_hashed_and_name_no_host(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    pins = [line for line in lines if line and line[0] not in "# "]
    assert pins
    assert all("==" in line for line in pins)
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    text = "\n".join(lines)
    assert text.count("--hash=sha256:") >= len(pins)


def test_the_page_of_make_lists_every_target() -> None:
    page = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, env=os.environ | {"MAKEFLAGS": ""}
    )
    for target in ("run", "test", "check", "bench", "lock"):
        assert f"make {target}" in page.stdout
