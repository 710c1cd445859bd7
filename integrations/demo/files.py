"""How the demo refuses a file that it was given: by its name, its line where one is at fault, and the reason."""

from pathlib import Path
from typing import NoReturn

from tenants.errors import Invalid


def refuse(path: Path, because: str, **facts: object) -> NoReturn:
    """The file as a whole will not do."""
    raise Invalid("demo_file", f"%(file)s: {because}", field="file", file=path.name, **facts)


def refuse_row(path: Path, row: int, because: str, **facts: object) -> NoReturn:
    """One of its lines cannot be read; the heading is line 1."""
    raise Invalid("demo_file", f"%(file)s, line %(line)s: {because}", field="file", file=path.name, line=row, **facts)
