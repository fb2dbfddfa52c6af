"""Runs dbt in this process and keeps the private build database. The models themselves stand in `dbt_project/`."""
