"""Groups of `occ` commands, each thin over the room that does the work."""
