"""Pages of sealed passports: the file that anybody may check, the program to do it with, and its owner's choice of what somebody is shown."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, request

from frontend.catalogue.blueprint import pages
from frontend.pages import render
from marketplace.catalogue import actions, queries
from marketplace.catalogue.passports import check_passport, showing
from tenants.workspace import Workspace

CHOSEN = "show."


@pages.look("/catalogue/<uuid:listing_id>/passport.json", visitors=True)
def download_passport(ws: Workspace, listing_id: UUID) -> Any:
    return _file(showing.public_passport(ws, listing_id))


@pages.look("/catalogue/check_passport.py", visitors=True)
def download_passport_checker(_ws: Workspace) -> Any:
    """The program as it stands in the house's own sources."""
    source = Path(str(check_passport.__file__)).read_text()
    return Response(source, mimetype="text/x-python", headers=_named("check_passport.py"))


@pages.look("/catalogue/<uuid:listing_id>/passport")
def choose_fields(ws: Workspace, listing_id: UUID) -> Any:
    """To the owner of the goods: every field, those that the market sees chosen already."""
    row = showing.find_own_passport(ws, listing_id)
    fields = sorted(row.fields, key=lambda one: (one["open"], one["name"]))
    return render(
        "catalogue/passports/choose.html", listing=queries.find_listing(ws, listing_id), row=row, fields=fields
    )


@pages.act("/catalogue/<uuid:listing_id>/passport", again="choose_fields")
def show_passport(ws: Workspace, listing_id: UUID) -> Any:
    names = [name.removeprefix(CHOSEN) for name in request.form if name.startswith(CHOSEN)]
    return _file(actions.show_passport(ws, listing_id, names=names, reader=request.form.get("reader", "")))


def _file(told: dict[str, Any]) -> Response:
    text = json.dumps(told, ensure_ascii=False, indent=1)
    return Response(text, mimetype="application/json", headers=_named(f"{told['number']}-passport.json"))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
