"""Quality: the rules of `expectations/` run on what was delivered and on what was built. Nothing here stops a landing.

`rules` is the rule language, `batches` the rows that a rule judges, `duckdb_reading` how Great Expectations reads
DuckDB, `run` runs the rules, `breakdown` tells which rows failed, by area, team, day and callsign (`conditions`: what
the built-in expectations say of a row), `results` keeps what came of the rules as rows, `checks` shows them in Dagster.
"""
