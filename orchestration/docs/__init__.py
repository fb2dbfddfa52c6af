"""`make docs`: the models, the questions with their answers, and the indicator dictionary, as pages that open offline.

What belongs here: turning what models, register and queries say into pages. No arithmetic; nothing is said here that is
not said there.
"""
