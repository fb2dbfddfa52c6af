"""What the reference makes of the same exports, ready for the recounts of the questions."""

from __future__ import annotations

from pathlib import Path

from tests import reference
from tests.integration.against_reference import _response_targets


class Facts:
    """Calls, incidents and figures of one landing folder by plain Python."""

    def __init__(self, landing: Path, profile: Path) -> None:
        self.landing = reference.load(landing)
        self.calls = reference.calls(self.landing)
        self.incidents = reference.incidents(self.landing)
        rows = reference.indicators(self.landing, self.calls, self.incidents, _response_targets(profile))
        self.figures = {row[:5]: row for row in rows}
