"""Real data for the twin's tests."""

from tests.integrations.conftest import real_data

__all__ = ["real_data"]
