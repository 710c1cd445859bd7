"""Where the demo world keeps its data: in the clone, if the database can live there."""

import hashlib
import os
from pathlib import Path

from integrations.local.accounts import account_for


def place(clone: Path, wanted_account: str | None = None) -> Path:
    """`var/demo` in the clone. But root's clone may stand below a folder that only root enters, such as /root, and
    PostgreSQL does not run as root: then a folder of its own below /var/lib, which `var/demo` points to, rather than
    opening root's.
    """
    usual = clone / "var" / "demo"
    account = account_for(usual / "postgres", wanted_account)
    if account is None or account.can('cd -- "$1"', clone):
        return usual
    digest = hashlib.sha256(os.fsencode(clone.resolve())).hexdigest()[:8]
    elsewhere = Path(f"/var/lib/bailee-demo-{digest}")
    usual.parent.mkdir(exist_ok=True)
    if not usual.exists() and not usual.is_symlink():
        usual.symlink_to(elsewhere)
    return elsewhere
