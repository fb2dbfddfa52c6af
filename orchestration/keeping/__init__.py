"""Keeping a warehouse well: its layout, its backups, and the doctor. Nothing here lands, builds or publishes."""
