"""What the README says can be done: its commands are there, its settings are read, and what it points at exists."""

import re
from pathlib import Path

import pytest

from integrations.local.command import bailee

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL) + re.findall(r"`([^`\n]+)`", README)
SOURCES = ("integrations", "frontend", "tenants", "marketplace", "migrations")


def targets(makefile: str) -> set[str]:
    """The targets that somebody may call by name."""
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def called(command: str, text: list[str]) -> set[str]:
    """What is called of a command: `make run` in a line of shell, in a sentence, in a comment."""
    return {name for one in text for name in re.findall(rf"(?<![\w-]){command}[ \t]+([a-z][a-z-]*)", one)}


def settings(text: str) -> set[str]:
    """Settings by their whole names; `_URL` after a comma stands for one with the same beginning."""
    names = set(re.findall(r"BAILEE_[A-Z_]+[A-Z]", text))
    for first, rest in re.findall(r"`(BAILEE_[A-Z]+)_[A-Z_]+`((?:, `_[A-Z_]+`)+)", text):
        names |= {first + tail for tail in re.findall(r"`(_[A-Z_]+)`", rest)}
    return names


def test_each_make_command_is_a_target_that_the_help_lists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = called("make", COMMANDS)
    assert {"run", "test", "bench"} <= named
    assert named <= targets(makefile)
    listed = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    assert named <= listed
    assert named <= phony


def test_each_command_of_bailee_is_there() -> None:
    assert {"up", "demo", "backup", "restore"} <= called("bailee", COMMANDS) <= set(bailee.commands)


def test_each_setting_is_read_somewhere() -> None:
    code = [file.read_text() for package in SOURCES for file in (ROOT / package).rglob("*.py")] + [(ROOT / "wsgi.py").read_text()]  # fmt: skip
    read = "\n".join(code)
    # wsgi.py reads its settings by the name behind BAILEE_.
    unread = {name for name in settings(README) if name not in read and f'"{name.removeprefix("BAILEE_")}"' not in read}
    assert settings(README)
    assert not unread


@pytest.mark.parametrize("named", ["STYLE.md", "DECISIONS.md", "LICENSE", "pyproject.toml", "wsgi.py", "frontend/", "integrations/", "marketplace/", "tenants/"])  # fmt: skip
def test_what_it_names_exists(named: str) -> None:
    assert (ROOT / named).exists()


def test_its_pictures_and_links_lead_somewhere() -> None:
    lost = [
        target
        for target in re.findall(r"\]\(([^)#\s]+)\)", README)
        if "://" not in target and not (ROOT / target).exists()
    ]
    assert not lost


def test_the_reader_of_commands_finds_one_that_is_not_there() -> None:
    """The planted defect."""
    told = ["make nonsense  # nothing", "Run `make run` first", ".venv/bin/bailee explode", "remake it"]
    assert called("make", told) == {"nonsense", "run"}
    assert not called("make", told) <= targets((ROOT / "Makefile").read_text())
    assert called("bailee", told) == {"explode"}
    assert settings("`BAILEE_OIDC_ISSUER`, `_CLIENT_ID`, `_CLIENT_SECRET` and `BAILEE_HOME`") == {
        "BAILEE_OIDC_ISSUER", "BAILEE_OIDC_CLIENT_ID", "BAILEE_OIDC_CLIENT_SECRET", "BAILEE_HOME",
    }  # fmt: skip
