"""The data-quality report: which pages there are, what they read, how they are put into place.

What belongs here: one page per question of the weekly review. Not here: the shell and the charts, which other pages use
too; what a review or a rule is (dbt_project/models/reports, orchestration/quality).
"""
