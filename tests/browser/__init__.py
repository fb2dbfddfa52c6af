"""Pages in a real Chromium, as people open them. What they say is tested beside what makes them."""
