"""Quality: the rules of `expectations/` run on what was delivered and on what was built. Nothing here stops a landing.

`rules` is the rule language, `batches` the rows that a rule judges, `duckdb_reading` how Great Expectations reads
DuckDB, `run` runs the rules, `results` keeps what came of them as rows, `checks` shows them in Dagster.
"""
