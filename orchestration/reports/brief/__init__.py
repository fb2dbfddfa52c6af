"""Briefings for meetings: a day, a week, a month, a quarter; one page first, detail after, on the screen and on paper.

Numbers come from published tables (reading.py), sentences from rules (wording.py), what a briefing holds from content/,
and what shows it from pages.py and pdf.py.
"""
