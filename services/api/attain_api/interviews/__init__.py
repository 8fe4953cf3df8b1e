"""Interviews (绩效面谈) of reviews (REV-10)."""
