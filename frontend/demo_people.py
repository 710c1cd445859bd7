"""The cast of a demo world on its sign-in page. On any other installation there is none, whatever lies in its folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PEOPLE_FILE = "demo-people.json"


def cast(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The demo's password and its people, firm by firm in the order of the file; None where this is no demo, or its cast has not gathered yet."""
    if not (settings.get("DEMO") and settings.get("HOME")):
        return None
    try:
        told = json.loads((Path(settings["HOME"]) / PEOPLE_FILE).read_text())
        return {"password": told["password"], "firms": _by_firm(told["people"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _by_firm(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    firms: dict[str, dict[str, Any]] = {}
    for person in people:
        firm = firms.setdefault(
            person["firm"], {"name": person["firm_name"], "kinds": person.get("kinds", []), "people": []}
        )
        firm["people"].append(person)
    return list(firms.values())
