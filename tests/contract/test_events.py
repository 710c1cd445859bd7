"""Every kind of fact is documented, speaks a sentence that its own fields can fill, and holds nothing without an exact text."""

import re
import typing
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from uuid import UUID

import pytest

import tests.conftest  # noqa: F401
from migrations.models import load_models
from tenants.events import KINDS, Fact

load_models()
PLACES = re.compile(r"%\((\w+)\)s")
KINDS_OF_THE_HOUSE = {name: kind for name, kind in KINDS.items() if not kind.__module__.startswith("tests.")}
EXACT = (str, int, bool, Decimal, UUID, date, datetime, type(None))


@pytest.mark.parametrize("name", sorted(KINDS_OF_THE_HOUSE))
def test_a_fact_is_documented_and_speaks(name: str) -> None:
    kind = KINDS_OF_THE_HOUSE[name]
    names = {f.name for f in fields(kind)}
    assert kind.__doc__, f"{name} has no line of documentation"
    assert not kind.__doc__.startswith(f"{name}("), f"{name} has no line of documentation"
    assert set(PLACES.findall(kind.says)) <= names, f"{name} says what it does not know"
    assert set(re.findall(r"\{(\w+)\}", kind.link)) <= names | {"stream"}, f"{name} links to what it does not know"
    assert kind.audience is None or kind.tells <= kind.audience, f"{name} tells roles that may not read it"


@pytest.mark.parametrize("name", sorted(KINDS_OF_THE_HOUSE))
def test_a_fact_holds_nothing_inexact(name: str) -> None:
    for field, hint in typing.get_type_hints(KINDS_OF_THE_HOUSE[name]).items():
        if typing.get_origin(hint) is not typing.ClassVar:
            assert not _inexact(hint), f"{name}.{field} is {hint}"


def test_a_float_is_not_written_into_the_record() -> None:
    class Weighed(Fact):
        """A fact with a float: a defect on purpose."""

        says = "Weighed."

    KINDS.pop("Weighed")
    fact = Weighed()
    assert fact.as_text() == "{}"
    assert _inexact(float)
    assert _inexact(list[float])


def _inexact(hint: object) -> bool:
    if typing.get_origin(hint) in (typing.Union, UnionType, list, tuple, dict, set, frozenset):
        return any(_inexact(part) for part in typing.get_args(hint) if part is not Ellipsis)
    if hint is typing.Any or (isinstance(hint, type) and hasattr(hint, "__dataclass_fields__")):
        return False
    return not (isinstance(hint, type) and issubclass(hint, EXACT) and not issubclass(hint, float))
