"""Audit, then one new immutable generation, then the pointer moves. A generation that is out is never changed."""
