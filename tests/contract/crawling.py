"""How every URL is tried: the rules of the app's own map, filled with somebody's ids, sent as a browser and as a program would send them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from frontend import application, pages
from tests.factories import Person
from tests.frontend.forms import form_fields

# Doors that are not ours to mark: Flask's own folder of built files, and the description of the API.
FRAMEWORK = {"static", "openapi.spec"}
# Values that any form or body takes for its fields, by name; so that a refusal is about the id and not about a field that was left out.
PLAIN: dict[str, str] = {
    "sequence": "1", "what": "deposits", "metric": "weight", "code": "CU", "filename": "none", "name": "Copper", "token": "inv_none", "reason": "as agreed", "because": "as agreed", "note": "as agreed",
    "statement": "Keys held.", "quantity": "1", "amount": "1000", "weighed": "1", "received": "1", "gross": "20", "tare": "15", "counted": "1", "vehicle": "B 1",
    "driver": "Li", "place": "Suzhou", "to_place": "Suzhou", "step": "depart", "receiver": "Li", "consignee": "Li", "certificate": "C-1", "reference": "R-1", "transfer": "T-1", "text": "seen",
    "disposition": "TRUE", "ground": "PRICE", "evidence": "seen", "hours": "2", "collector": "Li", "email": "li@example.test", "jobs": "operator", "kind": "weight", "until": "2026-12-01",
    "valid_until": "2026-12-01", "starts_at": "2026-03-05T10:00", "ends_at": "2026-03-06T10:00", "opens_at": "2026-05-05T10:00", "closes_at": "2026-05-06T10:00", "high": "9",
    "limit": "1000", "annual_rate": "4.35", "tenor_days": "90", "haircut": "30", "day_count": "ACT/360", "payee": "Jiangxi", "bank_reference": "B-1", "how": "cash", "answer": "accept",
    "regime": "AGREED_ONLINE", "method": "ENGLISH", "seal": "ab" * 32, "salt": "cd" * 32, "start_price": "100000", "deposit": "10000", "storage": "0", "enforcement": "0", "commission_rate": "0", "tax_rate": "13", "proof": "seen",
    "calibrated_until": "2027-01-01", "public_key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "claim": "bailee:device?", "firmware": "F-1", "types": "weight_change", "ltv_initial": "65", "ltv_warn": "70", "ltv_call": "75", "ltv_liquidation": "85", "kilograms": "10", "purpose": "copper", "content": "MQ==", "hs_code": "7403110000", "unit": "TNE", "type": "weight_change", "low": "1",
    "waypoints": "31.2, 121.5", "width_m": "500", "leaves_at": "2026-05-05T10:00", "arrives_by": "2026-05-06T10:00", "lots_free": "5", "lot_month": "30", "deal_fee": "200", "sale_share": "0.5", "vat_rate": "6", "pay_days": "30", "notice_days": "14", "payee_account": "6222", "received_on": "2026-03-01", "returned_on": "2026-03-01", "agreed": "yes",
}  # fmt: skip


@dataclass(frozen=True)
class Address:
    """One URL of the map with one method."""

    rule: str
    method: str
    endpoint: str
    fields: frozenset[str]
    door: str

    def filled(self, ids: dict[str, UUID]) -> str:
        """The path with these ids in its places."""
        path = self.rule
        for name in self.fields:
            path = _put(path, name, str(ids.get(place_of(self.rule, name), PLAIN.get(name, "none"))))
        return path

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def place_of(rule: str, name: str) -> str:
    """Whose id belongs into a place: most are named for what they are."""
    return "lot_import_id" if name == "import_id" and rule.startswith(("/lots", "/api/v1/lots")) else name


def addresses(app: Flask) -> list[Address]:
    """The whole map, each method for itself."""
    return [
        Address(rule.rule, method, rule.endpoint, frozenset(rule.arguments), door_of(app, rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint not in FRAMEWORK
    ]


def door_of(app: Flask, rule: Rule) -> str:
    """By which door a view is entered, as it was marked where it was registered."""
    view = app.view_functions[rule.endpoint]
    return str(getattr(view, "door", "public" if getattr(view, "is_public", False) else ""))


def ids_in(app: Flask) -> set[str]:
    """The names of all ids that URLs take."""
    return {
        place_of(rule.rule, name)
        for rule in app.url_map.iter_rules()
        for name, converter in rule._converters.items()
        if type(converter).__name__ == "UUIDConverter"
    }


@cache
def described(app: Flask) -> dict[str, Any]:
    """The API's own description, the same for everybody."""
    return app.test_client().get("/api/v1/openapi.json").json or {}


