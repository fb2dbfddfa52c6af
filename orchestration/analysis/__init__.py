"""What SQL cannot: effects with their uncertainty, from published figures, with fixed seeds. Pages show what it keeps.

Pure functions over small frames (one module a subject), the tables they fill (`tables.py`), the step of a run
(`run.py`). No indicator is computed here: figures come from `metrics.kpi_results` and the marts.
"""
