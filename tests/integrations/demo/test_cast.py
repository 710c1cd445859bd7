"""The cast assembles through the same doors as everybody else, and assembling it twice changes nothing."""

from pathlib import Path

from integrations.demo import cast
from tests.factories import World


def test_the_cast_assembles_once(world: World, tmp_path: Path) -> None:
    world.admin.execute("truncate house.member, house.organisation, gate.invitation, gate.session, gate.person cascade")
    first = cast.assemble(tmp_path)
    again = cast.assemble(tmp_path)
    assert {key: one.firm_id for key, one in first.items()} == {key: one.firm_id for key, one in again.items()}
    assert len({one.firm_id for one in first.values()}) == len(cast.FIRMS) + 1
    assert (tmp_path / cast.PEOPLE_FILE).exists()
