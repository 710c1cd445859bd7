"""The table of proofs is true: every test it names is there, and no example or invariant is left out."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PROOF = TESTS.parent / "docs" / "proof.md"
EXAMPLES = {f"E{number}" for number in range(1, 36)}
INVARIANTS = {f"I{number}" for number in range(1, 46)}


def proofs() -> dict[str, list[str]]:
    """The tests named for each example and invariant."""
    rows = re.findall(r"^\| ([EI]\d+) \|[^|]+\| (.+) \|$", PROOF.read_text(), re.MULTILINE)
    return {key: re.findall(r"`([^`]+)`", named) for key, named in rows}


def test_every_example_and_invariant_is_proved() -> None:
    named = proofs()
    assert set(named) == EXAMPLES | INVARIANTS
    assert all(named.values())


def test_every_test_that_is_named_is_there() -> None:
    missing = [one for tests in proofs().values() for one in tests if not is_there(one)]
    assert not missing, missing


def is_there(named: str) -> bool:
    """Whether the file defines that test."""
    path, _, test = named.partition("::")
    file = TESTS / path
    return file.is_file() and re.search(rf"^def {re.escape(test)}\(", file.read_text(), re.MULTILINE) is not None


def test_a_test_that_is_gone_is_found() -> None:
    assert is_there("contract/test_proof.py::test_a_test_that_is_gone_is_found")
    assert not is_there("contract/test_proof.py::test_nobody_wrote")
    assert not is_there("contract/test_nothing.py::test_nobody_wrote")
