"""Calls about the firm itself: once for each key, refused in problem+json, nothing of another firm."""

from datetime import timedelta
from uuid import uuid4

from tests.factories import World


def test_who_calls(world: World) -> None:
    firm = world.firm("BANK")
    answer = firm.operator.call("GET", "/me")
    assert answer.status_code == 200
    assert answer.json["organisation_id"] == str(firm.tenant_id)


def test_without_a_token(world: World) -> None:
    answer = world.app.test_client().get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json["code"] == "signed_out"
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_the_same_key_answers_the_same_and_another_body_is_refused(world: World) -> None:
    owner, key = world.firm("SME").owner, str(uuid4())
    body = {"email": "li@example.test", "jobs": ["operator"]}
    first, second = (owner.call("POST", "/invitations", body, key=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    other = owner.call("POST", "/invitations", body | {"email": "wang@example.test"}, key=key)
    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")


def test_a_post_without_a_key_is_refused(world: World) -> None:
    owner = world.firm("SME").owner
    answer = world.app.test_client().post(
        "/api/v1/invitations", json={}, headers={"Authorization": f"Bearer {owner.token}"}
    )
    assert answer.status_code == 422


def test_a_wrong_field_is_named(world: World) -> None:
    answer = world.firm("SME").owner.call("POST", "/invitations", {"email": "nobody", "jobs": ["operator"]})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [error["field"] for error in answer.json["errors"]] == ["email"]


def test_an_unknown_field_is_refused(world: World) -> None:
    body = {"email": "li@example.test", "jobs": ["operator"], "admin": True}
    assert world.firm("SME").owner.call("POST", "/invitations", body).status_code == 422


def test_a_firm_is_admitted_by_the_platform_alone_and_its_code_is_checked(world: World) -> None:
    body = {"name": "Test Copper", "kinds": ["SME"], "uscc": "91350100M000100Y43", "email": "a@example.test"}
    assert world.firm("BANK").owner.call("POST", "/organisations", body).status_code == 403
    platform = world.firm("PLATFORM").owner
    wrong = platform.call("POST", "/organisations", body | {"uscc": "91350100M000100Y44"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "uscc_wrong")
    assert platform.call("POST", "/organisations", body).status_code == 201


def test_an_unchanged_answer_is_not_read_twice(world: World) -> None:
    owner = world.firm("SME").owner
    first = owner.call("GET", "/members")
    again = owner.call("GET", "/members", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_the_clock_is_driven_by_the_platform_and_never_backwards(world: World) -> None:
    platform = world.firm("PLATFORM").owner
    later = (world.now + timedelta(days=1)).isoformat()
    assert world.firm("BANK").owner.call("POST", "/clock", {"to": later}).status_code == 403
    assert platform.call("POST", "/clock", {"to": later}).json["now"].startswith(later[:19])
    assert platform.call("POST", "/clock", {"to": (world.now - timedelta(days=1)).isoformat()}).status_code == 409


def test_the_description_is_openapi_3_1(world: World) -> None:
    description = world.app.test_client().get("/api/v1/openapi.json").json
    assert description["openapi"].startswith("3.1")
    assert "/api/v1/me" in description["paths"]
