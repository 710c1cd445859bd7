"""What no template may hold, in any room: what the content policy would refuse, what htmx would have to evaluate, icons that are not drawn."""

import json
import re
from pathlib import Path

import pytest

from frontend.application import ROOT

TEMPLATES = sorted(path for path in ROOT.rglob("*.html") if "node_modules" not in path.parts)
# The gallery's and the shell's JSON islands are data and not code.
SCRIPT = re.compile(r"<script(?![^>]*(?:application/json|\bsrc=))")
ICONS = frozenset(json.loads((ROOT / "assets" / "icons.json").read_text()))


def found(pattern: str | re.Pattern[str], path: Path) -> list[str]:
    """What a pattern finds in a template, Jinja's own comments aside."""
    return re.findall(pattern, re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_keeps_to_the_content_policy(path: Path) -> None:
    assert found(SCRIPT, path) == []
    assert found(r'\sstyle="', path) == []
    assert found(r"\son[a-z]+=", path) == []
    assert found(r'\shx-on|hx-vals="js:|hx-trigger="[^"]*\[', path) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_names_only_icons_that_are_drawn(path: Path) -> None:
    named = (
        found(r"\bicon\('([a-z-]+)'", path)
        + found(r"\bicon_name='([a-z-]+)'", path)
        + found(r"'icon': '([a-z-]+)'", path)
    )
    assert set(named) <= ICONS
