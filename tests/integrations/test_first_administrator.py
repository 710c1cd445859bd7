"""The way into an empty installation: a link at every start until somebody has come in by it, and never again."""

import pytest
from sqlalchemy.exc import DBAPIError

from tenants import sign_in
from tenants.errors import NotFound
from tests.factories import World


@pytest.fixture
def empty(world: World) -> World:
    world.empty()
    return world


def asked(world: World) -> str:
    told = world.app.test_cli_runner().invoke(args=["first-administrator"])
    if told.exception and not isinstance(told.exception, SystemExit):
        raise told.exception
    return told.output.strip()


def test_a_lost_link_is_replaced_until_one_has_been_used(empty: World) -> None:
    lost, link = (asked(empty).rpartition("/")[2] for _ in range(2))
    with pytest.raises(NotFound):
        sign_in.read_invitation(lost)
    sign_in.accept_invitation(link, name="First", password="a long enough password")
    assert asked(empty) == ""
    with pytest.raises(NotFound):
        sign_in.read_invitation(link)


def test_a_database_that_fails_is_no_sign_of_an_administrator(empty: World) -> None:
    """Else the start would note that there is one, and never show the link again."""
    empty.admin.execute("alter function gate.found_platform rename to found_platform_away")
    try:
        with pytest.raises(DBAPIError):
            asked(empty)
    finally:
        empty.admin.execute("alter function gate.found_platform_away rename to found_platform")
