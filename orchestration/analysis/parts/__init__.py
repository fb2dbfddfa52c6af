"""The analyses, one module each: what it reads from the build database, and rows for the tables that it fills.

Arithmetic stands beside this folder (`pilot.py`, `capacity.py` and so on), where no database is known.
"""

from orchestration.analysis.parts import associations, capacity, forecasts, pilots, public
from orchestration.analysis.parts.part import Facts, Part, Rows

PARTS: tuple[Part, ...] = (pilots.PART, associations.PART, capacity.PART, forecasts.PART, public.PART)

__all__ = ["PARTS", "Facts", "Part", "Rows"]
