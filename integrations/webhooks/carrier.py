"""Carries a webhook's message by HTTPS, to an address that was checked, and to that very address.

A name is resolved once and every address it has must be one that may be called; then the connection goes to an address out of that answer, with the name only
in TLS and in the Host header. A name that tells another address a moment later gains nothing. Redirects are not followed, proxies of the environment are not
asked, and the receiver's words are never kept: what it answers besides its status is nobody's business, and could be the inside of somebody's network.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import SplitResult

from tenants.errors import Invalid
from tenants.webhooks.addresses import Network, checked_url, may_be_called
from tenants.webhooks.forms import is_refused
from tenants.webhooks.ports import Answer
from tenants.webhooks.signing import signature

LIMIT_SECONDS = 5.0
LARGEST_ANSWER_BYTES = 16 * 1024
Resolve = Callable[[str, int], list[str]]


class NotCarried(Exception):
    """Why there is no answer, in two or three words for the log."""


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, as this machine resolves it."""
    try:
        return list(dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as unknown:
        raise NotCarried("name not found") from unknown


class HttpsCarrier:
    """See `tenants.webhooks.ports.Carrier`. `own`: networks of the operator's that may be called too."""

    def __init__(
        self,
        own: Sequence[Network] = (),
        *,
        resolve: Resolve = resolved,
        trust: ssl.SSLContext | None = None,
        limit_seconds: float = LIMIT_SECONDS,
        world_time: Callable[[], float] = time.time,
    ) -> None:
        self.own, self.resolve, self.trust, self.limit_seconds, self.world_time = own, resolve, trust, limit_seconds, world_time  # fmt: skip

    def carry(self, *, url: str, message_id: str, body: bytes, secrets: Sequence[str]) -> Answer:
        """One try."""
        begun = time.monotonic()
        try:
            parts = checked_url(url, self.own)
            status = self._sent(parts, self._checked(parts), self._headers(message_id, body, secrets), body)
            return Answer(status, None, _ms(begun))
        except Invalid:
            return Answer(None, "address not allowed", _ms(begun))
        except NotCarried as why:
            return Answer(None, str(why), _ms(begun))
        except ssl.SSLCertVerificationError:
            return Answer(None, "certificate refused", _ms(begun))
        except TimeoutError:
            return Answer(None, "no answer in time", _ms(begun))
        except (OSError, http.client.HTTPException):
            late = time.monotonic() - begun >= self.limit_seconds
            return Answer(None, "no answer in time" if late else "connection failed", _ms(begun))

    def _headers(self, message_id: str, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
        plain = {"content-type": "application/json", "user-agent": "Bailee webhooks", "connection": "close"}
        if not secrets:
            return plain
        timestamp = int(self.world_time())
        return plain | {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secrets, message_id, timestamp, body),
        }

    def _checked(self, parts: SplitResult) -> str:
        """An address of this name to which we may go. One that may not be called spoils the name: a public one beside it would be a way to try."""
        found = self.resolve(parts.hostname or "", _port(parts))
        if not found:
            raise NotCarried("name not found")
        if not all(may_be_called(address, self.own) for address in found):
            raise NotCarried("address not allowed")
        return found[0]

    def _sent(self, parts: SplitResult, address: str, headers: dict[str, str], body: bytes) -> int:
        connection = _Pinned(parts, address, self.limit_seconds, self.trust)
        # Each wait has its limit by the socket; a receiver that answers a byte at a time is cut off by this one.
        watch = threading.Timer(self.limit_seconds, connection.cut)
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body, headers)
            answer = connection.getresponse()
            told = answer.read(LARGEST_ANSWER_BYTES)
            if connection.is_cut:  # what was read ends where it was cut, and would pass for whole
                raise TimeoutError
            if 200 <= answer.status < 300 and "webhook-signature" not in headers and is_refused(told):
                raise NotCarried("refused by the chat")
            return answer.status
        finally:
            watch.cancel()
            connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever its name resolves to by now."""

    def __init__(self, parts: SplitResult, address: str, limit_seconds: float, trust: ssl.SSLContext | None) -> None:
        super().__init__(parts.hostname or "", _port(parts), timeout=limit_seconds)
        self.default_port = 443 if parts.scheme == "https" else 80  # left out of the Host header
        self._address, self.is_cut = address, False
        self._tls = (trust or ssl.create_default_context()) if parts.scheme == "https" else None

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls:  # known before its handshake, so that a slow one is cut off as well
            self.sock = line = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)  # fmt: skip
            line.do_handshake()

    def cut(self) -> None:
        """End it from another thread: whoever reads or writes is told at once. TLS is left as it is, lest what is being written go out in the clear."""
        self.is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _ms(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
