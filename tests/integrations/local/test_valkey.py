"""The embedded Valkey: behind a password and a private socket, and it keeps what it acknowledged."""

import stat
from pathlib import Path

import pytest
import redis

from integrations.local.home import Home
from integrations.local.valkey import Valkey
from tests.integrations.local.running import launch, running

pytestmark = pytest.mark.stack


def test_entries_survive_a_kill(home: Path) -> None:
    valkey = Valkey(home)
    popen = launch(valkey.child(), home / "logs" / "valkey.log")
    with redis.Redis.from_url(valkey.url()) as client:
        for number in range(2000):
            client.rpush("queue", number)
        popen.kill()
        popen.wait()
    with running(valkey.child(), home / "logs" / "valkey.log"), redis.Redis.from_url(valkey.url()) as client:
        assert client.lrange("queue", 0, -1) == [str(number).encode() for number in range(2000)]


def test_is_private_and_forgets_nothing(home: Path) -> None:
    valkey = Valkey(home)
    with running(valkey.child(), home / "logs" / "valkey.log"):
        with redis.Redis.from_url(valkey.url()) as client:
            told = client.config_get("*")
            assert (told["port"], told["tls-port"]) == ("0", "0")
            assert (told["appendonly"], told["maxmemory-policy"]) == ("yes", "noeviction")
        socket = Path(told["unixsocket"])
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        with redis.Redis(unix_socket_path=str(socket)) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    assert stat.S_IMODE((home / "run" / "valkey.conf").stat().st_mode) == 0o600


def test_the_password_is_in_no_argument(home: Path) -> None:
    valkey = Valkey(home)
    child = valkey.child()
    word = valkey.url().partition("@")[0].rpartition(":")[2]
    assert len(word) == 64
    assert not any(word in str(argument) for argument in child.argv)
    assert word not in repr(child)


def test_a_place_with_a_blank_works(place: Path) -> None:
    valkey = Valkey(place / "my data")
    child = valkey.child()
    with running(child, Home(place / "my data").logs / "valkey.log"):
        assert valkey.answers()
