"""A company in the middle of its work, to look at in the console: goals under way, and reviews at every step."""
