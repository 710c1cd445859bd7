"""Idempotency keys: a hundred replays are one effect, twins that arrive together too, and a request that was refused may be mended and sent again."""

import threading
from typing import Any
from uuid import uuid4

from tests.factories import Firm, World


def invited(firm: Firm, key: str, email: str = "li@example.test") -> Any:
    return firm.owner.call("POST", "/invitations", {"email": email, "jobs": ["operator"]}, key=key)


def effects(world: World, firm: Firm) -> int:
    row = world.admin.execute(
        "select count(*) from house.event where tenant_id = %s and kind = 'MemberInvited'", (firm.tenant_id,)
    ).fetchone()
    assert row
    return int(row[0])


def test_a_hundred_replays_are_one_effect(world: World) -> None:
    firm, key = world.firm("SME"), str(uuid4())
    answers = [invited(firm, key) for _ in range(100)]
    assert {answer.json["invitation"] for answer in answers} == {answers[0].json["invitation"]}
    assert effects(world, firm) == 1


def test_twins_on_two_lines_are_one_effect(world: World) -> None:
    firm, key, answers = world.firm("SME"), str(uuid4()), []
    assert firm.owner.token
    lines = [threading.Thread(target=lambda: answers.append(invited(firm, key).json["invitation"])) for _ in range(8)]
    for line in lines:
        line.start()
    for line in lines:
        line.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert effects(world, firm) == 1


def test_a_refusal_uses_no_key_up(world: World) -> None:
    firm, key = world.firm("SME"), str(uuid4())
    assert invited(firm, key, "nobody").status_code == 422
    assert invited(firm, key).status_code == 201
    assert effects(world, firm) == 1


def test_a_key_is_its_person_s_own(world: World) -> None:
    one, other, key = world.firm("SME"), world.firm("SME"), str(uuid4())
    assert invited(one, key).json != invited(other, key, "wang@example.test").json
    assert (effects(world, one), effects(world, other)) == (1, 1)


def test_whoever_reads_the_table_learns_no_secret(world: World) -> None:
    """An invitation's token is shown once; the row that answers a replay opens to the key alone, and the key is not in it."""
    firm, key = world.firm("SME"), str(uuid4())
    token = invited(firm, key).json["invitation"]
    kept = world.admin.execute("select a::text, a.answer from house.answered_request a where tenant_id = %s", (firm.tenant_id,)).fetchone()  # fmt: skip
    assert kept
    for secret in (token, key):
        assert secret not in kept[0]
        assert secret.encode() not in kept[1]
    assert invited(firm, key).json["invitation"] == token
