"""Each process knows what it has to: a worker every fact it may be told of and every reaction it may owe, without loading a single page."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from migrations.models import load_models
from tenants.events import KINDS, REACTIONS

ROOT = Path(__file__).parents[2]
ASK = (
    "import json, sys, wsgi; wsgi.create_app({'ROLE': sys.argv[1], 'DATABASE_URL': 'postgresql://nobody@localhost/none'});"
    "from tenants.events import KINDS, REACTIONS;"
    "print(json.dumps([sorted(KINDS), sorted(REACTIONS), sorted(m for m in sys.modules if m.startswith('frontend'))]))"
)
load_models()


@pytest.mark.parametrize("role", ["WORKER", "GATEWAY"])
def test_a_process_without_pages_knows_every_fact_and_reaction(role: str) -> None:
    done = subprocess.run([sys.executable, "-c", ASK, role], cwd=ROOT, capture_output=True, text=True, check=True)
    kinds, reactions, pages = json.loads(done.stdout.splitlines()[-1])
    ours = {name for name, kind in KINDS.items() if not kind.__module__.startswith("tests.")}
    owed = {name for name, one in REACTIONS.items() if not one.react.__module__.startswith("tests.")}
    assert ours <= set(kinds), ours - set(kinds)
    assert owed <= set(reactions), owed - set(reactions)
    assert pages == []
