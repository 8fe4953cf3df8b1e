"""Improvement plans: what is to become better after a low rating (REV-10)."""
