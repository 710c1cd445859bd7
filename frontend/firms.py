"""Firms as pages name them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from tenants.organisations import Organisation
from tenants.workspace import Workspace


def names_of(ws: Workspace, firms: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of these firms in the public register, by id; whoever is not named (None) is left out."""
    wanted = select(Organisation.id, Organisation.name).where(Organisation.id.in_({*firms} - {None}))
    return {row.id: row.name for row in ws.session.execute(wanted)}
