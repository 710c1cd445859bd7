"""The `bailee` command's words: one clear line for what cannot be done, and a page that names everything."""

import socket

import pytest

from integrations.local.settings import _CHECKS
from tests.integrations.local.installed import Bailee

pytestmark = pytest.mark.stack


def test_a_taken_port_is_refused_by_name(bailee: Bailee) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bailee.port))
        other.listen()
        done = bailee.run("up")
    assert done.returncode == 2
    assert "set BAILEE_PORT" in done.stderr
    assert not (bailee.home.postgres).exists()


def test_a_bad_setting_is_one_line_and_no_traceback(bailee: Bailee) -> None:
    bailee.environment["BAILEE_VALKEY_URL"] = "valkey+unix:///run/valkey"
    done = bailee.run("up")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bailee: BAILEE_VALKEY_URL must begin with redis:// or rediss:// or unix://.\n"


def test_an_application_command_without_a_stack_is_refused(bailee: Bailee) -> None:
    done = bailee.run("app", "echo")
    assert done.returncode == 2
    assert f"Bailee is not running in {bailee.home.root}." in done.stderr


def test_help_is_a_page_that_names_every_setting(bailee: Bailee) -> None:
    page = bailee.run("--help").stdout
    assert [name for name in _CHECKS if name not in page and not name.startswith("BAILEE_DATABASE_")] == []
    assert all(word in page for word in ("up", "status", "migrate", "backup", "restore", "make run"))
