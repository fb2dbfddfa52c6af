"""Tests of the tests: planted data faults that the rules must find, and mutated models that the tests must find."""
