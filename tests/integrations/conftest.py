"""What the tests of the outside world ask for: the real data, where it is at hand."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def real_data() -> Path:
    """The folder of real data that is not part of the product."""
    folder = Path(os.environ.get("BAILEE_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not here ({folder}); set BAILEE_DATA to its folder")
    return folder
