"""Use: python -m orchestration.docs FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

from orchestration.docs.pages import write_pages
from orchestration.errors import OccError
from orchestration.settings import Settings
from orchestration.warehouse.docs import write_docs

if __name__ == "__main__":
    chosen, folder = Settings.from_environment(), Path(sys.argv[1])
    chosen.export()
    try:
        write_docs(chosen, folder)
        print(write_pages(chosen, folder))
    except OccError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
