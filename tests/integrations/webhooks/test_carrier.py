"""Carrying to a real receiver over real TLS on this machine: what arrives verifies, and every way round the checks ends before a connection is made."""

import datetime
import http.server
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.webhooks.carrier import HttpsCarrier
from tenants.webhooks.addresses import read_networks
from tenants.webhooks.signing import signature

HOST, SECRET = "hooks.example.com", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = read_networks("127.0.0.0/8")
Reply = Callable[["Handler"], None]


class Handler(http.server.BaseHTTPRequestHandler):
    """Remembers what came and answers as the test wants."""

    def do_POST(self) -> None:
        place: Place = self.server.place  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["content-length"]))
        place.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        place.reply(self)

    def log_message(self, *_: object) -> None:
        return


def answers(status: int, **headers: str) -> Reply:
    def reply(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", "0")
        handler.end_headers()

    return reply


@dataclass
class Place:
    """A receiver on this machine: its port, what came, how it answers."""

    port: int = 0
    reply: Reply = field(default_factory=lambda: answers(204))
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the receiver's name, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "receiver.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(serialization.Encoding.PEM))  # fmt: skip
    return file


@pytest.fixture
def place(certificate: Path) -> Iterator[Place]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Place(port=server.server_address[1])
    server.place = made  # type: ignore[attr-defined]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def carrier(place: Place, certificate: Path, *, seconds: float = 10) -> HttpsCarrier:
    """One for which the name leads to this machine, by a network that its operator opened: port 443 alone is put on the receiver's."""
    made = HttpsCarrier(LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"], trust=ssl.create_default_context(cafile=certificate), limit_seconds=seconds, world_time=lambda: 1614265330)  # fmt: skip
    checked = made._sent
    made._sent = lambda parts, address, headers, body: checked(
        parts._replace(netloc=f"{HOST}:{place.port}"), address, headers, body
    )  # type: ignore[method-assign]
    return made


def carry(one: HttpsCarrier, url: str = f"https://{HOST}/in?x=1") -> tuple[int | None, str | None]:
    answer = one.carry(url=url, message_id="msg_1", body=b'{"a":"\xe9\x93\x9c"}', secrets=[SECRET])
    return answer.status, answer.failure


def test_what_arrives_verifies(place: Place, certificate: Path) -> None:
    assert carry(carrier(place, certificate)) == (204, None)
    [(path, headers, body)] = place.got
    assert (path, body, headers["content-type"]) == ("/in?x=1", b'{"a":"\xe9\x93\x9c"}', "application/json")
    assert headers["host"].startswith(HOST)
    assert headers["webhook-id"] == "msg_1"
    assert headers["webhook-signature"] == signature([SECRET], "msg_1", int(headers["webhook-timestamp"]), body)


@pytest.mark.parametrize(("told", "outcome"), [(b'{"errcode":0}', (200, None)), (b'{"errcode":93000}', (None, "refused by the chat"))])  # fmt: skip
def test_a_chat_is_not_signed_to_and_may_refuse_behind_a_200(place: Place, certificate: Path, told: bytes, outcome: tuple[int | None, str | None]) -> None:  # fmt: skip
    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(len(told)))
        handler.end_headers()
        handler.wfile.write(told)

    place.reply = reply
    answer = carrier(place, certificate).carry(url=f"https://{HOST}/robot", message_id="msg_1", body=b"{}", secrets=[])
    assert (answer.status, answer.failure) == outcome
    assert "webhook-signature" not in place.got[0][1]


@pytest.mark.parametrize("status", [200, 302, 307, 410, 500])
def test_a_status_is_told_and_a_redirect_is_not_followed(place: Place, certificate: Path, status: int) -> None:
    place.reply = answers(status, location=f"https://{HOST}/elsewhere")
    assert carry(carrier(place, certificate)) == (status, None)
    assert [path for path, _, _ in place.got] == ["/in?x=1"]


def test_a_certificate_that_nobody_vouches_for_is_refused(place: Place, certificate: Path) -> None:
    one = carrier(place, certificate)
    one.trust = None
    assert carry(one) == (None, "certificate refused")
    assert place.got == []


def test_one_that_never_answers_is_cut_off(place: Place, certificate: Path) -> None:
    over = threading.Event()
    place.reply = lambda _handler: over.wait(30) and None
    try:
        assert carry(carrier(place, certificate, seconds=0.5)) == (None, "no answer in time")
    finally:
        over.set()


def test_one_that_answers_a_byte_at_a_time_is_cut_off(place: Place, certificate: Path) -> None:
    """No single wait is too long; all together are."""
    over = threading.Event()

    def drip(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
        while not over.wait(0.05):
            try:
                handler.wfile.write(b"a")
            except OSError:
                return

    place.reply = drip
    try:
        assert carry(carrier(place, certificate, seconds=0.5)) == (None, "no answer in time")
    finally:
        over.set()


def test_a_handshake_that_never_ends_is_cut_off(certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        one = carrier(Place(port=listening.getsockname()[1]), certificate, seconds=0.5)
        assert carry(one) == (None, "no answer in time")


@pytest.mark.parametrize("told", [["127.0.0.1"], ["10.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["1.1.1.1", "127.0.0.1"], ["fd00:ec2::254"]])  # fmt: skip
def test_a_name_that_leads_inside_is_never_connected_to(monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
    assert carry(HttpsCarrier(resolve=lambda _host, _port: told)) == (None, "address not allowed")


def test_a_name_is_asked_once_and_the_connection_goes_to_what_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the second answer would lead inside. There is no second question."""
    answers_to_come, connected = iter([["1.1.1.1"], ["127.0.0.1"]]), []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert carry(HttpsCarrier(resolve=lambda _host, _port: next(answers_to_come))) == (None, "connection failed")
    assert connected == [("1.1.1.1", 443)]


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://127.0.0.1/", "https://hooks.example.com:8443/"])
def test_an_address_is_asked_again_when_it_is_used(url: str) -> None:
    assert carry(HttpsCarrier(resolve=lambda *_: pytest.fail("resolved")), url) == (None, "address not allowed")


def test_a_name_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert carry(HttpsCarrier()) == (None, "name not found")
    assert carry(HttpsCarrier(resolve=lambda _host, _port: [])) == (None, "name not found")


def test_proxies_of_the_environment_are_not_asked(place: Place, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    assert carry(carrier(place, certificate)) == (204, None)


def test_an_operator_s_own_network_is_reached_without_tls() -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.place = made = Place()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    assert ipaddress.ip_address("127.0.0.1") in LOOPBACK[0]
    assert carry(HttpsCarrier(LOOPBACK), f"http://127.0.0.1:{server.server_address[1]}/own") == (204, None)
    thread.join()
    server.server_close()
    assert [path for path, _, _ in made.got] == ["/own"]
