"""Texts to a real HTTP gateway on this machine, and into a folder."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.texts.gateways import FolderTexts, GatewayRefused, HttpTexts, _filled


class Gateway(http.server.BaseHTTPRequestHandler):
    """Remembers what came; answers with the status that is asked of it."""

    got: ClassVar[list[tuple[dict[str, str], Any]]] = []
    status = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def gateway() -> Iterator[tuple[str, type[Gateway]]]:
    kind = type("Kind", (Gateway,), {"got": [], "status": 200})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/send", kind
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_gateway_is_told_in_its_own_words(gateway: tuple[str, type[Gateway]]) -> None:
    url, kind = gateway
    body = '{"messages": [{"phone": "{to}", "content": "[Bailee] {text}"}], "ref": "{key}", "unicode": true}'
    HttpTexts(url, authorization="Bearer abc", body=body).send(key="k1", to="+8613800138000", text='铜 "{to}" \n')
    [(headers, told)] = kind.got
    assert headers["authorization"] == "Bearer abc"
    assert told == {"messages": [{"phone": "+8613800138000", "content": '[Bailee] 铜 "{to}" \n'}], "ref": "k1", "unicode": True}  # fmt: skip


@pytest.mark.parametrize("status", [302, 400, 500])
def test_what_a_gateway_does_not_take_is_offered_again(gateway: tuple[str, type[Gateway]], status: int) -> None:
    url, kind = gateway
    kind.status = status
    with pytest.raises(GatewayRefused, match=str(status)):
        HttpTexts(url).send(key="k1", to="+8613800138000", text="x")


@given(st.text(max_size=50))
def test_no_text_is_looked_through_for_places(text: str) -> None:
    assert _filled("{text}", {"{to}": "+1", "{text}": text, "{key}": "k"}) == text


def test_a_second_copy_replaces_the_first_in_a_folder(tmp_path: Path) -> None:
    for _ in range(2):
        FolderTexts(tmp_path / "texts").send(key="k1", to="+1", text="铜")
    [file] = (tmp_path / "texts").iterdir()
    assert file.read_text("utf-8") == "To: +1\n\n铜\n"
