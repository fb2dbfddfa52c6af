"""The same work on each engine, as somebody at home in it would write it; each runs as a program of its own.

They import nothing of this project: the environments that they run in do not have it. What the work is stands in
tests/scale/peers.py.
"""
