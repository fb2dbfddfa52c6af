"""Pages for people, made from what is published: the data-quality report, and the shell that every page stands in.

What belongs here: reading published tables, formatting, templates without logic, charts, where a page lies. Never here:
arithmetic (a page shows what a table says), reading anything that is not published, a figure of its own.
"""
