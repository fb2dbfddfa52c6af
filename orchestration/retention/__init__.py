"""Retention and erasure: taking rows out of the landing store for good. What keeps them out afterwards is landing's."""
