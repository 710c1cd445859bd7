"""The import contracts hold, and each of them has teeth: its violation, planted in a copy, is found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("tenants", "marketplace", "frontend", "integrations")
# (what is broken, the file that breaks it, the line it gets)
VIOLATIONS = [
    ("Two doors", "tenants/rooms.py", "import marketplace.money"),
    ("Two doors", "frontend/pages.py", "import integrations.relay"),
    ("Slices call down", "marketplace/inventory/rules/lots.py", "import marketplace.financing.rules"),
    ("Slices call down", "marketplace/utils.py", "x = 1"),
    ("Inside a slice", "marketplace/inventory/events.py", "import marketplace.inventory.models"),
    ("no transport", "marketplace/money.py", "import redis"),
    ("no web framework", "marketplace/money.py", "import flask"),
    ("Rules are pure", "marketplace/inventory/rules/lots.py", "import sqlalchemy"),
    ("flask_sqlalchemy", "tenants/rooms.py", "import flask_sqlalchemy"),
    ("Nobody imports wsgi", "frontend/pages.py", "import wsgi"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder), "PATH": ""}, capture_output=True, text=True
    )


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_a_planted_violation_is_found(tmp_path: Path, contract: str, file: str, line: str) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("node_modules", "built", "__pycache__", "*.html"),
        )
    for name in ("pyproject.toml", "wsgi.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    target = tmp_path / file
    target.write_text((target.read_text() if target.exists() else "") + f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode != 0, f"{line} in {file} was not found"
    assert contract in done.stdout
