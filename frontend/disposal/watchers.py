"""Who may watch an auction live: anybody, since what moves there is published."""

from typing import Any
from uuid import UUID

from flask import Flask

from marketplace.disposal.queries import find_auction
from tenants.errors import NotFound
from tenants.workspace import VisitorKey, enter


class PublicAuctions:
    """The published streams, as a set that is asked for one at a time."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __contains__(self, stream_id: Any) -> bool:
        if not isinstance(stream_id, UUID):
            return False
        with self._app.app_context(), enter(VisitorKey(), read_only=True) as ws:
            try:
                find_auction(ws, stream_id)
            except NotFound:
                return False
            return True
