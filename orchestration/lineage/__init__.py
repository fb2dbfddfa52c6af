"""Lineage of a published generation, from delivered files to reports, in a standard other tools read (docs/lineage.md).

`graph` reads which table came from what; `events` says it in OpenLineage. Nothing here goes out to a network.
"""
