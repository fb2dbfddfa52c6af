"""Dagster's own machinery as this project sets it up: where it keeps its history, how it knows that a run has died."""
