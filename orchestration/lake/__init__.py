"""A lake for a team on one server: DuckLake, its catalogue in PostgreSQL and its Parquet in a folder that all reach.

What belongs here: where the lake is and how a database gets to it (`place`), what dbt calls when it opens its own
(`plugin`), building the same models into it (`build`), which of its snapshots is which generation (`snapshots`).
Not here: what differs in SQL, which is nothing; what runs land, which every warehouse does for itself.
"""
