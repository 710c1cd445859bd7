"""Calls for sealed passports. A passport, as a call answers it, is the file that `check_passport.py` reads."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape
from frontend.catalogue.calls import api
from marketplace.catalogue import actions
from marketplace.catalogue.passports import showing
from tenants.workspace import Workspace


class ShownField(Shape):
    """A field with what proves it: its place among the leaves and its salt in hex."""

    place: int
    salt: str
    value: Any


class PassportFile(Shape):
    """A sealed passport. `leaves`: of all its fields in hex; `fields`: those that are shown; `signature`: Ed25519 by `key`."""

    kind: str
    listing: UUID
    number: str
    edition: int
    sealed_at: str
    key: str
    root: str
    signature: str
    leaves: list[str]
    fields: dict[str, ShownField]


class PassportField(Shape):
    """One field of the firm's own passport; `is_open`: whether the market sees it already."""

    name: str
    is_open: bool
    value: Any


class PassportFields(Shape):
    """All fields of an edition of the firm's own passport."""

    edition: int
    sealed_at: Moment
    items: list[PassportField]


class FieldsToShow(Shape):
    """Which fields somebody is shown, and who it is."""

    fields: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=60)]
    reader: Annotated[str, Field(max_length=400, examples=["Wenzhou Cable, purchasing"])]


@api.look("/listings/<uuid:listing_id>/passport", gives=PassportFile)
def get_passport(ws: Workspace, listing_id: UUID) -> Any:
    """The sealed passport of an offer with what the market may see."""
    return showing.public_passport(ws, listing_id)


@api.look("/listings/<uuid:listing_id>/passport/fields", gives=PassportFields)
def list_passport_fields(ws: Workspace, listing_id: UUID) -> Any:
    """Every field, to the owner of the goods."""
    row = showing.find_own_passport(ws, listing_id)
    items = [{"name": one["name"], "is_open": one["open"], "value": one["value"]} for one in row.fields]
    return {"edition": row.edition, "sealed_at": row.sealed_at, "items": items}


@api.act("/listings/<uuid:listing_id>/passport/showings", gives=PassportFile, takes=FieldsToShow, status=201)
def show_passport(ws: Workspace, listing_id: UUID, body: FieldsToShow) -> Any:
    """A file for somebody that shows chosen fields and proves them; who it was for goes into the goods' record."""
    return actions.show_passport(ws, listing_id, names=body.fields, reader=body.reader)
