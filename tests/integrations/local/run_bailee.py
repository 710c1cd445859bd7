"""`bailee` with another house in the clone's place: python -m tests.integrations.local.run_bailee FOLDER WORDS ..."""

import sys
from pathlib import Path

from integrations.local import command, up

folder = Path(sys.argv.pop(1))
up.Installation.__dataclass_fields__["folder"].default = folder
up.Installation.__init__.__defaults__ = (*(up.Installation.__init__.__defaults__ or ())[:-1], folder)
command.main()
