"""Calls for uploads: a file of lots, its rows with their errors, their declaration."""

from uuid import UUID

from frontend.api import Moment, Nothing, Shape
from frontend.inventory.calls import LotPage, UploadBody, api, bytes_of, lot_view
from frontend.language import translate
from marketplace.inventory import actions, queries
from marketplace.inventory.importing import good_rows
from marketplace.inventory.models import LotImport
from tenants.workspace import Workspace


class RowError(Shape):
    """What is wrong with one cell."""

    column: str
    reason: str


class RowView(Shape):
    """One row as read; it can be declared where there are no errors."""

    line: int
    cells: dict[str, str]
    errors: list[RowError]


class UploadView(Shape):
    """A file as read; nothing of it is declared before its declaration."""

    id: UUID
    name: str
    sha256: str
    good: int
    rows: list[RowView]
    made_at: Moment
    declared_at: Moment | None


@api.act("/lot-imports", takes=UploadBody, gives=UploadView, status=201)
def read_lots(ws: Workspace, body: UploadBody) -> UploadView:
    """Read a file of lots for preview."""
    return upload_view(actions.read_lots(ws, name=body.name, content=bytes_of(body)))


@api.look("/lot-imports/<uuid:import_id>", gives=UploadView)
def show_import(ws: Workspace, import_id: UUID) -> UploadView:
    """A file as it was read."""
    return upload_view(queries.find_import(ws, import_id))


@api.act("/lot-imports/<uuid:import_id>/declaration", takes=Nothing, gives=LotPage, status=201)
def declare_import(ws: Workspace, import_id: UUID, body: Nothing) -> LotPage:
    """Declare the good rows of a file, all or none."""
    return LotPage(items=[lot_view(lot) for lot in actions.declare_import(ws, import_id)], next=None)


def upload_view(upload: LotImport) -> UploadView:
    """A file as it was read, in the API's shape."""
    rows = [
        RowView(
            line=int(row["line"]),
            cells={name: cell for name, cell in row.items() if isinstance(cell, str) and name != "line"},
            errors=[
                RowError(column=error["column"], reason=translate(error["because"], **error["facts"]))
                for error in row["errors"]
            ],
        )
        for row in upload.rows
    ]
    return UploadView(
        id=upload.id,
        name=upload.name,
        sha256=upload.sha256,
        good=len(good_rows(upload)),
        rows=rows,
        made_at=upload.made_at,
        declared_at=upload.declared_at,
    )