class Crawler:
    """Somebody at a browser and with an API token."""

    def __init__(self, person: Person, app: Flask) -> None:
        self.person, self.description = person, described(app)
        self.browser: FlaskClient = person.browser()
        self.hidden = form_fields(self.browser.get("/profile").text)

    def send(self, address: Address, ids: dict[str, UUID]) -> TestResponse:
        """One request: forms with every plain field, calls with a body that fits their schema."""
        path = address.filled(ids)
        if address.door == "call":
            body = self.body_for(address, ids) if address.method == "POST" else None
            return self.person.call(address.method, path.removeprefix("/api/v1"), body)
        if address.method == "GET":
            return self.browser.get(path)
        return self.browser.post(path, data=self.form(ids))

    def form(self, ids: dict[str, UUID]) -> dict[str, Any]:
        """A form that knows every field."""
        named = {name: str(value) for name, value in ids.items()}
        lot = str(ids["lot_id"])
        return named | PLAIN | {"lot": lot, "goods": lot, "bidder": str(ids["bank_id"]), "csrf_token": self.hidden["csrf_token"], "_key": str(uuid4())}  # fmt: skip

    def body_for(self, address: Address, ids: dict[str, UUID]) -> Any:
        """The smallest body that the description allows, ids of others' things in its places."""
        path = address.rule
        for name in address.fields:
            path = _put(path, name, "{" + name + "}")
        described = self.description["paths"][path]["post"].get("requestBody")
        if described is None:
            return {}
        return self._smallest(described["content"]["application/json"]["schema"], "", ids)

    def _smallest(self, schema: dict[str, Any], name: str, ids: dict[str, UUID]) -> Any:
        if "$ref" in schema:
            return self._smallest(self.description["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name, ids)  # fmt: skip
        if "anyOf" in schema:
            return self._smallest(next(one for one in schema["anyOf"] if one.get("type") != "null"), name, ids)
        if "const" in schema or "enum" in schema:
            either = schema.get("enum", [schema.get("const")])
            return PLAIN[name] if PLAIN.get(name) in either else either[0]
        kind = schema.get("type")
        if kind == "object":
            wanted = {key: one for key, one in schema.get("properties", {}).items() if key in schema.get("required", [])}  # fmt: skip
            return {key: self._smallest(one, key, ids) for key, one in wanted.items()}
        if kind == "array":
            return [self._smallest(schema["items"], name.removesuffix("s"), ids)] * max(schema.get("minItems", 1), 1)
        return _plain(schema, name, ids)


@contextmanager
def refusals_drawn_once() -> Iterator[None]:
    """Each refusal is drawn for a reader where it is first met. It is the same page at every address, and most of what a crawl is told."""
    drawn, draw = set(), pages.error_page

    def once(status: int, reason: str | None) -> tuple[str, int]:
        told = (pages.session_token(), status, reason)
        if told in drawn:
            return "", status
        drawn.add(told)
        return draw(status, reason)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "error_page", once)
        patch.setattr(application, "error_page", once)
        yield


def _plain(schema: dict[str, Any], name: str, ids: dict[str, UUID]) -> Any:
    """One value of a body."""
    kind, form = schema.get("type"), schema.get("format")
    if form == "uuid":
        return str(ids.get(name) or ids.get(f"{name}_id") or uuid4())
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    if form == "date-time":
        return "2026-03-05T10:00:00Z"
    if form == "date":
        return "2026-03-01"
    if schema.get("examples"):
        return str(schema["examples"][0])
    pattern = schema.get("pattern", "")
    either = re.fullmatch(r"\^\(([A-Za-z_]+)\|.*\)\$", pattern)
    tries = [PLAIN.get(name, ""), either[1] if either else "", "1" * max(schema.get("minLength", 1), 1), "a", "A1", "CNY"]  # fmt: skip
    return next(one for one in tries if one and re.search(pattern, one))


def _put(path: str, name: str, value: str) -> str:
    """Fill one place of a rule, whatever its converter."""
    start = next(i for i in range(len(path)) if path[i] == "<" and path[i : path.index(">", i) + 1].rstrip(">").rpartition(":")[2].lstrip("<") == name)  # fmt: skip
    return path[:start] + value + path[path.index(">", start) + 1 :]
