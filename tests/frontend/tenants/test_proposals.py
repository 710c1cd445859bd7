"""Proposals laid open for their second person: one that cannot be shown any longer does not take the others with it."""

from typing import Any, cast

import pytest
from flask import Flask

from frontend.proposals import LAID_OPEN, laid_open, lays_open
from tenants.approvals import Approval
from tenants.errors import NotFound
from tenants.workspace import Workspace


def test_what_is_gone_says_so_in_its_own_place(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_ws: Workspace, _approval: Approval) -> dict[str, Any]:
        raise NotFound("deal_unknown", "There is no such deal.")

    monkeypatch.setitem(LAID_OPEN, "approve_deal", ("nowhere.html", gone))
    with app.test_request_context("/approvals?lang=en"):
        assert laid_open(cast("Workspace", None), Approval(act="approve_deal")) == "<p>There is no such deal.</p>"


def test_only_what_takes_four_eyes_is_laid_open() -> None:
    with pytest.raises(AssertionError, match="four-eyes"):
        lays_open("read", "nowhere.html")
