"""Every English msgid in the code: in templates by Babel's own extractor, in Python by the places where msgids stand."""

import ast
from pathlib import Path

from babel.messages.extract import extract
from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[2]
SPOKEN = {"translate", "translate_plural", "Need", "Figure", "Line", "word", "sentence"}
# A Guard of a state machine carries the sentence of the refusal that it becomes.
REFUSALS = {"NotFound", "NotAllowed", "Invalid", "Conflict", "Unavailable", "Refused", "Guard"}


def template_msgids() -> dict[str, str]:
    """msgid -> the template that says it."""
    found: dict[str, str] = {}
    for template in sorted((ROOT / "frontend").rglob("*.html")):
        if "node_modules" in template.parts or "gallery" in template.name:
            continue
        with template.open("rb") as source:
            options = {"newstyle_gettext": "true", "extensions": "jinja2.ext.i18n"}
            for _line, msgid, _comments, _context in extract(babel_extract, source, options=options):
                for one in [msgid] if isinstance(msgid, str) else msgid[-1:]:
                    found.setdefault(one, str(template.relative_to(ROOT)))
    return found


def code_msgids() -> dict[str, str]:
    """msgid -> the module that says it: refusals' reasons, facts' sentences, translated words."""
    found: dict[str, str] = {}
    for package in ("tenants", "marketplace", "frontend", "integrations"):
        for module in sorted((ROOT / package).rglob("*.py")):
            if "local" in module.parts:  # the operator's console speaks English
                continue
            for node in ast.walk(ast.parse(module.read_text())):
                for msgid in _msgids(node):
                    found.setdefault(msgid, str(module.relative_to(ROOT)))
    return found


def _msgids(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call):
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        place = 1 if name in REFUSALS else 0 if name in SPOKEN else None
        if place is not None and len(node.args) > place:
            return _texts(node.args[place])
    if (
        isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "says"
        and node.value
    ):
        return _texts(node.value)
    return []


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return []
