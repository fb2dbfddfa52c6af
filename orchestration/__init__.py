"""The Dagster code location: moves files and runs things.

No business rule and no indicator arithmetic belongs here; those stand in `dbt_project/` and `expectations/`.
"""
