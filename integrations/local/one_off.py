"""A database for a command that needs one for a moment: the running one, or our own started for the while."""

import contextlib
from collections.abc import Iterator

from integrations.local import lock
from integrations.local.up import Installation


@contextlib.contextmanager
def database(installation: Installation, *, alone: bool = False) -> Iterator[str]:
    """The administrator's address on a database that answers. `alone`: refused while a stack runs on this data home."""
    installation.home.claim()
    if not alone and lock.running(installation.home.lock):
        yield installation.addresses().database
        return
    with lock.held(installation.home.lock, installation.settings.url):
        if installation.settings.database_url:
            yield installation.settings.database_url
            return
        installation.postgres.start()
        try:
            yield installation.postgres.admin_dsn()
        finally:
            installation.postgres.stop()
