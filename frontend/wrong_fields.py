"""What is wrong with a call's fields, in the reader's language: pydantic's findings told as the trade tells a refusal."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from frontend.language import translate

Context = dict[str, Any]
NEEDED, ANOTHER_KIND = "This is needed.", "This is not of the kind that is asked for."


def reasons(error: ValidationError) -> list[dict[str, Any]]:
    """A line for each field at fault: its path with dots, and why."""
    return [
        {
            "field": ".".join(map(str, found["loc"])),
            "reason": _reason(found["type"], found.get("ctx", {}), found["msg"]),
        }
        for found in error.errors(include_url=False)
    ]


def _reason(kind: str, context: Context, message: str) -> str:
    if kind == "value_error":
        return translate(message.removeprefix("Value error, "))
    for ending, tell in TOLD.items():
        if re.fullmatch(ending, kind):
            return tell(context)
    return translate(ANOTHER_KIND)


def _form(context: Context) -> str:
    choices = re.fullmatch(r"\^\(([\w|]+)\)\$", context["pattern"])
    if choices:
        return _choices({"expected": choices[1].replace("|", ", ")})
    return translate("This is not written in the form that is asked for: %(form)s", form=context["pattern"])


def _choices(context: Context) -> str:
    return translate("One of these: %(choices)s.", choices=str(context["expected"]).replace("'", "").replace(" or ", ", "))  # fmt: skip


def _least_length(context: Context) -> str:
    if context["min_length"] == 1:
        return translate(NEEDED)
    return translate("At least %(least)s are needed.", least=context["min_length"])


TOLD: dict[str, Callable[[Context], str]] = {
    "missing": lambda context: translate(NEEDED),
    "extra_forbidden": lambda context: translate("There is no such field here."),
    "string_pattern_mismatch": _form,
    "literal_error|enum": _choices,
    "(string_)?too_short": _least_length,
    "(string_)?too_long": lambda context: translate("At most %(most)s may be given.", most=context["max_length"]),
    "greater_than_equal": lambda context: translate("This must be at least %(least)s.", least=context["ge"]),
    "greater_than": lambda context: translate("This must be more than %(least)s.", least=context["gt"]),
    "less_than_equal": lambda context: translate("This must be at most %(most)s.", most=context["le"]),
    "less_than": lambda context: translate("This must be less than %(most)s.", most=context["lt"]),
    "uuid.*": lambda context: translate("This is not an id."),
    "timezone_aware": lambda context: translate("A time is given with its zone."),
    "(datetime|date|time)_.*": lambda context: translate("This is not a day or time as ISO 8601 writes it."),
}  # fmt: skip
