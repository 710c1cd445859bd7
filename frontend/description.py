"""The API's description as it is given out: what APIFlask makes of the code, put right where it says less or other than the code does."""

from typing import Any

from frontend.api import Problem

COMPONENTS = "#/components/schemas/"
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Any text of the caller's own, the same for the same request: a second one is answered like the first and does nothing.",
}  # fmt: skip


def as_given_out(description: Any) -> Any:
    """OpenAPI 3.1 with one schema for each shape, ids that are UUIDs, bodies that have to be sent, and the key that every POST carries."""
    description.pop("servers", None)  # whoever asked knows the address
    description["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for path in description["paths"].values():
        for method, operation in path.items():
            if isinstance(operation, dict):
                _put_right(method, operation)
    return _flattened(description)


def _put_right(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" and parameter["name"].endswith("_id"):
            parameter["schema"] = {"type": "string", "format": "uuid"}
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    if method == "post" and operation.get("security"):
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)


def _flattened(description: Any) -> Any:
    """`LotPage.QuantityShape` becomes `QuantityShape` wherever both say the same, so that clients made from it have one type for one thing."""
    schemas = description["components"]["schemas"]
    shapes: dict[str, Any] = {name: schema for name, schema in schemas.items() if "." not in name}
    for name, schema in schemas.items():
        if "." in name:
            shapes.setdefault(name.rpartition(".")[2], schema)
    own = {name for name in schemas if "." in name and not _same(schemas[name], shapes[name.rpartition(".")[2]])}
    description["components"]["schemas"] = shapes | {name: schemas[name] for name in own}
    return _with_short_names(description, own)


def _same(one: Any, other: Any) -> bool:
    """Whether two schemas say the same, apart from where they find their parts."""
    return bool(_with_short_names(one, set()) == _with_short_names(other, set()))


def _with_short_names(said: Any, kept: set[str]) -> Any:
    if isinstance(said, list):
        return [_with_short_names(one, kept) for one in said]
    if not isinstance(said, dict):
        return said
    return {
        key: _short(value, kept) if key == "$ref" else _with_short_names(value, kept) for key, value in said.items()
    }


def _short(reference: str, kept: set[str]) -> str:
    name = reference.removeprefix(COMPONENTS)
    return reference if name in kept else COMPONENTS + name.rpartition(".")[2]
