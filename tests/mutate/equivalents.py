"""Mutants that no test can catch, because they make the same tables: each with why. By model, operator and line."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {}
