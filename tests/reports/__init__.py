"""The pages for people: what they show, what they never show, how they are put into place."""
