"""The floor: the same files to the same tables in plain SQL, and how far the pipeline stands above it."""
