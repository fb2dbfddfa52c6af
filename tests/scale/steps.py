"""What a long bench has done so far, kept after each step: a killed bench goes on where it was.

What was measured of other code, or with other sizes, is forgotten: figures of different programs never stand together.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = dict[str, Any]


class Steps:
    """Steps of one bench, by name, in a JSON file."""

    def __init__(self, file: Path, of: Found) -> None:
        """`of` says what is measured: code and sizes. A file of something else begins anew."""
        self.file = file
        kept = json.loads(file.read_text()) if file.exists() else {}
        self.kept: Found = kept if kept.get("of") == of else {"of": of, "done": {}}

    def once(self, name: str, take: Callable[[], Found]) -> Found:
        """What a step found: as kept, else it is taken now and kept."""
        if name not in self.kept["done"]:
            self.kept["done"][name] = take()
            self._write()
        found: Found = self.kept["done"][name]
        return found

    def is_done(self, name: str) -> bool:
        return name in self.kept["done"]

    def forget(self, prefix: str) -> None:
        """Take the steps of one part anew."""
        self.kept["done"] = {name: found for name, found in self.kept["done"].items() if not name.startswith(prefix)}
        self._write()

    def _write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        writing = self.file.with_suffix(".writing")
        writing.write_text(json.dumps(self.kept, indent=1) + "\n")
        writing.replace(self.file)
