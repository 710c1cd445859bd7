"""Proposals laid open for their second person: one that cannot be shown any longer does not take the others with it."""

from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

import frontend
from frontend.proposals import LAID_OPEN, Terms, laid_open, lays_open, terms_of
from tenants.approvals import Approval
from tenants.errors import NotFound
from tenants.workspace import Workspace

FRONTEND = Path(frontend.__file__).parent


def test_what_is_gone_says_so_in_its_own_place(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_ws: Workspace, _approval: Approval) -> dict[str, Any]:
        raise NotFound("deal_unknown", "There is no such deal.")

    monkeypatch.setitem(LAID_OPEN, "approve_deal", ("nowhere.html", gone, Terms))
    with app.test_request_context("/approvals?lang=en"):
        ws, proposal = cast("Workspace", None), Approval(act="approve_deal")
        assert laid_open(ws, proposal) == "<p>There is no such deal.</p>"
        assert terms_of(ws, proposal) == (None, "There is no such deal.")


def test_only_what_takes_four_eyes_is_laid_open() -> None:
    with pytest.raises(AssertionError, match="four-eyes"):
        lays_open("read", "nowhere.html", Terms)


def test_terms_are_those_of_their_act() -> None:
    with pytest.raises(AssertionError, match="another act"):
        lays_open("approve_deal", "nowhere.html", LAID_OPEN["approve_ladder"][2])


def test_every_fragment_is_shown_and_every_act_described(app: Flask) -> None:
    fragments = {str(one.relative_to(FRONTEND)) for one in FRONTEND.glob("**/proposed*.html") if "node_modules" not in one.parts}  # fmt: skip
    assert fragments == {template for template, _, _ in LAID_OPEN.values()}
    schemas = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]  # type: ignore[index]
    described = [one.get("title") or one["$ref"].rpartition("/")[2] for one in schemas["Terms"]["oneOf"]]
    assert described == [terms.__name__ for _, _, terms in LAID_OPEN.values()]
