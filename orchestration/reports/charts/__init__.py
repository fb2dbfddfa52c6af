"""Charts for pages and paper, each subject in a module of its own; drawing.py is what they share."""
