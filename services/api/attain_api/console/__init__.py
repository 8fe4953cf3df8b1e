"""The console: pages for the people whose goals and reviews these are."""
